"""How soon a reply is expected: cumulative shares at every limit of one scale, with a band, and the median.

On one scale these shares are the whole non-parametric estimate. Between two limits nothing is known, so a
median is the step that holds it, and no mean is taken of open-ended answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.estimate import EMPTY, OK, Estimate
from analysis.estimators.degrees import effective_degrees, expected_variances
from analysis.estimators.design_variance import Calibrated, Stage, member, staged
from analysis.estimators.intervals import AUTO
from analysis.estimators.proportion import Answer, shares
from analysis.expectations.band import critical, equivalent_level
from analysis.expectations.bracket import Bracket, bracket_of
from analysis.rows import aligned, percent, span
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design
from analysis.table.segments import Segment
from analysis.table.sums import Sums

_NEAR = 1e-9  # a whole number of degrees of freedom may have come out this much lower by rounding


@dataclass(frozen=True)
class Step:
    """One step of a reply-time scale: its name, its upper limit in minutes, its answer codes in the sums."""

    name: str
    upto: float
    codes: frozenset[int]


@dataclass(frozen=True)
class Scale:
    """The steps with a limit, soonest first, and the answers that count in the base and in no limit."""

    steps: tuple[Step, ...]
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
        return _shown(self)


def expectation_curves(
    sums: Sums,
    *,
    question: str,
    scale: Scale,
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
    done = []
    for segment in segments:

        def found(level: float, segment: Segment = segment) -> list[Estimate]:
            return shares(
                sums, question=question, answers=answers, segments=[segment], design=design, raking=raking,
                interval=interval, level=level, base_codes=scale.base,
            )  # fmt: skip

        alone = found(level)
        reach = _reach(stage, segment, scale, alone[0].df, level)
        together = alone if reach is None else found(equivalent_level(reach, alone[0].df))
        done.append(_curve(question, segment, scale, alone, together, reach, level))
    return tuple(done)


def linearised(stage: Stage, segment: Segment, scale: Scale) -> tuple[Codes, Numbers, Numbers]:
    """Return a segment's columns that answered, the cumulative shares, and the shares' linearised values.

    Shapes (columns,), (limits,), (columns, limits); a value is (1 if up to the limit - share)/Σw.
    """
    everyone = stage.columns_in(segment.codes)
    asked = everyone[member(stage.answer[everyone], scale.base)]
    code = stage.answer[asked]
    upto = np.stack([member(code, answer.codes) for answer in scale.cumulative], axis=1)
    total = stage.weight[asked].sum()
    share = stage.weight[asked] @ upto / total if total > 0 else np.zeros(len(scale.steps))
    return asked, share, (upto - share) / (total if total > 0 else 1.0)


def _reach(stage: Stage, segment: Segment, scale: Scale, df: int, level: float) -> float | None:
    """Return the band's critical value; None where there is nothing to be uncertain about."""
    asked, share, values = linearised(stage, segment, scale)
    if df < 1 or stage.people(asked) == 0:
        return None
    covariance = stage.covariance(asked, values)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    moving = (share > 0) & (share < 1) & (error > 1e-9 * np.sqrt(share * (1 - share)))
    if not moving.any():
        return None
    effect = float((error[moving] ** 2 / (share * (1 - share))[moving]).mean())
    error = error[moving]
    correlation = covariance[np.ix_(moving, moving)] / np.outer(error, error)
    return critical(np.clip(correlation, -1.0, 1.0), _steady(stage, asked, effect, df), level)


def _steady(stage: Stage, asked: Codes, effect: float, df: int) -> int:
    """Return the degrees of freedom of the band in whole numbers: fewer than `df` where clusters are unequal.

    People of a cluster count as alike as the variances of the shares show, `effect` being their mean ratio to
    share × (1 - share).
    """
    if not stage.sums.clustered:
        return df
    one = np.ones((len(asked), 1))
    weight, own = stage.totals(asked, one), stage.squares(asked, one)
    expected = expected_variances(weight, own, effect * weight.sum(axis=0) ** 2)
    found = min(float(df), float(effective_degrees(stage, expected)[0]))
    return max(1, int(found + _NEAR))


def _curve(
    question: str,
    segment: Segment,
    scale: Scale,
    alone: Sequence[Estimate],
    together: Sequence[Estimate],
    reach: float | None,
    level: float,
) -> ExpectationCurve:
    count = len(scale.steps)
    low, high = _monotone(together[:count])
    points = tuple(
        Point(step.name, step.upto, alone[at], low[at], high[at], alone[count + at])
        for at, step in enumerate(scale.steps)
    )
    median = bracket_of(
        [point.cumulative for point in points], [step.name for step in scale.steps], 0.5, level
    )
    status = alone[0].status
    return ExpectationCurve(
        question, segment.label, level, points, tuple(alone[2 * count :]), median, reach, status
    )


def _monotone(together: Sequence[Estimate]) -> tuple[list[float | None], list[float | None]]:
    """Return the band's bounds; a lower one holds at every later limit, an upper one at every earlier."""
    if any(one.low is None or one.high is None for one in together):
        return [one.low for one in together], [one.high for one in together]
    low = np.maximum.accumulate([one.low or 0.0 for one in together])
    high = np.minimum.accumulate([1.0 if one.high is None else one.high for one in together][::-1])[::-1]
    return low.tolist(), high.tolist()


def _shown(curve: ExpectationCurve) -> str:
    if curve.status == EMPTY:
        return f"{curve.question}, {curve.segment}: nobody answered\n"
    lines = [
        (
            p.name,
            percent(p.cumulative.share),
            span(p.cumulative.low, p.cumulative.high),
            span(p.band_low, p.band_high),
            percent(p.exclusive.share),
            span(p.exclusive.low, p.exclusive.high),
        )
        for p in curve.points
    ]
    lines += [
        (one.choice, "-", "-", "-", percent(one.share), span(one.low, one.high)) for one in curve.others
    ]
    heads = ("reply expected", "by then", "this limit", "all limits", "exactly this", "this step")
    base = curve.points[0].cumulative.base
    head = f"{curve.question}, {curve.segment}: {base:,} people; half expect a reply {curve.median}"
    return f"{head}\n\n{aligned(heads, lines)}\n"
