"""Clearing snapshots beside the server: one program at a time, and no request forgotten."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from survey_app.storage import erase


def test_many_erasures_start_one_program_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    running, most, runs = 0, 0, 0
    hold, lock = threading.Event(), threading.Lock()

    def clear(data: Path, database_url: str) -> None:
        nonlocal running, most, runs
        with lock:
            running, runs = running + 1, runs + 1
            most = max(most, running)
        hold.wait(5)
        with lock:
            running -= 1

    monkeypatch.setattr(erase, "clear", clear)
    start = erase.clearing(tmp_path, "sqlite://")
    for _ in range(25):
        start()
    hold.set()
    until = time.monotonic() + 5
    while (running or runs < 2) and time.monotonic() < until:
        time.sleep(0.01)
    assert (most, runs) == (1, 2)  # what was asked meanwhile is done by one more
    start()
    while runs < 3 and time.monotonic() < until:
        time.sleep(0.01)
    assert runs == 3
