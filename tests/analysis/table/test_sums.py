"""Sums: rows of units and columns of answers, whole or sparse, and what may be added."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.table import sums as table_sums
from analysis.table.design import Sample, sample_of
from analysis.table.sums import joined, sums_of


def test_columns_hold_counts_weights_and_squares() -> None:
    sums = sums_of(sample_of(4, np.array([1.0, 2.0, 3.0, 0.0])), np.array([1, 1, 2, 2]))
    assert sums.columns.tolist() == [[0, 0, 1], [0, 0, 2]]
    assert (sums.people.tolist(), sums.idle.tolist(), sums.units.tolist()) == ([2, 1], [0, 1], [4])
    assert (sums.weight.tolist(), sums.square.tolist()) == ([[3.0, 3.0]], [[5.0, 9.0]])


@pytest.mark.parametrize("dense", [table_sums.DENSE, 0])
@pytest.mark.parametrize("scale", [1, 10**4, 10**6])
def test_far_apart_codes_give_the_same_sums(scale: int, dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.random.Generator(np.random.PCG64(3))
    stratum, cluster, cell, segment, answer = numbers.integers(0, 3, (5, 200))
    weight = numbers.uniform(1, 2, 200)
    near = sums_of(Sample(weight, stratum, cluster, ("a", "b", "c")), answer, segment, cell)
    monkeypatch.setattr(table_sums, "DENSE", dense)
    far = sums_of(
        Sample(weight, stratum, cluster * scale, ("a", "b", "c")),
        answer * scale,
        segment * scale,
        cell * scale,
    )
    assert (far.columns // scale).tolist() == near.columns.tolist()
    assert (far.cluster // scale).tolist() == near.cluster.tolist()
    square = far.square if dense else far.square.toarray()
    np.testing.assert_allclose(square, near.square)


def test_people_are_not_enumerated() -> None:
    assert sums_of(sample_of(1000), np.arange(1000) % 3).weight.shape == (1, 3)


def test_sums_of_two_designs_cannot_be_added() -> None:
    one = sums_of(sample_of(2), np.array([0, 1]))
    other = sums_of(Sample(np.ones(2), np.array([0, 0]), np.array([0, 1])), np.array([0, 1]))
    with pytest.raises(ValueError, match="one design"):
        joined(one, other)


def test_adding_changes_neither_part() -> None:
    one = sums_of(sample_of(2), np.array([0, 1]))
    both = joined(one, one)
    assert (one.people.tolist(), both.people.tolist()) == ([1, 1], [2, 2])
