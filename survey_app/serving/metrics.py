"""What is counted while serving, cheap enough for every request, and added up over the processes.

Each process leaves its counts in a file of the shared folder; whichever process is asked adds them up, and those
of processes that have ended stay in the sum. Knows neither Flask nor the library that prints them.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import Path

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper limits of the classes of time."""
POSTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Upper limits of the classes of group sizes."""
ENDED = "ended.json"
NAME = f"{os.getpid()}-{time.time_ns()}"
"""This process among all that ever take part: numbers of processes come again."""

Key = tuple[str, ...]


class Metrics:
    """Sums that only grow, by name and labels, and values that are read when somebody looks at them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Key, float] = {}
        self._gauges: dict[str, Callable[[], float]] = {}

    def add(self, *key: str, by: float = 1) -> None:
        with self._lock:
            self._sums[key] = self._sums.get(key, 0) + by

    def served(self, route: str, method: str, status: str, seconds: float) -> None:
        """Count a request; `seconds` are from its last byte read to its answer."""
        request, total = ("requests", route, method, status), ("seconds_sum", route)
        within = ("seconds", route, str(bisect_left(SECONDS, seconds)))
        sums = self._sums
        with self._lock:
            sums[request] = sums.get(request, 0) + 1
            sums[total] = sums.get(total, 0) + seconds
            sums[within] = sums.get(within, 0) + 1

    def kept(self, count_in_group: int, seconds: float) -> None:
        """Count a commit of so many posts that took so long."""
        self.add("kept", by=count_in_group)
        self.add("group", str(bisect_left(POSTS, count_in_group)))
        self.add("group_sum", by=count_in_group)
        self.add("commit", str(bisect_left(SECONDS, seconds)))
        self.add("commit_sum", by=seconds)

    def refused(self, reason: str) -> None:
        """Count a post that was not kept; `reason` is one of few words."""
        self.add("refused", reason)

    def watch(self, name: str, value: Callable[[], float]) -> None:
        """Register a value of this process, such as a length, that is read when somebody looks at it."""
        self._gauges[name] = value

    def state(self) -> dict[str, dict[str, float]]:
        with self._lock:
            sums = dict(self._sums)
        now = {name: value() for name, value in self._gauges.items()}
        return {"sums": {"\t".join(key): value for key, value in sums.items()}, "now": now}

    def leave(self, folder: Path) -> None:
        """Write the counts where the other processes find them."""
        _write(folder / f"{NAME}.json", self.state())

    def everything(self, folder: Path | None) -> tuple[dict[Key, float], dict[str, dict[str, float]]]:
        """Return the sums over all processes, and the present values of each process by its name."""
        states = {NAME: self.state()}
        if folder is not None:
            # Another process that is asked next must not tell less.
            _write(folder / f"{NAME}.json", states[NAME])
            states = {p.stem: _read(p) for p in folder.glob("*-*.json")} | states
            # Read after the others: a process that ends meanwhile is in both, and must not count twice.
            ended = _read(folder / ENDED)
            states = {name: state for name, state in states.items() if name not in ended.get("of", {})}
            states[""] = {"sums": ended.get("sums", {})}
        sums: dict[Key, float] = {}
        for state in states.values():
            for text, value in state.get("sums", {}).items():
                key = tuple(text.split("\t"))
                sums[key] = sums.get(key, 0) + value
        return sums, {name: state["now"] for name, state in states.items() if "now" in state}


def fold_ended(folder: Path, pid: int) -> None:
    """Add what an ended process has counted to what all ended ones have: a sum must never fall."""
    for path in folder.glob(f"{pid}-*.json"):
        ended, last = _read(folder / ENDED), _read(path)
        sums = ended.get("sums", {})
        for key, value in last.get("sums", {}).items():
            sums[key] = sums.get(key, 0) + value
        _write(folder / ENDED, {"sums": sums, "of": {path.stem: 1}})
        path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, dict[str, float]]:
    try:
        state: dict[str, dict[str, float]] = json.loads(path.read_text())
    except (OSError, ValueError):
        # Its process has just ended, or there is none yet.
        return {}
    return state


def _write(path: Path, state: Mapping[str, Mapping[str, float]]) -> None:
    # A full disk stops no one from answering. Renamed when whole: a reader never sees half of it.
    with contextlib.suppress(OSError):
        path.with_suffix(".part").write_text(json.dumps(state))
        path.with_suffix(".part").replace(path)


counts = Metrics()
"""Those of this process."""
kept, refused, watch = counts.kept, counts.refused, counts.watch
