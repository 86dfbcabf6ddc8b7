"""Means, totals, ratios and quantiles of numbers: hand-made cases, a second way by rows, reasons."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import Measure
from analysis.estimators.intervals import Evidence, interval
from analysis.estimators.means import means, ratios, totals
from analysis.estimators.quantiles import HEAPED, INTERVALS, quantiles
from analysis.problems import DataProblem
from analysis.table.design import Design, Sample, sample_of
from analysis.table.sums import Sums, sums_of

from .by_rows import covariance, segments, summed, survey

NUMBERS = {1: 10.0, 2: 20.0, 3: 45.0, 4: -5.0}


def simple(values: list[int]) -> Sums:
    answer = np.array(values, dtype=np.int64)
    return sums_of(sample_of(len(values)), answer, np.zeros(len(values), dtype=np.int64))


def test_a_mean_of_four_people() -> None:
    (found,) = means(
        simple([1, 1, 2, 3]), question="q", values=NUMBERS, segments=segments(1), design=Design()
    ).rows
    # 10 10 20 45: mean 21.25, s² = (2·11.25² + 1.25² + 23.75²)/3, se² = s²/4
    error = math.sqrt((2 * 11.25**2 + 1.25**2 + 23.75**2) / 3 / 4)
    assert (found.value, found.se) == (pytest.approx(21.25), pytest.approx(error))
    assert found.high == pytest.approx(21.25 + float(stats.t.ppf(0.975, 3)) * error)
    assert (found.design_effect, found.base, found.df) == (pytest.approx(1.0), 4, 3)
    assert found.status == "low_base"


def test_the_two_design_effects_differ_by_the_part_that_was_asked() -> None:
    weighted = Sample(np.full(4, 5.0), np.zeros(4, dtype=np.int64), None, ("",), (20.0,))
    sums = sums_of(weighted, np.array([1, 1, 2, 3]), np.zeros(4, dtype=np.int64))
    (found,) = means(sums, question="q", values=NUMBERS, segments=segments(1), design=Design()).rows
    assert found.design_effect == pytest.approx(0.8)
    assert found.design_effect_wor == pytest.approx(1.0)


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("fpc", [True, False])
def test_means_totals_and_ratios_agree_with_rows(clustered: bool, fpc: bool) -> None:
    sample, answer, segment = survey(17, clustered=clustered, fpc=fpc)
    y = np.array([0.0, *NUMBERS.values()])[answer]
    x = np.array([0.0, 1.0, 3.0, 2.0, 5.0])[answer]
    below = dict(enumerate([1.0, 3.0, 2.0, 5.0], 1))
    w, sums, of = sample.weight, summed(sample, answer, segment), segments(3)
    linear: dict[str, list[object]] = {"mean": [], "total": [], "ratio": []}
    wanted: dict[str, list[float]] = {"mean": [], "total": [], "ratio": []}
    for code in range(3):
        here = (segment == code) & (answer > 0)
        mean, ratio = w[here] @ y[here] / w[here].sum(), w[here] @ y[here] / (w[here] @ x[here])
        wanted["mean"].append(mean)
        wanted["total"].append(w[here] @ y[here])
        wanted["ratio"].append(ratio)
        linear["mean"].append(here * (y - mean) / w[here].sum())
        linear["total"].append(here * y)
        linear["ratio"].append(here * (y - ratio * x) / (w[here] @ x[here]))
    found = {
        "mean": means(sums, question="q", values=NUMBERS, segments=of, design=Design()),
        "total": totals(sums, question="q", values=NUMBERS, segments=of, design=Design()),
        "ratio": ratios(sums, question="q", above=NUMBERS, below=below, segments=of, design=Design()),
    }
    for kind, measured in found.items():
        spread = covariance(sample, np.array(linear[kind], dtype=float).T)
        assert [row.value for row in measured.rows] == pytest.approx(wanted[kind])
        np.testing.assert_allclose(measured.joint.covariance, spread, rtol=1e-9, atol=1e-12)
        assert [row.se for row in measured.rows] == pytest.approx(np.sqrt(np.diag(spread)))
        assert [row.kind for row in measured.rows] == [kind] * 3


def test_an_error_averages_over_its_own_strata_and_the_covariance_over_all() -> None:
    """People 1-7 in strata 1 1 2 2 3 3 4, segments a a a b b b c: R's svyby and its vcov with covmat = TRUE."""
    sample = Sample(np.ones(7), np.array([0, 0, 1, 1, 2, 2, 3]), None, ("1", "2", "3", "4"))
    sums = summed(sample, np.arange(1, 8), np.array([0, 0, 0, 1, 1, 1, 2]))
    values = {code: float(code) for code in range(1, 8)}
    found = means(sums, question="q", values=values, segments=segments(3), design=Design(lonely="average"))
    first, second, third = found.rows
    assert [first.se, second.se] == pytest.approx([0.4714045207910317] * 2)
    assert (third.se, third.effective_base, third.reason) == (None, 1.0, "too few first-stage units")
    spread = [[0.2962963, 0.1481481, 0], [0.1481481, 0.2962963, 0], [0, 0, 0]]
    np.testing.assert_allclose(found.joint.covariance, spread, atol=1e-7)


