"""The database server is restarted every few seconds, without any warning, while people answer."""

from __future__ import annotations

import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from survey_app.storage.database import connect
from tests.survey_app.postgres import Server
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.report import Control, Outcome
from tests.torture.served import serving, weakened

PEOPLE = 8
PAGES = 3
EVERY = 3.0
RECOVERED = 5.0
"""Seconds within which everyone must be served again."""


def run(seed: int, short: bool) -> list[Outcome]:
    """Restart PostgreSQL every 3 s for 5 minutes; the short form once."""
    with stage.postgres() as server, tempfile.TemporaryDirectory() as place:
        times, every = (1, 1.0) if short else (100, EVERY)
        ledger, began, address = Ledger(), time.monotonic(), stage.fresh(server)
        with serving(Path(place, "ours"), PAGES, address) as running:
            until = began + 300 if not short else None
            away = _restart(server, running.port, ledger, times, every, until)
        found = _found(address, ledger)
        control = _control(server, Path(place, "control"))
    slowest = max((_recovery(one, away) for one in ledger.outages), default=0.0)
    faults = ledger.faults()
    if slowest > RECOVERED:
        faults.append(f"someone waited {slowest:.1f} s with the database back")
    measured = {
        "restarts": len(away), "database away at most, s": max(back - left for left, back in away),
        "told not kept, typed answers there": ledger.not_kept, "outages": len(ledger.outages),
        "slowest recovery, s": slowest, "surveys": ledger.finished, "seconds": time.monotonic() - began,
    }  # fmt: skip
    outcome = Outcome(
        "database restarts, PostgreSQL", seed, len(ledger.acknowledged), found.lost, found.duplicated,
        found.corrupt, (control,), measured, tuple(faults),
    )  # fmt: skip
    return [outcome]


def _recovery(outage: tuple[float, float], away: list[tuple[float, float]]) -> float:
    """Return how long someone waited while the database was there."""
    failed, ended = outage
    gone = sum(max(0.0, min(back, ended) - max(left, failed)) for left, back in away)
    return ended - failed - gone


def _restart(
    server: Server, port: int, ledger: Ledger, times: int, every: float, until: float | None = None
) -> list[tuple[float, float]]:
    """Restart so often, or until the time is over; end when people are served again.

    Returns when the database left and when it was back.
    """
    away: list[tuple[float, float]] = []
    with crowd(port, PEOPLE, stage.NAME, ledger):
        while len(away) < times and (until is None or time.monotonic() < until):
            time.sleep(every)
            left = time.monotonic()
            server.stop(signal.SIGQUIT)
            server.start()
            away.append((left, time.monotonic()))
        before = len(ledger.acknowledged)
        end = time.monotonic() + 3 * RECOVERED
        while len(ledger.acknowledged) < before + PEOPLE and time.monotonic() < end:
            time.sleep(0.05)
        if len(ledger.acknowledged) == before:
            ledger.refusals.append("nobody was served again after the last restart")
    return away


def _control(server: Server, place: Path) -> Control:
    place.mkdir()
    address, ledger, done = stage.fresh(server), Ledger(), 0
    lost = 0
    with weakened(place, PAGES, "deaf", address) as (zygote, _):
        while not lost and done < 10:
            done += len(_restart(server, zygote.port, ledger, 1, 0.5))
            lost = _found(address, replace(ledger, acknowledged=dict(ledger.acknowledged))).lost
    seen = f"{lost} of {len(ledger.acknowledged)} lost in {done} restarts"
    return Control("acknowledged whatever the database says", lost > 0, seen)


def _found(address: str, ledger: Ledger) -> stage.Found:
    engine = connect(address)
    try:
        return stage.examine(engine, ledger)
    finally:
        engine.dispose()
