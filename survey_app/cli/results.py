"""`earshot snapshot`, `earshot report` and `earshot worker`: from the database to files, and files to a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.console import (
    DATA,
    STUDY,
    bar,
    now_ms,
    open_engine,
    open_settings,
    open_study,
    print_json,
    refuse,
    step_back,
)

if TYPE_CHECKING:
    import threading


@click.command(epilog="Example:  earshot snapshot my_study")
@STUDY
@click.option("--anew", is_flag=True, help="Read every response, whatever an earlier snapshot has.")
@click.option("--json", "as_json", is_flag=True, help="Print the folder and what is in it as JSON.")
def snapshot(study: Path, anew: bool, as_json: bool) -> None:
    """Write the answers of a study as a snapshot folder (Parquet, codebook, manifest).

    What an earlier snapshot has of finished responses is taken over, and only what came after it is read. People
    may answer meanwhile.
    """
    import json
    from datetime import UTC, datetime

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage.accounts import audit
    from survey_app.storage.database import error_line
    from survey_app.storage.snapshot import NothingToSnapshot, take

    opened = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    snapshots = settings.snapshots / opened.name
    try:
        with bar("Reading") as progress:
            folder = take(engine, opened, snapshots, datetime.now(UTC), progress, anew=anew)
        audit.record(engine, now_ms(), None, "snapshot_made", opened.name, snapshot=folder.name)
    except NothingToSnapshot:
        refuse(
            f"{opened.name} was never published in {settings.data}, so it has no answers; "
            f"start with: earshot publish {study}, or name the right folder in EARSHOT_DATA"
        )
    except OSError as error:
        refuse(f"no snapshot was made: {error}; see that {settings.snapshots} has room and can be written")
    except SQLAlchemyError as error:
        refuse(f"no snapshot was made: {error_line(error)}; try again in a moment")
    if not as_json:
        click.echo(str(folder))
        return
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = ("study", "version", "n", "erased", "synthetic", "merkle_root", "made_at")
    content = {"snapshot": str(folder), **{name: manifest[name] for name in names}}
    print_json(content)


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


@click.command(epilog="Example:  earshot worker --once")
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@click.option("--json", "as_json", is_flag=True, help="Say at the end how many jobs were taken, as JSON.")
@DATA
def worker(once: bool, as_json: bool, data: Path | None) -> None:
    """Do jobs until Ctrl-C: snapshots, reports, what follows an erasure.

    `earshot serve` runs one by itself. On a machine of its own it needs the same database and the same data
    folder. Ctrl-C or SIGTERM ends it; a job in the middle goes back to those that wait.
    """
    import json

    from survey_app.worker import run

    settings = open_settings(data)
    engine = open_engine(settings)
    step_back()
    count = run(settings, engine, _stop_event(), once=once)
    if as_json:
        click.echo(json.dumps({"jobs": count}))
    elif once:
        click.echo(f"{count} job{'' if count == 1 else 's'} done.")


def _stop_event() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
