"""What needs no data file: how many people to ask, what a published figure can mean, how long cases stay open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimators.intervals import check_level, interval_head
from analysis.evidence.auditing import AuditRequest, Audits, Own
from analysis.evidence.auditing import audit as audit_request
from analysis.evidence.claim import EFFECTS, PLAUSIBLE, Claim
from analysis.evidence.planning import SamplePlan, Wish
from analysis.evidence.planning import plan_sample as plan
from analysis.evidence.sample_size import Fielding
from analysis.evidence.stated import segments_of, stated
from analysis.evidence.synthetic_table import MARK, SyntheticTable, TableFigure
from analysis.evidence.synthetic_table import synthetic_table as table_of
from analysis.expectations.events import Observed
from analysis.expectations.kaplan_meier import DeliveryCurve
from analysis.expectations.kaplan_meier import kaplan_meier as curve
from analysis.expectations.log_rank import LogRank
from analysis.expectations.log_rank import log_rank as log_rank_test
from analysis.notebook.data import Data
from analysis.notebook.shown import Table, number, share, shares, sheet, status, word
from analysis.notebook.words import request_of
from analysis.problems import DataProblem
from analysis.table.column import Numbers
from analysis.table.design import Sample, sample_of

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
_CHECKS = (("check", word("check")), ("verdict", word("verdict")), ("", word("text")))


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
    result = plan(wish)
    rows = tuple(need.as_row() for need in result.needs)
    return Table(str(result), (sheet("Sample", rows, _PLAN),), rows, (), result)


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

    Or of the figures in `file`, a study folder or published.yaml; of the rest it takes `effects`, `level`, `segments`,
    `weighted` and `part_shares`. `data` are our own answers to hold it against: those
    who gave `choice` to `question`. Raises DataProblem "audit_nothing", "bad_option", "option_needs".
    """
    own = None
    if data is not None:
        if question is None or choice is None:
            raise DataProblem("option_needs", option="data", needed="question and choice")
        request = request_of((question,), data.design, data.missing)
        own = Own(data.opened.path, request, choice, equivalence)
    if file is None and share is None and not adds_up:
        raise DataProblem("audit_nothing")
    claim = Claim(
        name="all", whole=None if share is None else stated("share", str(share)), n=n, part_name=part_name,
        part=None if part is None else stated("part", str(part)), part_n=part_n, part_shares=tuple(part_shares),
        segments=segments, addends=tuple(stated("adds_up", str(addend)) for addend in adds_up), weighted=weighted,
        effects=tuple(effects), level=level, facts_known=tuple(known), facts_unknown=tuple(unknown),
    )  # fmt: skip
    result = audit_request(AuditRequest(claim, None if file is None else Path(file), tuple(ids), own))
    rows: list[dict[str, Any]] = []
    sheets = []
    for verdict in (audited.audit for audited in result.audits):
        checks = [check.as_row() for check in verdict.checks]
        rows += [{"id": verdict.claim.name, **check} for check in checks]
        sheets.append(sheet(f"{verdict.claim.name}: {verdict.verdict}", checks, _CHECKS))
    notes = tuple(reason for audited in result.audits for reason in audited.audit.reasons)
    return Table(str(result), tuple(sheets), tuple(rows), notes, result)


def kaplan_meier(
    times: ArrayLike, delivered: ArrayLike, *, weight: ArrayLike | None = None, level: float = 0.95
) -> Table[DeliveryCurve]:
    """Estimate how many cases are still open at every time; cases not delivered were open when last seen.

    `times` (cases,) are numbers in any unit, `delivered` (cases,) true or false. With `weight` errors are
    robust. Raises DataProblem "times_wrong", "not_numbers", "ragged_columns", "bad_level".
    """
    check_level(level)
    observed, sample = _cases(times, delivered, weight)
    result = curve(observed, sample=sample, method=None if sample is None else "robust", level=level)
    rows = tuple(step.as_row() for step in result.steps)
    caption = f"{result.delivered:,} of {result.base:,} delivered; median {result.median}"
    columns: Any = (
        ("time", number("time", digits=6)),
        ("at risk", number("at_risk", digits=6)),
        ("delivered", number("delivered", digits=6)),
        ("still open", share("open_share")),
        (interval_head(level), shares("low", "high")),
        ("", status),
    )
    notes = (result.median.reason,) if result.median.reason else ()
    return Table(str(result), (sheet(caption, rows, columns),), rows, notes, result)


