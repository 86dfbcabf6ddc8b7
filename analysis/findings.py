"""Everything a report is made of: the estimates in the order of the plan, and what they rest on. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from analysis.estimate import Estimate
from questionnaires.model import Interval, Question
from questionnaires.study import Figure, PlannedPart, SegmentPlan, Study

ALL = "all"
"""The segment of everybody who answered."""

ANSWERED = "answered"
"""All who answered a question without choices, in a topline."""


@dataclass(frozen=True)
class Shares:
    """A headline or a chart: the shares of a question's choices, or of one group of them, by segment.

    With codes in the part there is one choice, named like the group (or "selected"); else every choice
    of the question. The segment "all" comes first, then the segments in their own order.
    """

    part: PlannedPart
    question: Question
    estimates: tuple[Estimate, ...]
    segment: SegmentPlan | None = None


@dataclass(frozen=True)
class CurvePoint:
    """One limit of a reply-time scale: who expects the reply by then, and who named exactly this step."""

    interval: Interval
    cumulative: Estimate
    exclusive: Estimate


@dataclass(frozen=True)
class Curve:
    """Expected reply time: the steps with a limit, then the answers without one (open end, no limit, none)."""

    part: PlannedPart
    question: Question
    points: tuple[CurvePoint, ...]
    without_limit: tuple[tuple[Interval, Estimate], ...]

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Return both readings of every limit."""
        return tuple(estimate for point in self.points for estimate in (point.cumulative, point.exclusive))


class Verdict(StrEnum):
    """How a published figure stands to ours."""

    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    NOT_CHECKABLE = "not checkable"
    REPRODUCED = "reproduced by construction"
    NOT_REPRODUCED = "not reproduced"
    CUMULATIVE_SOURCE = "differs: the source is cumulative"


@dataclass(frozen=True)
class PublishedComparison:
    """A published figure beside our estimate of the same thing.

    `published_low` and `published_high` bound the published share as if its sample had been simple and
    random (at best), and are None where its n is unknown. `beside` is our estimate on a second definition.
    `leader` is the choice that comes first in our data, for a figure that claims a rank.
    """

    figure: Figure
    estimate: Estimate
    verdict: Verdict
    beside: Estimate | None = None
    published_low: float | None = None
    published_high: float | None = None
    leader: str | None = None


@dataclass(frozen=True)
class Published:
    """The part of a report that holds published figures against ours."""

    part: PlannedPart
    comparisons: tuple[PublishedComparison, ...]

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Return our estimate beside every figure."""
        return tuple(comparison.estimate for comparison in self.comparisons)


@dataclass(frozen=True)
class ToplineRow:
    """One answer in the topline: how many people gave it, and the weighted share where it counts.

    `choice` is a choice's name, ANSWERED for a question without choices, or the name of a kind of missing
    answer ("not_asked", "dont_know" …).
    """

    choice: str
    n: int
    estimate: Estimate | None


@dataclass(frozen=True)
class Topline:
    """All answers to one question as it was asked; `people` counts those it was put to."""

    question: Question
    people: int
    rows: tuple[ToplineRow, ...]


@dataclass(frozen=True)
class WeightingFacts:
    """How the answers were weighted: raking to the population's margins.

    `at_sample_share` holds, by margin, the categories without a population share (such as "prefer_not") that keep
    their share of the sample.
    """

    variables: tuple[str, ...]
    population: str
    source: str
    date: date | None
    iterations: int
    smallest: float
    largest: float
    design_effect: float
    effective_n: float
    at_sample_share: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Basis:
    """The snapshot behind the numbers."""

    folder: str
    n: int
    complete: int
    partial: int
    screened_out: int
    erased: int
    synthetic: bool
    merkle_root: str
    made_at: datetime
    first_answer: datetime | None
    last_answer: datetime | None
    zone: str
    versions: tuple[str, ...]
    by_language: Mapping[str, int]
    opened: datetime | None = None
    closed: datetime | None = None


PartFindings: TypeAlias = "Shares | Curve | Published"


@dataclass(frozen=True)
class Findings:
    """A whole report's worth of estimates."""

    study: Study
    basis: Basis
    weighting: WeightingFacts | None
    parts: tuple[PartFindings, ...]
    topline: tuple[Topline, ...]

    @property
    def comparisons(self) -> tuple[PublishedComparison, ...]:
        """Return every published figure that the plan holds against ours."""
        return tuple(c for part in self.parts if isinstance(part, Published) for c in part.comparisons)
