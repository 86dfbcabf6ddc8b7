"""The step of a scale that holds a quantile, and the steps that may hold it: never a point between limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.estimate import Estimate

REACHED, NOT_REACHED, EMPTY = "ok", "not_reached", "empty"


@dataclass(frozen=True)
class Bracket:
    """A quantile lies above the limit `after` (None: below the first) and at or below `upto`.

    `upto` None: beyond the last limit. `surely_after` and `surely_upto` bound it in the same way at
    the confidence `level` of the shares' intervals. `status` is "ok", "not_reached" (beyond the last limit) or "empty".
    """

    share: float
    after: str | None
    upto: str | None
    surely_after: str | None
    surely_upto: str | None
    level: float
    status: str = REACHED

    def __str__(self) -> str:
        if self.status == EMPTY:
            return "at no known time (nobody answered)"
        sure = _between(self.surely_after, self.surely_upto)
        return f"{_between(self.after, self.upto)} ({100 * self.level:g}%: {sure})"


def bracket_of(cumulative: Sequence[Estimate], names: Sequence[str], share: float, level: float) -> Bracket:
    """Return the bracket of a quantile from the cumulative shares at the limits called `names`.

    Woodruff 1952: a limit bounds the quantile from above where the lower end of the share's interval there is
    at least `share`, and from below where the upper end is under it.
    """
    if any(one.share is None for one in cumulative):
        return Bracket(share, None, None, None, None, level, EMPTY)
    shares = [one.share or 0.0 for one in cumulative]
    lows = [0.0 if one.low is None else one.low for one in cumulative]
    highs = [1.0 if one.high is None else one.high for one in cumulative]
    tie = share - 1e-12
    at = next((place for place, one in enumerate(shares) if one >= tie), None)
    upto = None if at is None else names[at]
    after = names[-1] if at is None else names[at - 1] if at else None
    surely_upto = next((name for name, low in zip(names, lows, strict=True) if low >= tie), None)
    under = [name for name, high in zip(names, highs, strict=True) if high < tie]
    surely_after = under[-1] if under else None
    status = NOT_REACHED if upto is None else REACHED
    return Bracket(share, after, upto, surely_after, surely_upto, level, status)


def _between(after: str | None, upto: str | None) -> str:
    if upto is None:
        return "at any time" if after is None else f"later than {after}"
    return f"within {upto}" if after is None else f"after {after}, within {upto}"
