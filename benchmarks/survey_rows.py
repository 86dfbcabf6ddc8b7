"""Invented answers of a large survey as Parquet: 50 strata of 200 clusters, 20 questions of 5 choices, 6 ages.

    python -m benchmarks.survey_rows ROWS FILE [--seed 7]

Every block of rows has a generator of its own, so that a larger file begins with a smaller one. Answers lean on
the age and on the cluster, so that design effects are above 1 and tests have something to find.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK = 1 << 18
STRATA, CLUSTERS, QUESTIONS, CHOICES = 50, 200, 20, 5
AGES = np.array([0.12, 0.20, 0.19, 0.18, 0.17, 0.14])
LEVELS = 16
"""Clusters differ by one of so many levels."""


def block(seed: int, number: int, rows: int, bounds: np.ndarray) -> pa.Table:
    """Return one block of rows; `bounds` (questions, levels, ages, choices) are cumulative probabilities."""
    chance = np.random.default_rng([seed, number])
    cluster = chance.integers(STRATA * CLUSTERS, size=rows, dtype=np.int32)
    age = np.searchsorted(np.cumsum(AGES)[:-1], chance.random(rows)).astype(np.int8)
    stratum = (cluster // CLUSTERS).astype(np.int16)
    weight = (0.5 + stratum % 7) * (0.6 + 0.16 * age) * (0.5 + chance.random(rows))
    level = (cluster * 7919) % LEVELS
    columns = {"stratum": stratum, "psu": cluster, "weight": weight, "age_group": age}
    for question in range(QUESTIONS):
        limit = bounds[question, level, age]
        columns[f"q{question + 1:02d}"] = (chance.random(rows)[:, None] > limit).sum(1).astype(np.int8)
    return pa.table(columns)


def probabilities(seed: int) -> np.ndarray:
    """Return the cumulative probability of each answer, shape (questions, levels, ages, choices - 1)."""
    chance = np.random.default_rng([seed])
    start = 1.5 * chance.random((QUESTIONS, 1, 1, CHOICES))
    slope = (chance.random((QUESTIONS, len(AGES))) - 0.5)[:, None, :, None]
    lean = np.linspace(-0.6, 0.6, LEVELS)[None, :, None, None]
    odds = np.exp(start + (slope + lean) * (np.arange(CHOICES) - 2))
    return np.cumsum(odds / odds.sum(-1, keepdims=True), -1)[..., :-1]


def write(rows: int, file: Path, seed: int = 7) -> None:
    """Write a survey of so many rows."""
    bounds, writer = probabilities(seed), None
    for number, first in enumerate(range(0, rows, BLOCK)):
        made = block(seed, number, min(BLOCK, rows - first), bounds)
        writer = writer or pq.ParquetWriter(file, made.schema, compression="zstd")
        writer.write_table(made)
    if writer:
        writer.close()


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    write(given.rows, given.file, given.seed)


if __name__ == "__main__":
    main()
