"""Curves of expected reply times: shares, bands, medians and comparisons."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.estimators.design_variance import staged
from analysis.estimators.proportion import Answer, shares
from analysis.expectations.band import critical
from analysis.expectations.cumulative import (
    ExpectationCurve,
    ReplyScale,
    ReplyStep,
    _monotone,
    bracket_of,
    expectation_curves,
    linearised,
)
from analysis.expectations.curve_differences import compare_curves
from analysis.expectations.reply_expectation import limits_of_codebook
from analysis.problems import DataProblem
from analysis.table.design import Design, Sample, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, SEGMENT, Sums, sums_of
from tests.analysis.by_path import Words, reply_expectation

LIMITS = (15.0, 30.0, 60.0, 240.0, 1440.0)
NAMES = ("15 min", "30 min", "1 h", "4 h", "1 day")
SCALE = ReplyScale(
    tuple(
        ReplyStep(name, upto, frozenset({code}))
        for code, (name, upto) in enumerate(zip(NAMES, LIMITS, strict=True), start=1)
    ),
    (Answer("no limit", frozenset({6})),),
)
CHANCE = (0.12, 0.2, 0.13, 0.25, 0.2, 0.1)
SEGMENTS = (Segment("young", {}, frozenset({2})), Segment("old", {}, frozenset({3})))


def survey(people: int = 600, seed: int = 1, clustered: bool = False) -> Sums:
    """People in two segments, the second less hurried; some did not answer (code 0)."""
    rng = np.random.default_rng(seed)
    segment = rng.integers(2, 4, people)
    late = np.array([CHANCE, CHANCE[::-1]])[segment - 2]
    answer = 1 + (rng.random(people)[:, None] > late.cumsum(axis=1)).sum(axis=1).clip(max=5)
    answer[rng.random(people) < 0.05] = 0
    weight = rng.uniform(0.5, 2.0, people)
    if not clustered:
        return sums_of(sample_of(people, weight), answer, segment)
    cluster = rng.integers(0, 40, people)
    return sums_of(Sample(weight, cluster // 20, cluster, ("a", "b")), answer, segment)


def curves(sums: Sums, level: float = 0.95) -> tuple[ExpectationCurve, ...]:
    return expectation_curves(
        sums, question="wait", scale=SCALE, segments=SEGMENTS, design=Design(), level=level
    )


def test_both_readings_are_the_shares_of_their_answers() -> None:
    sums = survey()
    curve = curves(sums)[0]
    inside = sums.columns[:, SEGMENT] == 2
    answer, held = sums.columns[:, ANSWER], sums.total(sums.weight)
    weight = np.bincount(answer[inside], weights=held[inside], minlength=7)[1:]
    assert [p.exclusive.share for p in curve.points] == pytest.approx(weight[:5] / weight.sum())
    assert [p.cumulative.share for p in curve.points] == pytest.approx(weight.cumsum()[:5] / weight.sum())
    assert curve.others[0].share == pytest.approx(weight[5] / weight.sum())
    assert {p.cumulative.base for p in curve.points} == {int(sums.people[inside & (answer > 0)].sum())}


@pytest.mark.parametrize("clustered", [False, True])
def test_linearised_values_give_the_errors_of_the_shares(clustered: bool) -> None:
    sums = survey(clustered=clustered)
    stage = staged(sums, Design())
    for segment, curve in zip(SEGMENTS, curves(sums), strict=True):
        rows, share, values = linearised(stage, segment, SCALE)
        assert share == pytest.approx([p.cumulative.share for p in curve.points])
        errors = np.sqrt(np.diag(stage.covariance(rows, values)))
        assert errors == pytest.approx([p.cumulative.se for p in curve.points])


def test_the_band_holds_every_interval_and_never_falls() -> None:
    for curve in curves(survey(clustered=True)):
        assert curve.critical is not None and curve.critical > 2.1
        for point in curve.points:
            assert point.band_low is not None and point.band_high is not None
            assert point.cumulative.low is not None and point.cumulative.high is not None
            assert point.band_low < point.cumulative.low
            assert point.band_high > point.cumulative.high
        assert [p.band_low for p in curve.points] == sorted(p.band_low or 0 for p in curve.points)
        assert [p.band_high for p in curve.points] == sorted(p.band_high or 0 for p in curve.points)


def test_bounds_of_a_curve_that_cannot_fall_narrow_each_other() -> None:
    told = [at(0.2, 0.15, 0.30), at(0.3, 0.13, 0.28), at(0.4, 0.35, 0.45)]
    assert _monotone(told) == ([0.15, 0.15, 0.35], [0.28, 0.28, 0.45])
    assert _monotone([at(0.2, None, None), at(0.3, 0.1, 0.5)]) == ([None, 0.1], [None, 0.5])


def test_the_band_reaches_the_critical_value_on_the_logit_scale() -> None:
    curve = curves(survey(2000))[0]
    point = curve.points[2].cumulative
    assert point.share is not None and point.se is not None and curve.critical is not None
    centre = np.log(point.share / (1 - point.share))
    reach = curve.critical * point.se / (point.share * (1 - point.share))
    # the interval of one limit in R's logit method: centre ± t·se/(p(1-p))
    assert curve.points[2].band_low == pytest.approx(1 / (1 + np.exp(reach - centre)), abs=1e-9)


def in_clusters(sizes: list[int]) -> tuple[Sums, int]:
    """Clusters of these sizes in one stratum, half of them hurried; the sums and the degrees of freedom."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    hurried = rng.integers(0, 2, len(sizes))[cluster]
    answer = 1 + rng.binomial(5, 0.3 + 0.3 * (1 - hurried))
    sample = Sample(np.ones(len(cluster)), np.zeros(len(cluster), dtype=np.int64), cluster)
    return sums_of(sample, answer, np.full(len(cluster), 2)), len(sizes) - 1


