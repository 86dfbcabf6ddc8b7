"""`earshot receipt`: where a person's answers stand in the data behind the reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.opening import open_engine, open_settings, refuse

if TYPE_CHECKING:
    from survey_app.storage.receipts import Proof, Receipt

DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="The data folder; EARSHOT_DATA otherwise."
)
MALFORMED = (
    "'{code}' is not a receipt: a receipt is 26 letters and digits (without I, L, O, U); "
    "check it for typing mistakes"
)
UNKNOWN = (
    "there are no answers with this code; check it for typing mistakes, or name the data folder with --data"
)
CLAIM = (
    "What this shows: these answers are included in the data behind each root named here as verified, unaltered\n"
    "since the receipt was given. It does not prove that nobody was left out."
)


@click.command(epilog="Example:  earshot receipt 7K2M-Q9XF-3TB8A-W4HN-0CRD-V6YEP")
@click.argument("code", metavar="CODE")
@DATA
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, the hashed row included.")
def receipt(code: str, data: Path | None, as_json: bool) -> None:
    """Show the path from a person's answers to the Merkle root of each snapshot that holds them."""
    import json

    from survey_app.storage.receipts import proofs

    settings = open_settings(data)
    engine = open_engine(settings)
    found = find_or_refuse(engine, code)
    shown = [_checked(one, found) for one in proofs(settings.snapshots / found.study, found)]
    if not shown:
        refuse(
            f"these answers to {found.study} are kept, but no snapshot has been made since they were submitted; "
            "make one with: earshot snapshot STUDY"
        )
    if as_json:
        told = {"study": found.study, "leaf": found.leaf.hex(), "salt": found.salt, "row": found.row.decode()}
        click.echo(json.dumps({**told, "snapshots": shown, "claim": CLAIM}, ensure_ascii=False, indent=1))
    else:
        click.echo(_text(found, shown))
    if not all(one["verified"] for one in shown):
        refuse("at least one snapshot made after these answers were submitted does not hold them as they are")


def find_or_refuse(engine: Any, code: str) -> Receipt:
    """Return the response of a receipt, or leave with exit code 1."""
    from survey_app.storage.codes import LOOKUP, SALT, read_code
    from survey_app.storage.receipts import find

    if read_code(code, LOOKUP + SALT) is None:
        refuse(MALFORMED.format(code=code[:60]))
    found = find(engine, code)
    if found is None:
        refuse(UNKNOWN)
    return found


def _checked(proof: Proof, found: Receipt) -> dict[str, Any]:
    """Return a proof as plain values, checked against the row in the snapshot's own files as well."""
    return {
        "snapshot": str(proof.snapshot),
        "made_at": proof.made_at,
        "root": proof.root,
        "path": [{"side": side, "hash": one.hex()} for side, one in proof.path],
        "verified": proof.verified and _row_stands(proof.snapshot, found),
    }


def _row_stands(snapshot: Path, found: Receipt) -> bool:
    """Tell whether the row in the snapshot's files is the one that the leaf was made of."""
    from survey_app.storage.fieldwork import questionnaire_of
    from survey_app.storage.leaves import canonical_row
    from survey_app.storage.snapshot import row_of

    row = row_of(snapshot, found.data_id)
    if row is None:
        return False
    content = (snapshot / "questionnaires" / f"{row['_version']}.yaml").read_bytes()
    return canonical_row(questionnaire_of(content), row) == found.row


def _text(found: Receipt, shown: list[dict[str, Any]]) -> str:
    lines = [f"study     {found.study}", f"leaf      {found.leaf.hex()}"]
    for one in shown:
        lines += ["", f"snapshot  {one['snapshot']}", f"root      {one['root']}"]
        lines += [f"path      {step['side']:<5} {step['hash']}" for step in one["path"]]
        lines.append(
            "verified" if one["verified"] else "NOT VERIFIED: this snapshot does not hold these answers"
        )
    return "\n".join([*lines, "", CLAIM])
