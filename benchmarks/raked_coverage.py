"""How often a 95 % interval after raking holds the truth, by the size of the sample.

    python -m benchmarks.raked_coverage [--runs 1000]

Simple random samples in which young people answer far more often than old, raked to age and gender; the
outcome is tied to age, or not at all. Prints the coverage and its Monte-Carlo error.
"""

from __future__ import annotations

import argparse

import numpy as np

from analysis.estimators.proportion import Answer, shares
from analysis.problems import DataProblem
from analysis.table.columns import TextColumn
from analysis.table.design import Design, sample_of
from analysis.table.segments import Segment
from analysis.table.sums import sums_of
from analysis.table.weighting import Margin, cells_of, rake

AGES = ("18-23", "24-34", "35-44", "45-54", "55-64", "65+")
POPULATION = np.array([0.113, 0.194, 0.169, 0.184, 0.161, 0.179])
ANSWERING = np.array([2.2, 1.3, 1.0, 0.8, 0.6, 0.5])
TIED = np.array([0.25, 0.60, 0.35, 0.28, 0.20, 0.12])
GENDERS = ("woman", "man")


def covered(n: int, outcome: np.ndarray, chance: np.random.Generator) -> bool | None:
    """Draw one sample and tell whether its interval holds the truth; None where it cannot be raked."""
    share = POPULATION * ANSWERING
    age = chance.choice(6, n, p=share / share.sum())
    gender = chance.choice(2, n, p=[0.514, 0.486])
    yes = (chance.random(n) < outcome[age]).astype(np.int64)
    cell, cells = cells_of([TextColumn("age", AGES, age), TextColumn("gender", GENDERS, gender)])
    sums = sums_of(sample_of(n), yes, cell=cell)
    margins = [
        Margin("age", dict(zip(AGES, POPULATION.tolist(), strict=True))),
        Margin("gender", {"woman": 0.514, "man": 0.486}),
    ]
    try:
        raking = rake(sums, cells, margins)
    except DataProblem:
        return None
    estimate = shares(
        sums,
        question="q",
        answers=[Answer("yes", frozenset({1}))],
        segments=[Segment("all", {}, frozenset({0}))],
        design=Design(),
        raking=raking,
        base_codes=frozenset({0, 1}),
    )[0]
    truth = float(outcome @ POPULATION / POPULATION.sum())
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    print("   n  outcome tied to age  unrelated")
    for n in (40, 60, 100, 200, 500):
        row = []
        for outcome in (TIED, np.full(6, 0.3)):
            chance = np.random.default_rng(n)
            held = [verdict for _ in range(runs) if (verdict := covered(n, outcome, chance)) is not None]
            share = float(np.mean(held))
            row.append(f"{100 * share:5.1f} ± {196 * (share * (1 - share) / len(held)) ** 0.5:.1f} %")
        print(f"{n:4d}  {row[0]:>19s}  {row[1]}")


if __name__ == "__main__":
    main()
