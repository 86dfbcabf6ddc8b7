"""Covariances of totals: against the formula row by row, and the same as variances alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.estimators.association import rao_scott
from analysis.estimators.design_variance import staged
from analysis.estimators.proportion import Answer, shares
from analysis.estimators.significance import Significance
from analysis.problems import DataProblem
from analysis.table import sums as table_sums
from analysis.table.design import Design, Sample
from analysis.table.segments import Segment
from analysis.table.sums import ANSWER, SEGMENT
from tests.analysis.by_path import Words
from tests.analysis.by_path import answers as answers_of_file

from .by_rows import covariance, segments, summed, survey

BOTH = pytest.mark.parametrize("clustered", [True, False])


@BOTH
@pytest.mark.parametrize("fpc", [True, False])
def test_columns_and_rows_agree(clustered: bool, fpc: bool) -> None:
    sample, answer, segment = survey(3, clustered=clustered, fpc=fpc)
    sums = summed(sample, answer, segment)
    stage = staged(sums, Design(fpc="n"))
    values = np.random.Generator(np.random.PCG64(1)).normal(size=(15, 4))
    wanted = covariance(sample, values[segment * 5 + answer])
    place = sums.columns[:, SEGMENT] * 5 + sums.columns[:, ANSWER]
    every = np.arange(len(place))
    np.testing.assert_allclose(stage.covariance(every, values[place]), wanted, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(stage.variances(every, values[place]), np.diag(wanted), rtol=1e-12)


@BOTH
def test_who_is_in_no_cell_stays_in_the_design(clustered: bool) -> None:
    sample, answer, segment = survey(5, clustered=clustered)
    sums = summed(sample, answer, segment)
    stage = staged(sums, Design())
    inside = sums.columns[:, ANSWER] > 2
    place = sums.columns[:, ANSWER]
    values = np.arange(5.0)[:, None]
    wanted = covariance(sample, np.where(answer > 2, answer, 0).astype(float)[:, None])
    rows = np.flatnonzero(inside)
    np.testing.assert_allclose(stage.covariance(rows, values[place[rows]]), wanted)


@BOTH
@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_lonely_rules_are_the_same_for_variances_and_covariances(clustered: bool, rule: str) -> None:
    sample, answer, segment = survey(7, clustered=clustered)
    lonely = np.arange(sample.rows) == 0
    stratum = np.where(lonely, 3, sample.stratum)
    alone = Sample(sample.weight, stratum, sample.cluster, ("a", "b", "c", "d"))
    sums = summed(alone, answer, segment)
    stage = staged(sums, Design(lonely=rule))
    place = sums.columns[:, SEGMENT] * 5 + sums.columns[:, ANSWER]
    values = np.random.Generator(np.random.PCG64(2)).normal(size=(15, 2))
    every = np.arange(len(place))
    variances = stage.variances(every, values[place])
    found = stage.covariance(every, values[place])
    np.testing.assert_allclose(np.diag(found), variances)
    np.testing.assert_allclose(found, found.T)
    without = covariance(sample_without(sample, lonely), values[(segment * 5 + answer)[~lonely]])
    if rule == "certainty":
        np.testing.assert_allclose(variances, np.diag(without))
    if rule == "average":
        np.testing.assert_allclose(variances, np.diag(without) * 4 / 3)
    if rule == "adjust":
        alone_total = sample.weight[0] * values[segment[0] * 5 + answer[0]]
        np.testing.assert_allclose(variances, np.diag(without) + alone_total**2)


def sample_without(sample: Sample, gone: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Sample:
    cluster = None if sample.cluster is None else sample.cluster[~gone]
    return Sample(sample.weight[~gone], sample.stratum[~gone], cluster, sample.strata)


def test_a_lonely_stratum_stops_a_covariance_too() -> None:
    sample = Sample(np.ones(3), np.array([0, 0, 1]), None, ("a", "b"))
    sums = summed(sample, np.array([1, 2, 1]), np.zeros(3, dtype=np.int64))
    with pytest.raises(DataProblem) as caught:
        staged(sums, Design()).covariance(np.arange(2), np.eye(2))
    assert caught.value.code == "lonely_stratum"


def test_segments_are_found_among_the_columns() -> None:
    sample, answer, segment = survey(9, clustered=True)
    sums = summed(sample, answer, segment)
    stage = staged(sums, Design())
    for codes in ({0}, {1, 2}, {2, 9}, {9}, set()):
        wanted = np.flatnonzero(np.isin(sums.columns[:, SEGMENT], list(codes)))
        assert stage.columns_in(codes).tolist() == wanted.tolist()


@BOTH
def test_degrees_count_units_with_cases_less_strata(clustered: bool) -> None:
    sample, answer, segment = survey(11, clustered=clustered, rows=20)
    sums = summed(sample, answer, segment)
    stage = staged(sums, Design())
    here = segment == 1
    cluster = np.arange(20) if sample.cluster is None else sample.cluster
    units = {(s, c) for s, c in zip(sample.stratum[here].tolist(), cluster[here].tolist(), strict=True)}
    wanted = len(units) - len(set(sample.stratum[here].tolist()))
    assert stage.degrees(stage.columns_in({1})) == wanted


def close(found: list[float | None], wanted: list[float | None]) -> None:
    assert [one is None for one in found] == [one is None for one in wanted]
    known = [[one for one in some if one is not None] for some in (found, wanted)]
    assert known[0] == pytest.approx(known[1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_sparse_sums_give_the_same_shares_and_tests(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    sample, answer, segment = survey(21, clustered=True)
    stratum = np.where(np.arange(sample.rows) == 0, 3, sample.stratum)
    sample = Sample(sample.weight, stratum, sample.cluster, ("a", "b", "c", "d"))
    sums, design = summed(sample, answer, segment), Design(lonely=rule)
    answers = [Answer("one", frozenset({1})), Answer("net", frozenset({2, 3}))]
    of = [*segments(2), Segment("rest", {}, frozenset({2, 7})), Segment("all", {}, frozenset({0, 1, 2}))]

    def everything() -> tuple[list[Estimate], Significance]:
        rows = shares(sums, question="q", answers=answers, segments=of, design=design)
        return rows, rao_scott(sums, answers=answers, segments=of[:3], design=design)

    short, test = everything()
    monkeypatch.setattr(table_sums, "DENSE", 0)
    sums = summed(sample, answer, segment)
    assert not isinstance(sums.weight, np.ndarray)
    long, other = everything()
    for name in ("share", "se", "low", "high", "effective_base", "design_effect", "design_effect_wor"):
        close([getattr(one, name) for one in short], [getattr(one, name) for one in long])
    assert [(one.base, one.df, one.status) for one in short] == [
        (one.base, one.df, one.status) for one in long
    ]
    close([test.statistic, test.df1, test.df2, test.p], [other.statistic, other.df1, other.df2, other.p])


def test_sums_of_a_file_give_the_same_as_rows(tmp_path: Path) -> None:
    sample, answer, segment = survey(25, clustered=True, rows=200)
    assert sample.cluster is not None
    columns = zip(answer, segment, sample.stratum, sample.cluster, sample.weight.tolist(), strict=True)
    lines = [f"{a or ''},{g},{s},{c},{w}" for a, g, s, c, w in columns]
    (tmp_path / "a.csv").write_text("\n".join(["q,g,s,c,w", *lines]), encoding="utf-8")
    design = Design("w", "s", "c")
    (asked,) = answers_of_file(tmp_path / "a.csv", Words(("q",), by=("g",), design=design))
    ((sums, choices),) = asked.parts
    rows = summed(sample, answer, segment)
    plain = [Answer(str(code), frozenset({code})) for code in range(1, 5)]
    wanted = shares(rows, question="q", answers=plain, segments=segments(3), design=design)
    found = {
        (one.segment, one.choice): one
        for one in shares(sums, question="q", answers=choices, segments=asked.segments, design=design)
    }
    for one in wanted:
        same = found[one.segment[1:], one.choice]
        close([same.share, same.se, same.low, same.high], [one.share, one.se, one.low, one.high])
        assert (same.base, same.df) == (one.base, one.df)
    by_array = rao_scott(sums, answers=choices, segments=asked.segments, design=design)
    by_rows_ = rao_scott(rows, answers=plain, segments=segments(3), design=design)
    close([by_array.statistic, by_array.p], [by_rows_.statistic, by_rows_.p])


def test_a_stage_serves_every_estimator_of_its_sums() -> None:
    sums = summed(*survey(27, clustered=True))
    stage = staged(sums, Design())
    answers = [Answer("one", frozenset({1})), Answer("two", frozenset({2}))]
    assert staged(stage, Design()) is stage
    for one in (sums, stage):
        assert shares(one, question="q", answers=answers, segments=segments(3), design=Design()) == shares(
            sums, question="q", answers=answers, segments=segments(3), design=Design()
        )
    assert rao_scott(stage, answers=answers, segments=segments(3), design=Design()) == rao_scott(
        sums, answers=answers, segments=segments(3), design=Design()
    )
