"""What a notebook asks, in Python's own words → a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from analysis.estimators.intervals import AUTO, check_level
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.design import Design
from analysis.table.segments import parse_bands

Names = str | Sequence[str]
Bands = Mapping[str, Names]
Nets = Mapping[str, Mapping[str, Sequence[str]]]
FORMS = {
    "bands": '{"age": "18-34,35+"}',
    "nets": '{"channel": {"online": ["web", "app"]}}',
    "multi": '{"used": ["used_web", "used_app"]}',
    "where": '{"country": "US"}',
    "margins": '{"gender": {"woman": 0.52, "man": 0.48}}',
    "checks": '{"seconds": "minutes"}',
    "limits": '{"within a day": "24 h", "never": "none"}',
}
"""How the options that are given by name are written."""


def names(given: object) -> tuple[str, ...]:
    """Return one name or value, or several, as several texts; None is none."""
    if given is None:
        return ()
    some = given if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    return tuple(map(str, some))


def by_name(option: str, given: object) -> Mapping[str, Any]:
    """Return one of FORMS, which are given by name; None is empty. Raises DataProblem "bad_option"."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DataProblem("bad_option", option=option, value=given, form=FORMS[option])
    return given


def probabilities_of(given: object) -> tuple[float, ...]:
    """Return one probability or several as several. Raises DataProblem "bad_probability"."""
    some = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    for one in some:
        if not isinstance(one, Real):
            raise DataProblem("bad_probability", value=repr(one))
    return tuple(float(one) for one in some)


def margins_of(given: Mapping[str, Mapping[str, float]] | None) -> tuple[str, ...]:
    """Return margins as the command line has them. Raises DataProblem "bad_option", "margin_bad_share"."""
    written = []
    for column, given_shares in by_name("margins", given).items():
        shares = by_name("margins", given_shares)
        for choice, part in shares.items():
            if not isinstance(part, Real):
                raise DataProblem("margin_bad_share", column=column, value=choice, share=repr(part))
        parts = ",".join(f"{choice}={float(part)!r}" for choice, part in shares.items())
        written.append(f"{column}:{parts}")
    return tuple(written)


def pair_of(option: str, ends: object) -> str | None:
    """Return two limits as the command line has them. Raises DataProblem "bad_option"."""
    if ends is None:
        return None
    both = tuple(ends) if isinstance(ends, Iterable) else ()
    if len(both) != 2 or not all(isinstance(end, Real) for end in both):
        raise DataProblem("bad_option", option=option, value=ends, form="(LOW, HIGH), such as (0.3, 3)")
    return f"{float(both[0])!r},{float(both[1])!r}"


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
    """Return the request; what else is wrong with it is said when it is read against a file.

    Raises DataProblem "bad_level", and "bad_option" for what is not given by name.
    """
    check_level(level)
    return Request(
        questions=names(questions),
        by=names(by),
        bands={
            str(column): parse_bands(str(column), ",".join(names(cut)))
            for column, cut in by_name("bands", bands).items()
        },
        nets={
            str(column): {str(net): names(choices) for net, choices in by_name("nets", unions).items()}
            for column, unions in by_name("nets", nets).items()
        },
        sets={str(name): names(columns) for name, columns in by_name("multi", multi).items()},
        where=tuple((str(column), str(value)) for column, value in by_name("where", where).items()),
        missing=tuple(missing),
        design=design,
        interval=interval,
        total=total,
        level=level,
    )