def test_a_segment_of_lonely_strata_only_says_so() -> None:
    sample = Sample(np.ones(5), np.array([0, 0, 1, 2, 2]), np.array([0, 1, 0, 0, 1]), ("1", "2", "3"))
    sums = summed(sample, np.arange(1, 6), np.array([0, 0, 1, 0, 0]))
    values = {code: float(code) for code in range(1, 6)}
    alone = Sample(np.ones(3), np.array([0, 1, 1]), np.array([0, 0, 1]), ("1", "2"))
    design = Design(lonely="average")
    rows = means(sums, question="q", values=values, segments=segments(2), design=design).rows
    assert rows[0].se is not None
    assert (rows[1].value, rows[1].se, rows[1].status) == (3.0, None, "low_base")
    with pytest.raises(DataProblem, match="nothing to average"):
        means(
            summed(alone, np.array([1, 2, 3]), np.array([0, 1, 1])),
            question="q", values=values, segments=segments(1), design=design,
        )  # fmt: skip


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 2.0, math.nan])
def test_levels_that_are_none_are_refused(level: float) -> None:
    sums, of = simple([1, 2]), segments(1)
    asked = {"question": "q", "segments": of, "design": Design(), "level": level}
    for ask in (
        lambda: means(sums, values=NUMBERS, **asked),
        lambda: totals(sums, values=NUMBERS, **asked),
        lambda: ratios(sums, above=NUMBERS, below=NUMBERS, **asked),
        lambda: quantiles(sums, values=NUMBERS, probabilities=[0.5], **asked),
    ):
        with pytest.raises(DataProblem, match="is no confidence level"):
            ask()


def test_a_few_large_values_are_said() -> None:
    calm, wild = (
        means(
            simple([1] * 50 + [2] * 50 + [3]), question="q", values={1: 1.0, 2: 2.0, 3: large},
            segments=segments(1), design=Design(),
        ).rows[0]
        for large in (3.0, 300.0)
    )  # fmt: skip
    assert (calm.status, calm.reason) == ("ok", None)
    assert wild.status == "low_base"
    assert wild.reason == "a few large values carry it: the interval is too short on their side"


def test_the_size_of_numbers_and_weights_changes_nothing() -> None:
    """Numbers of 1e-50 per 1e50, weights of 1e50: the cubes of deviations are far below what a float can hold."""

    def found(scale: float) -> Measure:
        sample = Sample(np.full(104, scale), np.zeros(104, dtype=np.int64))
        answer = np.array([1] * 50 + [2] * 50 + [3] * 4)
        return ratios(
            summed(sample, answer, np.zeros(104, dtype=np.int64)), question="q",
            above={1: 1 / scale, 2: 2 / scale, 3: 300 / scale}, below=dict.fromkeys((1, 2, 3), scale),
            segments=segments(1), design=Design(),
        ).rows[0]  # fmt: skip

    plain, far = found(1.0), found(1e50)
    assert plain.value is not None and plain.se is not None
    assert (far.value, far.se) == pytest.approx((plain.value * 1e-100, plain.se * 1e-100), rel=1e-9, abs=0)
    assert far.design_effect == pytest.approx(plain.design_effect)
    assert (
        far.reason == plain.reason == "a few large values carry it: the interval is too short on their side"
    )


