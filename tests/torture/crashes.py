"""Every moment of the write path at which a machine may stop, and what SQLite makes of what is left.

The statements are those of the app's own writer. They are carried out on a disk that remembers its writes; each
state that a crash may leave is written down as files and opened by the SQLite that the app uses. A disk in memory
has no memory that processes share: the writer has the file for itself there (locking_mode=exclusive), and
checkpoints come after fewer pages, so that there are many of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import apsw

from tests.torture.disk import memory
from tests.torture.journal import Disk, Journal, State, Step, crashes
from tests.torture.recorded import Recording, record
from tests.torture.report import Control, Outcome

FILE = "earshot.db"
CHECKPOINT_PAGES = 40


@dataclass(frozen=True)
class Played:
    """What the disk was asked, and how many steps were done when each post was acknowledged."""

    steps: list[Step]
    acknowledged: dict[str, int]


def run(seed: int, short: bool) -> list[Outcome]:
    """Enumerate at least 20,000 states; the short form some hundred."""
    with tempfile.TemporaryDirectory() as place:
        recording = record(Path(place), 2 if short else 6, 4 if short else 10)
    began = time.monotonic()
    wanted = 300 if short else 20_000
    played = play(recording, "full", "")
    found = examine(recording, played, seed, wanted)
    weak = examine(recording, play(recording, "normal", "NORMAL"), seed, wanted // 10)
    seen = f"{weak.lost} of {weak.expected} lost in {weak.states} states"
    measured = {
        "states": found.states, "steps": len(played.steps), "posts": len(played.acknowledged),
        "syncs": sum(step.what == "sync" for step in played.steps),
        "answers held against a state": found.expected, "seconds": time.monotonic() - began,
    }  # fmt: skip
    faults = () if found.states >= wanted else (f"only {found.states} states",)
    control = Control("synchronous=NORMAL", weak.lost > 0, seen)
    outcome = Outcome(
        "crash states, SQLite",
        seed,
        found.expected,
        found.lost,
        0,
        found.corrupt,
        (control,),
        measured,
        faults,
    )
    return [outcome]


def play(recording: Recording, name: str, weaker: str) -> Played:
    """Carry out the statements on a disk that remembers; `weaker` replaces synchronous=FULL."""
    journal = Journal({FILE: bytearray(recording.image)})
    disk = Disk(f"earshot-{name}", journal)
    connection = apsw.Connection(FILE, vfs=f"earshot-{name}")
    connection.execute("PRAGMA locking_mode=exclusive")
    acknowledged: dict[str, int] = {}
    for statement, keys in zip(recording.statements, recording.posts, strict=True):
        told = statement.replace("synchronous=FULL", f"synchronous={weaker}") if weaker else statement
        connection.execute(told).fetchall()
        if "journal_mode=WAL" in told:
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        acknowledged |= dict.fromkeys(keys, len(journal.steps))
    steps = list(journal.steps)  # closing would tidy up: a crash does not close
    connection.close()
    del disk
    return Played(steps, acknowledged)


@dataclass
class Tally:
    states: int = 0
    expected: int = 0
    lost: int = 0
    corrupt: int = 0


def examine(recording: Recording, played: Played, seed: int, wanted: int) -> Tally:
    """Open every state once; more random subsets are drawn until there are as many states as wanted."""
    tally, seen = Tally(), set[bytes]()
    with tempfile.TemporaryDirectory(prefix="earshot-crash-", dir=memory()) as place:
        for turn in range(40):
            chance = random.Random(f"{seed}.{turn}")
            for done, state in crashes({FILE: recording.image}, played.steps, 8, chance):
                digest = hashlib.blake2b(repr(done).encode(), digest_size=16)
                for name in sorted(state):
                    digest.update(name.encode() + state[name])
                if digest.digest() not in seen:
                    seen.add(digest.digest())
                    _look(
                        Path(place), state, {k for k, at in played.acknowledged.items() if at <= done}, tally
                    )
            if tally.states >= wanted:
                break
    return tally


def _look(place: Path, state: State, expected: set[str], tally: Tally) -> None:
    """Open a state as the app's SQLite would after the crash."""
    for old in place.iterdir():
        old.unlink()
    for name, content in state.items():
        (place / name).write_bytes(content)
    tally.states += 1
    tally.expected += len(expected)
    try:
        with contextlib.closing(sqlite3.connect(place / FILE)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            sound = sound and not connection.execute("PRAGMA foreign_key_check").fetchall()
            kept = {row[0] for row in connection.execute("SELECT submission_key FROM post")}
    except sqlite3.DatabaseError:
        sound, kept = False, set()
    tally.corrupt += not sound
    tally.lost += len(expected - kept)
