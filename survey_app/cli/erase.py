"""`earshot erase`: a person's answers leave the database and every snapshot; their leaf stays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.opening import now_ms, open_engine, open_settings, refuse
from survey_app.cli.receipt import DATA, find_or_refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.config import Settings


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
            found = find_resumed(engine, code) or find_or_refuse(engine, code)
            if not yes:
                click.confirm(
                    f"Delete these answers to {found.study} for good, from the database and every snapshot?",
                    abort=True,
                )
            erasing.erase(engine, found.key, now_ms(), settings.data)
            audit.record(engine, now_ms(), None, "erased", found.study)
            click.echo(f"Deleted from the database; of its row in {found.study} only the leaf stays.")
        _clear(engine, settings)
    except SQLAlchemyError as error:
        refuse(f"the database could not be changed: {str(error).splitlines()[0]}; try again in a moment")


def _clear(engine: Engine, settings: Settings) -> None:
    from survey_app.storage.erase import studies_pending
    from survey_app.storage.snapshot import finish_erasures

    for study in studies_pending(engine):
        folder = settings.snapshots / study
        try:
            count = finish_erasures(engine, folder, study)
        except OSError as error:
            refuse(
                f"{folder} could not be cleared yet: {error}; put that right, then: earshot erase --pending"
            )
        click.echo(
            f"{count} snapshot{'' if count == 1 else 's'} of {study} cleared; the roots stay as they were."
        )
