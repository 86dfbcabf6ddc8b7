"""Weights, and the errors after weighting, against R survey (4.1-1; calls and numbers in the JSON beside)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimators.proportion import Answer, shares
from analysis.files.data_file import Table
from analysis.files.formats import open_file
from analysis.table.column import Codes, Numbers
from analysis.table.design import Design, Sample
from analysis.table.segments import crossed, everyone
from analysis.table.sums import ANSWER, CELL, Sums, sums_of
from analysis.weighting.calibration import Calibration
from analysis.weighting.margins import Cells, cells_of
from analysis.weighting.recipe import PopulationMargin, Recipe, Trim
from tests.analysis.whole_table import sample_of_table

OWN = Design(weight="weight", strata="stratum", cluster="psu")
AGE = PopulationMargin(("age_group",), dict(zip("012345", (0.10, 0.18, 0.17, 0.16, 0.17, 0.22), strict=True)))
CHANNEL = PopulationMargin(("channel",), dict.fromkeys("01234567", 0.125))
BOTH, REPLY = (AGE, CHANNEL), {"reply": 3.5}
SPREAD = Trim(200.0, 1200.0, "weight", anew=False)
RECIPES: Mapping[str, Recipe] = {
    "post": Recipe((AGE,), method="poststratify", base="weight", total=1e6),
    "rake": Recipe(BOTH, base="weight", total=1e6),
    "linear": Recipe((AGE,), REPLY, method="linear", base="weight", total=1e6),
    "linear2": Recipe(BOTH, method="linear", base="weight", total=1e6),
    "bounded": Recipe(BOTH, method="linear", base="weight", bounds=(0.6, 1.8)),
    "raking": Recipe((AGE,), REPLY, method="raking-distance", base="weight"),
    "logit": Recipe(BOTH, method="logit", base="weight", bounds=(0.5, 2.2)),
    "trimrake": Recipe(BOTH, base="weight", total=1e6, trim=SPREAD),
    "trimpost": Recipe(
        (AGE,), method="poststratify", base="weight", total=1e6, trim=Trim(0.0, 1200.0, "weight", anew=False)
    ),
    "trimlinear": Recipe((AGE,), REPLY, method="linear", base="weight", total=1e6, trim=SPREAD),
    "trim": Recipe((), base="weight", trim=Trim(0.5, 2.0, "weight", anew=False)),
}
ITERATIVE = 1e-8  # R and we both stop within 1e-10 of the totals
TOLERANCE = {
    "post": 1e-9,
    "linear": 1e-9,
    "linear2": 1e-9,
    "trimpost": 1e-9,
    "trimlinear": 1e-9,
    "trim": 1e-9,
}
OF_ERRORS = {  # R takes what was cut off as given: margins keep no error though they do not hold any more
    "trimrake": 0.1,
    "trimpost": 0.1,
    "trimlinear": 0.1,
}


@pytest.fixture(scope="module")
def wanted() -> dict[str, dict[str, Any]]:
    file = Path(__file__).with_name("reference_weighting.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def survey(own_survey: Path) -> tuple[Table, Sample]:
    table = open_file(own_survey).read(["weight", "stratum", "psu", "age_group", "channel", "reply"])
    return table, sample_of_table(table, OWN)


def weighted(name: str, table: Table, sample: Sample) -> tuple[Codes, Cells, Sums, Calibration]:
    """Weight by a recipe, with cells that are told apart by base weight, as base weights vary here."""
    cell, cells = RECIPES[name].cells(table, sample.weight)
    if cells.base is None:
        keys = [*cells.variables]
        columns = [table.columns[key] for key in keys]
        cell, cells = cells_of(columns, [table.columns[key] for key in cells.numbers], sample.weight)
    sums = sums_of(sample, table.columns["reply"].codes + 1, None, cell)
    return cell, cells, sums, RECIPES[name].calibrate(sums, cells)


@pytest.mark.parametrize("name", RECIPES)
def test_weights_are_those_of_r(
    name: str, survey: tuple[Table, Sample], wanted: dict[str, dict[str, Any]]
) -> None:
    table, sample = survey
    cell, _, _, calibration = weighted(name, table, sample)
    weight = calibration.weights(sample.weight, cell)
    found = [weight.min(), weight.max(), weight.sum(), calibration.design_effect, *weight[:5], *weight[-5:]]
    np.testing.assert_allclose(found, wanted[name]["weights"], rtol=TOLERANCE.get(name, ITERATIVE))


@pytest.mark.parametrize("name", RECIPES)
def test_errors_are_those_of_r(
    name: str, survey: tuple[Table, Sample], wanted: dict[str, dict[str, Any]]
) -> None:
    table, sample = survey
    cell, _, _, calibration = weighted(name, table, sample)
    reply = table.columns["reply"]
    answers = [Answer(choice, frozenset({code})) for code, choice in enumerate(reply.choices, start=1)]
    for key, group in (("mean", everyone(table.rows)), ("by", crossed([table.columns["age_group"]]))):
        sums = sums_of(sample, reply.codes + 1, group.codes, cell)
        found = shares(
            sums, question="reply", answers=answers, segments=group.segments, design=OWN, raking=calibration
        )
        order = np.arange(len(found)).reshape(len(group.segments), -1).T.ravel()  # R: answer by answer
        rtol = TOLERANCE.get(name, ITERATIVE)
        np.testing.assert_allclose(
            [found[at].share for at in order], wanted[name][key], rtol=rtol, atol=1e-13
        )
        np.testing.assert_allclose(
            [found[at].se for at in order], wanted[name][f"{key}_se"], rtol=OF_ERRORS.get(name, rtol)
        )


def variance_of_totals(sample: Sample, weight: Numbers, residual: Numbers) -> Numbers:
    """Row by row: the variance of Σ weight × residual between clusters within strata."""
    assert sample.cluster is not None
    total = np.zeros(residual.shape[1])
    for stratum in range(len(sample.strata)):
        rows = sample.stratum == stratum
        _, place = np.unique(sample.cluster[rows], return_inverse=True)
        u = np.zeros((place.max() + 1, residual.shape[1]))
        np.add.at(u, place, weight[rows, None] * residual[rows])
        total += len(u) / (len(u) - 1) * ((u - u.mean(axis=0)) ** 2).sum(axis=0)
    return total


@pytest.mark.parametrize("name", RECIPES)
def test_totals_and_their_errors_are_those_of_r(
    name: str, survey: tuple[Table, Sample], wanted: dict[str, dict[str, Any]]
) -> None:
    table, sample = survey
    cell, cells = RECIPES[name].cells(table, sample.weight)
    reply = table.columns["reply"]
    sums = sums_of(sample, reply.codes + 1, None, cell)
    calibration = RECIPES[name].calibrate(sums, cells)
    weight = calibration.weights(sample.weight, cell)
    chose = np.eye(len(reply.choices))[reply.codes]
    rtol = TOLERANCE.get(name, ITERATIVE)
    np.testing.assert_allclose(weight @ chose, wanted[name]["total"], rtol=rtol)
    one = np.ones(table.rows, dtype=np.int64)
    rest = chose - calibration.explained(cell, one, chose, sample.weight)
    errors = np.sqrt(variance_of_totals(sample, weight, rest))
    np.testing.assert_allclose(errors, wanted[name]["total_se"], rtol=OF_ERRORS.get(name, rtol))


def test_columns_explain_what_their_rows_do(survey: tuple[Table, Sample]) -> None:
    """Base weights that vary within a cell count by their sum: as if every weight were a cell of its own."""
    table, sample = survey
    recipe = RECIPES["linear2"]
    cell, cells = recipe.cells(table, sample.weight)
    sums = sums_of(sample, table.columns["reply"].codes + 1, None, cell)
    values = np.random.default_rng(1).normal(size=(len(sums.columns), 3))
    base = sums.total(sums.weight)
    coarse = recipe.calibrate(sums, cells).explained(sums.columns[:, CELL], sums.people, values, base)
    fine_cell, _, fine_sums, fine = weighted("linear2", table, sample)
    parents = {tuple(key): at for at, key in enumerate(sums.columns[:, [ANSWER, CELL]].tolist())}
    to_cell = np.zeros(fine_cell.max() + 1, dtype=np.int64)
    to_cell[fine_cell] = cell
    keys = fine_sums.columns.copy()
    keys[:, CELL] = to_cell[keys[:, CELL]]
    at = [parents[tuple(key)] for key in keys[:, [ANSWER, CELL]].tolist()]
    found = fine.explained(fine_sums.columns[:, CELL], fine_sums.people, values[at])
    np.testing.assert_allclose(found, coarse[at], rtol=1e-9, atol=1e-12)
