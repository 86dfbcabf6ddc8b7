"""Shares as people write them: on a command line, in print before rounding, and of a part beside the whole."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.problems import DataProblem

MOST_LISTED = 1000
_SHARE = re.compile(r"\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(%?)\s*")
_PERCENT = re.compile(r"\s*(\d+)(?:[.,](\d*))?\s*%\s*")
_FRACTION = re.compile(r"\s*(0|1)?[.,](\d+)\s*|\s*([01])\s*")
_EDGE = 1e-9  # a count this near to a whole number is that number


def number_of_share(option: str, text: str) -> float:
    """Return the fraction written as "34%", "34,5 %" or "0.34". Raises DataProblem "bad_option"."""
    match = _SHARE.fullmatch(text)
    value = None if match is None else float(match[1].replace(",", ".")) / (100 if match[2] else 1)
    if match is None or value is None or value > 1:
        hint = f", perhaps {text.strip()}%" if match is not None and not match[2] else ""
        raise DataProblem("bad_option", option=option, value=text, form=f"34% or 0.34{hint}")
    return value


def segments_of(text: str | None) -> tuple[tuple[str, float], ...]:
    """Read "18-23=12%,24+=88%", or "6" for six equal parts. Raises DataProblem "bad_option"."""
    if text is None:
        return ()
    if text.strip().isdigit():
        count = int(text)
        if not 2 <= count <= 100:
            form = "a number from 2 to 100, or NAME=SHARE,…"
            raise DataProblem("bad_option", option="--segments", value=text, form=form)
        return tuple((f"segment {place}", 1 / count) for place in range(1, count + 1))
    pairs = [part.rpartition("=") for part in text.split(",")]
    names = [name.strip() for name, _, _ in pairs]
    if any(not mark or not name.strip() or names.count(name.strip()) > 1 for name, mark, _ in pairs):
        form = "NAME=SHARE,NAME=SHARE with a name for each, or their number"
        raise DataProblem("bad_option", option="--segments", value=text, form=form)
    return tuple((name.strip(), number_of_share("--segments", share)) for name, _, share in pairs)


def names_of(text: str | None) -> tuple[str, ...]:
    """Return the parts of "a, b"; none of None."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


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
    match = _PERCENT.fullmatch(text)
    if match is not None and float(f"{match[1]}.{match[2] or 0}") <= 100:
        return Stated(float(f"{match[1]}.{match[2] or 0}") / 100, len(match[2] or ""))
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


def ranges(numbers: Sequence[int], most: int = 8) -> str:
    """Write ascending numbers as "1-4, 6-9, 11"; "none" where there are none; after `most` runs "and 31 more"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    if len(runs) == most + 1:
        # the last run takes no more room than to say that it is left out
        most += 1
    written = ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in runs[:most])
    left = sum(last - first + 1 for first, last in runs[most:])
    return f"{written} and {left} more" if left else written or "none"


# --- a part beside the whole -------------------------------------------------------------------------------


def remainder(whole: float, part: float, size: float) -> float:
    """Return the share among the others: (p - s·p_part)/(1 - s), s being the part's share of the sample."""
    return (whole - size * part) / (1 - size)


def remainder_range(whole: Stated, part: Stated, size: float) -> tuple[float, float]:
    """Return the lowest and the highest share among the others that the rounding of both figures allows."""
    return remainder(whole.low, part.high, size), remainder(whole.high, part.low, size)


def largest_part(whole: Stated, part: Stated) -> float:
    """Return the largest share of the sample that the part can be: s·p_part ≤ p, and the same for the noes."""
    ends = [1.0]
    if part.low > 0:
        ends.append(whole.high / part.low)
    if part.high < 1:
        ends.append((1 - whole.low) / (1 - part.high))
    return min(ends)


def counts_fit(whole: Stated, n: int, part: Stated, part_n: int) -> bool:
    """Tell whether whole people can give both figures at once: those of the part are among those of all."""
    every, some = counts(whole, n), counts(part, part_n)
    if every is None or some is None:
        return False
    # the others, n - part_n people, make up the difference
    return some[0] <= every[1] and every[0] - some[1] <= n - part_n
