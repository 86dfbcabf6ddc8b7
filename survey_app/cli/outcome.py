"""`earshot snapshot` and `earshot report`: from the database to files, and from files to a report."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.opening import STUDY, now_ms, open_engine, open_settings, open_study, refuse
from survey_app.cli.progress import bar


@click.command(epilog="Example:  earshot snapshot my_study")
@STUDY
@click.option("--anew", is_flag=True, help="Read every response, whatever an earlier snapshot has.")
@click.option("--json", "as_json", is_flag=True, help="Print the folder and what is in it as JSON.")
def snapshot(study: Path, anew: bool, as_json: bool) -> None:
    """Write the answers of a study as a snapshot folder (Parquet, codebook, manifest).

    What an earlier snapshot has of finished responses is taken over, and only what came after it is read. People
    may answer meanwhile.
    """
    from datetime import UTC, datetime

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage.accounts import audit
    from survey_app.storage.database import told
    from survey_app.storage.snapshot import NothingToSnapshot, take

    found = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    try:
        with bar("Reading") as progress:
            folder = take(
                engine, found, settings.snapshots / found.name, datetime.now(UTC), progress, anew=anew
            )
        audit.record(engine, now_ms(), None, "snapshot_made", found.name, snapshot=folder.name)
    except NothingToSnapshot:
        refuse(
            f"{found.name} was never published in {settings.data}, so it has no answers; "
            f"start with: earshot publish {study}, or name the right folder in EARSHOT_DATA"
        )
    except OSError as error:
        refuse(f"no snapshot was made: {error}; see that {settings.snapshots} has room and can be written")
    except SQLAlchemyError as error:
        refuse(f"no snapshot was made: {told(error)}; try again in a moment")
    click.echo(_as_json(folder) if as_json else str(folder))


def _as_json(folder: Path) -> str:
    import json

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = ("study", "version", "n", "erased", "synthetic", "merkle_root", "made_at")
    told = {"snapshot": str(folder), **{name: manifest[name] for name in names}}
    return json.dumps(told, ensure_ascii=False, indent=1)


@click.command(
    epilog="\b\nExample:\n  earshot report earshot-data/snapshots/my_study/20261122T101500.000000Z"
)
@click.argument("snapshot_folder", metavar="SNAPSHOT", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where the report is written.")
def report(snapshot_folder: Path, target: Path | None) -> None:
    """Make the report of a snapshot, in every language of its questionnaire."""
    from analysis.problems import DataProblem
    from reports.publish import publish_report

    settings = open_settings()
    folder = target or settings.reports / snapshot_folder.resolve().parent.name / snapshot_folder.name
    try:
        published = publish_report(snapshot_folder, folder)
    except DataProblem as problem:
        refuse(str(problem))
    for path in published.files:
        click.echo(str(path))
