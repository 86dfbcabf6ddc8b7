"""One estimated share, or one measure of numbers, with everything needed to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analysis.rows import figures

OK = "ok"
LOW_BASE = "low_base"
EMPTY = "empty"
ROW = (
    "segment", "by", "choice", "share", "se", "low", "high", "interval", "base", "effective_base", "design_effect",
    "df", "status",
)  # fmt: skip
"""What the row of an estimate tells, in its order."""


@dataclass(frozen=True)
class Estimate:
    """The estimated share of one choice in one segment.

    `share`, `se`, `low`, `high` are fractions (0 to 1), None where nobody answered;
    `base` counts people unweighted, `effective_base` is base / design_effect;
    `status` is "ok", "low_base" (effective base under 30) or "empty". `design_effect` is against simple random
    sampling with replacement, `design_effect_wor` without (None where weights do not count a population).
    """

    question: str
    choice: str
    segment: str
    share: float | None
    se: float | None
    low: float | None
    high: float | None
    interval: str
    base: int
    effective_base: float
    design_effect: float | None
    df: int
    status: str = OK
    by: Mapping[str, str] = field(default_factory=dict)
    design_effect_wor: float | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the estimate as the row that `earshot tabulate --format json` prints."""
        return {name: dict(self.by) if name == "by" else getattr(self, name) for name in ROW}


@dataclass(frozen=True)
class Measure:
    """An estimated mean, total, ratio or quantile of numbers in one segment.

    `value`, `se`, `low` and `high` are in the question's own unit, None where nobody answered or, but for the
    value, where there is no error to be had; `reason` then says why, or why the interval is a rough one.
    `design_effect` is against simple random sampling with replacement, `design_effect_wor` without; other
    fields as in Estimate.
    """

    question: str
    kind: str
    segment: str
    value: float | None
    se: float | None
    low: float | None
    high: float | None
    base: int
    effective_base: float
    design_effect: float | None
    design_effect_wor: float | None
    df: int
    status: str = OK
    by: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the measure as a row of figures."""
        return {**asdict(self), "by": dict(self.by)}

    def __str__(self) -> str:
        """Return the measure as one line of text."""
        place = f"{self.kind} of {self.question}, {self.segment}"
        if self.value is None:
            return f"{place}: - ({self.reason})"
        written = figures(*(one for one in (self.value, self.low, self.high) if one is not None))
        bounds = "" if self.low is None or self.high is None else f" [{written[1]}, {written[2]}]"
        return f"{place}: {written[0]}{bounds}, base {self.base}" + (
            f" ({self.reason})" if self.reason else ""
        )