def log_rank(
    times: ArrayLike, delivered: ArrayLike, group: ArrayLike, *, weight: ArrayLike | None = None
) -> Table[LogRank]:
    """Test whether groups of cases have one curve; `times`, `delivered` and `weight` as for `kaplan_meier`.

    `group` (cases,) names each case's group. With `weight` the variance is linearised, each case a unit of its own.
    Raises DataProblem "times_wrong", "not_numbers", "ragged_columns".
    """
    observed, sample = _cases(times, delivered, weight)
    codes = np.unique(np.atleast_1d(np.asarray(group)), return_inverse=True)[1].reshape(-1)
    _check_length("group", len(codes), observed)
    result = log_rank_test(observed, codes.astype(np.int64), sample=sample)
    rows = (result.as_row(),)
    columns: Any = (
        ("method", word("method")),
        ("chi-square", number("chi_square")),
        ("df", word("df")),
        ("p", number("p")),
    )
    notes = (result.reason,) if result.reason else ()
    return Table(str(result), (sheet("Log-rank", rows, columns),), rows, notes, result)


def synthetic_table(
    axes: Mapping[str, Sequence[str]], figures: Mapping[str, Sequence[Any]], n: int
) -> Table[SyntheticTable]:
    """Return n invented people by `axes` (categories by name) whose shares print as the figures: nothing follows.

    A figure is (share as printed, {axis: category}) or (share, {axis: category}, {axis: category of whom}), by its
    name; several categories stand in a list. `result.write(path)` writes the people, marked as synthetic. Raises
    DataProblem "bad_option", "invented_size", "unknown_column", "unknown_choice", "figures_contradict",
    "figures_not_whole".
    """
    result = table_of(axes, [_table_figure(name, figure) for name, figure in figures.items()], n)
    rows = tuple(result.rows())
    columns: Any = (
        *((axis, word(axis)) for axis in result.axes),
        ("people", word("people")),
        ("fewest", word("fewest")),
        ("most", word("most")),
    )
    notes = (MARK, *map(str, result.reached))
    return Table(str(result), (sheet("Synthetic table", rows, columns),), rows, notes, result)


def _table_figure(name: str, figure: Sequence[Any]) -> TableFigure:
    printed, *places = figure
    if not 1 <= len(places) <= 2 or not all(isinstance(place, Mapping) for place in places):
        form = '("34%", {axis: category}) or ("34%", {axis: category}, {axis: category of whom})'
        raise DataProblem("bad_option", option=name, value=figure, form=form)
    chosen, base = (
        {axis: [names] if isinstance(names, str) else list(names) for axis, names in place.items()}
        for place in (*places, {})[:2]
    )
    return TableFigure(name, stated(name, str(printed)), chosen, base)


def _cases(
    times: ArrayLike, delivered: ArrayLike, weight: ArrayLike | None
) -> tuple[Observed, Sample | None]:
    observed = Observed(_numbers("times", times), np.asarray(delivered, dtype=np.bool_))
    _check_length("delivered", len(observed.delivered), observed)
    if weight is None:
        return observed, None
    weights = _numbers("weight", weight)
    _check_length("weight", len(weights), observed)
    return observed, sample_of(len(weights), weights)


def _check_length(name: str, length: int, observed: Observed) -> None:
    cases = len(observed.time)
    if length != cases:
        raise DataProblem("ragged_columns", column=name, value=length, other="times", rows=cases)


def _numbers(name: str, values: ArrayLike) -> Numbers:
    """Return values of one dimension as numbers. Raises DataProblem "not_numbers" with the first that is none."""
    try:
        return np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        for row, value in enumerate(np.atleast_1d(np.asarray(values, dtype=object)).tolist(), start=1):
            if not isinstance(value, Real):
                raise DataProblem("not_numbers", column=name, value=value, row=row) from None
        raise
