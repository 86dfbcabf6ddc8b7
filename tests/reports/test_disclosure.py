"""What is hidden, what is marked, and what may lead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.estimate import Estimate
from reports.disclosure import RELIABLE, THRESHOLD, Showing, may_lead, printable, showing


@pytest.mark.parametrize(
    ("share", "base", "effective", "how"),
    [
        (0.5, 9, 9.0, Showing.HIDDEN),
        (None, 9, 0.0, Showing.HIDDEN),
        (0.5, 10, 10.0, Showing.LOW_RELIABILITY),
        (0.5, 200, 29.9, Showing.LOW_RELIABILITY),
        (0.5, 30, 30.0, Showing.OPEN),
        (None, 0, 0.0, Showing.TOO_FEW),
    ],
)
def test_how_an_estimate_may_be_shown(
    estimated: Callable[..., Estimate], share: float | None, base: int, effective: float, how: Showing
) -> None:
    estimate = estimated(share, base, effective=effective)
    assert showing(estimate) is how
    assert printable(estimate) is (how in (Showing.OPEN, Showing.LOW_RELIABILITY))
    assert may_lead(estimate) is (how is Showing.OPEN)


def test_the_thresholds_that_the_consent_text_promises() -> None:
    assert (THRESHOLD, RELIABLE) == (10, 30.0)
