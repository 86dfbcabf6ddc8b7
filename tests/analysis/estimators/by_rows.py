"""Variances person by person, straight from the formulas: slow, but a second way to every figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.table.design import Sample
from analysis.table.segments import Segment
from analysis.table.sums import Sums, sums_of

Array = np.ndarray[Any, Any]


def survey(seed: int, *, clustered: bool, rows: int = 60, fpc: bool = False) -> tuple[Sample, Array, Array]:
    """A sample in three strata, an answer of 0 (none) to 4 and a segment of 0 to 2 for everyone."""
    numbers = np.random.Generator(np.random.PCG64(seed))
    stratum = np.arange(rows) % 3
    cluster = numbers.integers(0, 5, rows) if clustered else None
    population = (40.0, 60.0, 20.0 if clustered else 80.0) if fpc else None
    sample = Sample(numbers.uniform(0.5, 3, rows), stratum, cluster, ("a", "b", "c"), population)
    return sample, numbers.integers(0, 5, rows), numbers.integers(0, 3, rows)


def summed(sample: Sample, answer: Array, segment: Array) -> Sums:
    return sums_of(sample, answer, segment)


def segments(count: int) -> list[Segment]:
    """Segments "s0", "s1", … of the codes 0, 1, …"""
    return [Segment(f"s{code}", {"by": f"s{code}"}, frozenset({code})) for code in range(count)]


def covariance(sample: Sample, values: Array) -> Array:
    """Return Σ_h (1-f)·n/(n-1)·Σ(u - mean)(u - mean)', u being the units' totals of weight × values."""
    cluster = np.arange(sample.rows) if sample.cluster is None else sample.cluster
    found = np.zeros((values.shape[1], values.shape[1]))
    for code in np.unique(sample.stratum):
        here = sample.stratum == code
        units = np.unique(cluster[here])
        totals = np.array(
            [(sample.weight[:, None] * values)[here & (cluster == unit)].sum(axis=0) for unit in units]
        )
        n = len(units)
        fpc = sample.fpc[code] if sample.fpc else np.inf
        drawn = fpc if fpc <= 1 else n / fpc
        off = totals - totals.mean(axis=0)
        found += (1 - drawn) * n / (n - 1) * off.T @ off
    return found