def reach(sums: Sums, df: int) -> float:
    stage = staged(sums, Design())
    covariance = stage.covariance(*linearised(stage, SEGMENTS[0], SCALE)[::2])
    error = np.sqrt(np.diag(covariance))
    return critical(covariance / np.outer(error, error), df)


def test_clusters_of_one_size_give_the_band_all_degrees_of_freedom() -> None:
    sums, df = in_clusters([15] * 20)
    assert curves(sums)[0].critical == pytest.approx(reach(sums, df))


def test_unequal_clusters_widen_the_band_by_how_alike_their_people_are() -> None:
    sizes = [3, 5, 8, 12, 22] * 4
    sums, df = in_clusters(sizes)
    size, stage = np.array(sizes, dtype=float), staged(sums, Design())
    rows, share, values = linearised(stage, SEGMENTS[0], SCALE)
    effect = float((stage.variances(rows, values) / (share * (1 - share))).mean())
    alike = (effect * size.sum() ** 2 - size.sum()) / (size**2 - size).sum()
    assert 0.02 < alike < 0.5
    each = size + alike * (size**2 - size)
    centre = len(size) / (len(size) - 1) * (np.eye(len(size)) - 1 / len(size))
    product = centre @ np.diag(each)
    fewer = int(np.trace(product) ** 2 / np.trace(product @ product))
    assert fewer < 0.75 * df
    (curve, _) = curves(sums)
    assert curve.critical == pytest.approx(reach(sums, fewer))
    assert curve.critical > 1.01 * reach(sums, df)


def test_the_same_survey_gives_the_same_band() -> None:
    assert curves(survey()) == curves(survey())


def test_a_segment_without_people_is_empty() -> None:
    empty = Segment("nobody", {}, frozenset({9}))
    (curve,) = expectation_curves(survey(), question="w", scale=SCALE, segments=[empty], design=Design())
    assert curve.status == curve.median.status == "empty"
    assert "nobody answered" in str(curve)
    assert all(row["cumulative"] is None for row in curve.as_rows())


def test_when_everybody_says_the_same_there_is_no_band_to_draw() -> None:
    sums = sums_of(sample_of(50), np.full(50, 2), np.full(50, 2))
    (curve,) = expectation_curves(sums, question="w", scale=SCALE, segments=SEGMENTS[:1], design=Design())
    assert curve.critical is None
    assert (curve.median.after, curve.median.upto) == ("15 min", "30 min")
    assert [p.cumulative.share for p in curve.points] == [0.0, 1.0, 1.0, 1.0, 1.0]


def test_one_person_gets_no_interval() -> None:
    sums = sums_of(sample_of(4), np.array([2, 0, 0, 0]), np.full(4, 2))
    (curve,) = expectation_curves(sums, question="w", scale=SCALE, segments=SEGMENTS[:1], design=Design())
    assert curve.points[0].band_low is None
    assert curve.points[0].cumulative.status == "low_base"


@pytest.mark.parametrize("limits", [(), (30.0, 15.0), (15.0, 15.0), (15.0, float("inf"))])
def test_a_scale_has_rising_limits(limits: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="finite limits"):
        ReplyScale(tuple(ReplyStep(str(one), one, frozenset({1})) for one in limits))


# --- the median --------------------------------------------------------------------------------------------


