"""Calibration by hand and by its promises: totals met, limits held, and what is impossible named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.problems import DataProblem
from analysis.table.column import NumberColumn, TextColumn
from analysis.table.design import sample_of
from analysis.table.sums import Sums, joined, sums_of
from analysis.weighting.calibration import Calibration
from analysis.weighting.distances import LINEAR, RAKING, Distance, Limited, logit
from analysis.weighting.generalised import Limits, calibrate, check_feasible
from analysis.weighting.margins import Cells, Margin, PopulationMean, cells_of
from analysis.weighting.raking import poststratify, rake
from analysis.weighting.trimming import spread

GENDER = TextColumn("g", ("w", "m"), np.array([0, 0, 0, 1]))
HALVES = Margin("g", {"w": 0.5, "m": 0.5})


def summed(columns: list[Any], levels: list[Any] = [], weight: Any = None, apart: bool = False) -> Any:  # noqa: B006
    rows = len((columns or levels)[0].codes)
    base = np.ones(rows) if weight is None else np.asarray(weight, dtype=float)
    cell, cells = cells_of(columns, levels, base if apart else None)
    return base, cell, cells, sums_of(sample_of(rows, base), np.zeros(rows, dtype=np.int64), cell=cell)


def test_one_margin_has_one_answer_whatever_the_distance() -> None:
    base, cell, cells, sums = summed([GENDER])
    found = [
        calibrate(sums, cells, [HALVES]),
        calibrate(sums, cells, [HALVES], kind="raking"),
        calibrate(sums, cells, [HALVES], kind="logit", limits=Limits((0.5, 3.0))),
        poststratify(sums, cells, HALVES),
    ]
    for one in found:
        assert one.weights(base, cell).tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
        assert one.design_effect == pytest.approx(4 / 3)


def test_a_mean_is_met_by_regression_weights() -> None:
    """x = 1, 2, 3, mean 2.5 wanted: w = 1 + λ(x - 2) with λ·2/3 = 0.5."""
    x = NumberColumn("x", np.array([1.0, 2.0, 3.0]))
    base, cell, cells, sums = summed([], [x])
    found = calibrate(sums, cells, [], [PopulationMean("x", 2.5)])
    assert found.weights(base, cell).tolist() == pytest.approx([0.25, 1.0, 1.75])
    raking = calibrate(sums, cells, [], [PopulationMean("x", 2.5)], kind="raking").weights(base, cell)
    assert raking @ x.values / raking.sum() == pytest.approx(2.5)
    assert raking[1] / raking[0] == pytest.approx(raking[2] / raking[1])  # exponential in x


def test_bounds_cut_off_and_the_rest_makes_up() -> None:
    x = NumberColumn("x", np.array([1.0, 2.0, 3.0, 4.0]))
    base, cell, cells, sums = summed([], [x])
    found = calibrate(sums, cells, [], [PopulationMean("x", 3.0)], limits=Limits((0.5, 1.5))).weights(
        base, cell
    )
    assert found.tolist() == pytest.approx([0.5, 0.5, 1.5, 1.5])


def test_weights_add_up_to_the_total_asked_for() -> None:
    base, cell, cells, sums = summed([GENDER])
    for found in (
        rake(sums, cells, [HALVES], total=600.0),
        poststratify(sums, cells, HALVES, total=600.0),
        calibrate(sums, cells, [HALVES], total=600.0),
        calibrate(sums, cells, [HALVES], kind="logit", limits=Limits((0.5, 3.0)), total=600.0, start=150.0),
    ):
        assert found.weights(base, cell).tolist() == pytest.approx([100, 100, 100, 300])
        assert (found.smallest, found.largest) == pytest.approx((2 / 3, 2))


def test_weights_far_from_the_base_weights_start_where_they_are() -> None:
    """Limits of weights of 50 to 500 where base weights are 1: at the base weights no step would lead anywhere."""
    age = TextColumn("a", ("x", "y", "z"), np.arange(12) % 3)
    gender = TextColumn("g", ("w", "m"), (np.arange(12) % 4 > 0).astype(np.int64))
    base, cell, cells, sums = summed([age, gender])
    margins = [Margin("a", {"x": 0.2, "y": 0.3, "z": 0.5}), Margin("g", {"w": 0.4, "m": 0.6})]
    found = calibrate(
        sums, cells, margins, kind="raking", limits=Limits((0, np.inf), (50, 500)), total=1200.0
    )
    weight = found.weights(base, cell)
    assert weight.sum() == pytest.approx(1200)
    assert weight[gender.codes == 0].sum() == pytest.approx(480)
    assert weight.min() >= 50 and weight.max() <= 500


def test_a_kept_category_keeps_its_share_in_every_method() -> None:
    gender = TextColumn("g", ("w", "m", "x"), np.array([0] * 5 + [1] * 4 + [2] * 3 + [-1] * 3))
    for kind in ("linear", "raking"):
        base, cell, cells, sums = summed([gender])
        weight = calibrate(sums, cells, [HALVES], kind=kind).weights(base, cell)  # type: ignore[arg-type]
        assert weight[:5].sum() == pytest.approx(15 * 0.6 / 2)
        assert weight[9:12].sum() == pytest.approx(3) and weight[12:].sum() == pytest.approx(3)


def test_a_choice_called_not_given_is_one_category_with_the_missing() -> None:
    gender = TextColumn("g", ("w", "m", "not given"), np.array([0, 0, 1, 2, -1]))
    base, cell, cells, sums = summed([gender])
    assert cells.categories == (("w", "m", "not given"),)
    weight = rake(sums, cells, [HALVES]).weights(base, cell)
    assert weight[3:].tolist() == [1.0, 1.0]


def test_very_many_combinations_are_cells_only_where_they_occur() -> None:
    columns = [TextColumn(f"v{at}", tuple("abcdefg"), np.arange(20) % (at % 6 + 2)) for at in range(12)]
    cell, cells = cells_of(columns)
    assert cells.size <= 20
    for row in range(20):
        for at, column in enumerate(columns):
            assert cells.members[cell[row], at] == column.codes[row]


def test_kept_categories_explain_nothing_by_another_way() -> None:
    """Least squares on a constant, 1_j - p_j·1_given and 1_k - s_k; what the last explain is left out."""
    chance = np.random.default_rng(3)
    columns = [
        TextColumn("a", ("x", "y", "z"), chance.integers(-1, 3, 80)),
        TextColumn("g", ("w", "m"), chance.integers(-1, 2, 80)),
    ]
    base, cell, cells, sums = summed(columns)
    found = calibrate(sums, cells, [Margin("a", {"x": 0.3, "y": 0.7}), HALVES])
    known, kept = [np.ones(80)], []
    for column, shares in zip(columns, ({0: 0.3, 1: 0.7}, {0: 0.5, 1: 0.5}), strict=True):
        inside = np.isin(column.codes, list(shares))
        known += [(column.codes == code) - share * inside for code, share in shares.items()]
        kept += [
            (column.codes == code) - (column.codes == code).mean() for code in {-1, 0, 1, 2} - set(shares)
        ]
    design = np.stack([*known, *kept], axis=1)
    values = chance.normal(size=(80, 2))
    for people in (base, chance.integers(0, 4, 80)):  # the second time the first fit must not be used again
        root = np.sqrt(people)[:, None]
        effect = np.linalg.lstsq(design * root, values * root, rcond=None)[0]
        wanted = design[:, : len(known)] @ effect[: len(known)]
        explained = found.explained(cell, people.astype(np.int64), values)
        np.testing.assert_allclose(explained[people > 0], wanted[people > 0], atol=1e-10)


# --- what cannot be ----------------------------------------------------------------------------------------


def test_a_limit_that_no_weights_keep_names_the_margin() -> None:
    gender = TextColumn("g", ("w", "m"), np.array([0] * 90 + [1] * 10))
    _, _, cells, sums = summed([gender])
    with pytest.raises(
        DataProblem, match=r"category 'm' comes no nearer than 0\.3000 to its 0\.5000"
    ) as caught:
        calibrate(sums, cells, [HALVES], limits=Limits((0.5, 3.0)))
    assert (caught.value.code, caught.value.column, caught.value.value) == ("margins_infeasible", "g", "m")


def test_two_margins_that_fight_are_both_named() -> None:
    gender, age = TextColumn("g", ("w", "m"), np.array([0, 1])), TextColumn("a", ("y", "o"), np.array([0, 1]))
    _, _, cells, sums = summed([gender, age])
    margins = [HALVES, Margin("a", {"y": 0.9, "o": 0.1})]
    with pytest.raises(DataProblem, match="leave out margin 'g', or margin 'a'"):
        calibrate(sums, cells, margins, kind="raking")
    with pytest.raises(DataProblem, match="no weights of 0 or more meet everything"):
        check_feasible(sums, cells, margins, Limits((0.0, np.inf)))


def test_a_mean_outside_the_sample_is_named() -> None:
    x = NumberColumn("x", np.array([1.0, 2.0, 3.0]))
    _, _, cells, sums = summed([], [x])
    with pytest.raises(DataProblem, match="the mean of 'x' comes no nearer than 3 to its 5"):
        calibrate(sums, cells, [], [PopulationMean("x", 5.0)], kind="raking")


def test_a_total_outside_the_limits_is_named() -> None:
    _, _, cells, sums = summed([GENDER])
    with pytest.raises(DataProblem, match="add up to 400: they come no nearer than 12") as caught:
        calibrate(sums, cells, [HALVES], limits=Limits((0.3, 3.0)), total=400.0)
    assert caught.value.code == "total_infeasible"


def test_limits_apart_and_a_logit_without_limits_are_refused() -> None:
    _, _, cells, sums = summed([GENDER])
    with pytest.raises(DataProblem) as caught:
        calibrate(sums, cells, [HALVES], limits=Limits((0.5, 0.9), (2.0, 3.0)))
    assert caught.value.code == "bad_limits"
    with pytest.raises(DataProblem) as caught:
        calibrate(sums, cells, [HALVES], kind="logit")
    assert caught.value.code == "logit_limits"


def test_trimming_beside_the_mean_is_refused() -> None:
    _, _, cells, sums = summed([GENDER])
    with pytest.raises(DataProblem, match="their mean is 1") as caught:
        spread(sums, rake(sums, cells, [HALVES]), 0.1, 0.9)
    assert caught.value.code == "trim_impossible"


def test_what_was_cut_goes_to_the_others_equally() -> None:
    base, cell, cells, sums = summed([GENDER])
    found = spread(sums, rake(sums, cells, [HALVES]), 0.0, 1.4)
    assert found.weights(base, cell).tolist() == pytest.approx([13 / 15] * 3 + [1.4])


# --- the distances -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [LINEAR, RAKING, logit(0.4, 2.5)])
def test_slopes_areas_and_inverses_belong_together(distance: Distance) -> None:
    u = np.linspace(-0.55, 0.75, 7)
    limited = Limited(distance, np.full(7, 0.7), np.full(7, 1.4))
    step = 1e-6
    for one in (distance, limited):
        np.testing.assert_allclose(
            (one.factor(u + step) - one.factor(u - step)) / 2 / step, one.slope(u), atol=1e-6
        )
        np.testing.assert_allclose(
            (one.area(u + step) - one.area(u - step)) / 2 / step, one.factor(u), rtol=1e-6
        )
    np.testing.assert_allclose(distance.inverse(distance.factor(u)), u, atol=1e-12)
    assert distance.factor(np.zeros(1)) == pytest.approx(1.0)


def test_no_factor_overflows() -> None:
    far = np.array([-1e6, 1e6])
    for distance in (RAKING, logit(0.4, 2.5)):
        assert np.isfinite(distance.factor(far)).all() and np.isfinite(distance.slope(far)).all()


# --- promises ----------------------------------------------------------------------------------------------


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Any, Any, Any, Any]:
    rows = draw(st.integers(20, 60))
    chance = np.random.Generator(np.random.PCG64(draw(st.integers(0, 10**6))))
    age = TextColumn("a", ("x", "y", "z"), chance.permutation(np.arange(rows) % 3))
    gender = TextColumn("g", ("w", "m"), chance.permutation(np.arange(rows) % 2))
    income = NumberColumn("i", chance.normal(50, 10, rows).round(1))
    weight = chance.choice([0.0, 0.5, 1.0, 2.0, 3.7], rows, p=[0.05, 0.2, 0.4, 0.2, 0.15])
    return age, gender, income, weight


def near(column: Any, weight: Any, shares: list[float]) -> Margin:
    """A margin halfway between the sample and some shares, so that weights exist."""
    held = np.bincount(column.codes, weights=weight, minlength=len(shares)) / weight.sum()
    return Margin(column.name, dict(zip(column.choices, ((held + shares) / 2).tolist(), strict=True)))


def margins_of(age: Any, gender: Any, weight: Any) -> list[Margin]:
    return [near(age, weight, [0.3, 0.3, 0.4]), near(gender, weight, [0.55, 0.45])]


def found_by(
    kind: str, age: Any, gender: Any, income: Any, weight: Any, margins: list[Margin], mean: float
) -> tuple[Any, Any, Cells, Sums, Calibration]:
    limits = {"logit": Limits((0.2, 4.0)), "linear": Limits((0.2, 4.0))}.get(kind, Limits((0.0, np.inf)))
    base, cell, cells, sums = summed([age, gender], [income], weight, apart=True)
    kinds: Any = kind
    return (
        base,
        cell,
        cells,
        sums,
        calibrate(sums, cells, margins, [PopulationMean("i", mean)], kind=kinds, limits=limits),
    )


@settings(derandomize=True, deadline=None, max_examples=40)
@given(surveys(), st.sampled_from(["linear", "raking", "logit"]))
def test_totals_are_met_and_bounds_hold(survey: tuple[Any, Any, Any, Any], kind: str) -> None:
    age, gender, income, weight = survey
    assume(np.bincount(age.codes, weights=weight).min() > 0)
    margins = margins_of(age, gender, weight)
    mean = float(weight @ income.values / weight.sum()) + 0.5
    try:
        base, cell, _, _, found = found_by(kind, age, gender, income, weight, margins, mean)
    except DataProblem as problem:
        assert problem.code == "margins_infeasible"
        return
    done = found.weights(base, cell)
    for column, margin in zip((age, gender), margins, strict=True):
        held = np.bincount(column.codes, weights=done) / done.sum()
        assert held.tolist() == pytest.approx(list(margin.shares.values()), rel=1e-9)
    assert done @ income.values / done.sum() == pytest.approx(mean, rel=1e-9)
    assert done.sum() == pytest.approx(weight.sum(), rel=1e-9)
    ratio = done[weight > 0] / weight[weight > 0]
    low, high = (0.2, 4.0) if kind != "raking" else (0.0, np.inf)
    assert low - 1e-12 <= ratio.min() and ratio.max() <= high + 1e-12
    assert (done[weight == 0] == 0).all()


@settings(derandomize=True, deadline=None, max_examples=25)
@given(surveys(), st.floats(0.01, 1e5), st.integers(0, 100))
def test_scale_and_order_of_rows_do_not_matter(
    survey: tuple[Any, Any, Any, Any], scale: float, seed: int
) -> None:
    age, gender, income, weight = survey
    assume(np.bincount(age.codes, weights=weight).min() > 0)
    margins = margins_of(age, gender, weight)
    mean = float(weight @ income.values / weight.sum())
    base, cell, _, _, found = found_by("raking", age, gender, income, weight, margins, mean)
    wanted = found.weights(base, cell)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(weight))
    columns = [TextColumn(one.name, one.choices, one.codes[order]) for one in (age, gender)]
    moved = NumberColumn("i", income.values[order])
    base, cell, _, _, found = found_by("raking", *columns, moved, scale * weight[order], margins, mean)
    np.testing.assert_allclose(found.weights(base, cell), scale * wanted[order], rtol=1e-8)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(surveys(), st.integers(1, 19))
def test_split_files_are_weighted_as_the_whole(survey: tuple[Any, Any, Any, Any], cut: int) -> None:
    age, gender, _, weight = survey
    assume(np.bincount(age.codes, weights=weight).min() > 0)
    cell, cells = cells_of([age, gender])
    rows = np.zeros(len(weight), dtype=np.int64)
    whole = sums_of(sample_of(len(weight), weight), rows, cell=cell)
    parts = [
        sums_of(sample_of(len(weight[part]), weight[part]), rows[part], cell=cell[part])
        for part in (slice(None, cut), slice(cut, None))
    ]
    margins = margins_of(age, gender, weight)
    found = [calibrate(sums, cells, margins).factors for sums in (whole, joined(*parts))]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(surveys(), st.floats(1.3, 3.0))
def test_trimmed_weights_keep_their_sum_and_their_limits(
    survey: tuple[Any, Any, Any, Any], high: float
) -> None:
    age, gender, _, weight = survey
    assume(np.bincount(age.codes, weights=weight).min() > 0)
    base, cell, cells, sums = summed([age, gender], [], weight, apart=True)
    raked = calibrate(sums, cells, margins_of(age, gender, weight), kind="raking")
    mean = float(weight.sum() / (weight > 0).sum())
    done = spread(sums, raked, 0.0, high * mean).weights(base, cell)
    assert done.sum() == pytest.approx(weight.sum(), rel=1e-9)
    assert done.max() <= high * mean * (1 + 1e-9)
    assert (done[weight == 0] == 0).all()
