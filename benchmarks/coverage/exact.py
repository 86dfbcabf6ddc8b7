"""What intervals of simple samples cover exactly: how much of a cell's coverage is the choice of its share and n.

    python -m benchmarks.coverage.exact

A count of people is whole, so a share has n + 1 possible intervals and its coverage is a sum of n + 1 chances: it
jumps when a share passes the end of one of them (Brown, Cai & DasGupta 2001). Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from analysis.estimators.quantiles import quantiles
from analysis.table.column import Numbers
from analysis.table.design import sample_of
from analysis.table.sums import sums_of
from benchmarks.coverage.numbers import PROBABILITIES
from benchmarks.coverage.samples import DESIGN, EVERYONE
from benchmarks.coverage.shares import METHODS, SIMPLE_SHARES, SIMPLE_SIZES, estimated

AROUND, _STEPS = 0.05, 201  # shares to either side of a cell's own, and how many of them are looked at


@dataclass(frozen=True)
class Exact:
    """The exact coverage of a cell, and the lowest, mean and highest of the shares around it."""

    name: str
    coverage: float
    around: Numbers

    def line(self) -> str:
        """Return a row of the markdown table."""
        figures = (
            self.coverage,
            float(self.around.min()),
            float(self.around.mean()),
            float(self.around.max()),
        )
        return f"| {self.name} | " + " | ".join(f"{100 * one:.2f}" for one in figures) + " |"


def bounds(n: int, method: str) -> Numbers:
    """Return the interval of each count of yeses among n people, shape (n + 1, 2)."""
    ends = []
    for yes in range(n + 1):
        sums = sums_of(sample_of(n), (np.arange(n) < yes).astype(np.int64))
        (found,) = estimated(sums, [EVERYONE], method)
        if found.low is None or found.high is None:
            raise ValueError(f"{yes} of {n} people have no interval")
        ends.append((found.low, found.high))
    return np.array(ends)


def covered(ends: Numbers, shares: Numbers) -> Numbers:
    """Return the exact coverage at each true share, shape (shares,): Σ of the chances of counts that hold it."""
    chance = binom.pmf(np.arange(len(ends))[:, None], len(ends) - 1, shares)
    holds = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    return np.asarray((chance * holds).sum(axis=0))


def of_shares() -> Iterator[Exact]:
    """Yield the cells of simple samples of the big table."""
    for n in SIMPLE_SIZES:
        known = {method: bounds(n, method) for method in METHODS}
        for share in SIMPLE_SHARES:
            near = np.linspace(max(share - AROUND, 0.002), share + AROUND, _STEPS)
            for method, ends in known.items():
                name = f"share {share:g}, simple sample of {n}, {method}"
                yield Exact(name, float(covered(ends, np.array([share]))[0]), covered(ends, near))


def of_quantiles(sizes: Sequence[int] = (30, 100, 400)) -> Iterator[str]:
    """Yield lines of what two ends at people can cover: the product's, and one person more or less at an end.

    With no two values alike the ends are the values of two ranks whatever the distribution is, and the
    interval holds the quantile when the people below it are at least the one and fewer than the other.
    """
    for n in sizes:
        values = {code: float(code + 1) for code in range(n)}
        sums = sums_of(sample_of(n), np.arange(n))
        asked = quantiles(
            sums, question="q", values=values, probabilities=PROBABILITIES, segments=[EVERYONE], design=DESIGN
        )
        for p, found in zip(PROBABILITIES, asked, strict=True):
            if found.low is None or found.high is None:
                continue
            low, high = int(found.low), int(found.high)
            ways = ((low, high), (low + 1, high), (low, high - 1), (low + 1, high - 1))
            shown = (f"{100 * _between(n, p, *way):.2f}" for way in ways)
            yield f"| quantile {p:g}, simple sample of {n} | {low} and {high} | " + " | ".join(shown) + " |"


def _between(n: int, p: float, low: int, high: int) -> float:
    return float(binom.cdf(high - 1, n, p) - binom.cdf(low - 1, n, p))


def main() -> None:
    """Print both tables."""
    print("| cell | coverage % | lowest within 0.05 | mean | highest |\n|---|---:|---:|---:|---:|")
    print(*(one.line() for one in of_shares()), sep="\n")
    print("\n| cell | ends at ranks | coverage % | low end one up | high end one down | both |")
    print("|---|---:|---:|---:|---:|---:|")
    print(*of_quantiles(), sep="\n")


if __name__ == "__main__":
    main()
