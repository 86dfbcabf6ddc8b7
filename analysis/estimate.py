"""One estimated share, with everything needed to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OK = "ok"
LOW_BASE = "low_base"
EMPTY = "empty"


@dataclass(frozen=True)
class Estimate:
    """The estimated share of one choice in one segment.

    `share`, `se`, `low`, `high` are fractions (0 to 1), None where nobody answered;
    `base` counts people unweighted, `effective_base` is base / design_effect;
    `status` is "ok", "low_base" (effective base under 30) or "empty".
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

    def as_row(self) -> dict[str, Any]:
        """Return the estimate as the row that `earshot tabulate --format json` prints."""
        return {
            "segment": self.segment,
            "by": dict(self.by),
            "choice": self.choice,
            "share": self.share,
            "se": self.se,
            "low": self.low,
            "high": self.high,
            "interval": self.interval,
            "base": self.base,
            "effective_base": self.effective_base,
            "design_effect": self.design_effect,
            "df": self.df,
            "status": self.status,
        }
