"""What collecting costs, as one table: what must be reached, what would be better, and what was measured now.

    python -m benchmarks [--short]

Takes about 25 minutes: the crowd is there for ten. `--short` takes three, for a look. Nothing else should run on
the machine; the clients are on the same cores. The single measurements have commands of their own, which show
more: collection, crowd, growth, snapshot, restore.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.collection import LONGER, Kind, Measured, cpu, in_turn, p99, rate
from benchmarks.crowd import growth, sampled
from benchmarks.growth import grown
from benchmarks.load import quantile, run
from benchmarks.servers import Server, earshot, plain

CLIENTS = 32
CENSUS = 139.0
"""Surveys a second: the peak of the census of England and Wales in 2021."""


@dataclass(frozen=True)
class Lengths:
    """How long each part runs."""

    rounds: int = 3
    seconds: float = 15.0
    crowd: float = 600.0
    census: float = 60.0
    largest: int = 1_000_000


SHORT = Lengths(rounds=1, seconds=5.0, crowd=40.0, census=10.0, largest=10_000)


def main() -> None:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true")
    lengths = SHORT if parser.parse_args().short else Lengths()
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print("| measure | must | stretch | measured |\n|---|---|---|---|")
    for part in (_side_by_side, _processes, _second_flow, _crowd, _census, _growth):
        for row in part(lengths):
            print("| " + " | ".join(row) + " |", flush=True)


Row = tuple[str, str, str, str]


@contextlib.contextmanager
def _serving(kind: partial[contextlib.AbstractContextManager[Server]]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, kind(Path(folder)) as server:
        yield server


def _in_turn(lengths: Lengths, kinds: Mapping[str, Kind]) -> dict[str, list[Measured]]:
    found = in_turn(kinds, [CLIENTS], lengths.rounds, lengths.seconds)
    return {kind: some for (kind, _), some in found.items()}


def _side_by_side(lengths: Lengths) -> Iterator[Row]:
    found = _in_turn(
        lengths,
        {
            "plain": ("ten", partial(plain)),
            "ours": ("ten", partial(earshot)),
            "alone": ("ten", partial(earshot, grouped=False)),
        },
    )
    plain_one, ours, alone = found["plain"], found["ours"], found["alone"]
    yield (
        "server CPU per completed survey of ten questions, against the plain app", "≤ 1/3", "≤ 1/5",
        f"{cpu(ours) / cpu(plain_one):.2f} ({cpu(ours):.1f} against {cpu(plain_one):.1f} ms)",
    )  # fmt: skip
    yield (
        f"completed surveys a second, {CLIENTS} clients, one process each", "≥ 3×", "≥ 6×",
        f"{rate(ours) / rate(plain_one):.1f}× ({rate(ours):.0f} against {rate(plain_one):.0f})",
    )  # fmt: skip
    yield (
        f"p99 of the submit, {CLIENTS} clients, grouped commits against each alone", "≤ 1/3", "",
        f"{p99(ours) / p99(alone):.2f} ({p99(ours):.0f} against {p99(alone):.0f} ms)",
    )  # fmt: skip


def _processes(lengths: Lengths) -> Iterator[Row]:
    kinds = {str(n): ("ten", partial(earshot, processes=n)) for n in (1, 2, 4)}
    found = _in_turn(lengths, kinds)
    told = ", ".join(f"{n}: {rate(some):.0f}/s at {cpu(some):.1f} CPU-ms" for n, some in found.items())
    yield f"surveys a second with 1, 2 and 4 processes, {CLIENTS} clients", "", "", told


def _second_flow(lengths: Lengths) -> Iterator[Row]:
    found = _in_turn(lengths, {LONGER: (LONGER, partial(earshot, study=LONGER))})[LONGER]
    load = found[-1].load
    each = statistics.median(one.load.requests / max(one.load.done, 1) for one in found)
    told = f"{rate(found):.0f}/s, {cpu(found):.1f} CPU-ms a survey of {each:.0f} requests"
    told += f", {cpu(found) / each:.2f} a request, {len(load.errors)} errors"
    yield f"another study ({LONGER}, several pages with conditions), {CLIENTS} clients", "", "", told


def _crowd(lengths: Lengths) -> Iterator[Row]:
    with _serving(partial(earshot, processes=2)) as server:
        run(server.port, "ten", 4, 2.0, 0)
        with sampled(server) as samples:
            load = run(server.port, "ten", 2000, lengths.crowd, 1, think=20.0)
    worst = 1000 * max(quantile(load.posts, 0.99), quantile(load.pages, 0.99))
    yield (
        "2,000 people at once, thinking 20 s on average, 2 processes", "0 errors, p99 < 300 ms", "",
        f"{len(load.errors)} errors in {load.requests:,} requests, p99 {worst:.0f} ms, {load.rate:.0f} surveys/s",
    )  # fmt: skip
    yield (
        f"memory of a web process after {lengths.crowd / 60:.0f} minutes of that", "< 80 MiB, growth < 1 MiB/min", "",
        f"{samples[-1]:.0f} MiB, {growth(samples):+.2f} MiB/min",
    )  # fmt: skip


def _census(lengths: Lengths) -> Iterator[Row]:
    with _serving(partial(earshot, processes=2)) as server:
        run(server.port, "ten", 4, 2.0, 0)
        load = run(server.port, "ten", 64, lengths.census, 1, cap=CENSUS)
    told = f"{load.rate:.0f}/s for {lengths.census:.0f} s, {len(load.errors)} errors"
    told += f", p99 of the submit {1000 * quantile(load.posts, 0.99):.0f} ms"
    peak = f"{CENSUS:.0f} surveys a second, the peak of a national census, in a closed loop, 2 processes"
    yield peak, "", "sustained", told


def _growth(lengths: Lengths) -> Iterator[Row]:
    for kind in ("sqlite", "postgresql"):
        found = list(grown(kind, lengths.largest))
        (least, first), (most, last) = found[0], found[-1]
        yield (
            f"time and CPU of a response's posts and reads, {least:,} → {most:,} kept ({kind})", "≤ 1.5×", "flat",
            f"{last[0] / first[0]:.2f}× time, {last[1] / first[1]:.2f}× CPU",
        )  # fmt: skip


if __name__ == "__main__":
    main()
