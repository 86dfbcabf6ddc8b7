"""The confidence of an interval: what may be asked for, and how a table names it."""

from __future__ import annotations

from numbers import Real

from analysis.problems import DataProblem


def check_level(level: object) -> None:
    """Raise DataProblem "bad_level" unless `level` is a number above 0.5 and below 1."""
    if not isinstance(level, Real) or not 0.5 < float(level) < 1:
        raise DataProblem("bad_level", value=level)


def interval_head(level: float) -> str:
    """Return the heading of a column of intervals, such as "95% interval"; never "100% interval"."""
    return f"{100 * level:.10g}% interval"
