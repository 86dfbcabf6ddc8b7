"""Ten minutes at half of what the server can do: memory, open files and the log of the database stay flat."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from survey_app.storage.database import connect
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.report import Control, Outcome
from tests.torture.served import serving, weakened

PEOPLE = 8
PAGES = 3
GROWTH = 1.0
"""MiB a minute that the memory of a process may grow at most."""
FILES = 1.0
"""Open files a minute."""
LOG = 8.0
"""MiB that SQLite's log may be large at any time: it is begun anew after a thousand pages."""


@dataclass(frozen=True)
class Sample:
    minutes: float
    mebibytes: float
    files: int
    log: float


def run(seed: int, short: bool) -> list[Outcome]:
    """Ten minutes, of which the first quarter is not counted; the short form is some seconds and looks at files."""
    seconds = 3.0 if short else 600.0
    ledger, began = Ledger(), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        with serving(Path(place), PAGES) as running:
            log = Path(running.settings.data, "earshot.db-wal")
            capacity = _capacity(running.port, ledger, 1.0 if short else 15.0)
            samples, rate = _soaked(running.port, running.web, log, ledger, capacity / 2, seconds, seed)
            engine = connect(running.settings.database_url)
        found = stage.examine(engine, ledger)
        engine.dispose()
    control, slopes = _control(seed, short), _slopes(samples)
    measured = {
        "capacity, surveys/s": capacity, "load, surveys/s": rate, "memory, MiB": samples[-1].mebibytes,
        "memory, MiB/min": slopes[0], "files": samples[-1].files, "files/min": slopes[1],
        "largest log, MiB": max(one.log for one in samples), "p99, ms": 1000 * _p99(ledger),
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    faults = ledger.faults() + _wrong(samples, short)
    return [
        Outcome("soak, SQLite", seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt,
                (control,), measured, tuple(faults))
    ]  # fmt: skip


def _wrong(samples: list[Sample], short: bool) -> list[str]:
    """Say what has grown; a short run still fills its caches, so that its memory is not judged strictly."""
    memory, files = _slopes(samples)
    largest = max(one.log for one in samples)
    found = [f"memory grows {memory:.2f} MiB a minute"] if memory > (100 if short else GROWTH) else []
    found += [f"{files:.1f} more open files a minute"] if files > (1000 if short else FILES) else []
    return found + ([f"the log of the database grew to {largest:.0f} MiB"] if largest > LOG else [])


def _capacity(port: int, ledger: Ledger, seconds: float) -> float:
    """Return how many surveys a second the server can do for people who never wait."""
    before, began = ledger.finished, time.monotonic()
    with crowd(port, PEOPLE, stage.NAME, ledger):
        time.sleep(seconds)
    return max(ledger.finished - before, 1) / (time.monotonic() - began)


def _soaked(
    port: int, processes: Callable[[], list[psutil.Process]], log: Path, ledger: Ledger, rate: float,
    seconds: float, seed: int,
) -> tuple[list[Sample], float]:  # fmt: skip
    """Send about so many surveys a second; return the samples of the last three quarters, and the real rate."""
    chance, lock = random.Random(seed), threading.Lock()

    def pause() -> float:
        with lock:
            return chance.expovariate(rate / PEOPLE)

    samples: list[Sample] = []
    before, began = ledger.finished, time.monotonic()
    with crowd(port, PEOPLE, stage.NAME, ledger, pause):
        while (past := time.monotonic() - began) < seconds:
            time.sleep(min(5.0, seconds / 30))
            if past > seconds / 4:
                samples.append(_sample(processes(), log, past))
    return samples, (ledger.finished - before) / (time.monotonic() - began)


def _sample(processes: list[psutil.Process], log: Path, past: float) -> Sample:
    return Sample(
        past / 60,
        max(one.memory_info().rss for one in processes) / 2**20,
        sum(one.num_fds() for one in processes),
        log.stat().st_size / 2**20 if log.exists() else 0.0,
    )


def _slopes(samples: list[Sample]) -> tuple[float, float]:
    """Return the growth of memory and of open files per minute, by least squares."""
    minutes = [one.minutes for one in samples]
    return slope(minutes, [one.mebibytes for one in samples]), slope(minutes, [one.files for one in samples])


def slope(x: list[float], y: list[float] | list[int]) -> float:
    """Return the slope of the line through points, by least squares."""
    middle, height = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle) ** 2 for one in x)
    return sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True)) / spread


def _p99(ledger: Ledger) -> float:
    waits = sorted(ledger.shown + ledger.kept)
    return waits[int(0.99 * len(waits))]


def _control(seed: int, short: bool) -> Control:
    """The same with an app that gives nothing back."""
    ledger = Ledger()
    with tempfile.TemporaryDirectory() as place, weakened(Path(place), PAGES, "leaking") as (zygote, _):
        server = [psutil.Process(zygote.child)]
        _capacity(zygote.port, ledger, 1.0)
        log = Path(place, "earshot.db-wal")
        samples, _ = _soaked(zygote.port, lambda: server, log, ledger, 20.0, 2.5 if short else 40.0, seed)
    memory, files = _slopes(samples)
    wrong = bool(_wrong(samples, short)) and bool(_wrong(samples, False))
    return Control(
        "an app that gives nothing back", wrong, f"{memory:.1f} MiB and {files:.0f} files more a minute"
    )
