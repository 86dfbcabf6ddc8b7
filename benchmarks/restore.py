"""What a backup, a drill and a restore cost at scale, and whether those who answer notice a backup.

    python -m benchmarks.restore [--responses 1000000] [--database sqlite|postgresql] [--seconds 30]

A database is filled with responses of ten questions, one post each. Each verb runs as a program of its own, so that
its peak memory and CPU are the operating system's. The backup goes back into a database of the same kind. Last,
eight people keep posts, without and with a backup beside them, in turn. Compare ratios and CPU: times depend on
what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks.snapshot import database, fill, noticed, ten_questions
from survey_app.storage import fieldwork
from survey_app.storage.database import connect

VERB = [sys.executable, "-m", "survey_app.cli"]


@dataclass(frozen=True)
class Cost:
    """What one verb took: peak memory in MiB, CPU seconds, seconds, and what it said."""

    memory: float
    cpu: float
    seconds: float
    said: dict[str, Any]


def run(folder: Path, address: str, *words: str) -> Cost:
    """Run a verb as a program of its own; raise RuntimeError where it refuses."""
    environment = {**os.environ, "EARSHOT_DATA": str(folder), "EARSHOT_DATABASE_URL": address}
    begun = time.perf_counter()
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen([*VERB, *words, "--json"], env=environment, stdout=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"earshot {' '.join(words)} left with {process.returncode}")
        return Cost(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, seconds, json.load(said))


def line(label: str, count: int, cost: Cost) -> None:
    each = 1e6 * cost.cpu / max(count, 1)
    print(
        f"{label:22} {count:10,} {cost.memory:9.0f} {cost.cpu:7.1f} {each:12.0f} {cost.seconds:8.1f}",
        flush=True,
    )


def another(address: str, folder: Path) -> str:
    """Return the address of a new database of the same kind."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{folder / 'other.db'}"
    engine = connect(address)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE other TEMPLATE template0 ENCODING 'UTF8'")
    engine.dispose()
    return url.set(database="other").render_as_string(hide_password=False)


def _beside(address: str, folder: Path, turn: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "EARSHOT_DATA": str(folder), "EARSHOT_DATABASE_URL": address}
    words = ["backup", str(folder / f"beside-{turn}.zip"), "--without-key"]
    return subprocess.Popen([*VERB, *words], env=environment, stdout=subprocess.DEVNULL)


def measure(kind: str, count: int, seconds: float, folder: Path) -> None:
    """Fill, back up, drill, restore, and keep posts beside a backup; print each."""
    study, file = ten_questions(), folder / "backup.zip"
    with database(kind, folder) as address:
        engine = connect(address)
        fieldwork.publish(engine, study, 0)
        begun = time.perf_counter()
        fill(engine, study, 0, count)
        engine.dispose()
        print(
            f"{make_url(address).get_backend_name()}: {count:,} responses in {time.perf_counter() - begun:.0f} s"
        )
        print(f"{'':22} {'responses':>10} {'peak MiB':>9} {'CPU s':>7} {'CPU-µs each':>12} {'seconds':>8}")
        line("backup", count, run(folder, address, "backup", str(file), "--without-key"))
        drilled = run(folder, address, "restore", str(file), "--drill")
        line("drill", count, drilled)
        print(
            f"{'':22} roots {'equal' if drilled.said['equal'] else 'DIFFERENT'}, {file.stat().st_size / 2**20:.0f} MiB"
        )
        line("restore", count, run(folder, another(address, folder), "restore", str(file), "--without-key"))
        if seconds:
            noticed(address, study, seconds, partial(_beside, address, folder))


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(options.database, options.responses, options.seconds, Path(name))


if __name__ == "__main__":
    main()