def at(share: float | None, low: float | None, high: float | None) -> Estimate:
    return Estimate("q", "c", "all", share, None, low, high, "logit", 100, 100.0, 1.0, 99)


def test_the_median_is_a_step_with_the_steps_it_may_be_in() -> None:
    told = [at(0.2, 0.15, 0.26), at(0.45, 0.38, 0.52), at(0.58, 0.51, 0.65), at(0.8, 0.7, 0.85)]
    bracket = bracket_of(told, NAMES[:4], 0.5, 0.95)
    assert (bracket.after, bracket.upto) == ("30 min", "1 h")
    assert (bracket.surely_after, bracket.surely_upto) == ("15 min", "1 h")
    assert str(bracket) == "after 30 min, within 1 h (95%: after 15 min, within 1 h)"


def test_a_half_at_a_limit_is_within_it() -> None:
    bracket = bracket_of([at(0.5, 0.4, 0.6), at(0.9, 0.8, 0.95)], NAMES[:2], 0.5, 0.95)
    assert (bracket.after, bracket.upto, bracket.surely_after, bracket.surely_upto) == (
        None,
        "15 min",
        None,
        "30 min",
    )


def test_a_share_that_is_surely_a_half_is_enough() -> None:
    bracket = bracket_of([at(0.6, 0.5, 0.7), at(0.9, 0.8, 0.95)], NAMES[:2], 0.5, 0.95)
    assert (bracket.surely_after, bracket.surely_upto) == (None, "15 min")


def test_a_median_beyond_the_last_limit_is_not_reached() -> None:
    bracket = bracket_of([at(0.1, 0.05, 0.2), at(0.4, 0.3, 0.55)], NAMES[:2], 0.5, 0.95)
    assert bracket.status == "not_reached"
    assert str(bracket) == "later than 30 min (95%: later than 15 min)"
    nothing = bracket_of([at(0.4, None, None)], NAMES[:1], 0.5, 0.95)
    assert (nothing.surely_after, nothing.surely_upto) == (None, None)


# --- segments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clustered", [False, True])
def test_differences_are_those_of_the_curves(clustered: bool) -> None:
    """Segments of people drawn one by one are nearly independent; those of clusters need not be."""
    sums = survey(clustered=clustered)
    found = compare_curves(sums, scale=SCALE, segments=SEGMENTS, design=Design())
    young, old = curves(sums)
    for at, row in enumerate(found.differences):
        one, two = young.points[at].cumulative, old.points[at].cumulative
        assert row.difference == pytest.approx((one.share or 0) - (two.share or 0))
        independent = np.hypot(one.se or 0, two.se or 0)
        assert row.se == pytest.approx(independent, rel=0.25 if clustered else 1e-3)


