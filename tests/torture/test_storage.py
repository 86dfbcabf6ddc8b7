"""What is acknowledged is kept, whatever is done to the process, the power, or the disk: the short forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.torture.report import Outcome


@pytest.mark.parametrize("part", ["kill", "power", "crashes", "full", "io"])
def test_nothing_acknowledged_is_lost(part: str, tortured: Callable[[str], list[Outcome]]) -> None:
    for outcome in tortured(part):
        assert outcome.passed, f"\n{outcome}"
