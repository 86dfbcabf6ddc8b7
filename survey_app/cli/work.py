"""`earshot worker`: does the jobs that were asked for, snapshots and reports among them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.opening import open_engine, open_settings

if TYPE_CHECKING:
    import threading


@click.command(epilog="Example:  earshot worker --once")
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@click.option("--json", "as_json", is_flag=True, help="Say at the end how many jobs were taken, as JSON.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder; EARSHOT_DATA otherwise.")
def worker(once: bool, as_json: bool, data: Path | None) -> None:
    """Do jobs until Ctrl-C: snapshots, reports, what follows an erasure.

    `earshot serve` runs one by itself. On a machine of its own it needs the same database and the same data
    folder. Ctrl-C or SIGTERM ends it; a job in the middle goes back to those that wait.
    """
    import json

    from survey_app.worker import run

    settings = open_settings(data)
    engine = open_engine(settings)
    _step_back()
    count = run(settings, engine, _stopping(), once=once)
    if as_json:
        click.echo(json.dumps({"jobs": count}))
    elif once:
        click.echo(f"{count} job{'' if count == 1 else 's'} done.")


def _step_back() -> None:
    """Whoever answers comes first."""
    import contextlib
    import os

    with contextlib.suppress(AttributeError, OSError):  # not on every system
        os.nice(10)


def _stopping() -> threading.Event:
    """Return what is set when the program is asked to end."""
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
