"""People are served through a restart of the database, beside slow clients, and for long: the short forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.torture.report import Outcome


@pytest.mark.parametrize("part", ["restarts", "twice", "slow", "soak"])
def test_people_are_served(part: str, tortured: Callable[[str], list[Outcome]]) -> None:
    for outcome in tortured(part):
        assert outcome.passed, f"\n{outcome}"
