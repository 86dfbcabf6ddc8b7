"""Do intervals after weighting hold the truth as often as they say? A short simulation for each method."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimators.proportion import Answer, shares
from analysis.files.data_file import Table
from analysis.table.column import NumberColumn, TextColumn
from analysis.table.design import Design, Sample
from analysis.table.segments import Segment
from analysis.table.sums import sums_of
from analysis.weighting.recipe import PopulationMargin, Recipe, Trim

RUNS = 400
AGES = PopulationMargin(("age",), {"young": 0.3, "middle": 0.4, "old": 0.3})
SEXES = PopulationMargin(("sex",), {"w": 0.5, "m": 0.5})
RECIPES = {
    "rake": Recipe((AGES, SEXES)),
    "linear": Recipe((AGES, SEXES), {"x": 0.0}, method="linear", bounds=(0.1, 6.0)),
    "logit": Recipe((AGES, SEXES), method="logit", bounds=(0.1, 6.0)),
    "trimmed": Recipe((AGES, SEXES), trim=Trim(0.3, 2.5)),
}
YES = Answer("yes", frozenset({1}))
ALL = Segment("all", {}, frozenset({0}))


def truth() -> float:
    """The population's share of yes, by its own ages: 0.3·0.6 + 0.4·0.4 + 0.3·0.2 (sex and x leave it so)."""
    return 0.4


def covered(recipe: Recipe, chance: np.random.Generator) -> bool:
    """Draw 60 clusters of 6, in which the young answer twice as often, and look whether the interval holds."""
    size, clusters = 360, 60
    cluster = np.repeat(np.arange(clusters), size // clusters)
    age = chance.choice(3, size, p=np.array([0.3 * 2, 0.4, 0.3]) / 1.3)
    sex = chance.choice(2, size, p=[0.6, 0.4])
    x = chance.normal(0, 1, size).round(2)
    level = np.array([0.6, 0.4, 0.2])[age] + np.where(sex == 0, 0.05, -0.05) + 0.05 * np.clip(x, -2, 2)
    yes = (chance.random(size) < level + chance.uniform(-0.1, 0.1, clusters)[cluster]).astype(np.int64)
    columns = {
        "age": TextColumn("age", ("young", "middle", "old"), age),
        "sex": TextColumn("sex", ("w", "m"), sex),
        "x": NumberColumn("x", x),
    }
    sample = Sample(np.ones(size), np.zeros(size, dtype=np.int64), cluster)
    cell, cells = recipe.cells(Table(columns, size), sample.weight)
    sums = sums_of(sample, yes, cell=cell)
    calibration = recipe.calibrate(sums, cells)
    (found,) = shares(
        sums,
        question="q",
        answers=[YES],
        segments=[ALL],
        design=Design(cluster="c"),
        raking=calibration,
        base_codes=frozenset({0, 1}),
    )
    assert found.low is not None and found.high is not None
    return found.low <= truth() <= found.high


@pytest.mark.parametrize("name", RECIPES)
def test_intervals_hold_the_truth(name: str) -> None:
    chance = np.random.Generator(np.random.PCG64(7))
    share = float(np.mean([covered(RECIPES[name], chance) for _ in range(RUNS)]))
    assert 0.925 <= share <= 0.975, share
