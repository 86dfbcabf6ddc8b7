"""Kaplan-Meier curves and log-rank tests against R, by hand, and by moving one case's weight."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators.design_variance import staged
from analysis.expectations import events
from analysis.expectations.events import (
    MOST_TIMES,
    Observed,
    Risks,
    design_variances,
    risks_of,
    robust_variances,
    settled,
)
from analysis.expectations.kaplan_meier import DeliveryCurve, kaplan_meier
from analysis.expectations.log_rank import log_rank
from analysis.problems import DataProblem
from analysis.table.design import Design, Sample, sample_of

GIVEN: dict[str, Any] = json.loads((Path(__file__).parent / "reference_delivered.json").read_text("utf-8"))
CASES = Observed(np.array(GIVEN["data"]["t"], dtype=float), np.array(GIVEN["data"]["d"]) == 1)
WEIGHTED = sample_of(30, np.array(GIVEN["data"]["w"]))
GROUP = (np.array(GIVEN["data"]["grp"]) == "y").astype(np.int64)


def record(name: str) -> dict[str, Any]:
    result: dict[str, Any] = GIVEN["records"][name]["result"]
    return result


def column(curve: DeliveryCurve, name: str) -> list[float]:
    return [getattr(step, name) for step in curve.steps]


def cases(*told: tuple[float, bool]) -> Observed:
    return Observed(np.array([time for time, _ in told], dtype=float), np.array([done for _, done in told]))


# --- R -----------------------------------------------------------------------------------------------------


def test_unweighted_curve_is_survfits() -> None:
    curve, theirs = kaplan_meier(CASES), record("km.unweighted")
    assert curve.method == "greenwood"
    assert column(curve, "time") == theirs["time"]
    assert column(curve, "at_risk") == theirs["n.risk"]
    assert column(curve, "open_share") == pytest.approx(theirs["surv"], rel=1e-9)
    errors = [step.se / step.open_share for step in curve.steps if step.se is not None]
    assert errors == pytest.approx(theirs["std.err"], rel=1e-9)
    assert column(curve, "low") == pytest.approx(theirs["lower"], rel=1e-9)
    assert column(curve, "high") == pytest.approx(theirs["upper"], rel=1e-9)


def test_weighted_curve_is_survfits_robust_one() -> None:
    curve, theirs = kaplan_meier(CASES, sample=WEIGHTED, method="robust"), record("km.weighted")
    assert column(curve, "at_risk") == pytest.approx(theirs["n.risk"], rel=1e-9)
    assert column(curve, "delivered") == pytest.approx(theirs["n.event"], rel=1e-9)
    assert column(curve, "censored") == pytest.approx(theirs["n.censor"], rel=1e-9)
    assert column(curve, "open_share") == pytest.approx(theirs["surv"], rel=1e-9)
    assert column(curve, "se") == pytest.approx(theirs["std.err"], rel=1e-9)
    assert column(curve, "low") == pytest.approx(theirs["lower"], rel=1e-9)
    assert column(curve, "high") == pytest.approx(theirs["upper"], rel=1e-9)


def test_design_curve_is_svykms() -> None:
    curve = kaplan_meier(CASES, sample=WEIGHTED)
    assert curve.method == "design"
    assert column(curve, "open_share") == pytest.approx(record("svykm")["surv"][1:], rel=1e-9)
    # without strata and clusters the two variances differ by n/(n-1)
    robust = kaplan_meier(CASES, sample=WEIGHTED, method="robust")
    ratio = np.array(column(curve, "se")) / np.array(column(robust, "se"))
    assert ratio == pytest.approx(np.full(30, np.sqrt(30 / 29)), rel=1e-9)


def test_log_rank_tests_are_those_of_r() -> None:
    assert log_rank(CASES, GROUP).chi_square == pytest.approx(record("logrank.survdiff")["value"], rel=1e-9)
    found = log_rank(CASES, GROUP, sample=WEIGHTED)
    assert [found.chi_square, found.p] == pytest.approx(record("svylogrank")["value"], rel=1e-9)
    assert found.df == 1


# --- by hand -----------------------------------------------------------------------------------------------


def test_a_curve_by_hand() -> None:
    # 1 of 4 delivered at 10, one stops being watched at 20, 1 of 2 at 30, the last at 40
    curve = kaplan_meier(cases((10, True), (20, False), (30, True), (40, True)))
    assert column(curve, "open_share") == pytest.approx([0.75, 0.75, 0.375, 0.0])
    assert curve.steps[0].se == pytest.approx(0.75 * np.sqrt(1 / 12))
    assert curve.steps[2].se == pytest.approx(0.375 * np.sqrt(1 / 12 + 1 / 2))
    assert (curve.steps[3].se, curve.steps[3].low) == (None, None)
    assert curve.median.time == 30
    assert (curve.base, curve.delivered) == (4, 3)


def test_few_cases_are_said_to_be_few() -> None:
    curve = kaplan_meier(CASES)
    assert curve.status == "ok"
    assert {step.status for step in curve.steps[:4]} == {"low_base"}  # under 5 delivered
    many = kaplan_meier(Observed(np.repeat(CASES.time, 4), np.repeat(CASES.delivered, 4)))
    assert [step.status for step in many.steps[:9]] == ["low_base", *["ok"] * 8]  # 4 delivered, then 8
    assert kaplan_meier(cases(*((float(n), True) for n in range(1, 20)))).status == "low_base"
    assert curve.steps[0].as_row()["status"] == "low_base"
    last = kaplan_meier(cases((1, False), (2, True))).steps
    assert [step.status for step in last] == ["no_interval", "no_interval"]
    assert "low base" in str(curve)


def test_what_is_open_counts_as_long_as_it_was_watched() -> None:
    told = [(float(time), True) for time in range(1, 11)] + [(100.0, False)] * 20
    curve = kaplan_meier(cases(*told))
    assert curve.median.time is None
    assert "66.7% were still open" in curve.median.reason
    assert "not reached" in str(curve)
    closed_only = kaplan_meier(cases(*told[:10]))
    assert closed_only.median.time == 5


def test_half_of_the_cases_are_a_half_whatever_the_rounding() -> None:
    """Products of 1 - 1/n miss a half by the last digit: 57 of 114 are half all the same."""
    for n in range(2, 200, 2):
        told = [(float(time), True) for time in range(1, n)] + [(float(n), False)]
        assert kaplan_meier(cases(*told)).median.time == n / 2


def test_the_median_s_bounds_are_where_the_bounds_of_the_curve_pass_a_half() -> None:
    curve = kaplan_meier(CASES)
    low = next(step.time for step in curve.steps if step.low is not None and step.low <= 0.5)
    high = next(step.time for step in curve.steps if step.high is not None and step.high <= 0.5)
    assert (curve.median.low, curve.median.time, curve.median.high) == (low, 260, high)
    assert curve.open_at(259) is not None and curve.open_at(259).open_share > 0.5  # type: ignore[union-attr]
    assert curve.open_at(1) is None


def test_nothing_delivered_has_a_reason() -> None:
    curve = kaplan_meier(cases((5, False), (6, False)))
    assert curve.status == "empty"
    assert curve.median.reason == "nothing was delivered"
    assert log_rank(cases((5, False), (6, False)), np.array([0, 1])).reason == "nothing was delivered"


def test_one_group_has_nothing_to_be_compared_with() -> None:
    assert log_rank(CASES, np.zeros(30, dtype=np.int64)).reason == "there is one group only"


def test_three_groups_have_two_degrees_of_freedom() -> None:
    group = np.arange(30) % 3
    plain, design = log_rank(CASES, group), log_rank(CASES, group, sample=WEIGHTED)
    assert plain.df == design.df == 2
    assert plain.p is not None and 0 < plain.p < 1


# --- a real log ----------------------------------------------------------------------------------------------

MEDIANS = {
    "Citizens Connect App": 191.992,
    "City Worker App": 99.641,
    "Constituent Call": 164.857,
    "Employee Generated": 0.650,
    "Maximo Integration": 3.197,  # exactly 57 of 114; by rounding alone the next one, 3.279
    "Self Service": 251.893,
    "Twitter": 1381.562,
}
FORM = "%m/%d/%Y %I:%M:%S %p"


def test_medians_of_a_real_log_of_complaints(data_folder: Path) -> None:
    """Boston 311, 2015: hours from opening to closing, open cases watched until the file was made."""
    end = datetime(2016, 1, 12, 22, 22, 40)
    hours: dict[str, list[tuple[float, bool]]] = {}
    for file in sorted((data_folder / "boston311-2015").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as told:
            for row in csv.DictReader(told):
                closed = datetime.strptime(row["CLOSED_DT"], FORM) if row["CLOSED_DT"].strip() else None
                wait = ((closed or end) - datetime.strptime(row["OPEN_DT"], FORM)).total_seconds() / 3600
                hours.setdefault(row["Source"], []).append((wait, closed is not None))
    found = {source: kaplan_meier(cases(*told)) for source, told in hours.items()}
    assert {source: curve.median.time for source, curve in found.items()} == pytest.approx(MEDIANS, abs=6e-4)
    closed_only = kaplan_meier(cases(*(one for one in hours["Constituent Call"] if one[1])))
    assert closed_only.median.time == pytest.approx(96.841, abs=0.1)  # the mean of the two in the middle


# --- the design --------------------------------------------------------------------------------------------


def influence(risks: Risks) -> np.ndarray:
    """How a case's weight moves the curve at the told times, (groups, told): the sums' long way round."""
    moves, common = settled(risks)
    come = risks.place[:, None] <= risks.listed[None, :]
    return -risks.survival[risks.listed] * np.where(come, moves[:, None], -common)


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.floats(0.2, 3)), min_size=3, max_size=12))
@settings(max_examples=60, deadline=None)
def test_influence_is_what_moving_a_weight_does(told: list[tuple[int, bool, float]]) -> None:
    observed = cases(*((float(time), done) for time, done, _ in told))
    weight = np.array([one for _, _, one in told])
    risks = risks_of(observed, sample_of(len(told), weight))
    if not risks.events.any():
        return
    alive = risks.survival[risks.listed] > 1e-9
    places = risks.listed[alive]
    values = influence(risks)[:, alive]
    code = 2 * np.unique(observed.time, return_inverse=True)[1] + observed.delivered
    group = np.searchsorted(np.unique(code), code)
    step = 1e-6
    for case in range(len(told)):
        moved = weight.copy()
        moved[case] += step
        after = risks_of(observed, sample_of(len(told), moved))
        slope = (after.survival[places] - risks.survival[places]) / step
        assert values[group[case]] == pytest.approx(slope, abs=1e-4)


@pytest.mark.parametrize("clustered", [False, True])
def test_sums_by_time_give_the_variance_of_the_influence(
    clustered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(8)
    observed = Observed(rng.integers(1, 40, 300).astype(float), rng.random(300) < 0.7)
    cluster = rng.integers(0, 24, 300)
    sample = Sample(rng.uniform(0.5, 2, 300), cluster % 3, cluster if clustered else None, ("a", "b", "c"))
    risks = risks_of(observed, sample)
    stage = staged(risks.sums, Design(strata="s"))
    every = np.arange(len(risks.sums.columns))
    expected = stage.variances(every, influence(risks))
    assert design_variances(risks, stage) == pytest.approx(expected, rel=1e-9)
    monkeypatch.setattr(events, "_AT_ONCE", 100)  # a few units at once
    assert design_variances(risks, stage) == pytest.approx(expected, rel=1e-9)
    squares = risks.sums.total(risks.sums.square)
    assert robust_variances(risks) == pytest.approx(squares @ influence(risks) ** 2, rel=1e-9)


def test_whole_clusters_count_as_one() -> None:
    """Cases that repeat within clusters add no information: the error is that of the clusters."""
    rng = np.random.default_rng(5)
    time, done = rng.integers(1, 50, 40).astype(float), rng.random(40) < 0.8
    single = kaplan_meier(Observed(time, done), sample=sample_of(40))
    cluster = np.repeat(np.arange(40), 3)
    drawn = Sample(np.ones(120), np.zeros(120, dtype=np.int64), cluster)
    repeated = kaplan_meier(Observed(np.repeat(time, 3), np.repeat(done, 3)), sample=drawn)
    assert column(repeated, "open_share") == pytest.approx(column(single, "open_share"))
    ours = [step.se for step in repeated.steps if step.se is not None]
    assert ours == pytest.approx([step.se for step in single.steps if step.se is not None])


@pytest.mark.parametrize("scale", [0.01, 50.0])
def test_the_scale_of_weights_does_not_matter(scale: float) -> None:
    scaled = sample_of(30, WEIGHTED.weight * scale)
    first, second = kaplan_meier(CASES, sample=WEIGHTED), kaplan_meier(CASES, sample=scaled)
    assert column(second, "se") == pytest.approx(column(first, "se"))
    assert column(second, "low") == pytest.approx(column(first, "low"))


def test_lonely_strata_are_said() -> None:
    sample = Sample(np.ones(3), np.array([0, 0, 1]), None, ("a", "b"))
    observed = cases((1, True), (2, True), (3, False))
    with pytest.raises(DataProblem) as caught:
        kaplan_meier(observed, sample=sample, design=Design(strata="s"))
    assert caught.value.code == "lonely_stratum"


def test_many_times_are_told_evenly() -> None:
    time = np.arange(1.0, 5001.0)
    curve = kaplan_meier(Observed(time, np.ones(5000, dtype=bool)))
    assert len(curve.steps) == MOST_TIMES
    assert curve.median.time == 2500
    assert curve.steps[-1].time == 5000


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (cases(), "there are no cases"),
        (cases((1, True), (-2, True)), "the time of case 2 cannot be used (-2)"),
        (cases((np.nan, True)), "the time of case 1 cannot be used (nan)"),
    ],
)
def test_times_that_are_none_are_said(observed: Observed, words: str) -> None:
    with pytest.raises(DataProblem) as caught:
        kaplan_meier(observed)
    assert caught.value.code == "times_wrong"
    assert words in caught.value.message


def test_an_unknown_method_is_said() -> None:
    with pytest.raises(DataProblem, match="greenwood, robust, design"):
        kaplan_meier(CASES, method="peto")
