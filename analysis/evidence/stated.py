"""A share as it was printed: what it can have been before rounding, and from which numbers of people."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.problems import DataProblem

_PERCENT = re.compile(r"\s*(\d+)(?:[.,](\d*))?\s*%\s*")
_FRACTION = re.compile(r"\s*(0|1)?[.,](\d+)\s*|\s*([01])\s*")
MOST_LISTED = 1000
_EDGE = 1e-9  # a count this near to a whole number is that number


@dataclass(frozen=True)
class Stated:
    """A printed share: `value` as a fraction, `digits` after the point of its per cent.

    The true figure lies within half of the last printed digit, both ends included, since it is unknown how
    halves were rounded.
    """

    value: float
    digits: int = 0

    @property
    def half(self) -> float:
        """Return half of the last printed digit, as a fraction."""
        return float(0.5 * 10.0 ** -(self.digits + 2))

    @property
    def low(self) -> float:
        """Return the smallest share that prints like this."""
        return max(self.value - self.half, 0.0)

    @property
    def high(self) -> float:
        """Return the largest share that prints like this."""
        return min(self.value + self.half, 1.0)

    def __str__(self) -> str:
        return f"{100 * self.value:.{self.digits}f}%"


def stated(option: str, text: str) -> Stated:
    """Read "34%" or "34.0%" (their digits count) or "0.34". Raises DataProblem "bad_option"."""
    found = _PERCENT.fullmatch(text)
    if found is not None and float(f"{found[1]}.{found[2] or 0}") <= 100:
        return Stated(float(f"{found[1]}.{found[2] or 0}") / 100, len(found[2] or ""))
    if _FRACTION.fullmatch(text):
        return printed_share(float(text.replace(",", ".")))
    hint = f", perhaps {text.strip()}%" if text.strip().replace(".", "").isdigit() else ""
    raise DataProblem("bad_option", option=option, value=text, form=f"34%, 34.0% or 0.34{hint}")


def printed_share(value: float) -> Stated:
    """Return a fraction as it would be printed: per cents with as many digits as the number has."""
    digits = len(f"{value:.10f}".rstrip("0").partition(".")[2])
    return Stated(value, max(digits - 2, 0))


def counts(share: Stated, n: int) -> tuple[int, int] | None:
    """Return the smallest and the largest count of n people that print as the share; None: there is none.

    GRIM for per cents (Brown & Heathers 2017); for plain counts only, a weighted share need not be one.
    """
    first, last = math.ceil(share.low * n - _EDGE), math.floor(share.high * n + _EDGE)
    return (first, last) if first <= last else None


def always_from(share: Stated) -> int:
    """Return from how many people on any share with these digits has a count: one person is less than a digit."""
    return math.ceil(0.5 / share.half - _EDGE)


def impossible_bases(share: Stated, below: int = MOST_LISTED) -> list[int]:
    """Return the numbers of people, under `below`, of which no count prints as the share."""
    return [n for n in range(1, min(always_from(share), below)) if counts(share, n) is None]


def impossible_shares(n: int, digits: int = 0) -> int:
    """Return how many of the printable shares (101 with whole per cents) n people cannot give."""
    steps = 100 * 10**digits
    return sum(counts(Stated(place / steps, digits), n) is None for place in range(steps + 1))


def ranges(numbers: Sequence[int], most: int = 8) -> str:
    """Write ascending numbers as "1-4, 6-9, 11"; "none" where there are none; after `most` runs "and 31 more"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    if len(runs) == most + 1:
        most += 1  # the last run takes no more room than to say that it is left out
    written = ", ".join(f"{a}-{b}" if a < b else f"{a}" for a, b in runs[:most])
    left = sum(b - a + 1 for a, b in runs[most:])
    return f"{written} and {left} more" if left else written or "none"
