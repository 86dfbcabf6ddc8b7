"""`earshot receipt` and `earshot erase`: where a person's answers stand in the data, and taking them out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.console import DATA, now_ms, open_engine, open_settings, print_json, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.storage.receipts import Receipt

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

    from survey_app.storage.receipts import proofs

    settings = open_settings(data)
    held = _find_or_refuse(open_engine(settings), code)
    snapshots = [
        {
            "snapshot": str(proof.snapshot),
            "made_at": proof.made_at,
            "root": proof.root,
            "path": [{"side": side, "hash": other.hex()} for side, other in proof.path],
            "verified": proof.verified and _is_in_files(proof.snapshot, held),
        }
        for proof in proofs(settings.snapshots / held.study, held)
    ]
    if not snapshots:
        refuse(
            f"these answers to {held.study} are kept, but no snapshot has been made since they were submitted; "
            "make one with: earshot snapshot STUDY"
        )
    if as_json:
        head = {"study": held.study, "leaf": held.leaf.hex(), "salt": held.salt, "row": held.row.decode()}
        print_json({**head, "snapshots": snapshots, "claim": CLAIM})
    else:
        click.echo(_text(held, snapshots))
    if not all(entry["verified"] for entry in snapshots):
        refuse("at least one snapshot made after these answers were submitted does not hold them as they are")


def _find_or_refuse(engine: Engine, code: str) -> Receipt:
    """Return the response of a receipt, or leave with exit code 1."""
    from survey_app.storage.codes import LOOKUP, SALT, read_code
    from survey_app.storage.receipts import find

    if read_code(code, LOOKUP + SALT) is None:
        refuse(MALFORMED.format(code=code[:60]))
    held = find(engine, code)
    if held is None:
        refuse(UNKNOWN)
    return held


def _is_in_files(snapshot: Path, held: Receipt) -> bool:
    """Tell whether the row in the snapshot's own files is the one that the leaf was made of."""
    from survey_app.storage.fieldwork import questionnaire_of
    from survey_app.storage.leaves import canonical_row
    from survey_app.storage.snapshot import row_of

    row = row_of(snapshot, held.data_id)
    if row is None:
        return False
    content = (snapshot / "questionnaires" / f"{row['_version']}.yaml").read_bytes()
    return canonical_row(questionnaire_of(content), row) == held.row


def _text(held: Receipt, snapshots: list[dict[str, Any]]) -> str:
    lines = [f"study     {held.study}", f"leaf      {held.leaf.hex()}"]
    for entry in snapshots:
        lines += ["", f"snapshot  {entry['snapshot']}", f"root      {entry['root']}"]
        lines += [f"path      {step['side']:<5} {step['hash']}" for step in entry["path"]]
        lines.append(
            "verified" if entry["verified"] else "NOT VERIFIED: this snapshot does not hold these answers"
        )
    return "\n".join([*lines, "", CLAIM])


@click.command(epilog="Example:  earshot erase 7K2M-Q9XF-3TB8A-W4HN-0CRD-V6YEP")
@click.argument("code", metavar="CODE", required=False)
@DATA
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.option("--pending", is_flag=True, help="Only finish what was begun elsewhere and interrupted.")
def erase(code: str | None, data: Path | None, yes: bool, pending: bool) -> None:
    """Delete the answers behind a code from the database and from every snapshot.

    CODE is a receipt or, of answers that were never finished, the code to come back with.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage import erase as erasing
    from survey_app.storage.accounts import audit
    from survey_app.storage.resumes import find_resumed

    if bool(code) == pending:
        refuse(
            "name a receipt, as in: earshot erase CODE (or --pending alone, to finish what was interrupted)"
        )
    settings = open_settings(data)
    engine = open_engine(settings)
    try:
        if code:
            response = find_resumed(engine, code) or _find_or_refuse(engine, code)
            study = response.study
            if not yes:
                question = f"Delete these answers to {study} for good, from the database and every snapshot?"
                click.confirm(question, abort=True)
            erasing.erase(engine, response.key, now_ms(), settings.data)
            audit.record(engine, now_ms(), None, "erased", study)
            click.echo(f"Deleted from the database; of its row in {study} only the leaf stays.")
        for study in erasing.studies_pending(engine):
            _clear(engine, settings.snapshots / study, study)
    except SQLAlchemyError as error:
        refuse(f"the database could not be changed: {str(error).splitlines()[0]}; try again in a moment")


def _clear(engine: Engine, folder: Path, study: str) -> None:
    from survey_app.storage.snapshot import finish_erasures

    try:
        count = finish_erasures(engine, folder, study)
    except OSError as error:
        refuse(f"{folder} could not be cleared yet: {error}; put that right, then: earshot erase --pending")
    click.echo(
        f"{count} snapshot{'' if count == 1 else 's'} of {study} cleared; the roots stay as they were."
    )
