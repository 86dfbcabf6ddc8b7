"""Weights that were cut off and spread: margins do not hold any more, and their shares have errors again."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.files.data_file import Table
from analysis.table.column import Codes, Numbers, TextColumn
from analysis.table.design import Sample
from analysis.table.sums import sums_of
from analysis.weighting.calibration import Calibration
from analysis.weighting.recipe import PopulationMargin, Recipe, Trim

PEOPLE = 250
AGES = PopulationMargin(("age",), {"young": 0.1, "middle": 0.4, "old": 0.5})
MILD = PopulationMargin(("age",), {"young": 0.3, "middle": 0.4, "old": 0.3})  # no weight comes near 0
SEXES = PopulationMargin(("sex",), {"w": 0.5, "m": 0.5})


def survey() -> tuple[Codes, Codes, Codes, Numbers]:
    """Return age, sex, an answer that hangs on both, and base weights, of a sample that is too young."""
    chance = np.random.default_rng(5)
    age = chance.choice(3, PEOPLE, p=[0.45, 0.35, 0.2])
    sex = chance.choice(2, PEOPLE, p=[0.6, 0.4])
    level = np.array([0.7, 0.4, 0.15])[age] + 0.1 * (sex == 0)
    answer = (chance.random(PEOPLE) < level).astype(np.int64)
    return age, sex, answer, np.exp(chance.normal(0, 0.5, PEOPLE))


def weighted(
    recipe: Recipe, age: Codes, sex: Codes, answer: Codes, base: Numbers
) -> tuple[Codes, Calibration, Numbers]:
    columns = {
        "age": TextColumn("age", ("young", "middle", "old"), age),
        "sex": TextColumn("sex", ("w", "m"), sex),
    }
    sample = Sample(base, np.zeros(len(base), dtype=np.int64))
    cell, cells = recipe.cells(Table(columns, len(base)), base)
    found = recipe.calibrate(sums_of(sample, answer, cell=cell), cells)
    return cell, found, found.weights(base, cell)


def shown(age: Codes, sex: Codes, answer: Codes) -> Numbers:
    return np.stack([age == 2, age == 0, sex == 0, answer == 1], axis=1).astype(np.float64)


def errors(recipe: Recipe) -> Numbers:
    """Return our errors of the shares."""
    people = survey()
    cell, found, weight = weighted(recipe, *people)
    values = shown(*people[:3])
    off = (values - weight @ values / weight.sum()) / weight.sum()
    left = off - found.explained(cell, np.ones(PEOPLE, dtype=np.int64), off, people[3])
    parts = weight[:, None] * left
    spread: Numbers = np.sqrt(PEOPLE / (PEOPLE - 1) * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    return spread


def jackknife(recipe: Recipe) -> Numbers:
    """Return errors of the shares by weighting anew without each person in turn."""
    people, without = survey(), []
    for one in range(PEOPLE):
        age, sex, answer, base = (np.delete(column, one) for column in people)
        again = weighted(recipe, age, sex, answer, base)[2]
        without.append(again @ shown(age, sex, answer) / again.sum())
    moved = np.array(without)
    spread: Numbers = np.sqrt((PEOPLE - 1) / PEOPLE * ((moved - moved.mean(axis=0)) ** 2).sum(axis=0))
    return spread


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe((AGES, SEXES), base="w", trim=Trim(0.0, 3.0, anew=False)),
        Recipe((AGES,), base="w", method="poststratify", trim=Trim(0.0, 2.0, anew=False)),
        Recipe((AGES, SEXES), base="w", trim=Trim(0.0, 4.0, "weight", anew=False)),
        Recipe((MILD, SEXES), base="w", method="linear", trim=Trim(0.0, 2.0, anew=False)),
    ],
    ids=["rake", "poststratify", "limits", "linear"],
)
def test_errors_are_those_of_leaving_each_person_out(recipe: Recipe) -> None:
    np.testing.assert_allclose(errors(recipe), jackknife(recipe), rtol=0.05)


def test_limits_on_both_sides_make_no_error_too_small() -> None:
    recipe = Recipe((AGES, SEXES), base="w", trim=Trim(0.3, 2.5, anew=False))
    assert (errors(recipe) > 0.95 * jackknife(recipe)).all()


def test_with_everybody_cut_off_the_weights_are_fixed() -> None:
    """Within a thousandth of the mean all weights are the sample's own: so are the errors, margins and all."""
    ours = errors(Recipe((AGES, SEXES), trim=Trim(0.999, 1.001, anew=False)))
    share = shown(*survey()[:3]).mean(axis=0)
    np.testing.assert_allclose(ours, np.sqrt(share * (1 - share) / PEOPLE), rtol=0.01)


def test_the_sum_stays_where_nobody_is_left_between_the_limits() -> None:
    people = survey()
    weight = weighted(Recipe((AGES,), trim=Trim(0.999, 1.001, anew=False)), *people[:3], np.ones(PEOPLE))[2]
    assert weight.sum() == pytest.approx(PEOPLE, rel=1e-12)
    assert weight.min() >= 0.999 and weight.max() <= 1.001


def test_limits_that_nobody_reaches_leave_the_errors_of_the_margins() -> None:
    people = survey()
    wide, plain = (
        Recipe((AGES, SEXES), base="w", trim=Trim(0.0, 99.0, anew=False)),
        Recipe((AGES, SEXES), base="w"),
    )
    one = np.ones(PEOPLE, dtype=np.int64)
    found = [weighted(recipe, *people)[:2] for recipe in (wide, plain)]
    parts = [done.explained(cell, one, shown(*people[:3]), people[3]) for cell, done in found]
    np.testing.assert_allclose(parts[0], parts[1], rtol=1e-9, atol=1e-12)
