"""One column of a data file: its choices in order, and each row's choice."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.table.naming import squeezed

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]

MISSING = -1
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CODE = re.compile(r"\s*[+-]?0\d")  # 007 is a code: no other spelling of 7


def number_of(text: str, decimal: str = ".") -> float | None:
    """Return the number written in `text`, or None; "1e3" is one, "nan", "1_000" and "" are not."""
    plain = text.strip()
    if decimal != ".":
        plain = plain.replace(decimal, ".", 1)
    return float(plain) if _NUMBER.fullmatch(plain) else None


def number_text(value: float) -> str:
    """Write a number as a choice's name: 1.0 is "1", 1.5 is "1.5"."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def by_size(words: Sequence[str], decimal: str = ".") -> list[int]:
    """Return the places of words in order of size where all of them are numbers, else as they stand."""
    numbers = [number_of(word, decimal) for word in words]
    known = [number for number in numbers if number is not None]
    places = list(range(len(words)))
    return sorted(places, key=lambda place: known[place]) if len(known) == len(words) else places


@dataclass(frozen=True)
class TextColumn:
    """A column with named choices: `codes[i]` is the place of row i's choice in `choices`, -1 = missing.

    Choices `as_found` among the cells have no order of their own: numbers stand by size, also when the last word
    among them turns out to mean no answer.
    """

    name: str
    choices: tuple[str, ...]
    codes: Codes
    decimal: str = "."
    as_found: bool = False

    def numbers(self) -> Numbers:
        """Return the cells as numbers, shape (rows,); NaN where missing or not a number."""
        read = [number_of(choice, self.decimal) for choice in self.choices]
        values = np.array([np.nan if one is None else one for one in read] + [np.nan])
        return values[self.codes]

    def without(self, missing: Collection[str]) -> TextColumn:
        """Return the column with the named choices turned into missing cells; 3.5 means 3.50 too, "a" also "a "."""
        named = {squeezed(word) for word in missing}
        numbers = {number_of(word, self.decimal) for word in missing} - {None}
        keep = [
            place
            for place, choice in enumerate(self.choices)
            if not (named and squeezed(choice) in named)
            and not (numbers and _amount(choice, self.decimal) in numbers)
        ]
        if len(keep) == len(self.choices):
            return self
        if self.as_found:
            order = by_size([self.choices[place] for place in keep], self.decimal)
            keep = [keep[at] for at in order]
        to = np.full(len(self.choices) + 1, MISSING)
        to[keep] = np.arange(len(keep))
        return replace(self, choices=tuple(self.choices[place] for place in keep), codes=to[self.codes])


@dataclass(frozen=True)
class NumberColumn:
    """A column stored as numbers; its choices are the distinct numbers in order. NaN = missing."""

    name: str
    values: Numbers

    @cached_property
    def _coded(self) -> tuple[tuple[str, ...], Codes]:
        found, codes = np.unique(self.values, return_inverse=True)
        known = found[~np.isnan(found)]
        codes = np.where(codes < len(known), codes, MISSING).astype(np.int64)
        return tuple(number_text(value) for value in known.tolist()), codes

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the distinct numbers, ascending, as text."""
        return self._coded[0]

    @property
    def codes(self) -> Codes:
        """Return each row's place in `choices`, shape (rows,); -1 = missing."""
        return self._coded[1]

    def numbers(self) -> Numbers:
        """Return the numbers, shape (rows,); NaN = missing."""
        return self.values

    def without(self, missing: Collection[str]) -> NumberColumn:
        """Return the column with the named numbers turned into missing cells."""
        drop = [value for value in map(number_of, missing) if value is not None]
        return replace(self, values=np.where(np.isin(self.values, drop), np.nan, self.values))


Column = TextColumn | NumberColumn


def _amount(text: str, decimal: str) -> float | None:
    return None if _CODE.match(text) else number_of(text, decimal)


def holds(column: Column, value: str) -> bool:
    """Tell whether the column has a choice that `value`, named as missing, would mean."""
    return len(column.without((value,)).choices) < len(column.choices)


def cell_text(column: Column, row: int) -> str:
    """Return the cell of a row (from 0) as written, or "an empty cell"."""
    code = int(column.codes[row])
    return f"'{column.choices[code]}'" if code >= 0 else "an empty cell"
