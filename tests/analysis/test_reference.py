"""Every covered record of the R reference (R 4.2.2, survey 4.5), on the data it was computed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.estimators.proportion import Answer, shares
from analysis.request import Request
from analysis.table.design import Design, Sample, read_sample
from analysis.table.files import Table, open_file
from analysis.table.segments import everyone
from analysis.table.sums import sums_of
from analysis.table.weighting import Margin, Raking, cells_of, rake
from analysis.tabulate import tabulate

NHANES = Design(weight="WTMEC2YR", strata="SDMVSTRA", cluster="SDMVPSU")
OWN = Design(weight="weight", strata="stratum", cluster="psu")
CLOSED = 1e-9  # relative tolerance of closed forms
ITERATIVE = 1e-8  # of what rests on raking, which stops at 1e-10

Reference = Mapping[str, Any]


def close(found: Iterable[float | None], wanted: Iterable[float], tolerance: float = CLOSED) -> None:
    np.testing.assert_allclose(np.array(list(found), dtype=float), np.array(list(wanted)), rtol=tolerance)


def rows(file: Path, question: str, design: Design, **asked: Any) -> list[Estimate]:
    (table,) = tabulate(file, Request((question,), design=design, **asked))
    return list(table.estimates)


@pytest.fixture(scope="module")
def nhanes(data_folder: Path) -> Path:
    return data_folder / "nhanes-hichol" / "nhanes.csv"


def high(estimates: Iterable[Estimate]) -> list[Estimate]:
    return [estimate for estimate in estimates if estimate.choice == "1"]


def population(file: Path, answered: str, **by: str) -> float:
    """Sum of weights of those who answered, for R's design effect without replacement."""
    table = open_file(file).read(["WTMEC2YR", answered, *by])
    inside = table.columns[answered].codes >= 0
    for name, value in by.items():
        inside &= table.columns[name].codes == table.columns[name].choices.index(value)
    return float(table.columns["WTMEC2YR"].numbers()[inside].sum())


