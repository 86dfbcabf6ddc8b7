"""A published share held against our own estimate: a difference with both variances, and equivalence.

"Not significantly different" is not "the same": only the two one-sided tests can say that two shares agree,
within a margin that was stated beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import stdtr, stdtrit

from analysis.estimate import Estimate
from analysis.evidence.claim import CONSISTENT, EFFECTS, INCONSISTENT, NOT_CHECKABLE, Check
from analysis.evidence.stated import Stated
from analysis.rows import points_span


@dataclass(frozen=True)
class Against:
    """Our share less the published one, if the published sample had this design effect.

    `low` and `high` bound the difference at the confidence level; `inner_low` and `inner_high` are the narrower
    interval (90 % beside 95 %) that lies within the margin exactly where both are the same. `p` tests that the
    difference is 0, after the published figure's rounding; `p_equivalent` (the larger of both one-sided p)
    that it lies within the margin, None where none is given.
    """

    design_effect: float
    difference: float
    se: float
    low: float
    high: float
    inner_low: float
    inner_high: float
    p: float
    p_equivalent: float | None
    verdict: str

    def as_row(self) -> dict[str, Any]:
        """Return the row that `earshot audit --format json` prints."""
        return asdict(self)


def hold_against(
    published: Stated,
    n: int | None,
    ours: Estimate,
    margin: float | None = None,
    effects: Sequence[float] = EFFECTS,
    level: float = 0.95,
) -> tuple[Against, ...]:
    """Hold a published share of n people against our estimate; empty where either has no variance.

    t = (ours - published)/√(se² + deff·p(1-p)/n) with t(df of ours); TOST (Schuirmann 1987) with the stated
    margin. Rounding of the published share counts against whichever conclusion is drawn.
    """
    if n is None or ours.share is None or ours.se is None or ours.df < 1:
        return ()
    return tuple(
        _against(published, n, ours.share, ours.se, ours.df, margin, effect, level) for effect in effects
    )


def _against(
    published: Stated,
    n: int,
    share: float,
    own_se: float,
    df: int,
    margin: float | None,
    effect: float,
    level: float,
) -> Against:
    gap = share - published.value
    se = math.sqrt(own_se**2 + effect * published.value * (1 - published.value) / n)
    reach = float(stdtrit(df, (1 + level) / 2)) * se
    p = _upper(max(abs(gap) - published.half, 0.0), se, df) * 2
    same = None if margin is None else _upper(margin - abs(gap) - published.half, se, df)
    alpha = 1 - level
    equivalent = same is not None and same < alpha
    verdict = CONSISTENT if equivalent else INCONSISTENT if p < alpha else NOT_CHECKABLE
    inner = float(stdtrit(df, level)) * se + published.half
    bounds = (gap - reach, gap + reach, gap - inner, gap + inner)
    return Against(effect, gap, se, *bounds, min(p, 1.0), same, verdict)


def _upper(distance: float, se: float, df: int) -> float:
    """Return P(T > distance/se) of Student's t; without any variance 0 or 1."""
    if se == 0.0:
        return 0.0 if distance > 0 else 1.0
    return float(stdtr(df, -distance / se))


def checked(held: Sequence[Against], published: Stated, ours: Estimate, margin: float | None) -> Check:
    """Return the check that comparisons under several design effects add up to: their verdict if it is one."""
    if not held:
        why = (
            "how many people the published share is of is unknown"
            if ours.share is not None
            else "nobody answered"
        )
        return Check("own data", NOT_CHECKABLE, False, f"Against our data nothing can be tested: {why}.")
    found = {one.verdict for one in held}
    verdict = found.pop() if len(found) == 1 else NOT_CHECKABLE
    said = f"Ours is {100 * (ours.share or 0):.1f}%, published {published}"
    widest = max(held, key=lambda one: one.se)
    span = f"the difference is {points_span(widest.low, widest.high)} points"
    how = {
        CONSISTENT: f"the same within {100 * (margin or 0):g} points",
        INCONSISTENT: "further apart than chance and rounding allow",
        NOT_CHECKABLE: "too few people to tell the same from different"
        if margin is not None
        else "not significantly different, which does not mean the same: state a margin for that",
    }[verdict]
    if verdict == NOT_CHECKABLE and len({one.verdict for one in held}) > 1:
        how = "it depends on the published design effect, which is unknown"
    return Check("own data", verdict, verdict != NOT_CHECKABLE, f"{said} ({span}): {how}.")
