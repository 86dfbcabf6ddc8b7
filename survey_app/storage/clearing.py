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
    """Return what starts the clearing of a data folder's snapshots and does not wait for it."""

    def start() -> None:
        threading.Thread(target=clear, args=(data, database_url), name="clearing").start()

    return start


def clear(data: Path, database_url: str) -> None:
    """Run `earshot erase --pending`; what fails stays written down, and the next run does it."""
    environment = {**os.environ, "EARSHOT_DATA": str(data), "EARSHOT_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "survey_app.cli", "erase", "--pending"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        logging.getLogger(__name__).error("snapshots are not cleared yet: %s", done.stderr.strip())
