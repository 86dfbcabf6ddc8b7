"""How soon a reply is expected: cumulative shares at every limit of one scale, with a band, and the median.

On one scale these shares are the whole non-parametric estimate. Between two limits nothing is known, so a
median is the step that holds it, and no mean is taken of open-ended answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from analysis.estimate import EMPTY, OK, Estimate
from analysis.estimators.degrees import effective_degrees, expected_variances
from analysis.estimators.design_variance import Calibrated, Stage, member, staged
from analysis.estimators.intervals import AUTO
from analysis.estimators.proportion import Answer, shares
from analysis.expectations.band import critical, equivalent_level
from analysis.rows import aligned, percent, span
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

NOT_REACHED = "not_reached"
_NEAR = 1e-9  # a whole number of degrees of freedom may have come out this much lower by rounding


@dataclass(frozen=True)
class ReplyStep:
    """One step of a reply-time scale: its name, its upper limit in minutes, its answer codes in the sums."""

    name: str
    upto: float
    codes: frozenset[int]


@dataclass(frozen=True)
class ReplyScale:
    """The steps with a limit, soonest first, and the answers that count in the base and in no limit."""

    steps: tuple[ReplyStep, ...]
    others: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        limits = [step.upto for step in self.steps]
        if not limits or sorted(set(limits)) != limits or not np.isfinite(limits).all():
            raise ValueError("the steps of a scale need finite limits, each above the one before")

    @property
    def cumulative(self) -> tuple[Answer, ...]:
        """Return for each limit the answers up to it."""
        joined: list[Answer] = []
        for step in self.steps:
            before = joined[-1].codes if joined else frozenset()
            joined.append(Answer(step.name, before | step.codes))
        return tuple(joined)

    @property
    def exclusive(self) -> tuple[Answer, ...]:
        """Return every step by itself, then the others."""
        return (*(Answer(step.name, step.codes) for step in self.steps), *self.others)

    @property
    def base(self) -> frozenset[int]:
        """Return the codes of everyone who answered."""
        return frozenset().union(*(answer.codes for answer in self.exclusive))


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
    status: str = OK

    def __str__(self) -> str:
        if self.status == EMPTY:
            return "at no known time (nobody answered)"
        sure = _between(self.surely_after, self.surely_upto)
        return f"{_between(self.after, self.upto)} ({100 * self.level:g}%: {sure})"


@dataclass(frozen=True)
class Point:
    """One limit: who expects the reply by then (`cumulative`), and who named exactly this step (`exclusive`).

    The interval of `cumulative` holds for this limit alone, `band_low` to `band_high` for all limits at once.
    """

    name: str
    upto: float
    cumulative: Estimate
    band_low: float | None
    band_high: float | None
    exclusive: Estimate


@dataclass(frozen=True)
class ExpectationCurve:
    """The expected reply times of one segment; `others` are answers without a limit.

    `critical` is by how many standard errors the band reaches, where the interval of one limit takes t.
    """

    question: str
    segment: str
    level: float
    points: tuple[Point, ...]
    others: tuple[Estimate, ...]
    median: Bracket
    critical: float | None
    status: str = OK

    def as_rows(self) -> list[dict[str, Any]]:
        """Return one row per limit; shares are fractions, `upto` is in minutes."""
        return [
            {
                "segment": self.segment,
                "limit": point.name,
                "upto": point.upto,
                "cumulative": point.cumulative.share,
                "se": point.cumulative.se,
                "low": point.cumulative.low,
                "high": point.cumulative.high,
                "band_low": point.band_low,
                "band_high": point.band_high,
                "exclusive": point.exclusive.share,
                "exclusive_low": point.exclusive.low,
                "exclusive_high": point.exclusive.high,
                "base": point.cumulative.base,
                "effective_base": point.cumulative.effective_base,
                "status": point.cumulative.status,
            }
            for point in self.points
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the curve as an object of plain values."""
        return {
            "question": self.question,
            "segment": self.segment,
            "level": self.level,
            "critical": self.critical,
            "status": self.status,
            "median": asdict(self.median),
            "rows": self.as_rows(),
            "others": [estimate.as_row() for estimate in self.others],
        }

    def __str__(self) -> str:
        if self.status == EMPTY:
            return f"{self.question}, {self.segment}: nobody answered\n"
        lines = [
            (
                p.name, percent(p.cumulative.share), span(p.cumulative.low, p.cumulative.high),
                span(p.band_low, p.band_high), percent(p.exclusive.share), span(p.exclusive.low, p.exclusive.high),
            )
            for p in self.points
        ]  # fmt: skip
        lines += [(e.choice, "-", "-", "-", percent(e.share), span(e.low, e.high)) for e in self.others]
        heads = ("reply expected", "by then", "this limit", "all limits", "exactly this", "this step")
        base = self.points[0].cumulative.base
        head = f"{self.question}, {self.segment}: {base:,} people; half expect a reply {self.median}"
        return f"{head}\n\n{aligned(heads, lines)}\n"


