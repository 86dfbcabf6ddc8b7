"""The short form of each part of the torture, as a test: the numbers are printed, and a fault is shown whole."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from tests.torture.report import Outcome, Skipped


@pytest.fixture
def tortured() -> Callable[[str], list[Outcome]]:
    """Run the short form of a part; skip with the reason where this machine cannot."""

    def run(name: str) -> list[Outcome]:
        try:
            outcomes = list(importlib.import_module(f"tests.torture.{name}").run(1, True))
        except Skipped as reason:
            pytest.skip(str(reason))
        for outcome in outcomes:
            print(outcome)
        return outcomes

    return run
