"""The critical value of the largest of several correlated t values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from analysis.expectations.band import _primes, critical, equivalent_level


def test_of_one_limit_it_is_students_t() -> None:
    assert critical(np.eye(1), 12) == pytest.approx(t.ppf(0.975, 12))


@pytest.mark.parametrize(
    ("size", "df", "table"), [(2, 10, 2.61), (3, 10, 2.83), (3, 20, 2.59), (5, 60, 2.64)]
)
def test_uncorrelated_ones_are_the_studentized_maximum_modulus(size: int, df: int, table: float) -> None:
    # Stoline & Ury 1979, two-sided 5 %
    assert critical(np.eye(size), df) == pytest.approx(table, abs=0.015)


def test_the_same_curve_twice_needs_no_more_than_once() -> None:
    assert critical(np.ones((4, 4)), 50) == pytest.approx(t.ppf(0.975, 50), abs=1e-3)


def test_rounding_that_makes_a_correlation_impossible_is_borne() -> None:
    impossible = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.9], [0.1, 0.9, 1.0]])
    assert np.linalg.eigvalsh(impossible).min() < 0
    c = critical(impossible, 30)
    assert t.ppf(0.975, 30) < c < t.ppf(1 - 0.025 / 3, 30)


@pytest.mark.parametrize("df", [8, 72, 100_000])
def test_it_holds_by_simulation_for_a_curve(df: int) -> None:
    share = np.array([0.11, 0.30, 0.41, 0.54, 0.69, 0.81, 0.90, 0.95])
    covariance = np.minimum.outer(share, share) - np.outer(share, share)
    error = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(error, error)
    rng = np.random.default_rng(2)
    runs = 200_000
    drawn = rng.standard_normal((runs, 8)) @ np.linalg.cholesky(correlation).T
    largest = np.abs(drawn / np.sqrt(rng.chisquare(df, runs) / df)[:, None]).max(axis=1)
    c = critical(correlation, df)
    assert (largest <= c).mean() == pytest.approx(0.95, abs=0.002)
    assert t.ppf(0.975, df) < c < t.ppf(1 - 0.025 / 8, df)


def test_the_level_of_one_interval_with_this_reach() -> None:
    assert equivalent_level(float(t.ppf(0.975, 9)), 9) == pytest.approx(0.95)


def test_primes_go_on() -> None:
    assert _primes(23)[-3:] == [73, 79, 83]
