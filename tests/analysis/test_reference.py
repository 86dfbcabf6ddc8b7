"""Every covered record of the R reference (R 4.2.2, survey 4.5), on the data it was computed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.estimators.association import Crosstab, association, crosstab
from analysis.estimators.columns import columns_of
from analysis.estimators.design_variance import staged
from analysis.estimators.differences import differences
from analysis.estimators.intervals import likelihood
from analysis.estimators.joint import Joint
from analysis.estimators.means import means
from analysis.estimators.proportion import Answer, shares
from analysis.estimators.ranks import rank_test
from analysis.estimators.significance import Significance
from analysis.files.data_file import Table
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.table.design import Design, Sample
from analysis.table.segments import Segment, crossed, everyone
from analysis.table.sums import sums_of
from analysis.weighting.calibration import Raking
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake
from tests.analysis.by_path import Words, answers, tabulate
from tests.analysis.whole_table import sample_of_table

from .estimators.ranks_of_r import midranks_in_file_order
from .own_survey import SHA256, sha256
from .own_survey import own_survey as made

NHANES = Design(weight="WTMEC2YR", strata="SDMVSTRA", cluster="SDMVPSU")
OWN = Design(weight="weight", strata="stratum", cluster="psu")
CLOSED = 1e-9  # relative tolerance of closed forms
ITERATIVE = 1e-8  # of what rests on raking, which stops at 1e-10
SADDLE = 1e-7  # of a saddlepoint, which R looks for to 1e-8
FITTED = 2e-5  # of a profile likelihood, which R interpolates

Reference = Mapping[str, Any]


def close(found: Iterable[float | None], wanted: Iterable[float], tolerance: float = CLOSED) -> None:
    np.testing.assert_allclose(np.array(list(found), dtype=float), np.array(list(wanted)), rtol=tolerance)


def rows(file: Path, question: str, design: Design, **asked: Any) -> list[Estimate]:
    (table,) = tabulate(file, Words((question,), design=design, **asked))
    return list(table.estimates)


@pytest.fixture(scope="module")
def nhanes(data_folder: Path) -> Path:
    return data_folder / "nhanes-hichol" / "nhanes.csv"


def high(estimates: Iterable[Estimate]) -> list[Estimate]:
    return [estimate for estimate in estimates if estimate.choice == "1"]


def test_the_nhanes_mean(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.mean"]
    (found,) = high(rows(nhanes, "HI_CHOL", NHANES))
    close([found.share, found.se], [wanted["estimate"], wanted["se"]])
    close([found.design_effect_wor], [wanted["deff"]])
    assert (found.base, found.df) == (7846, 16)


def test_nhanes_by_race_and_gender(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.by"]
    found = {
        tuple(one.by.values()): one for one in high(rows(nhanes, "HI_CHOL", NHANES, by=("race", "RIAGENDR")))
    }
    keys = list(zip(map(str, wanted["race"]), map(str, wanted["RIAGENDR"]), strict=True))
    close([found[key].share for key in keys], wanted["HI_CHOL"])
    close([found[key].se for key in keys], wanted["se"])
    close([found[key].design_effect_wor for key in keys], wanted["DEff.HI_CHOL"])


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


def crossed_file(file: Path, question: str, by: str, design: Design) -> Crosstab:
    """A question of a file by a column, as a table to test."""
    (asked,) = answers(file, Words((question,), by=(by,), design=design))
    ((sums, choices),) = asked.parts
    return crosstab(sums, choices, asked.segments, design)


TESTED = {
    "F": "rao-scott",
    "Chisq": "chisq",
    "Wald": "wald",
    "adjWald": "adjusted-wald",
    "saddlepoint": "saddlepoint",
    "lincom": "saddlepoint",  # CompQuadForm was not there, so that R gave the saddlepoint's
}


def same_test(found: Significance, wanted: Mapping[str, Any], rows_per_answer: float = 1.0) -> None:
    """Hold a test against R's, which counts people without an answer in the size of X² (not in its p)."""
    (statistic,) = wanted["statistic"].values()
    factor = rows_per_answer if "X-squared" in wanted["statistic"] else 1.0
    assert found.statistic is not None
    close([found.statistic * factor], [statistic])
    if wanted["parameter"]:
        degrees = [df for df in (found.df1, found.df2) if df is not None]
        close(degrees, wanted["parameter"].values())
    close([found.p], [wanted["p.value"]], SADDLE if found.df1 is None else CLOSED)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint"])