def test_a_mean_of_zeros_and_ones_is_a_share_and_its_design_effect() -> None:
    sample, answer, segment = survey(19, clustered=True)
    found = means(
        summed(sample, answer, segment),
        question="q",
        values={1: 0, 2: 1},
        segments=segments(1),
        design=Design(),
    ).rows[0]
    assert found.value is not None and found.se is not None
    p = found.value
    assert found.design_effect == pytest.approx(found.se**2 / (p * (1 - p) / (found.base - 1)))


def test_an_empty_segment_and_equal_answers_give_reasons() -> None:
    sums = simple([1, 1, 1, 0])
    measured = means(sums, question="q", values=NUMBERS, segments=segments(2), design=Design())
    same, nobody = measured.rows
    assert (same.value, same.se, same.low, same.high, same.design_effect) == (10.0, 0.0, 10.0, 10.0, None)
    assert (nobody.value, nobody.se, nobody.status, nobody.reason) == (None, None, "empty", "nobody answered")
    assert measured.joint.difference("s0", "s1").reason == "nobody answered in one of its parts"
    (alone,) = means(simple([1, 0]), question="q", values=NUMBERS, segments=segments(1), design=Design()).rows
    assert (alone.low, alone.high, alone.reason) == (None, None, "too few first-stage units")
    (over,) = ratios(
        sums, question="q", above=NUMBERS, below=dict.fromkeys(NUMBERS, 0.0), segments=segments(1),
        design=Design(),
    ).rows  # fmt: skip
    assert (over.value, over.reason) == (None, "the lower total is 0")


# --- quantiles ----------------------------------------------------------------------------------------------


def test_quantiles_of_people_counted_by_hand() -> None:
    values = {code: float(code) for code in range(1, 11)}
    sums = simple(list(range(1, 11)))
    for rule, wanted in (("math", [3.0, 5.0, 10.0]), ("school", [3.0, 5.5, 10.0])):
        found = quantiles(
            sums, question="q", values=values, probabilities=[0.25, 0.5, 0.95], segments=segments(1),
            design=Design(), rule=rule,
        )  # fmt: skip
        assert [one.value for one in found] == wanted


def test_weights_move_a_quantile() -> None:
    drawn = Sample(np.array([1.0, 1, 1, 7]), np.zeros(4, dtype=np.int64))
    sums = sums_of(drawn, np.array([1, 2, 3, 4]), np.zeros(4, dtype=np.int64))
    values = {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}
    (found,) = quantiles(
        sums, question="q", values=values, probabilities=[0.5], segments=segments(1), design=Design()
    )
    assert found.value == 4.0
    assert found.reason == "the interval reaches beyond the values given"


@pytest.mark.parametrize("method", ["mean", "beta", "xlogit", "asin"])
@pytest.mark.parametrize("clustered", [True, False])
def test_woodruff_reads_the_interval_of_the_share_back(method: str, clustered: bool) -> None:
    sample, _, segment = survey(23, clustered=clustered, rows=150)
    y = np.random.Generator(np.random.PCG64(5)).integers(1, 60, 150)
    values = {code: float(code) for code in range(1, 60)}
    found = quantiles(
        summed(sample, y, segment), question="q", values=values, probabilities=[0.4], segments=segments(1),
        design=Design(), interval=method,
    )[0]  # fmt: skip
    here, w = segment == 0, sample.weight
    order = np.argsort(y[here], kind="stable")
    below = np.cumsum(w[here][order]) / w[here].sum()
    at = lambda p: float(y[here][order][np.searchsorted(below, p)])  # noqa: E731
    assert found.value == at(0.4)
    share = w[here & (y <= found.value)].sum() / w[here].sum()
    off = np.where(here, ((y <= found.value) - share) / w[here].sum(), 0.0)
    variance = float(covariance(sample, off[:, None])[0, 0])
    base = int(here.sum())
    evidence = Evidence(share, variance, base, found.df, base, base, base, found.df)
    bounds = interval(evidence, method)
    assert bounds.low is not None and bounds.high is not None
    assert (found.low, found.high) == (at(bounds.low), at(bounds.high))
    assert found.low is not None and found.high is not None
    t = float(stats.t.ppf(0.975, found.df))
    assert found.se == pytest.approx((found.high - found.low) / (2 * t))