def expectation_curves(
    sums: Sums,
    *,
    question: str,
    scale: ReplyScale,
    segments: Sequence[Segment],
    design: Design,
    raking: Calibrated | None = None,
    interval: str = AUTO,
    level: float = 0.95,
) -> tuple[ExpectationCurve, ...]:
    """Estimate the curve of each segment.

    Shares and their intervals are those of `shares`. The band takes, at each limit, the interval whose reach is
    the quantile of the largest |t| over all limits, from their estimated correlation (max-t; Hothorn, Bretz &
    Westfall 2008), with fewer degrees of freedom where clusters are unequal (Satterthwaite 1946); where several
    limits narrow each other, since the true curve cannot fall, they do.
    Raises DataProblem as `shares`.
    """
    stage = staged(sums, design, raking)
    answers = (*scale.cumulative, *scale.exclusive)
    curves = []
    for segment in segments:
        estimate = partial(
            shares, sums, question=question, answers=answers, segments=[segment], design=design, raking=raking,
            interval=interval, base_codes=scale.base,
        )  # fmt: skip
        alone = estimate(level=level)
        reach = _reach(stage, segment, scale, alone[0].df, level)
        together = alone if reach is None else estimate(level=equivalent_level(reach, alone[0].df))
        count = len(scale.steps)
        low, high = _monotone(together[:count])
        points = tuple(
            Point(step.name, step.upto, alone[at], low[at], high[at], alone[count + at])
            for at, step in enumerate(scale.steps)
        )
        median = bracket_of(alone[:count], [step.name for step in scale.steps], 0.5, level)
        others = tuple(alone[2 * count :])
        curve = ExpectationCurve(
            question, segment.label, level, points, others, median, reach, alone[0].status
        )
        curves.append(curve)
    return tuple(curves)


def bracket_of(cumulative: Sequence[Estimate], names: Sequence[str], share: float, level: float) -> Bracket:
    """Return the bracket of a quantile from the cumulative shares at the limits called `names`.

    Woodruff 1952: a limit bounds the quantile from above where the lower end of the share's interval there is
    at least `share`, and from below where the upper end is under it.
    """
    if any(estimate.share is None for estimate in cumulative):
        return Bracket(share, None, None, None, None, level, EMPTY)
    lows = [0.0 if estimate.low is None else estimate.low for estimate in cumulative]
    highs = [1.0 if estimate.high is None else estimate.high for estimate in cumulative]
    tie = share - 1e-12
    at = next((place for place, estimate in enumerate(cumulative) if (estimate.share or 0.0) >= tie), None)
    upto = None if at is None else names[at]
    after = names[-1] if at is None else names[at - 1] if at else None
    surely_upto = next((name for name, low in zip(names, lows, strict=True) if low >= tie), None)
    under = [name for name, high in zip(names, highs, strict=True) if high < tie]
    surely_after = under[-1] if under else None
    status = NOT_REACHED if upto is None else OK
    return Bracket(share, after, upto, surely_after, surely_upto, level, status)


def _between(after: str | None, upto: str | None) -> str:
    if upto is None:
        return "at any time" if after is None else f"later than {after}"
    return f"within {upto}" if after is None else f"after {after}, within {upto}"


def linearised(stage: Stage, segment: Segment, scale: ReplyScale) -> tuple[Codes, Numbers, Numbers]:
    """Return a segment's columns that answered, the cumulative shares, and the shares' linearised values.

    Shapes (columns,), (limits,), (columns, limits); a value is (1 if up to the limit - share)/Σw.
    """
    everyone = stage.columns_in(segment.codes)
    answered = everyone[member(stage.answer[everyone], scale.base)]
    code = stage.answer[answered]
    upto = np.stack([member(code, answer.codes) for answer in scale.cumulative], axis=1)
    total = stage.weight[answered].sum()
    share = stage.weight[answered] @ upto / total if total > 0 else np.zeros(len(scale.steps))
    return answered, share, (upto - share) / (total if total > 0 else 1.0)


def _reach(stage: Stage, segment: Segment, scale: ReplyScale, df: int, level: float) -> float | None:
    """Return the band's critical value; None where there is nothing to be uncertain about."""
    answered, share, values = linearised(stage, segment, scale)
    if df < 1 or stage.people(answered) == 0:
        return None
    covariance = stage.covariance(answered, values)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    moving = (share > 0) & (share < 1) & (error > 1e-9 * np.sqrt(share * (1 - share)))
    if not moving.any():
        return None
    if stage.sums.clustered:
        # people of a cluster count as alike as the variances of the shares show, by their mean ratio to p(1 - p)
        effect = float((error[moving] ** 2 / (share * (1 - share))[moving]).mean())
        ones = np.ones((len(answered), 1))
        weight, own = stage.totals(answered, ones), stage.squares(answered, ones)
        expected = expected_variances(weight, own, effect * weight.sum(axis=0) ** 2)
        df = max(1, int(min(float(df), float(effective_degrees(stage, expected)[0])) + _NEAR))
    error = error[moving]
    correlation = covariance[np.ix_(moving, moving)] / np.outer(error, error)
    return critical(np.clip(correlation, -1.0, 1.0), df, level)


def _monotone(together: Sequence[Estimate]) -> tuple[list[float | None], list[float | None]]:
    """Return the band's bounds; a lower one holds at every later limit, an upper one at every earlier."""
    lows, highs = [estimate.low for estimate in together], [estimate.high for estimate in together]
    if None in lows or None in highs:
        return lows, highs
    low = np.maximum.accumulate(np.array(lows, dtype=np.float64))
    high = np.minimum.accumulate(np.array(highs[::-1], dtype=np.float64))[::-1]
    return low.tolist(), high.tolist()
