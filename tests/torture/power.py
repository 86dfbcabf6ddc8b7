"""Power cuts: the app's own writer on a disk that forgets what was not flushed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from survey_app.storage.database import connect
from survey_app.storage.upgrade import upgrade
from tests.survey_app.postgres import NOBODY, Server
from tests.torture import stage
from tests.torture.client import Ledger
from tests.torture.disk import Disk, NoDisk, memory, refuse_without
from tests.torture.report import Control, Outcome, Skipped
from tests.torture.writer import PAGES, Writer

LONGEST_LIFE = 0.5
LONGEST_START = 20.0


@dataclass
class Bench:
    """A database on a disk: its address, and what has to run for it."""

    disk: Disk
    address: str
    start: Callable[[], None] = lambda: None
    end: Callable[[], None] = lambda: None


def run(seed: int, short: bool) -> Iterator[Outcome]:
    """Cut the power under both databases; the short form under SQLite only."""
    refuse_without()
    cuts, controls = (3, 20) if short else (150, 15)
    yield tortured("power cut, SQLite", seed, cuts, controls, sqlite_bench, "NORMAL")
    if not short:
        with stage.postgres() as running:
            yield tortured("power cut, PostgreSQL", seed, 50, 10, lambda: postgres_bench(running), "off")


Make = Callable[[], contextlib.AbstractContextManager[Bench]]


def tortured(name: str, seed: int, cuts: int, controls: int, make: Make, weaker: str) -> Outcome:
    with make() as bench:
        found = cut(name, seed, cuts, bench, "")
    with make() as bench:
        weak = cut(name, seed, controls, bench, weaker, until_lost=cuts < 10)
    seen = f"{weak.lost} of {weak.acknowledged} lost in {weak.measured['cuts']} cuts"
    which = "synchronous" if weaker == "NORMAL" else "synchronous_commit"
    return replace(found, controls=(Control(f"{which}={weaker}", weak.lost > 0, seen),))


def cut(name: str, seed: int, cuts: int, bench: Bench, weaker: str, until_lost: bool = False) -> Outcome:
    """Write, cut, turn on, look; again and again on the same database."""
    chance, ledger, began = random.Random(seed), Ledger(), time.monotonic()
    writer = Writer(bench.address, stage.study(PAGES).version, weaker, ledger)
    slowest, damaged, done, state = 0.0, 0, 0, stage.Found(0, 0, 0, 0)
    while done < cuts and not (until_lost and state.lost):
        before = state.lost
        process = writer.next()
        _wait_for_more(ledger)
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        bench.disk.cut()
        os.kill(process, signal.SIGKILL)
        bench.end()
        bench.disk.clear()
        bench.disk.turn_on()
        start = time.monotonic()
        bench.start()
        state = _looked(bench.address, ledger)
        slowest = max(slowest, time.monotonic() - start)
        done += 1
        damaged += state.lost > before
    writer.close()
    state = _looked(bench.address, ledger)
    measured = {
        "cuts": done, "cuts with loss": damaged, "slowest recovery and check": slowest,
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    return Outcome(
        name, seed, len(ledger.acknowledged), state.lost, state.duplicated, state.corrupt, (), measured
    )


def _wait_for_more(ledger: Ledger) -> None:
    before, until = len(ledger.acknowledged), time.monotonic() + LONGEST_START
    while len(ledger.acknowledged) == before:
        if time.monotonic() > until:
            raise TimeoutError("nothing was acknowledged after a power cut")
        time.sleep(0.002)


def _looked(address: str, ledger: Ledger) -> stage.Found:
    engine = connect(address)
    try:
        return stage.examine(engine, ledger)
    finally:
        engine.dispose()


@contextmanager
def _turned_on(megabytes: int) -> Iterator[Disk]:
    with tempfile.TemporaryDirectory(
        prefix="earshot-power-", dir=memory(), ignore_cleanup_errors=True
    ) as place:
        Path(place).chmod(0o755)
        try:
            disk = Disk(Path(place), megabytes)
            disk.turn_on()
        except NoDisk as reason:
            raise Skipped(str(reason)) from None
        try:
            yield disk
        finally:
            disk.cut()
            disk.clear()


@contextmanager
def sqlite_bench() -> Iterator[Bench]:
    with _turned_on(256) as disk:
        found = stage.settings(disk.mounted / "data")
        stage.publish(found, PAGES)
        disk.sync()
        yield Bench(disk, found.database_url)


@contextmanager
def postgres_bench(running: Server) -> Iterator[Bench]:
    """A server on the disk, with the programs of one that runs already."""
    with _turned_on(768) as disk:
        folder = disk.mounted / "pg"
        folder.mkdir()
        if NOBODY:
            os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
        server = Server(folder, running._programs)
        server.make()
        server.start()
        address = server.fresh()
        engine = connect(address)
        upgrade(engine)
        engine.dispose()
        stage.publish(stage.settings(disk.mounted / "data", address), PAGES)
        server.say("CHECKPOINT")
        disk.sync()
        try:
            yield Bench(disk, address, server.start, lambda: _end(server))
        finally:
            _end(server)


def _end(server: Server) -> None:
    """Kill a server and every process of it: one may wait for ever for a lock that another has died with."""
    if server._process is not None:
        family = psutil.Process(server._process.pid).children(recursive=True)
        server.stop(signal.SIGKILL)
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family, 10)
