"""kill -9 of the server in mid-load, again and again, while people send their pages until they are acknowledged."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from survey_app.storage.database import connect
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.report import Control, Outcome
from tests.torture.zygote import Zygote

PEOPLE = 8
PAGES = 3
LONGEST_LIFE = 0.1
"""Seconds that a server lives after its first acknowledgement, at most."""
LONGEST_START = 20.0


def run(seed: int, short: bool) -> Iterator[Outcome]:
    """Kill servers on both databases; the short form on SQLite only."""
    if short:
        yield tortured("kill -9, SQLite", seed, 10, 40, lambda: "", ("early",))
        return
    yield tortured("kill -9, SQLite", seed, 2000, 200, lambda: "")
    with stage.postgres() as server:
        yield tortured("kill -9, PostgreSQL", seed, 200, 100, lambda: stage.fresh(server))


def tortured(
    name: str,
    seed: int,
    kills: int,
    most: int,
    fresh: stage.Fresh,
    weaker: Sequence[str] = ("early", "fresh"),
) -> Outcome:
    """Kill so many servers, and `most` at most of each control, until it has gone wrong."""
    found = one(name, seed, kills, fresh(), "")
    controls = tuple(control(seed, most, fresh(), variant) for variant in weaker)
    return replace(found, controls=controls)


def control(seed: int, most: int, address: str, variant: str) -> Control:
    found = one("control", seed, most, address, variant, until_wrong=True)
    what, wrong, number = {
        "early": ("acknowledged before the commit", "lost", found.lost),
        "fresh": ("another submission key for each try", "duplicated", found.duplicated),
    }[variant]
    seen = f"{number} of {found.acknowledged} {wrong} in {found.measured['kills']} kills"
    return Control(what, number > 0, seen)


def one(name: str, seed: int, kills: int, address: str, variant: str, until_wrong: bool = False) -> Outcome:
    """Kill servers of one variant; a control ends as soon as it has gone wrong."""
    chance, ledger, began = random.Random(seed), Ledger(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="earshot-kill-") as place:
        found = stage.settings(Path(place), address)
        stage.publish(found, PAGES)
        zygote = Zygote(Path(place), address, variant)
        zygote.next()
        done = 0
        with crowd(zygote.port, PEOPLE, stage.NAME, ledger):
            while done < kills:
                _live(ledger, chance)
                zygote.next()
                done += 1
                if until_wrong and done % 3 == 0 and _is_wrong(found.database_url, ledger):
                    break
            _live(ledger, chance)
        zygote.close()
        engine = connect(found.database_url)
        state = stage.examine(engine, ledger)
        engine.dispose()
    took = time.monotonic() - began
    measured = {"kills": done, "tries again": ledger.retries, "surveys": ledger.finished, "seconds": took}
    return Outcome(
        name, seed, len(ledger.acknowledged), state.lost, state.duplicated, state.corrupt, (), measured,
        tuple(ledger.faults()),
    )  # fmt: skip


def _live(ledger: Ledger, chance: random.Random) -> None:
    """Wait until the present server has acknowledged something, and a moment more."""
    before, until = len(ledger.acknowledged), time.monotonic() + LONGEST_START
    while len(ledger.acknowledged) == before:
        if time.monotonic() > until:
            raise TimeoutError("no page was acknowledged after a restart")
        time.sleep(0.001)
    time.sleep(chance.uniform(0, LONGEST_LIFE))


def _is_wrong(address: str, ledger: Ledger) -> bool:
    """Look into the database while it is used: what was acknowledged before must be there."""
    known = replace(ledger, acknowledged=dict(ledger.acknowledged), responses=set(ledger.responses))
    engine = connect(address)
    state = stage.examine(engine, known)
    engine.dispose()
    return state.lost + state.duplicated > 0
