"""Clearing snapshots of erased responses in a program of its own.

The process that serves people stays small: reading Parquet would make it several times as large.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

Clearing = Callable[[], None]


def clearing(data: Path, database_url: str) -> Clearing:
    """Return what starts the clearing of a data folder's snapshots and does not wait for it.

    Only one runs at a time: each is a program with the memory of one, and a single one clears for all.
    """
    asked, turn = threading.Event(), threading.Lock()

    def run() -> None:
        while asked.is_set():
            asked.clear()
            clear(data, database_url)
        turn.release()
        if asked.is_set():  # asked in the moment before the turn was given back
            start()

    def start() -> None:
        asked.set()
        if turn.acquire(blocking=False):
            threading.Thread(target=run, name="clearing").start()

    return start


def clear(data: Path, database_url: str) -> None:
    """Run `earshot erase --pending`; what fails stays written down, and the next run does it."""
    environment = {**os.environ, "EARSHOT_DATA": str(data), "EARSHOT_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "survey_app.cli", "erase", "--pending"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        logging.getLogger(__name__).error("snapshots are not cleared yet: %s", done.stderr.strip())