def test_a_score_interval_holds_what_the_test_does_not_rule_out() -> None:
    y = np.arange(1, 101)
    sums = simple(y.tolist())
    values = {int(code): float(code) for code in y}
    (found,) = quantiles(
        sums, question="q", values=values, probabilities=[0.5], segments=segments(1), design=Design(),
        interval="score",
    )  # fmt: skip
    t = float(stats.t.ppf(0.975, 99))

    def z(value: int) -> float:
        return (value / 100 - 0.5) / math.sqrt(value / 100 * (1 - value / 100) / 99)

    assert found.low is not None and found.high is not None
    assert z(int(found.low)) >= -t > z(int(found.low) - 1)
    assert z(int(found.high)) > t >= z(int(found.high) - 1)


def test_where_many_gave_one_value_the_interval_is_a_test_s() -> None:
    heaps = simple([5] * 42 + [10] * 42 + [30] * 36 + [60] * 20)
    values = {5: 5.0, 10: 10.0, 30: 30.0, 60: 60.0}

    def asked(method: str) -> tuple[float | None, float | None, str, str | None]:
        (found,) = quantiles(
            heaps, question="q", values=values, probabilities=[0.5], segments=segments(1), design=Design(),
            interval=method,
        )  # fmt: skip
        return found.low, found.high, found.status, found.reason

    # 60 % gave 10 or less, 30 % less than that: both are far from one half, but 60 % + 8 is already beyond 10
    assert asked("auto") == asked("score") == (10.0, 10.0, "ok", None)
    for method in ("mean", "beta", "xlogit", "asin"):
        assert asked(method) == (10.0, 30.0, "low_base", HEAPED)
    spread = simple(list(range(1, 141)))
    numbers = {code: float(code) for code in range(1, 141)}
    (one,), (other,) = (
        quantiles(spread, question="q", values=numbers, probabilities=[0.5], segments=segments(1),
                  design=Design(), interval=method)
        for method in ("auto", "mean")
    )  # fmt: skip
    assert one == other


def test_heaps_of_a_whole_population_need_no_warning() -> None:
    everyone = Sample(np.ones(100), np.zeros(100, dtype=np.int64), None, ("",), (100.0,))
    sums = sums_of(everyone, np.repeat([1, 2, 3], [30, 40, 30]), np.zeros(100, dtype=np.int64))
    (found,) = quantiles(
        sums, question="q", values=NUMBERS, probabilities=[0.5], segments=segments(1), design=Design(),
        interval="mean",
    )  # fmt: skip
    assert (found.low, found.value, found.high, found.reason) == (20.0, 20.0, 20.0, None)


def test_bad_requests_of_quantiles() -> None:
    def ask(**more: object) -> None:
        given = {"probabilities": [0.5], **more}
        quantiles(
            simple([1, 2]), question="q", values=NUMBERS, segments=segments(1), design=Design(), **given
        )  # type: ignore[arg-type]

    with pytest.raises(DataProblem, match=r"1\.5 is no probability"):
        ask(probabilities=[1.5])
    with pytest.raises(DataProblem, match=f"use one of {', '.join(INTERVALS)}"):
        ask(interval="wald")
    with pytest.raises(DataProblem, match="use one of math, school"):
        ask(rule="hf7")


def test_a_quantile_of_nobody_and_of_one_person() -> None:
    rows = quantiles(
        simple([1, 0]),
        question="q",
        values=NUMBERS,
        probabilities=[0.5],
        segments=segments(2),
        design=Design(),
    )
    assert (rows[0].value, rows[0].low, rows[0].reason) == (10.0, None, "too few first-stage units")
    assert (rows[1].value, rows[1].status, rows[1].reason) == (None, "empty", "nobody answered")
