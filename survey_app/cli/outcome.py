"""`earshot snapshot` and `earshot report`: from the database to files, and from files to a report."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.opening import STUDY, open_engine, open_settings, open_study, refuse


@click.command(epilog="Example:  earshot snapshot my_study")
@STUDY
def snapshot(study: Path) -> None:
    """Write the answers of a study as a snapshot folder (Parquet, codebook, manifest)."""
    from datetime import UTC, datetime

    from survey_app.storage.snapshot import NothingToSnapshot, take

    found = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    try:
        folder = take(engine, found, settings.snapshots / found.name, datetime.now(UTC))
    except NothingToSnapshot:
        refuse(
            f"{found.name} was never published in {settings.data}, so it has no answers; "
            f"start with: earshot publish {study}, or name the right folder in EARSHOT_DATA"
        )
    click.echo(str(folder))


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
