"""What the verbs share: opening a study folder and the database, showing progress, and refusing in one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from questionnaires.study import Study
    from survey_app.config import Settings

STUDY = click.argument("study", metavar="STUDY", type=click.Path(path_type=Path))
DATA = click.option(
    "--data", type=click.Path(path_type=Path), help="The data folder; EARSHOT_DATA otherwise."
)
PATIENCE = 2.0
"""Seconds after which progress is shown."""


def refuse(message: str) -> NoReturn:
    """Say why on standard error and leave with exit code 1."""
    click.echo(message, err=True)
    sys.exit(1)


def open_study(folder: Path) -> Study:
    """Read a study folder; on any fault print all of them and leave with exit code 1."""
    from questionnaires.formats.study_folder import read_study
    from questionnaires.problems import StudyFault

    if not folder.is_dir():
        refuse(f"{folder}: there is no such study folder; make one with: earshot new {folder}")
    try:
        return read_study(folder)
    except StudyFault as fault:
        count = len(fault.problems)
        for problem in fault.problems:
            click.echo(str(problem), err=True)
        refuse(f"{folder}: {count} problem{'s' if count > 1 else ''}; nothing was done")


def open_settings(data: Path | None = None, **options: bool) -> Settings:
    """Read the settings from the environment."""
    import os

    from survey_app.config import BadSecretKey, read_settings

    try:
        return read_settings(os.environ, data=data, **options)
    except BadSecretKey as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used: {error}; set EARSHOT_DATA to one that can be written")


def open_engine(settings: Settings) -> Engine:
    """Open the database and see that it can be written, or say what is wrong and what to do."""
    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage.database import prove_writable
    from survey_app.storage.remedies import in_words
    from survey_app.storage.tables import open_database

    try:
        engine = open_database(settings.database_url)
        close_at_end(engine)
        prove_writable(engine)
    except SQLAlchemyError as error:
        refuse(f"the database cannot be used: {in_words(error, settings.database_url)}")
    return engine


def close_at_end(engine: Engine) -> None:
    """Close the connections of an engine when its verb ends, however it ends."""
    running = click.get_current_context(silent=True)
    if running is not None:
        running.call_on_close(engine.dispose)


def step_back() -> None:
    """Lower the priority of this program: people who answer come first."""
    import contextlib
    import os

    # Not every system has it.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (steps done, of how many) that shows progress to a person who waits."""
    begun = time.monotonic()
    with ExitStack() as stack:
        shown_bar = None

        def progress(done: int, of: int) -> None:
            nonlocal shown_bar
            if shown_bar is None and time.monotonic() - begun > PATIENCE and sys.stderr.isatty():
                shown_bar = stack.enter_context(click.progressbar(length=of, label=label, file=sys.stderr))
            if shown_bar is not None:
                shown_bar.update(done - shown_bar.pos)

        yield progress


def print_json(content: Any) -> None:
    import json

    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def now_ms() -> int:
    return time.time_ns() // 1_000_000