def test_the_nhanes_mean(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.mean"]
    (found,) = high(rows(nhanes, "HI_CHOL", NHANES))
    close([found.share, found.se], [wanted["estimate"], wanted["se"]])
    assert found.design_effect is not None
    close([found.design_effect / (1 - found.base / population(nhanes, "HI_CHOL"))], [wanted["deff"]])
    assert (found.base, found.df) == (7846, 16)


def test_nhanes_by_race_and_gender(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.by"]
    found = {
        tuple(one.by.values()): one for one in high(rows(nhanes, "HI_CHOL", NHANES, by=("race", "RIAGENDR")))
    }
    keys = list(zip(map(str, wanted["race"]), map(str, wanted["RIAGENDR"]), strict=True))
    close([found[key].share for key in keys], wanted["HI_CHOL"])
    close([found[key].se for key in keys], wanted["se"])
    for key, effect in zip(keys, wanted["DEff.HI_CHOL"], strict=True):
        ours = found[key].design_effect
        assert ours is not None
        size = population(nhanes, "HI_CHOL", race=key[0], RIAGENDR=key[1])
        close([ours / (1 - found[key].base / size)], [effect])


@pytest.mark.parametrize("method", ["logit", "beta", "wilson"])
def test_nhanes_intervals(nhanes: Path, reference: Reference, method: str) -> None:
    wanted = reference[f"nh.ciprop.{method}"]
    (found,) = high(rows(nhanes, "HI_CHOL", NHANES, interval=method))
    close([found.share, found.se, found.low, found.high], [wanted["estimate"], wanted["se"], *wanted["ci"]])
    assert found.interval == method


@pytest.mark.parametrize("method", ["logit", "beta"])
def test_nhanes_intervals_by_age(nhanes: Path, reference: Reference, method: str) -> None:
    wanted = reference[f"nh.by.ciprop.{method}"]
    found = {
        one.segment: one for one in high(rows(nhanes, "HI_CHOL", NHANES, by=("agecat",), interval=method))
    }
    close([found[age].share for age in wanted["agecat"]], wanted["HI_CHOL"])
    close([found[age].low for age in wanted["agecat"]], wanted["ci_l"])
    close([found[age].high for age in wanted["agecat"]], wanted["ci_u"])


@pytest.mark.parametrize("question", ["channel", "reply"])
def test_own_shares(own_survey: Path, reference: Reference, question: str) -> None:
    wanted = reference[f"own.{question}"]
    found = rows(own_survey, question, OWN)
    close([one.share for one in found], wanted["estimate"])
    close([one.se for one in found], wanted["se"])


@pytest.mark.parametrize("question", ["channel", "reply", "q01"])
def test_own_shares_by_age(own_survey: Path, reference: Reference, question: str) -> None:
    wanted = reference[f"own.{question}.age" + (".narm" if question == "q01" else "")]
    for one in rows(own_survey, question, OWN, by=("age_group",)):
        age = list(map(str, wanted["age_group"])).index(one.segment)
        name = f"{question}{one.choice}"
        if name in wanted:
            close([one.share, one.se], [wanted[name][age], wanted[f"se.{name}"][age]])


@pytest.mark.parametrize("method", ["logit", "beta", "wilson"])
def test_own_intervals_in_a_domain(own_survey: Path, reference: Reference, method: str) -> None:
    wanted = reference[f"own.ciprop.{method}"]
    by_where = rows(own_survey, "channel", OWN, where=("age_group=2",), interval=method)
    by_segment = rows(own_survey, "channel", OWN, by=("age_group",), interval=method)
    for found in (by_where[3], *(one for one in by_segment if (one.segment, one.choice) == ("2", "3"))):
        close(
            [found.share, found.se, found.low, found.high], [wanted["estimate"], wanted["se"], *wanted["ci"]]
        )


def raked(file: Path) -> tuple[Table, Sample, np.ndarray[Any, Any], Raking]:
    table = open_file(file).read(["weight", "stratum", "psu", "age_group", "channel", "reply"])
    sample = read_sample(table, OWN)
    cell, cells = cells_of([table.columns["age_group"], table.columns["channel"]])
    ages = dict(zip("012345", (0.10, 0.18, 0.17, 0.16, 0.17, 0.22), strict=True))
    margins = [Margin("age_group", ages), Margin("channel", dict.fromkeys("01234567", 1.0))]
    sums = sums_of(sample, table.columns["reply"].codes + 1, None, cell)
    return table, sample, cell, rake(sums, cells, margins)


def test_own_raking_weights(own_survey: Path, reference: Reference) -> None:
    wanted = reference["own.rake.weights"]
    _, sample, cell, raking = raked(own_survey)
    weight = raking.weights(sample.weight, cell)
    weight *= wanted["sum"] / weight.sum()
    close(
        [weight.min(), weight.max(), weight.mean()], [wanted["min"], wanted["max"], wanted["mean"]], ITERATIVE
    )
    close(weight[:5], wanted["w5"], ITERATIVE)
    close(weight[-5:], wanted["w_tail5"], ITERATIVE)
    close([raking.design_effect, raking.effective_base], [wanted["kish_deff"], wanted["n_eff"]], ITERATIVE)


def test_own_raked_mean_has_r_s_standard_error(own_survey: Path, reference: Reference) -> None:
    wanted = reference["own.rake.mean"]
    table, sample, cell, raking = raked(own_survey)
    reply = table.columns["reply"]
    answers = [Answer(name, frozenset({code})) for code, name in enumerate(reply.choices, start=1)]
    group = everyone(table.rows)
    sums = sums_of(sample, reply.codes + 1, group.codes, cell)
    found = shares(
        sums, question="reply", answers=answers, segments=group.segments, design=OWN, raking=raking
    )
    close([one.share for one in found], wanted["estimate"], ITERATIVE)
    close([one.se for one in found], wanted["se"], ITERATIVE)
