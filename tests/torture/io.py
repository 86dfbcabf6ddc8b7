"""Writes and syncs that fail: now and then, and all of them for a while; a sync that fails takes writes back."""

from __future__ import annotations

import mmap
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from survey_app.storage.database import connect
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.preload import build
from tests.torture.report import Control, Outcome
from tests.torture.served import weakened

PEOPLE = 8
PAGES = 3
LONGEST = 20.0


@dataclass(frozen=True)
class Faults:
    """What is to fail, out of a thousand; shared with the server's process."""

    library: Path
    shared: mmap.mmap
    environment: dict[str, str]

    def set(self, writes: int, syncs: int) -> None:
        struct.pack_into("2i", self.shared, 0, writes, syncs)

    def failed(self) -> tuple[int, int]:
        """Return how many writes and syncs have failed so far."""
        return struct.unpack_from("2i", self.shared, 8)

    def came(self) -> tuple[int, int]:
        return struct.unpack_from("2i", self.shared, 16)


@contextmanager
def faults(place: Path, seed: int) -> Iterator[Faults]:
    """Build the library; raise Skipped where that cannot be."""
    library, control = build("failing_disk", place), place / "faults"
    control.write_bytes(bytes(24))
    environment = {
        "LD_PRELOAD": str(library), "EARSHOT_FAULTS": str(control),
        "EARSHOT_FAULTS_OF": str(place / "data" / "earshot.db"), "EARSHOT_FAULTS_SEED": str(seed),
    }  # fmt: skip
    with control.open("r+b") as file, mmap.mmap(file.fileno(), 24) as shared:
        yield Faults(library, shared, environment)


def run(seed: int, short: bool) -> list[Outcome]:
    """Let some of everything fail, then everything for a second; kill and look. For three minutes."""
    ledger, began = Ledger(), time.monotonic()
    state, failed, came, none, kills = tortured(seed, ledger, "", 1 if short else 30)
    control_ledger = Ledger()
    weak, *_ = tortured(seed, control_ledger, "deaf", 1)
    measured = {
        "writes failed": failed[0], "syncs failed": failed[1], "of writes": came[0], "of syncs": came[1],
        "told not kept, typed answers there": ledger.not_kept, "acknowledged while every sync failed": none,
        "kills": kills, "seconds": time.monotonic() - began,
    }  # fmt: skip
    wrong = ledger.faults()
    wrong += [f"{none} pages were acknowledged while every sync failed"] if none else []
    wrong += ["nothing has failed: the library is not in place"] if not min(failed) else []
    seen = f"{weak.lost} of {len(control_ledger.acknowledged)} lost"
    control = Control("acknowledged whatever the database says", weak.lost > 0, seen)
    outcome = Outcome(
        "failing writes and syncs, SQLite", seed, len(ledger.acknowledged), state.lost, state.duplicated,
        state.corrupt, (control,), measured, tuple(wrong),
    )  # fmt: skip
    return [outcome]


def tortured(
    seed: int, ledger: Ledger, variant: str, rounds: int
) -> tuple[stage.Found, tuple[int, int], tuple[int, int], int, int]:
    """Return what was found, failed writes and syncs, all of them, and acknowledgements that had to be wrong."""
    wrong = kills = 0
    with tempfile.TemporaryDirectory(prefix="earshot-io-") as name, faults(Path(name), seed) as broken:
        (Path(name) / "data").mkdir()
        with weakened(Path(name, "data"), PAGES, variant, environment=broken.environment) as (zygote, found):
            with crowd(zygote.port, PEOPLE, stage.NAME, ledger):
                _wait(ledger, PEOPLE)
                for _ in range(rounds):
                    broken.set(10, 10)
                    time.sleep(3.0)
                    broken.set(0, 1000)
                    wrong += _acknowledged_meanwhile(ledger, 1.0)
                    broken.set(0, 0)
                    _wait(ledger, PEOPLE)
                    zygote.next()
                    kills += 1
                    _wait(ledger, PEOPLE)
            failed, came = broken.failed(), broken.came()
        engine = connect(found.database_url)
        state = stage.examine(engine, ledger)
        engine.dispose()
    return state, failed, came, wrong, kills


def _acknowledged_meanwhile(ledger: Ledger, seconds: float) -> int:
    """Return how many pages were acknowledged; what was on its way before has a moment to arrive."""
    time.sleep(0.3)
    before = len(ledger.acknowledged)
    time.sleep(seconds)
    return len(ledger.acknowledged) - before


def _wait(ledger: Ledger, more: int) -> None:
    before, until = len(ledger.acknowledged), time.monotonic() + LONGEST
    while len(ledger.acknowledged) < before + more:
        if time.monotonic() > until:
            ledger.refusals.append(f"nothing was acknowledged for {LONGEST:.0f} s with a disk that works")
            return
        time.sleep(0.01)
