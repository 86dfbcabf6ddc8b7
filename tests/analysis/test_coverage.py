"""Intervals hold the truth as often as they say: the short form of `python -m benchmarks.coverage`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.estimators import design_variance
from analysis.estimators.design_variance import Rule
from benchmarks.coverage import exact, numbers, shares, sizes
from benchmarks.coverage.cell import Experiment, Row, Totals, verdict
from benchmarks.coverage.running import makers, sampled, simulate
from benchmarks.coverage.samples import Clustered

LOW, HIGH = 0.925, 0.975
DESIGN, FEW = Clustered(10, 3), Clustered(10, 2)

CELLS: dict[str, tuple[Callable[[], Experiment], str]] = {
    "share": (lambda: shares.simple(0.34, 200), "auto"),
    "weighted share": (lambda: shares.weighted(0.34, 200), "auto"),
    "raked share": (lambda: shares.after_raking(600), "raked share, n"),
    "clustered share": (lambda: shares.clustered(DESIGN, 0.34, 0.1), "share 0.34, "),
    "domain across clusters": (lambda: shares.clustered(DESIGN, 0.34, 0.1), "domain"),
    "difference": (lambda: shares.independent(0.34, 0.5, 100), "difference"),
    "difference within clusters": (lambda: shares.within_clusters(DESIGN, 0.34, 0.2), "difference"),
    "median": (lambda: numbers.clustered(numbers.of_quantiles, numbers.SKEWED, FEW, 0.1), "quantile 0.5"),
    "mean": (lambda: numbers.simple(numbers.of_means, numbers.SCALE, 100), "mean"),
    "Rao-Scott F": (lambda: sizes.clustered(sizes.THREE, 2, DESIGN, 0.1, sizes.ACROSS), "Rao-Scott F"),
}


def found(cell: str, runs: int) -> Totals:
    """Return what the runs of a cell add up to."""
    make, words = CELLS[cell]
    made = make()
    (place,) = [at for at, row in enumerate(made.rows) if words in row.name]
    return sampled(made, runs, np.random.default_rng(20261123))[place]


@pytest.mark.parametrize("cell", CELLS)
def test_95_per_cent_intervals_hold_the_truth(cell: str) -> None:
    seen = found(cell, 1000)
    assert seen.told == 1000
    assert seen.coverage is not None
    assert LOW <= seen.coverage <= HIGH


@pytest.mark.parametrize("cell", CELLS)
def test_half_the_variance_would_be_found_out(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = design_variance.rule_of
    monkeypatch.setattr(design_variance, "rule_of", lambda *about: halved(whole(*about)))
    seen = found(cell, 200)
    assert seen.coverage is not None
    assert seen.coverage < LOW


def halved(rule: Rule) -> Rule:
    return replace(rule, scale=rule.scale / 2, alone=rule.alone / 2)


# --- exact coverage ----------------------------------------------------------------------------------------


def test_exact_coverage_adds_up_the_counts_that_hold() -> None:
    ends = np.array([[0.0, 0.7], [0.1, 0.9], [0.3, 1.0]])  # of none, one and two yeses of two people
    found = exact.covered(ends, np.array([0.05, 0.5, 0.95]))
    assert found == pytest.approx([0.95**2, 1.0, 0.95**2])


def test_drawn_samples_come_near_the_exact_coverage() -> None:
    ends = exact.bounds(30, "wilson")
    (wanted,) = exact.covered(ends, np.array([0.34]))
    drawn = sampled(shares.simple(0.34, 30), 4000, np.random.default_rng(1))[shares.METHODS.index("wilson")]
    assert drawn.coverage == pytest.approx(float(wanted), abs=4 * (wanted * (1 - wanted) / 4000) ** 0.5)


def test_exact_coverage_of_quantiles_between_ranks() -> None:
    first, *_ = exact.of_quantiles([30])
    # the quarter of 30 people is held where 3 to 13 of them lie below it
    below = [math.comb(30, k) * 0.25**k * 0.75 ** (30 - k) for k in range(31)]
    assert first.startswith(
        f"| quantile 0.25, simple sample of 30 | 3 and 14 | {100 * sum(below[3:14]):.2f} |"
    )
    assert f"| {100 * sum(below[4:14]):.2f} |" in first


# --- the rule ----------------------------------------------------------------------------------------------


def totals(
    held: int, effective: float = 100.0, df: float = 50.0, warned: int = 0, told: int = 10_000
) -> Totals:
    """Return 10,000 runs of which the warned ones are among those that did not hold."""
    sure = told - warned
    return Totals(10_000, told, held, warned, sure, min(held, sure), 0.0, effective * 10_000, df * 10_000)


@pytest.mark.parametrize(
    ("seen", "row", "said"),
    [
        (totals(9500), Row("a", 100, 0.3), "held"),
        (totals(9360), Row("a", 100, 0.3), "held"),  # the Monte-Carlo interval reaches 94 %
        (totals(9320), Row("a", 100, 0.3), "MISS: too narrow"),
        (totals(9680), Row("a", 100, 0.3), "MISS: wide"),
        (totals(9680), Row("a", 100, 0.3, goal="at least"), "held, wide"),
        (totals(9680), Row("a", 100, 0.3, test=True), "MISS: rejects seldom"),
        (totals(9320), Row("a", 100, 0.3, test=True), "MISS: rejects too often"),
        (totals(9320, warned=5000), Row("a", 100, 0.3), "MISS: too narrow, warned"),
        (totals(9320, warned=4999), Row("a", 100, 0.3), "MISS: too narrow"),
        (totals(9320, warned=5000), Row("a", 100, 0.3, test=True), "MISS: rejects too often, warned"),
        (totals(9680, warned=9000), Row("a", 100, 0.3), "MISS: wide, warned"),
        (totals(9320), Row("a", 100, 0.04), "held"),  # under 5 expected on a side: 93 % is enough
        (totals(9320, effective=29.0), Row("a", 100, 0.3), "held"),
        (totals(9320, df=9.0), Row("a", 100), "held"),
        (totals(9200, df=9.0), Row("a", 100), "MISS: too narrow, not warned"),
        (totals(9200, df=9.0, warned=800), Row("a", 100), "warned"),
        (totals(0, told=0), Row("a", 100), "warned"),
    ],
)
def test_the_rule(seen: Totals, row: Row, said: str) -> None:
    assert verdict(row, seen) == said


def test_a_table_depends_on_its_seed_alone() -> None:
    place = [next(at for at, make in enumerate(makers()) if "difference" in make().rows[0].name)]
    alone = simulate(place, 260, seed=3, processes=1, silent=True)
    assert simulate(place, 260, seed=3, processes=2, silent=True) == alone
    assert simulate(place, 260, seed=4, processes=1, silent=True) != alone


def test_what_is_kept_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "coverage.jsonl"
    first = simulate([0, 1], 20, silent=True, kept=kept)
    monkeypatch.setattr("benchmarks.coverage.running.sampled", None)
    assert simulate([0, 1], 20, silent=True, kept=kept) == first
    with pytest.raises(TypeError):
        simulate([0, 1], 30, silent=True, kept=kept)