@pytest.mark.parametrize(
    ("record", "question", "by"), [("chisq2x4", "RIAGENDR", "race"), ("chisq.age", "HI_CHOL", "agecat")]
)
def test_nhanes_tables(
    nhanes: Path, reference: Reference, statistic: str, record: str, question: str, by: str
) -> None:
    table = crossed_file(nhanes, question, by, NHANES)
    everyone_ = 8591 / 7846 if question == "HI_CHOL" else 1.0
    same_test(association(table, TESTED[statistic]), reference[f"nh.{record}.{statistic}"], everyone_)


@pytest.mark.parametrize("method", ["asin", "mean", "xlogit"])
def test_nhanes_other_intervals(nhanes: Path, reference: Reference, method: str) -> None:
    wanted = reference[f"nh.ciprop.{method}"]
    (found,) = high(rows(nhanes, "HI_CHOL", NHANES, interval=method))
    close([found.low, found.high], wanted["ci"])


def test_nhanes_likelihood_but_for_the_weights_of_missing_answers(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.ciprop.likelihood"]
    (found,) = high(rows(nhanes, "HI_CHOL", NHANES, interval="likelihood"))
    # R scales weights to a mean of 1 over everyone, and then drops those without an answer.
    table = open_file(nhanes).read(["WTMEC2YR", "HI_CHOL"])
    weight = table.columns["WTMEC2YR"].numbers()
    scale = weight[table.columns["HI_CHOL"].codes >= 0].mean() / weight.mean()
    assert found.share is not None and found.se is not None
    effective = found.share * (1 - found.share) / found.se**2 * (found.base - 1) / found.base
    close(likelihood(found.share, effective / scale, found.df, 0.95), wanted["ci"], FITTED)
    close([found.low, found.high], wanted["ci"], 1e-3)


def by_codes(file: Path, columns: list[str], design: Design) -> tuple[Table, Sample]:
    table = open_file(file).read([*columns, *design.columns()])
    return table, sample_of_table(table, design)


def test_the_nhanes_crosstab(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.crosstab.mean"]
    table, sample = by_codes(nhanes, ["race", "agecat"], NHANES)
    race, age = table.columns["race"], table.columns["agecat"]
    codes = 1 + race.codes * 4 + age.codes
    sums = sums_of(sample, codes, np.ones(table.rows, dtype=np.int64))
    answers_ = {
        f"interaction(race, agecat){r}.{a}": Answer(f"{r}.{a}", frozenset({1 + i * 4 + j}))
        for i, r in enumerate(race.choices)
        for j, a in enumerate(age.choices)
    }
    everyone_ = everyone(table.rows).segments
    chosen = [answers_[name] for name in wanted["names"]]
    found = shares(sums, question="cell", answers=chosen, segments=everyone_, design=NHANES)
    close([one.share for one in found], wanted["estimate"])
    close([one.se for one in found], wanted["se"])


def cholesterol_by_age(file: Path) -> Joint:
    table, sample = by_codes(file, ["HI_CHOL", "agecat"], NHANES)
    by_age = crossed([table.columns["agecat"]])
    sums = sums_of(sample, table.columns["HI_CHOL"].codes + 1, by_age.codes)
    found = means(sums, question="HI_CHOL", values={1: 0, 2: 1}, segments=by_age.segments, design=NHANES)
    return found.joint


def test_a_contrast_of_domains(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.contrast.domains"]
    joint = cholesterol_by_age(nhanes)
    found = joint.difference("(19,39]", "(0,19]")
    close([found.value, found.se], [wanted["estimate"], wanted["se"]])


def test_a_contrast_of_shares_as_a_ratio(nhanes: Path, reference: Reference) -> None:
    wanted = reference["nh.contrast.ratio"]
    table, sample = by_codes(nhanes, ["race"], NHANES)
    race = table.columns["race"]
    sums = sums_of(sample, race.codes + 1, np.ones(table.rows, dtype=np.int64))
    stage, every = staged(sums, NHANES), np.arange(len(sums.columns))
    share = stage.weight / stage.weight.sum()
    linear = (np.eye(len(share)) - share[None, :]) / stage.weight.sum()
    joint = Joint(race.choices, share, stage.covariance(every, linear), stage.degrees(every))
    found = joint.ratio("2", "3")
    close([found.value, found.se], [wanted["estimate"], wanted["se"]])


def test_nhanes_without_the_third_clusters(nhanes: Path, reference: Reference, tmp_path: Path) -> None:
    wanted = reference["nh2.mean"]
    lines = nhanes.read_text(encoding="utf-8").splitlines()
    at = [name.strip('"') for name in lines[0].split(",")].index("SDMVPSU")
    kept = [line for line in lines[1:] if int(line.split(",")[at]) <= 2]
    file = tmp_path / "nh2.csv"
    file.write_text("\n".join([lines[0], *kept]), encoding="utf-8")
    (found,) = high(rows(file, "HI_CHOL", NHANES))
    close([found.share, found.se], [wanted["estimate"], wanted["se"]])


# --- our own survey, without any file from outside ----------------------------------------------------------


def test_our_own_survey_is_the_one_of_the_reference() -> None:
    assert sha256(made()) == SHA256


@pytest.mark.parametrize("question", ["channel", "reply"])
def test_own_shares(own_survey: Path, own_reference: Reference, question: str) -> None:
    wanted = own_reference[f"own.{question}"]
    found = rows(own_survey, question, OWN)
    close([one.share for one in found], wanted["estimate"])
    close([one.se for one in found], wanted["se"])
    if question == "channel":
        close([one.design_effect_wor for one in found], wanted["deff"])


@pytest.mark.parametrize("question", ["channel", "reply", "q01"])
def test_own_shares_by_age(own_survey: Path, own_reference: Reference, question: str) -> None:
    wanted = own_reference[f"own.{question}.age" + (".narm" if question == "q01" else "")]
    found = rows(own_survey, question, OWN, by=("age_group",))
    assert len(found) == 6 * sum(name.startswith(question) for name in wanted)
    for one in found:
        age = list(map(str, wanted["age_group"])).index(one.segment)
        name = f"{question}{one.choice}"
        close([one.share, one.se], [wanted[name][age], wanted[f"se.{name}"][age]])


@pytest.mark.parametrize("method", ["logit", "beta", "wilson", "likelihood", "asin", "xlogit", "mean"])
def test_own_intervals_in_a_domain(own_survey: Path, own_reference: Reference, method: str) -> None:
    wanted = own_reference[f"own.ciprop.{method}"]
    by_where = rows(own_survey, "channel", OWN, where=("age_group=2",), interval=method)
    by_segment = (
        rows(own_survey, "channel", OWN, by=("age_group",), interval=method) if method != "mean" else []
    )
    for found in (by_where[3], *(one for one in by_segment if (one.segment, one.choice) == ("2", "3"))):
        close([found.share, found.se], [wanted["estimate"], wanted["se"]])
        close([found.low, found.high], wanted["ci"], FITTED if method == "likelihood" else CLOSED)


def test_no_plain_interval_in_segments(own_survey: Path) -> None:
    with pytest.raises(DataProblem, match="--interval knows no 'mean': use one of auto"):
        rows(own_survey, "channel", OWN, by=("age_group",), interval="mean")


def raked(file: Path) -> tuple[Table, Sample, np.ndarray[Any, Any], Raking]:
    table = open_file(file).read(["weight", "stratum", "psu", "age_group", "channel", "reply"])
    sample = sample_of_table(table, OWN)
    cell, cells = cells_of([table.columns["age_group"], table.columns["channel"]])
    ages = dict(zip("012345", (0.10, 0.18, 0.17, 0.16, 0.17, 0.22), strict=True))
    margins = [Margin("age_group", ages), Margin("channel", dict.fromkeys("01234567", 1.0))]
    sums = sums_of(sample, table.columns["reply"].codes + 1, None, cell)
    return table, sample, cell, rake(sums, cells, margins)


def test_own_raking_weights(own_survey: Path, own_reference: Reference) -> None:
    wanted = own_reference["own.rake.weights"]
    _, sample, cell, raking = raked(own_survey)
    weight = raking.weights(sample.weight, cell)
    weight *= wanted["sum"] / weight.sum()
    close(
        [weight.min(), weight.max(), weight.mean()], [wanted["min"], wanted["max"], wanted["mean"]], ITERATIVE
    )
    close(weight[:5], wanted["w5"], ITERATIVE)
    close(weight[-5:], wanted["w_tail5"], ITERATIVE)
    close([raking.design_effect, raking.effective_base], [wanted["kish_deff"], wanted["n_eff"]], ITERATIVE)


def test_own_raked_mean_has_r_s_standard_error(own_survey: Path, own_reference: Reference) -> None:
    wanted = own_reference["own.rake.mean"]
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


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald", "lincom"])
@pytest.mark.parametrize("question", ["channel", "q01"])
def test_own_tables(own_survey: Path, own_reference: Reference, statistic: str, question: str) -> None:
    table = crossed_file(own_survey, question, "age_group", OWN)
    wanted = own_reference[f"own.chisq.{question}.age.{statistic}"]
    same_test(association(table, TESTED[statistic]), wanted, 2030 / table.people)


@pytest.mark.parametrize("adjust", ["holm", "bonferroni", "bh"])
def test_own_pairs_of_columns(own_survey: Path, own_reference: Reference, adjust: str) -> None:
    wanted = own_reference["own.pairwise.channel3.age"]
    (asked,) = answers(own_survey, Words(("channel",), by=("age_group",), design=OWN))
    ((sums, _),) = asked.parts
    third = [Answer("3", frozenset({4}))]
    found = differences(
        sums, answers=third, segments=asked.segments, design=OWN, base_codes=asked.base, adjust=adjust
    )
    assert [(int(one.first), int(one.second)) for one in found] == list(
        zip(wanted["pair_a"], wanted["pair_b"], strict=True)
    )
    close([one.difference for one in found], wanted["diff"])
    close([one.se for one in found], wanted["se"])
    close([one.t for one in found], wanted["t"])
    close([one.p for one in found], wanted["p"])
    close([one.adjusted for one in found], wanted["BH" if adjust == "bh" else adjust])
    assert {one.df for one in found} == {wanted["df"]}


def test_the_covariance_of_segments(own_survey: Path, own_reference: Reference) -> None:
    wanted = own_reference["own.pairwise.channel3.age"]
    (asked,) = answers(own_survey, Words(("channel",), by=("age_group",), design=OWN))
    ((sums, _),) = asked.parts
    columns = columns_of(staged(sums, OWN), asked.base, asked.segments)
    third = np.arange(columns.weight.shape[1]) == 4
    share, covariance = columns.share(third.astype(np.float64))
    close(share, wanted["p_hat"])
    close(covariance.ravel(), np.array(wanted["vcov"]).ravel())


@pytest.mark.parametrize("groups", [6, 2])
def test_own_ranks_with_ties_as_r_takes_them(own_survey: Path, own_reference: Reference, groups: int) -> None:
    table, sample = by_codes(own_survey, ["reply", "age_group"], OWN)
    reply, age = table.columns["reply"], table.columns["age_group"]
    group = age.codes if groups == 6 else (age.codes < 2).astype(np.int64)
    sums = sums_of(sample, reply.codes + 1, group)
    choices = [Answer(name, frozenset({code})) for code, name in enumerate(reply.choices, 1)]
    segments = [Segment(str(code), {}, frozenset({code})) for code in range(groups)]
    ranks = midranks_in_file_order(sample.weight, reply.codes, len(choices))
    found = rank_test(crosstab(sums, choices, segments, OWN), ranks=ranks, adjusted=False)
    tested = found.significance
    assert tested.statistic is not None and tested.df1 is not None
    if groups == 6:
        wanted = own_reference["own.ranktest"]
        close([tested.statistic * tested.df1], wanted["parameter"].values())
    else:
        wanted = own_reference["own.ranktest2"]
        close([found.difference], wanted["estimate"].values())
        close([tested.statistic, tested.df1], [wanted["statistic"]["t"], wanted["parameter"]["df"]])
    close([tested.p], [wanted["p.value"]])
