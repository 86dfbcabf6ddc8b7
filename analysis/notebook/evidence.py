"""What needs no data file: how many people to ask, what a published figure can mean, how long cases stay open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimators.intervals import check_level, interval_head
from analysis.evidence.auditing import Audits, Own, audit_claim, audit_file
from analysis.evidence.claim import EFFECTS, PLAUSIBLE, Claim
from analysis.evidence.options import segments_of
from analysis.evidence.planning import SamplePlan
from analysis.evidence.planning import plan_sample as plan
from analysis.evidence.stated import stated
from analysis.evidence.wishes import Fielding, Wish
from analysis.expectations.events import Observed
from analysis.expectations.kaplan_meier import DeliveryCurve
from analysis.expectations.kaplan_meier import kaplan_meier as curve
from analysis.notebook.data import Data
from analysis.notebook.shown import Table, number, share, shares, sheet, status, word
from analysis.notebook.words import request_of
from analysis.problems import DataProblem
from analysis.table.column import Numbers
from analysis.table.design import sample_of


def plan_sample(
    share: float = 0.5,
    *,
    margin: float | None = None,
    segment_margin: float | None = None,
    difference: float | None = None,
    n: int | None = None,
    segments: Mapping[str, float] | int | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    power: float = 0.8,
    interval: str = "wilson",
    bonferroni: bool = True,
    design_effect: float = 1.0,
    cluster_size: float | None = None,
    icc: float = 0.0,
    weight_cv: float = 0.0,
    population: int | None = None,
    response_rate: float = 1.0,
) -> Table[SamplePlan]:
    """Say how many people must answer, and how many to invite, as `earshot plan-sample`; shares are fractions.

    Wanted: `margin` (half an interval's width), the same in each of `segments`, a `difference` between two; or
    what `n` answers can show. Raises DataProblem "plan_nothing", "plan_range", "bad_option".
    """
    parts = segments_of(str(segments)) if isinstance(segments, int) else tuple((segments or {}).items())
    fielding = Fielding(design_effect, cluster_size, icc, weight_cv, population, response_rate)
    wish = Wish(
        share=share, margin=margin, segment_margin=segment_margin, difference=difference, n=n, segments=parts,
        level=level, alpha=alpha, power=power, interval=interval, bonferroni=bonferroni, fielding=fielding,
    )  # fmt: skip
    found = plan(wish)
    rows = tuple(need.as_row() for need in found.needs)
    return Table(str(found), (sheet("Sample", rows, _PLAN),), rows, (), found)


_PLAN = (
    ("goal", word("goal")),
    ("segment", word("segment")),
    ("share", share("share")),
    ("margin", share("margin")),
    ("interval", shares("low", "high")),
    ("must answer", word("base")),
    ("whole sample", word("total")),
    ("invite", word("invite")),
    ("", word("reason")),
)


def audit(
    share: str | float | None = None,
    n: int | None = None,
    *,
    file: str | Path | None = None,
    ids: Sequence[str] = (),
    part: str | float | None = None,
    part_name: str = "part",
    part_n: int | None = None,
    part_shares: Sequence[float] = PLAUSIBLE,
    segments: int = 2,
    adds_up: Sequence[str | float] = (),
    weighted: bool = False,
    effects: Sequence[float] = EFFECTS,
    level: float = 0.95,
    known: Sequence[str] = (),
    unknown: Sequence[str] = (),
    data: Data | None = None,
    question: str | None = None,
    choice: str | None = None,
    equivalence: float | None = None,
) -> Table[Audits]:
    """Say what can be made of a published share, as `earshot audit`; `share` and `part` as printed, "34%".

    Or of the figures in `file`, a study folder or published.yaml. `data` are our own answers to hold it against:
    those who gave `choice` to `question`. Raises DataProblem "audit_nothing", "bad_option", "option_needs".
    """
    own = _own(data, question, choice, equivalence)
    if file is not None:
        found = audit_file(Path(file), ids, own)
    elif share is None and not adds_up:
        raise DataProblem("audit_nothing")
    else:
        claim = Claim(
            name="all", whole=None if share is None else stated("share", str(share)), n=n, part_name=part_name,
            part=None if part is None else stated("part", str(part)), part_n=part_n, part_shares=tuple(part_shares),
            segments=segments, addends=tuple(stated("adds_up", str(one)) for one in adds_up), weighted=weighted,
            effects=tuple(effects), level=level, known=tuple(known), unknown=tuple(unknown),
        )  # fmt: skip
        found = audit_claim(claim, own)
    return _of_audits(found)


def _of_audits(found: Audits) -> Table[Audits]:
    """Show each figure's checks; a row per check."""
    rows = tuple(
        {"id": one.audit.claim.name, **check.as_row()} for one in found.audits for check in one.audit.checks
    )
    sheets = tuple(
        sheet(
            f"{one.audit.claim.name}: {one.audit.verdict}",
            [check.as_row() for check in one.audit.checks],
            (("check", word("check")), ("verdict", word("verdict")), ("", word("text"))),
        )
        for one in found.audits
    )
    notes = tuple(reason for one in found.audits for reason in one.audit.reasons)
    return Table(str(found), sheets, rows, notes, found)


def _own(
    data: Data | None, question: str | None, choice: str | None, equivalence: float | None
) -> Own | None:
    if data is None:
        return None
    if question is None or choice is None:
        raise DataProblem("option_needs", option="data", needed="question and choice")
    request = request_of((question,), data.design, data.missing)
    return Own(data.opened.path, request, choice, equivalence)


def kaplan_meier(
    times: ArrayLike, delivered: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95
) -> Table[DeliveryCurve]:
    """Estimate how many cases are still open at every time; cases not delivered were open when last seen.

    `times` (cases,) are numbers in any unit, `delivered` (cases,) true or false. With `weight` errors are
    robust. Raises DataProblem "times_wrong", "not_numbers", "ragged_columns", "bad_level".
    """
    check_level(level)
    time = _numbers("times", times)
    observed = Observed(time, np.asarray(delivered, dtype=np.bool_))
    weights = None if weight is None else _numbers("weight", weight)
    for name, other in (("delivered", observed.delivered), ("weight", weights)):
        if other is not None and len(other) != len(time):
            raise DataProblem("ragged_columns", column=name, value=len(other), other="times", rows=len(time))
    sample = None if weights is None else sample_of(len(time), weights)
    found = curve(observed, sample=sample, method=None if sample is None else "robust", level=level)
    rows = tuple(step.as_row() for step in found.steps)
    caption = f"{found.delivered:,} of {found.base:,} delivered; median {found.median}"
    columns: Any = (
        ("time", number("time", digits=6)),
        ("at risk", number("at_risk", digits=6)),
        ("delivered", number("delivered", digits=6)),
        ("still open", share("open_share")),
        (interval_head(level), shares("low", "high")),
        ("", status),
    )
    notes = (found.median.reason,) if found.median.reason else ()
    return Table(str(found), (sheet(caption, rows, columns),), rows, notes, found)


def _numbers(name: str, given: ArrayLike) -> Numbers:
    """Return values of one dimension as numbers. Raises DataProblem "not_numbers" with the first that is none."""
    try:
        return np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        for row, one in enumerate(np.atleast_1d(np.asarray(given, dtype=object)).tolist(), start=1):
            if not isinstance(one, Real):
                raise DataProblem("not_numbers", column=name, value=one, row=row) from None
        raise
