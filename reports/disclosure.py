"""What is not shown, so that nobody is recognised, and what is shown with a warning.

The threshold hides a base that is too small. It does not yet hide a second cell so that the first cannot
be worked out from a total: this complementary suppression comes with the release door, and until then a
report with hidden cells is for readers inside the study only.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from analysis.estimate import Estimate

THRESHOLD = 10
"""People: a share of fewer is hidden."""

RELIABLE = 30.0
"""Effective base: a share on less is marked and never stands in a headline."""


class Showing(StrEnum):
    """How an estimate may be shown."""

    OPEN = "open"
    LOW_RELIABILITY = "low reliability"
    HIDDEN = "hidden"
    TOO_FEW = "too few"


def showing(estimate: Estimate) -> Showing:
    """Decide how an estimate may be shown: by its base in people, then by its effective base."""
    if 0 < estimate.base < THRESHOLD:
        return Showing.HIDDEN
    if estimate.share is None or estimate.low is None or estimate.high is None:
        return Showing.TOO_FEW
    return Showing.OPEN if estimate.effective_base >= RELIABLE else Showing.LOW_RELIABILITY


def printable(estimate: Estimate) -> bool:
    """Return whether the number itself may be printed."""
    return showing(estimate) in (Showing.OPEN, Showing.LOW_RELIABILITY)


def unseen(estimate: Estimate) -> Estimate:
    """Return the estimate as data may carry it: without any number where the number is not printed."""
    if printable(estimate) or estimate.base == 0:
        return estimate
    return replace(
        estimate, share=None, se=None, low=None, high=None, base=0, effective_base=0.0, design_effect=None,
        df=0, status=Showing.HIDDEN,
    )  # fmt: skip


def may_lead(estimate: Estimate) -> bool:
    """Return whether the number may stand in a headline, a finding or a comparison."""
    return showing(estimate) is Showing.OPEN
