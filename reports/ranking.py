"""Which differences survive: the test behind every "first", "more than" and "level" of a report.

A difference of two estimated shares has the variance v1 + v2 for different people (segments), and
v1 + v2 + 2 p1 p2 / n for two answers of the same people (multinomial covariance -p1 p2 / n, Cochran,
Sampling Techniques, 3.9; n the smaller effective base). For answers that do not exclude each other this
is the widest it can be. With k comparisons each is made at 5 % / k (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import stdtrit

from analysis.estimate import Estimate
from reports.disclosure import may_lead

ERROR = 0.05


@dataclass(frozen=True)
class Difference:
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
    """Who comes first: the highest estimate, the next, and all that this survey cannot tell from the highest."""

    first: Estimate
    next: Estimate
    level: tuple[Estimate, ...]
    difference: Difference

    @property
    def clear(self) -> bool:
        """Whether the highest differs from every other."""
        return not self.level


def difference(one: Estimate, other: Estimate, *, same_people: bool, comparisons: int = 1) -> Difference:
    """Return `one` less `other`, with an interval that holds for all `comparisons` together."""
    p, q = one.share or 0.0, other.share or 0.0
    variance = (one.se or 0.0) ** 2 + (other.se or 0.0) ** 2
    if same_people:
        variance += 2 * p * q / max(1.0, min(one.effective_base, other.effective_base))
    freedom = max(1, min(one.df, other.df))
    reach = float(stdtrit(freedom, 1 - ERROR / (2 * comparisons))) * sqrt(variance)
    return Difference(p - q, p - q - reach, p - q + reach)


def standing(estimates: Sequence[Estimate], *, same_people: bool) -> Standing | None:
    """Compare the highest estimate with every other; None where fewer than two may be compared."""
    ranked = sorted((e for e in estimates if may_lead(e)), key=lambda e: -(e.share or 0.0))
    if len(ranked) < 2 or not ranked[0].share:
        return None
    first, others = ranked[0], ranked[1:]
    against = [difference(first, other, same_people=same_people, comparisons=len(others)) for other in others]
    level = tuple(other for other, gap in zip(others, against, strict=True) if not gap.clear)
    return Standing(first, others[0], level, against[0])


def spread(estimates: Sequence[Estimate], *, same_people: bool) -> tuple[Estimate, Estimate] | None:
    """Return the lowest and the highest estimate where they differ, tested over all pairs; else None."""
    ranked = sorted((e for e in estimates if may_lead(e)), key=lambda e: e.share or 0.0)
    if len(ranked) < 2:
        return None
    pairs = len(ranked) * (len(ranked) - 1) // 2
    gap = difference(ranked[-1], ranked[0], same_people=same_people, comparisons=pairs)
    return (ranked[0], ranked[-1]) if gap.clear else None
