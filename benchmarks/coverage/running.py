"""Running cells: parts of their runs by several processes, added up so that the same seed gives the same table."""

from __future__ import annotations

import json
import multiprocessing
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import chain
from pathlib import Path
from zlib import crc32

import click
import numpy as np

from benchmarks.coverage import curves, numbers, shares, sizes
from benchmarks.coverage.cell import Chance, Experiment, Row, Totals, totals_of

PART = 250  # runs of one task: small enough to share the work evenly


@dataclass(frozen=True)
class Task:
    """Some runs of one experiment."""

    experiment: int
    part: int
    runs: int
    seed: int


def makers() -> tuple[Callable[[], Experiment], ...]:
    """Return what makes each experiment, in the order of the table."""
    return tuple(chain.from_iterable(module.experiments() for module in (shares, numbers, curves, sizes)))


_made: dict[int, Experiment] = {}


def experiment(place: int) -> Experiment:
    """Return an experiment, the same one each time: it may remember samples that it has seen."""
    if place not in _made:
        _made[place] = makers()[place]()
    return _made[place]


def name_of(place: int) -> str:
    """Return what an experiment is called: its first row."""
    return experiment(place).rows[0].name


def run(task: Task) -> tuple[Totals, ...]:
    """Run a task; its samples depend on nothing but its seed, the experiment's name and the part."""
    name = crc32(name_of(task.experiment).encode())
    chance = np.random.default_rng([task.seed, name, task.part])
    return sampled(experiment(task.experiment), task.runs, chance)


def sampled(made: Experiment, runs: int, chance: Chance) -> tuple[Totals, ...]:
    """Draw so many samples; return what each row of the experiment adds up to."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a figure that is not a number is a fault
        found = [made.once(chance) for _ in range(runs)]
    return tuple(totals_of(row) for row in zip(*found, strict=True))


def tasks_of(places: Sequence[int], runs: int, seed: int) -> list[Task]:
    """Return the tasks of some experiments."""
    parts = [(at, min(PART, runs - at * PART)) for at in range(-(-runs // PART))]
    return [Task(place, part, count, seed) for place in places for part, count in parts]


def simulate(
    places: Sequence[int],
    runs: int,
    *,
    seed: int = 1,
    processes: int = 1,
    silent: bool = False,
    kept: Path | None = None,
) -> list[tuple[Row, Totals]]:
    """Return what the rows of some experiments add up to, in their order.

    `kept` is a file in which every experiment is written down as soon as it is done, and not done again.
    """
    done = _read(kept, runs, seed)
    left = [place for place in places if name_of(place) not in done]
    tasks = tasks_of(left, runs, seed)
    added: dict[int, list[Totals]] = {place: done[name_of(place)] for place in places if place not in left}
    with click.progressbar(length=len(tasks), label="Simulating", file=sys.stderr, hidden=silent) as bar:
        for task, found in zip(tasks, _done(tasks, processes), strict=True):
            place = task.experiment
            before = added.setdefault(place, [Totals()] * len(found))
            added[place] = [one + more for one, more in zip(before, found, strict=True)]
            bar.update(1)
            if kept is not None and added[place][0].runs == runs:
                _write(kept, place, runs, seed, added[place])
    return [pair for place in places for pair in zip(experiment(place).rows, added[place], strict=True)]


def _done(tasks: Sequence[Task], processes: int) -> Iterator[tuple[Totals, ...]]:
    if processes == 1:
        yield from map(run, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(run, tasks)  # in order, so that sums of widths do not depend on the timing


def _read(kept: Path | None, runs: int, seed: int) -> dict[str, list[Totals]]:
    if kept is None or not kept.exists():
        return {}
    lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    return {
        one["cell"]: [Totals(*totals) for totals in one["totals"]]
        for one in lines
        if (one["runs"], one["seed"]) == (runs, seed)
    }


def _write(kept: Path, place: int, runs: int, seed: int, found: Sequence[Totals]) -> None:
    line = {"cell": name_of(place), "runs": runs, "seed": seed, "totals": [astuple(one) for one in found]}
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
