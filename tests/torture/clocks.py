"""The server's clock jumps while people answer, a study ends in the night of the clock change, and 2038 comes.

A small library under the real server moves the time of day; what only measures how long something takes is true.
"""

from __future__ import annotations

import contextlib
import mmap
import random
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Engine, select

from survey_app.storage.database import connect
from survey_app.storage.rows import post_rows, response_row, responses
from survey_app.storage.tables import post
from tests.torture import stage
from tests.torture.client import ACTION, Ledger, Person, Refused, filled_in
from tests.torture.preload import build
from tests.torture.report import Control, Outcome
from tests.torture.served import Running, serving

PAGES = 6
JUMPS = (-86_400, -3_600, -61, -1, 0, 1, 61, 3_600, 86_400)
CLOSINGS = (
    # An hour that comes twice: the first of the two counts. One that does not come: as if it had.
    ("an ordinary evening", "2026-12-06T20:00", "2026-12-06T18:00:00+00:00"),
    ("the hour that comes twice", "2026-10-25T03:30", "2026-10-25T00:30:00+00:00"),
    ("after the hour that comes twice", "2026-10-25T04:00", "2026-10-25T02:00:00+00:00"),
    ("the hour that does not come", "2027-03-28T03:30", "2027-03-28T01:30:00+00:00"),
    ("with an offset of its own", "2026-10-25T03:30+02:00", "2026-10-25T01:30:00+00:00"),
    ("after 2038", "2038-01-20T12:00", "2038-01-20T10:00:00+00:00"),
)
LAST_SECOND = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""Where a count of seconds in 32 bits ends."""
NEVER = threading.Event()


@dataclass(frozen=True)
class Clock:
    """What the server takes for the time of day, as seconds beside the true one."""

    shared: mmap.mmap
    environment: dict[str, str]

    def set(self, beside: float) -> None:
        struct.pack_into("q", self.shared, 0, round(beside))


@contextmanager
def clock(place: Path) -> Iterator[Clock]:
    """Raise Skipped where there is no compiler."""
    file = place / "clock"
    file.write_bytes(bytes(8))
    environment = {"LD_PRELOAD": str(build("moving_clock", place)), "EARSHOT_CLOCK": str(file)}
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 8) as shared:
        yield Clock(shared, environment)


def run(seed: int, short: bool) -> list[Outcome]:
    """Sessions with jumps, closings, and the end of 32 bits; the short form has four sessions."""
    began, ledger = time.monotonic(), Ledger()
    with tempfile.TemporaryDirectory() as name, clock(Path(name)) as faked:
        raw, faults, found = _jumps(
            Path(name, "jumps"), faked, ledger, random.Random(seed), 4 if short else 200
        )
        closings = () if short else CLOSINGS
        for number, closing in enumerate(closings):
            faults += _closes(Path(name, f"closing-{number}"), faked, ledger, *closing)
    controls = (
        Control("posted less shown, as the clock had it", raw > 0, f"{raw} of {found.rows} below zero"),
    )
    measured = {
        "sessions": ledger.finished, "jumps of": f"{-max(JUMPS)} to {max(JUMPS)} s", "closings": len(closings),
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    return [
        Outcome("clocks, SQLite", seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt,
                controls, measured, tuple(ledger.faults() + faults))
    ]  # fmt: skip


def _jumps(
    place: Path, faked: Clock, ledger: Ledger, chance: random.Random, sessions: int
) -> tuple[int, list[str], stage.Found]:
    """Let the clock jump before each request; the last sessions go over the end of 32 bits."""
    with serving(place, PAGES, environment=faked.environment) as running:
        for number in range(sessions):
            base = LAST_SECOND.timestamp() - time.time() - 1 if number >= sessions // 2 else 0.0
            person = Person(running.port, ledger, NEVER)
            _session(person, ledger, faked, base, chance)
            person.close()
        faked.set(0)
        engine = connect(running.settings.database_url)
    found = stage.examine(engine, ledger)
    raw, faults = _times(engine)
    engine.dispose()
    return raw, faults, found


def _session(person: Person, ledger: Ledger, faked: Clock, base: float, chance: random.Random) -> None:
    def jump() -> None:
        faked.set(base + chance.choice(JUMPS))

    try:
        jump()
        reply = person.follow(person.insist("GET", f"/s/{stage.NAME}"))
        while action := ACTION.search(reply.text):
            fields, token, key = filled_in(reply.text)
            ledger.responses.add(key)
            jump()
            reply = person.insist("POST", action[1], urlencode(fields), token)
            ledger.acknowledged[token] = key
            reply = person.follow(reply)
        ledger.finished += 1
    except Refused as refusal:
        ledger.refusals.append(str(refusal))


def _times(engine: Engine) -> tuple[int, list[str]]:
    """Return how many posts came before they were shown by the clock, and what is wrong in the data."""
    with engine.connect() as connection:
        rows = connection.execute(select(post.c.posted_ms, post.c.shown_ms)).all()
    raw = sum(row.posted_ms < row.shown_ms for row in rows)
    questionnaire = stage.study(PAGES).questionnaire
    backwards = order = below = 0
    for stored in responses(engine, stage.NAME):
        row = response_row(questionnaire, stored, stored.current(stage.NAME))
        backwards += row["_submitted"] is not None and row["_submitted"] < row["_started"]
        order += [one.page for one in stored.posts] != [f"page_{n}" for n in range(1, PAGES + 1)]
        below += sum((one[5] or 0) < 0 for one in post_rows(stored))
    faults = [f"{backwards} responses were submitted before they were started"] if backwards else []
    faults += [f"the pages of {order} responses are not in their order"] if order else []
    return raw, faults + ([f"{below} pages took less than no time"] if below else [])


def _closes(place: Path, faked: Clock, ledger: Ledger, what: str, written: str, moment: str) -> list[str]:
    """A page is taken just before the closing time, and refused just after it."""
    closing = datetime.fromisoformat(moment)
    more = f"open: 2026-01-01T00:00\nclose: {written}\n"
    faked.set(closing.timestamp() - time.time() - 60)
    with serving(place, PAGES, more=more, environment=faked.environment) as running:
        before = _status_after(running, faked, closing.timestamp() - 5)
        after = _status_after(running, faked, closing.timestamp() + 5)
    faked.set(0)
    right = (before, after) == (303, 410)
    return [] if right else [f"closing at {what}: {before} before, {after} after, not 303 and 410"]


def _status_after(running: Running, faked: Clock, moment: float) -> int:
    """Open the first page a minute before, send it at the moment; return the status."""
    faked.set(moment - time.time() - 60)
    person = Person(running.port, Ledger(), NEVER)
    with contextlib.closing(person):
        page = person.ask("GET", f"/s/{stage.NAME}")
        if page.status != 200:
            return page.status
        fields, _, _ = filled_in(page.text)
        faked.set(moment - time.time())
        return person.ask("POST", f"/s/{stage.NAME}", urlencode(fields)).status
