"""What tables cost: CPU and memory of the standard task at 10^5, 10^6 and 10^7 rows, side by side with others.

    python -m benchmarks.tables [--largest 10000000] [--rounds 3] [--svy PYTHON] [--no-rivals]

20 questions of 5 choices by 6 ages: standard errors of 600 cells under 50 strata of 200 clusters, 20 Rao-Scott tests.
Every run is a program of its own and is measured whole, imports and reading included (user + system seconds and peak
memory as the operating system counts them; the least of the rounds, taken in turn). DuckDB only groups the same
columns, which is less than the task. svy and R survey are measured where they are, without reading the file: `--svy`
is a Python that can import svy. The data are invented here; making them is not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.table_tasks import R_SCRIPT

SIZES = (10**5, 10**6, 10**7)
RIVALS_UP_TO = 10**6


@dataclass(frozen=True)
class Cost:
    """What a run took: CPU seconds, seconds, peak memory in MiB, and what it printed."""

    cpu: float
    seconds: float
    memory: float
    told: dict[str, Any]


def measure(command: Sequence[str]) -> Cost:
    """Run a program and return what it took, with all the processes that it started."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    told = json.loads(text.strip().splitlines()[-1]) if text.strip() else {}
    return Cost(
        told.get("cpu", used.ru_utime + used.ru_stime),
        seconds,
        told.get("memory", used.ru_maxrss / 1024),
        told,
    )


def task(name: str, file: Path, option: str, python: str = sys.executable) -> list[str]:
    """Return the command of a task."""
    script = Path(__file__).with_name("table_tasks.py")
    run = ["-m", "benchmarks.table_tasks"] if python == sys.executable else [str(script)]
    return [python, *run, name, str(file), option]


def best(runs: Sequence[Cost]) -> Cost:
    """Return the run that took the least CPU."""
    return min(runs, key=lambda one: one.cpu)


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, Cost]:
    """Measure commands in turn, so that what else the machine does falls on all of them."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(measure(command))
    return {name: best(runs) for name, runs in found.items()}


def sized(rows: int, folder: Path, rounds: int) -> tuple[Path, dict[str, Cost]]:
    """Measure ours and DuckDB at one size."""
    file = folder / f"{rows}.parquet"
    subprocess.run([sys.executable, "-m", "benchmarks.survey_rows", str(rows), str(file)], check=True)
    commands = {
        "ours": task("ours", file, ""),
        "DuckDB, 20 bare GROUP BYs, 1 thread": task("duckdb", file, "1"),
        "DuckDB, 20 bare GROUP BYs, all threads": task("duckdb", file, "all"),
    }
    return file, in_turn(commands, rounds)


def rivals(file: Path, svy: str | None) -> dict[str, Cost | str]:
    """Measure svy and R survey once, or say that they are not here."""
    found: dict[str, Cost | str] = {"svy": "not here", "R survey": "not here"}
    python = svy or sys.executable
    if subprocess.run([python, "-c", "import svy"], capture_output=True).returncode == 0:
        found["svy"] = measure(task("svy", file, "", python))
    program = shutil.which("Rscript")
    if program and subprocess.run([program, "-e", "library(survey)"], capture_output=True).returncode == 0:
        table, script = file.with_suffix(".csv"), file.with_suffix(".R")
        subprocess.run(task("csv", file, str(table)), check=True, stdout=subprocess.DEVNULL)
        script.write_text(R_SCRIPT, encoding="utf-8")
        found["R survey"] = measure([program, str(script), str(table)])
        table.unlink()
    return found


def main() -> None:
    """Measure everything and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--svy", help="a Python that can import svy")
    parser.add_argument("--no-rivals", action="store_true")
    given = parser.parse_args()
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    print(
        f"{now}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n"
    )
    print("| rows | what | CPU s | seconds | peak MiB | CPU against ours |\n|---|---|---|---|---|---|")
    found: dict[int, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as name:
        for rows in (size for size in SIZES if size <= given.largest):
            file, found[rows] = sized(rows, Path(name), given.rounds)
            others = {} if given.no_rivals or rows > RIVALS_UP_TO else rivals(file, given.svy)
            for what, cost in {**found[rows], **others}.items():
                print(_line(rows, what, cost, found[rows]["ours"]), flush=True)
            found[rows] |= {what: cost for what, cost in others.items() if isinstance(cost, Cost)}
            file.unlink()
    print()
    print("\n".join(_verdicts(found)))


def _line(rows: int, what: str, cost: Cost | str, ours: Cost) -> str:
    if isinstance(cost, str):
        return f"| {rows:,} | {what} | {cost} | | | |"
    ratio = f"{cost.cpu / ours.cpu:.2f}"
    return f"| {rows:,} | {what} | {cost.cpu:.2f} | {cost.seconds:.2f} | {cost.memory:.0f} | {ratio} |"


def _verdicts(found: dict[int, dict[str, Cost]]) -> list[str]:
    lines = ["| measure | must | stretch | measured |", "|---|---|---|---|"]
    middle, largest = found.get(SIZES[1]), found.get(SIZES[2])
    if middle:
        ours, bare = middle["ours"], middle["DuckDB, 20 bare GROUP BYs, 1 thread"]
        lines.append(
            f"| CPU at 10⁶ against DuckDB's bare GROUP BYs | ≤ 1.0 | ≤ 0.5 | {ours.cpu / bare.cpu:.2f} |"
        )
        for name, must, stretch in (("svy", 50, 100), ("R survey", 80, 150)):
            told = f"{middle[name].cpu / ours.cpu:.0f}×" if name in middle else "not here"
            lines.append(f"| CPU of {name} at 10⁶ against ours | ≥ {must}× | ≥ {stretch}× | {told} |")
    if middle and largest:
        ours, bare = largest["ours"], largest["DuckDB, 20 bare GROUP BYs, 1 thread"]
        lines += [
            f"| CPU at 10⁷ against DuckDB's bare GROUP BYs | ≤ 0.65 | | {ours.cpu / bare.cpu:.2f} |",
            f"| peak memory at 10⁷ rows, MiB | ≤ 500 | ≤ 300 | {ours.memory:.0f} |",
            f"| CPU, 10⁶ → 10⁷ | ≤ 7× | | {ours.cpu / middle['ours'].cpu:.1f}× |",
            f"| memory, 10⁶ → 10⁷ | ≤ 1.5× | | {ours.memory / middle['ours'].memory:.2f}× |",
        ]
    return lines


if __name__ == "__main__":
    main()