def test_clusters_that_hold_both_segments_make_differences_surer() -> None:
    """Whole clusters that hurry or do not: the segments' shares move together, their difference does not."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(30), 20)
    hurried = rng.random(30)[cluster]
    answer = np.where(rng.random(600) < hurried, 1, 5)
    sums = sums_of(
        Sample(np.ones(600), np.zeros(600, dtype=np.int64), cluster), answer, 2 + np.arange(600) % 2
    )
    found = compare_curves(sums, scale=SCALE, segments=SEGMENTS, design=Design()).differences[0]
    young, old = curves(sums)
    apart = np.hypot(young.points[0].cumulative.se or 0, old.points[0].cumulative.se or 0)
    assert found.se is not None and found.se < 0.6 * apart
    assert found.df == 29


def test_holm_is_that_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    found = compare_curves(survey(), scale=SCALE, segments=SEGMENTS, design=Design())
    p = [row.p for row in found.differences]
    assert None not in p
    assert [row.p_adjusted for row in found.differences] == pytest.approx(multipletests(p, method="holm")[1])
    assert found.overall.p is not None and found.overall.p < 0.05
    assert "young - old" in str(found)


def test_a_segment_that_holds_the_others_is_not_compared_with_them() -> None:
    everyone = Segment("all", {}, frozenset({2, 3}))
    found = compare_curves(survey(), scale=SCALE, segments=[everyone, *SEGMENTS], design=Design())
    assert {(row.first, row.second) for row in found.differences} == {("young", "old")}


def test_what_cannot_be_tested_says_why() -> None:
    sums = sums_of(sample_of(20), np.full(20, 2), 2 + np.arange(20) % 2)
    found = compare_curves(sums, scale=SCALE, segments=SEGMENTS, design=Design())
    assert {row.reason for row in found.differences} == {"everybody answered alike here"}
    assert found.overall.p is None and found.overall.reason
    empty = [SEGMENTS[0], Segment("nobody", {}, frozenset({7}))]
    alone = compare_curves(sums, scale=SCALE, segments=empty, design=Design())
    assert {row.reason for row in alone.differences} == {"nobody answered in one of the segments"}
    assert "nobody answered" in str(alone)


# --- files -------------------------------------------------------------------------------------------------

ROWS = "wait,age\n" + "\n".join(f"{1 + n % 4},{'young' if n % 3 else 'old'}" for n in range(120)) + "\n"


def test_a_file_by_segments(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    limits = {"1": "15 min", "2": "1 h", "3": 1440.0, "4": "none"}
    found = reply_expectation(tmp_path / "a.csv", Words(("wait",), by=("age",), total=True), limits)
    assert [curve.segment for curve in found.curves] == ["all", "old", "young"]
    assert [point.cumulative.share for point in found.curves[0].points] == pytest.approx([0.25, 0.5, 0.75])
    assert [point.upto for point in found.curves[0].points] == [15, 60, 1440]
    assert found.comparison is not None
    told = json.dumps(found.as_json(), allow_nan=False)
    assert '"after": "15 min", "upto": "1 h"' in told
    assert "half expect a reply after 15 min, within 1 h" in str(found)
    alone = reply_expectation(tmp_path / "a.csv", Words(("wait",)), limits)
    assert alone.comparison is None


def test_choices_with_one_limit_are_one_step(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    limits = {"1": "60 min", "2": "1 h", "3": "1 day", "4": "aside"}
    (curve,) = reply_expectation(tmp_path / "a.csv", Words(("wait",)), limits).curves
    assert [point.name for point in curve.points] == ["60 min", "1 day"]
    assert curve.others[0].choice == "4"


@pytest.mark.parametrize(
    ("limits", "code", "words"),
    [
        ({"1": "15 min"}, "limit_missing", "no limit is given for 2 of 'wait'"),
        ({"1": "soon", "2": "1 h", "3": "1 day", "4": "none"}, "bad_option", "the limit of '1' 'soon'"),
        ({"1": -5, "2": "1 h", "3": "1 day", "4": "none"}, "bad_option", "'-5'"),
        (dict.fromkeys("1234", "none"), "limit_missing", "any choice"),
    ],
)
def test_limits_that_cannot_be_used_are_said(
    limits: dict[str, str | float], code: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        reply_expectation(tmp_path / "a.csv", Words(("wait",)), limits)
    assert caught.value.code == code
    assert words in caught.value.message


def test_one_question_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    with pytest.raises(DataProblem, match="name one") as caught:
        reply_expectation(tmp_path / "a.csv", Words(("wait", "age")), {})
    assert caught.value.code == "one_question"


def test_limits_of_a_codebook(tmp_path: Path) -> None:
    choices = [{"code": 1, "upto_minutes": 15}, {"code": 2, "upto_minutes": None}, {"code": 3}]
    columns = [{"name": "wait", "type": "reply_time", "choices": choices}, {"name": "age", "type": "number"}]
    file = tmp_path / "codebook.json"
    file.write_text(json.dumps({"columns": columns}), encoding="utf-8")
    assert limits_of_codebook(file, "wait") == {"1": 15.0, "2": "none", "3": "aside"}
    for name, code in (("age", "limit_missing"), ("x", "limit_missing")):
        with pytest.raises(DataProblem, match="'wait'") as caught:
            limits_of_codebook(file, name)
        assert caught.value.code == code
    with pytest.raises(DataProblem, match="there is no file"):
        limits_of_codebook(tmp_path / "none.json", "wait")


def test_the_curve_of_r_s_survey(own_survey: Path, reference: dict[str, dict[str, list[float]]]) -> None:
    limits = dict(zip("012345678", [15, 30, 60, 240, 540, 1440, 4320, 10080, "none"], strict=True))
    request = Words(("reply",), design=Design("weight", "stratum", "psu"))
    (curve,) = reply_expectation(own_survey, request, limits).curves
    told = [*(point.exclusive for point in curve.points), *curve.others]
    assert [one.share for one in told] == pytest.approx(reference["own.reply"]["estimate"], rel=1e-9)
    assert [one.se for one in told] == pytest.approx(reference["own.reply"]["se"], rel=1e-9)


def test_shares_of_everyone_stay_as_they_are() -> None:
    sums = survey()
    plain = shares(sums, question="w", answers=SCALE.exclusive, segments=SEGMENTS[:1], design=Design())
    curve = curves(sums)[0]
    assert [point.exclusive.se for point in curve.points] == pytest.approx([one.se for one in plain[:5]])
