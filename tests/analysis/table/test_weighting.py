"""Raking by hand, and what makes it impossible."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.estimators.intervals import logit
from analysis.estimators.proportion import Answer, shares
from analysis.problems import DataProblem
from analysis.table.column import TextColumn
from analysis.table.design import Design, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import sums_of
from analysis.weighting.calibration import Raking
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake


def column(name: str, *choices: str | None) -> TextColumn:
    names = tuple(dict.fromkeys(choice for choice in choices if choice is not None))
    codes = [-1 if choice is None else names.index(choice) for choice in choices]
    return TextColumn(name, names, np.array(codes))


def raked(columns: list[TextColumn], *margins: Margin, **more: int) -> tuple[Raking, list[float]]:
    cell, cells = cells_of(columns)
    sums = sums_of(sample_of(len(cell)), np.ones(len(cell), dtype=np.int64), None, cell)
    raking = rake(sums, cells, margins, **more)
    return raking, raking.weights(np.ones(len(cell)), cell).tolist()


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ((), 0),
        (({"a": {"x": 0.5, "y": 0.3, "z": 0.2}}), 3),
        (({"a": {"x": 0.5, "y": 0.3, "z": 0.2}, "b": {"u": 0.4, "v": 0.6}}), 4),
    ],
)
def test_what_was_fitted_is_counted_once(given: dict[str, dict[str, float]], fitted: int) -> None:
    """Every further margin repeats the size of the sample, which the first one has fixed already."""
    columns = [column("a", *"xyzxyzxyz"), column("b", *"uvuvuvuvv")]
    raking, _ = raked(columns, *(Margin(name, shares) for name, shares in dict(given).items()))
    assert raking.fitted == fitted


def test_one_margin_in_one_sweep() -> None:
    raking, weights = raked([column("g", "w", "w", "w", "m")], Margin("g", {"w": 0.5, "m": 0.5}))
    assert weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert (raking.smallest, raking.largest) == pytest.approx((2 / 3, 2))
    # Kish: n·Σw²/(Σw)² = 4 · (3·4/9 + 4) / 16
    assert raking.design_effect == pytest.approx(4 / 3)
    assert raking.effective_base == pytest.approx(3.0)


def test_counts_do_as_well_as_shares() -> None:
    gender = column("g", "w", "w", "w", "m")
    assert raked([gender], Margin("g", {"w": 70, "m": 70}))[1] == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


@pytest.mark.parametrize("other", ["another", None])
def test_a_category_the_population_lacks_keeps_its_sample_share(other: str | None) -> None:
    gender = column("g", *["w"] * 5, *["m"] * 4, other)
    raking, weights = raked([gender], Margin("g", {"w": 0.5, "m": 0.5}))
    # the tenth person stays at 1/10; the margin is scaled to the rest: 0.45 and 0.45
    assert weights == pytest.approx([0.9] * 5 + [1.125] * 4 + [1.0])
    assert raking.targets[0].shares == pytest.approx({"w": 0.45, "m": 0.45, other or "not given": 0.1})


def test_two_margins_meet_both() -> None:
    gender = column("g", "w", "w", "w", "m", "m", "m")
    age = column("a", "young", "young", "old", "young", "old", "old")
    raking, weights = raked(
        [gender, age], Margin("g", {"w": 0.6, "m": 0.4}), Margin("a", {"young": 0.3, "old": 0.7})
    )
    assert sum(weights) == pytest.approx(6)
    assert sum(weights[:3]) == pytest.approx(3.6)
    assert weights[0] + weights[1] + weights[3] == pytest.approx(1.8)
    # raking keeps the odds ratio of the sample: (2·2)/(1·1)
    assert (weights[0] + weights[1]) * (weights[4] + weights[5]) / weights[2] / weights[3] == pytest.approx(4)
    assert raking.iterations < 50


def test_base_weights_are_the_start() -> None:
    gender = column("g", "w", "w", "m")
    cell, cells = cells_of([gender])
    base = np.array([1.0, 3.0, 4.0])
    sums = sums_of(sample_of(3, base), np.ones(3, dtype=np.int64), None, cell)
    raking = rake(sums, cells, [Margin("g", {"w": 0.25, "m": 0.75})])
    assert raking.weights(base, cell).tolist() == pytest.approx([0.5, 1.5, 6.0])


def test_a_population_category_without_people_is_named() -> None:
    with pytest.raises(DataProblem, match="margin 'g', category 'x'") as caught:
        raked([column("g", "w", "m")], Margin("g", {"w": 0.4, "m": 0.4, "x": 0.2}))
    assert caught.value.code == "margin_category_empty"
    assert "it has 'w', 'm'" in str(caught.value)


def test_people_the_population_does_not_have_are_named() -> None:
    with pytest.raises(DataProblem, match="the sample has 2 people") as caught:
        raked([column("g", "w", "m", "m")], Margin("g", {"w": 1.0, "m": 0.0}))
    assert caught.value.code == "margin_zero_target"


def test_a_category_absent_from_both_is_no_problem() -> None:
    assert raked([column("g", "w", "m")], Margin("g", {"w": 0.5, "m": 0.5, "x": 0.0}))[1] == [1.0, 1.0]


@pytest.mark.parametrize(
    "shares", [{"w": -0.1, "m": 1.1}, {"w": float("nan"), "m": 1.0}, {"w": 0.0, "m": 0.0}, {}]
)
def test_shares_must_be_shares(shares: dict[str, float]) -> None:
    with pytest.raises(DataProblem) as caught:
        raked([column("g", "w", "m")], Margin("g", shares))
    assert caught.value.code == "margin_bad_share"


def test_a_margin_of_another_variable_is_refused() -> None:
    with pytest.raises(DataProblem, match="'age'") as caught:
        raked([column("g", "w", "m")], Margin("age", {"old": 1.0}))
    assert caught.value.code == "margin_unknown"


def test_contradicting_margins_are_reported_with_the_worst_category() -> None:
    # all women are young and all men are old, so 50 % women cannot go with 90 % young
    gender, age = column("g", "w", "m"), column("a", "young", "old")
    with pytest.raises(
        DataProblem, match=r"margin 'g', category 'w'.*share 0\.9000, wanted 0\.5000"
    ) as caught:
        raked(
            [gender, age],
            Margin("g", {"w": 0.5, "m": 0.5}),
            Margin("a", {"young": 0.9, "old": 0.1}),
            rounds=40,
        )
    assert caught.value.code == "raking_stuck"


def test_a_kept_category_is_estimated_and_not_known() -> None:
    """10 of 100 gave no gender: their share keeps its sampling error, √(0.1 · 0.9 / 99); women's has none left
    but that of the given part as a whole, which moves with the sample."""
    gender = TextColumn("gender", ("woman", "man"), np.array([0] * 50 + [1] * 40 + [-1] * 10))
    cell, cells = cells_of([gender])
    sums = sums_of(sample_of(100), gender.codes + 1, cell=cell)
    raking = rake(sums, cells, [Margin("gender", {"woman": 0.5, "man": 0.5})])
    answers = [Answer("woman", frozenset({1})), Answer("not given", frozenset({0}))]
    woman, missing = shares(
        sums,
        question="gender",
        answers=answers,
        segments=[Segment("all", {}, frozenset({0}))],
        design=Design(),
        raking=raking,
        base_codes=frozenset({0, 1, 2}),
    )
    assert missing.share == pytest.approx(0.1)
    assert missing.se == pytest.approx(math.sqrt(0.1 * 0.9 / 99), rel=0.01)
    assert woman.share == pytest.approx(0.45)
    assert woman.se == pytest.approx(0.5 * math.sqrt(0.1 * 0.9 / 99), rel=0.01)


def test_few_raked_people_promise_no_more_than_their_number() -> None:
    """Residuals of 40 raked people are too small: the interval is at least a simple sample's of that base."""
    age = np.array([0] * 30 + [1] * 10)
    yes = np.array([1] * 28 + [0] * 2 + [0] * 9 + [1])
    column = TextColumn("age", ("young", "old"), age)
    cell, cells = cells_of([column])
    sums = sums_of(sample_of(40), yes, cell=cell)
    raking = rake(sums, cells, [Margin("age", {"young": 0.5, "old": 0.5})])
    estimate = shares(
        sums,
        question="q",
        answers=[Answer("yes", frozenset({1}))],
        segments=[Segment("all", {}, frozenset({0}))],
        design=Design(),
        raking=raking,
        base_codes=frozenset({0, 1}),
    )[0]
    p = estimate.share or 0.0
    assert estimate.effective_base > 40
    assert estimate.low is not None
    simple = logit(p, math.sqrt(p * (1 - p) / 39), 39, 0.95)
    assert (estimate.low, estimate.high) == pytest.approx(simple)
