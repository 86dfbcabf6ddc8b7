"""The disk is full, and is freed again, many times, while people answer."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from survey_app.storage.database import connect
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.report import Control, Outcome
from tests.torture.served import Running, serving, weakened

PEOPLE = 8
PAGES = 3
MEGABYTES = 32
LONGEST = 30.0
"""Seconds within which a full disk must be noticed, and a freed one used again."""


class SmallDisk:
    """A disk of some megabytes, filled down to the last block."""

    kind = f"a disk of {MEGABYTES} MiB"

    def __init__(self, place: Path) -> None:
        self.place, self._ballast = place, place / "ballast"

    def fill(self, servers: list[psutil.Process]) -> None:
        fill(self._ballast)

    def free(self, servers: list[psutil.Process]) -> None:
        self._ballast.unlink()


class NoRoom:
    """Where nothing can be mounted: a limit lets the server write into no file, and is lifted again."""

    kind = "a limit of the size of files"

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self, servers: list[psutil.Process]) -> None:
        self._limit(servers, 0)

    def free(self, servers: list[psutil.Process]) -> None:
        self._limit(servers, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(servers: list[psutil.Process], size: int) -> None:
        for one in servers:
            one.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def run(seed: int, short: bool) -> list[Outcome]:
    """Fill and free a small disk 20 times; the short form twice."""
    ledger, began, times = Ledger(), time.monotonic(), 2 if short else 20
    with room() as disk:
        with serving(disk.place / "ours", PAGES) as running:
            slowest = _fill_and_free(disk, running, ledger, times)
            address = running.settings.database_url
        found = _found(address, ledger)
    measured = {
        "room": disk.kind, "times full": times, "told not kept, typed answers there": ledger.not_kept,
        "slowest to go on, s": slowest, "surveys": ledger.finished, "seconds": time.monotonic() - began,
    }  # fmt: skip
    outcome = Outcome(
        "full disk, SQLite", seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt,
        (_control(),), measured, tuple(ledger.faults()),
    )  # fmt: skip
    return [outcome]


def _fill_and_free(disk: SmallDisk | NoRoom, running: Running, ledger: Ledger, times: int) -> float:
    """Return the seconds that it took at most until everyone was served again."""
    slowest, servers = 0.0, running.web()
    with crowd(running.port, PEOPLE, stage.NAME, ledger):
        for turn in range(times):
            _wait(ledger, 4 * PEOPLE, "acknowledged")
            disk.fill(servers)
            told = ledger.not_kept + ledger.emptied + PEOPLE
            until = time.monotonic() + LONGEST
            while ledger.not_kept + ledger.emptied < told:
                if time.monotonic() > until:
                    ledger.refusals.append(f"time {turn + 1}: nobody was told that the disk is full")
                    break
                time.sleep(0.02)
                disk.fill(servers)  # what a checkpoint has given back
            disk.free(servers)
            slowest = max(slowest, _wait(ledger, PEOPLE, "acknowledged again"))
    return slowest


def _wait(ledger: Ledger, more: int, what: str) -> float:
    before, began = len(ledger.acknowledged), time.monotonic()
    while len(ledger.acknowledged) < before + more:
        if time.monotonic() - began > LONGEST:
            ledger.refusals.append(f"nothing was {what} within {LONGEST:.0f} s")
            break
        time.sleep(0.01)
    return time.monotonic() - began


def fill(ballast: Path) -> None:
    """Write until there is no room left, down to the last block."""
    file = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (1 << 20, 4096):
            while True:
                try:
                    if os.write(file, bytes(size)) < size:
                        break
                except OSError:
                    break
    finally:
        os.close(file)


def _control() -> Control:
    ledger = Ledger()
    with room() as disk:
        place = disk.place / "control"
        place.mkdir()
        with (
            weakened(place, PAGES, "deaf") as (zygote, found),
            crowd(zygote.port, PEOPLE, stage.NAME, ledger),
        ):
            _wait(ledger, PEOPLE, "acknowledged")
            servers = [psutil.Process(zygote.child)]
            disk.fill(servers)
            lost, until = 0, time.monotonic() + LONGEST
            while not lost and time.monotonic() < until:
                time.sleep(0.5)
                known = Ledger(acknowledged=dict(ledger.acknowledged), responses=set(ledger.responses))
                lost = _found(found.database_url, known).lost
            disk.free(servers)
    return Control(
        "acknowledged whatever the database says", lost > 0, f"{lost} of {len(known.acknowledged)} lost"
    )


def _found(address: str, ledger: Ledger) -> stage.Found:
    engine = connect(address)
    try:
        return stage.examine(engine, ledger)
    finally:
        engine.dispose()


@contextmanager
def room() -> Iterator[SmallDisk | NoRoom]:
    """A small disk of its own, or, where none can be mounted, a folder with a limit."""
    with tempfile.TemporaryDirectory(prefix="earshot-full-") as place:
        command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", place]
        mounted = (
            os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
        )
        try:
            yield SmallDisk(Path(place)) if mounted else NoRoom(Path(place))
        finally:
            if mounted:
                subprocess.run(["umount", "-l", place], check=True)
