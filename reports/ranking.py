"""Which differences survive: the test behind every "first", "more than" and "level" of a report.

A difference of two estimated shares has the variance v1 + v2 for different people (segments), and
v1 + v2 + 2 p1 p2 / n for two answers of the same people (multinomial covariance -p1 p2 / n, Cochran,
Sampling Techniques, 3.9; n the smaller effective base). For answers that do not exclude each other this
is the widest it can be. With k comparisons each is made at 5 % / k (Bonferroni). A share of 0 or 1 has no
standard error of its own; the reach of its interval stands in.

Every estimate that is printed is tested, those of low reliability too; only reliable ones may be named first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt

from scipy.special import stdtrit

from analysis.estimate import Estimate
from reports.disclosure import may_lead, printable

ERROR = 0.05


@dataclass(frozen=True)
class ShareDifference:
    """A difference of two shares with its interval, as fractions."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Standing:
    """Who comes first: the highest reliable estimate, the next, and all that are not clearly below the first.

    `others` are all that the first was tested against, the highest before the lower ones.
    """

    first: Estimate
    next: Estimate
    level: tuple[Estimate, ...]
    difference: ShareDifference
    others: tuple[Estimate, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether the highest differs from every other."""
        return not self.level


def difference(
    first: Estimate, second: Estimate, *, same_people: bool, comparisons: int = 1
) -> ShareDifference:
    """Return `first` less `second`, with an interval that holds for all `comparisons` together."""
    p, q = first.share or 0.0, second.share or 0.0
    variance = _error(first) ** 2 + _error(second) ** 2
    if same_people:
        variance += 2 * p * q / max(1.0, min(first.effective_base, second.effective_base))
    freedom = max(1, min(first.df, second.df))
    reach = float(stdtrit(freedom, 1 - ERROR / (2 * comparisons))) * sqrt(variance)
    return ShareDifference(p - q, p - q - reach, p - q + reach)


def _error(estimate: Estimate) -> float:
    """Return the standard error; where it is nothing, half the longer reach of the interval."""
    share, low, high = estimate.share or 0.0, estimate.low, estimate.high
    if estimate.se or low is None or high is None:
        return estimate.se or 0.0
    return max(share - low, high - share) / 2


def standing(estimates: Sequence[Estimate], *, same_people: bool) -> Standing | None:
    """Compare the highest reliable estimate with every other; None where fewer than two are reliable.

    An answer that nobody chose is tested, but is no rival that the correction must count.
    """
    ranked = sorted((e for e in estimates if printable(e)), key=lambda e: -(e.share or 0.0))
    reliable = [e for e in ranked if may_lead(e)]
    if len(reliable) < 2 or not reliable[0].share:
        return None
    first = reliable[0]
    others = tuple(e for e in ranked if e is not first)
    rivals = max(1, sum(1 for e in others if e.share or not same_people))
    against = [difference(first, other, same_people=same_people, comparisons=rivals) for other in others]
    level = tuple(other for other, gap in zip(others, against, strict=True) if gap.low <= 0)
    return Standing(first, others[0], level, against[0], others)


def spread(estimates: Sequence[Estimate], *, same_people: bool) -> tuple[Estimate, Estimate] | None:
    """Return the lowest and the highest reliable estimate where they differ, tested over all pairs."""
    ranked = sorted((e for e in estimates if may_lead(e)), key=lambda e: e.share or 0.0)
    if len(ranked) < 2:
        return None
    gap = difference(ranked[-1], ranked[0], same_people=same_people, comparisons=_pairs(estimates))
    return (ranked[0], ranked[-1]) if gap.clear else None


def none_differ(estimates: Sequence[Estimate], *, same_people: bool) -> bool:
    """Return whether every estimate was tested and no two of them differ."""
    if not all(printable(e) for e in estimates):
        return False
    among = _pairs(estimates)
    return not any(
        difference(first, second, same_people=same_people, comparisons=among).clear
        for first, second in combinations(estimates, 2)
    )


def _pairs(estimates: Sequence[Estimate]) -> int:
    return max(1, comb(sum(1 for e in estimates if printable(e)), 2))
