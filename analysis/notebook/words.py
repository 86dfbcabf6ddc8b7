"""What a notebook asks, in Python's own words → the request that a command line would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.estimators.intervals import AUTO
from analysis.request import Request
from analysis.table.design import Design

Names = str | Sequence[str]
Bands = Mapping[str, Names]
Nets = Mapping[str, Mapping[str, Sequence[str]]]


def names(given: Names) -> tuple[str, ...]:
    """Return one name or several as several."""
    return (given,) if isinstance(given, str) else tuple(given)


def request_of(
    questions: Sequence[str],
    design: Design,
    missing: Sequence[str],
    *,
    by: Names = (),
    bands: Bands | None = None,
    nets: Nets | None = None,
    multi: Mapping[str, Sequence[str]] | None = None,
    where: Mapping[str, object] | None = None,
    interval: str = AUTO,
    total: bool = False,
    level: float = 0.95,
) -> Request:
    """Return the request; what is wrong with it is said when it is read against a file."""
    return Request(
        questions=tuple(questions),
        by=names(by),
        bands=tuple(f"{column}={','.join(names(cut))}" for column, cut in (bands or {}).items()),
        nets=tuple(
            f"{column}:{net}={'|'.join(choices)}"
            for column, made in (nets or {}).items()
            for net, choices in made.items()
        ),
        multi=tuple(f"{name}={','.join(columns)}" for name, columns in (multi or {}).items()),
        where=tuple(f"{column}={value}" for column, value in (where or {}).items()),
        missing=tuple(missing),
        design=design,
        interval=interval,
        total=total,
        level=level,
    )
