"""The invented survey that the reference records own.* were computed on, made anew: 2,030 people, 8 x 10 clusters.

Every number comes from uniform doubles of PCG64, so that it is the same with any version of NumPy; a test holds
the SHA-256 of the whole against the one in the reference. Nothing in it was measured on people.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ROWS, SEED, STRATA, CLUSTERS, MISSING = 2030, 7, 8, 10, 0.03
DRAWN = 1 << 18  # people whose numbers are drawn at once; the first ROWS of them are kept
QUESTIONS, LEVELS = 20, 16
SHA256 = "555fdb84a7762d4d390d0ba16b9d93b5f61b596e307fc97a88c6ff2194c2ca44"

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]


def uniforms(stream: int, *shape: int) -> Numbers:
    """Return the uniform numbers of one of the survey's independent streams."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, stream]))).random(shape)


def cumulated(score: Numbers) -> Numbers:
    """Return cumulated probabilities along the last axis, in proportion to exp(score)."""
    odds = np.exp(score - score.max(-1, keepdims=True))
    found = np.cumsum(odds / odds.sum(-1, keepdims=True), -1)
    found[..., -1] = 1.0
    return found


def drawn(uniform: Numbers, probabilities: Numbers) -> Codes:
    """Return each person's answer, (rows,): how many of their cumulated probabilities the number is above."""
    return (uniform[:, None] > probabilities).sum(axis=1).astype(np.int64)


def own_survey() -> dict[str, NDArray[Any]]:
    """Return the columns in order; codes are whole numbers, NaN in q01 … q20 where there is no answer."""
    level = (np.arange(LEVELS) / (LEVELS - 1) - 0.5) * 1.2
    u = uniforms(1000, DRAWN, 6 + QUESTIONS)[:ROWS]
    cluster = (u[:, 0] * STRATA * CLUSTERS).astype(np.int64)
    stratum = cluster // CLUSTERS
    age = drawn(u[:, 1], np.cumsum([0.12, 0.20, 0.19, 0.18, 0.17, 0.14])[None, :])
    here = (uniforms(4, STRATA * CLUSTERS) * LEVELS).astype(np.int64)[cluster]
    weight = (0.5 + 2.0 * uniforms(5, STRATA))[stratum] * (0.6 + 0.16 * age) * (0.5 + u[:, 2])
    gap = uniforms(500_000_000, DRAWN, QUESTIONS)[:ROWS] < MISSING
    columns: dict[str, NDArray[Any]] = {
        "row_id": np.arange(ROWS),
        "stratum": stratum,
        "psu": cluster,
        "weight": weight,
        "age_group": age,
        "channel": drawn(u[:, 3], channels(level)[here, age]),
        "reply": drawn(u[:, 4], replies(level)[here, age]),
    }
    for place, of_question in enumerate(answers(level)):
        answer = drawn(u[:, 6 + place], of_question[here, age]).astype(np.float64)
        columns[f"q{place + 1:02d}"] = np.where(gap[:, place], np.nan, answer)
    return columns


def channels(level: Numbers) -> Numbers:
    """Return the cumulated probabilities of 8 channels by cluster level and age."""
    slope = level[:, None, None] * (np.arange(8) - 3.5) / 3
    return cumulated(2.0 * uniforms(3, 6, 8)[None] + slope)


def replies(level: Numbers) -> Numbers:
    """Return the cumulated probabilities of 9 reply times by cluster level and age."""
    shift = ((np.arange(6) - 2.5) * 0.12)[None, :, None] + 0.5 * level[:, None, None]
    start = np.log([0.10, 0.22, 0.12, 0.13, 0.15, 0.13, 0.08, 0.04, 0.03])
    return cumulated(start + shift * (np.arange(9) - 4))


def answers(level: Numbers) -> Numbers:
    """Return the cumulated probabilities of 5 answers by question, cluster level and age."""
    start, slope = uniforms(1, QUESTIONS, 5), uniforms(2, QUESTIONS, 6) - 0.5
    tilt = (slope[:, None, :, None] + level[None, :, None, None]) * (np.arange(5) - 2.0)
    return cumulated(1.5 * start[:, None, None, :] + tilt)


def csv(columns: dict[str, NDArray[Any]]) -> str:
    """Return the survey as CSV: whole columns as integers, others as the shortest floats, gaps empty."""
    cells = [
        ["" if value != value else repr(value) for value in column.tolist()] for column in columns.values()
    ]
    lines = [",".join(columns), *(",".join(row) for row in zip(*cells, strict=True))]
    return "\n".join(lines) + "\n"


def sha256(columns: dict[str, NDArray[Any]]) -> str:
    """Return the digest that the reference names."""
    return hashlib.sha256(csv(columns).encode()).hexdigest()


def table(columns: dict[str, NDArray[Any]]) -> pa.Table:
    """Return the survey as an Arrow table; answers are integers with gaps."""
    kept = {
        name: pa.array(column, from_pandas=True).cast(pa.float64() if name == "weight" else pa.int64())
        for name, column in columns.items()
    }
    return pa.table(kept)
