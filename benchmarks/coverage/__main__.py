"""How often 95 % intervals hold the truth, and how often tests at 5 % find what is not there, as one table.

    python -m benchmarks.coverage [--runs 10000] [--cells WORDS] [--processes 2] [--kept FILE]

The rule: where the effective base is at least 30, with at least 5 expected on each side and 10 degrees of
freedom, the 99 % Monte-Carlo interval of the coverage must meet 94 to 96 %; elsewhere coverage is at least 93 %,
or the results that fail to hold carry a warning. The same seed and number of runs give the same table.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.coverage.cell import Row, Totals, sides, verdict
from benchmarks.coverage.running import experiment, makers, simulate

_HEADS = (
    "cell", "runs", "n", "effective base", "expected on each side", "df", "coverage %",
    "99 % Monte-Carlo interval", "mean width", "warned %", "verdict",
)  # fmt: skip


def line(row: Row, totals: Totals) -> str:
    """Return a row of the markdown table."""
    both, told = sides(row, totals), max(totals.told, 1)
    low, high = totals.bounds()
    coverage = "-" if totals.coverage is None else f"{100 * totals.coverage:.2f}"
    if row.test and totals.coverage is not None:
        coverage += f" (size {100 * (1 - totals.coverage):.2f})"
    cells = (
        row.name,
        f"{totals.runs:,}",
        str(row.n),
        f"{totals.effective / totals.runs:.0f}",
        "-" if both is None else f"{both[0]:.1f} / {both[1]:.1f}",
        f"{totals.df / totals.runs:.0f}",
        coverage,
        "-" if totals.coverage is None else f"{100 * low:.2f} - {100 * high:.2f}",
        "-" if row.test else f"{totals.width / told:.3f}",
        f"{100 * totals.warned / max(totals.runs, 1):.1f}",
        verdict(row, totals),
    )
    return "| " + " | ".join(cells) + " |"


def table(found: Sequence[tuple[Row, Totals]]) -> str:
    """Return the whole table in markdown."""
    rule = "|" + "|".join("---" if at in (0, len(_HEADS) - 1) else "---:" for at in range(len(_HEADS))) + "|"
    return "\n".join(["| " + " | ".join(_HEADS) + " |", rule, *(line(*one) for one in found)])


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--cells", default="", help="only experiments with these words in the name of a row")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kept", type=Path, help="write each experiment down here, and go on from what is there"
    )
    asked = parser.parse_args()
    places = [
        place for place in range(len(makers()))
        if any(asked.cells.lower() in row.name.lower() for row in experiment(place).rows)
    ]  # fmt: skip
    begun, cpu = time.perf_counter(), os.times()
    found = simulate(places, asked.runs, seed=asked.seed, processes=asked.processes, kept=asked.kept)
    after = os.times()
    spent = sum(after[:4]) - sum(cpu[:4])
    missed = sum(verdict(row, totals).startswith("MISS") for row, totals in found)
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, seed {asked.seed}; {time.perf_counter() - begun:.0f} s, {spent:.0f} s of CPU. "
        f"{len(found)} cells, {missed} missed.\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
