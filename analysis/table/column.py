"""One column of a data file: its choices in order, and each row's choice."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.table.naming import squeezed

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

MISSING = -1
EXACT = 2**53
"""Whole numbers up to this are exact as floats; larger ones are ids."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# 007 is a code: no other spelling of 7
_CODE = re.compile(r"\s*[+-]?0\d")


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
    sizes = [number for number in numbers if number is not None]
    places = list(range(len(words)))
    return sorted(places, key=lambda place: sizes[place]) if len(sizes) == len(words) else places


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
        numbers = [number_of(choice, self.decimal) for choice in self.choices]
        values = np.array([np.nan if number is None else number for number in numbers] + [np.nan])
        return values[self.codes]

    def without(self, missing: Collection[str]) -> TextColumn:
        """Return the column with the named choices turned into missing cells; 3.5 means 3.50 too, "a" also "a "."""
        words = {squeezed(word) for word in missing}
        numbers = {number_of(word, self.decimal) for word in missing} - {None}

        def is_missing(choice: str) -> bool:
            number = None if _CODE.match(choice) else number_of(choice, self.decimal)
            return bool(words and squeezed(choice) in words) or (number is not None and number in numbers)

        places = [place for place, choice in enumerate(self.choices) if not is_missing(choice)]
        if len(places) == len(self.choices):
            return self
        if self.as_found:
            places = [places[at] for at in by_size([self.choices[place] for place in places], self.decimal)]
        to = np.full(len(self.choices) + 1, MISSING)
        to[places] = np.arange(len(places))
        return replace(self, choices=tuple(self.choices[place] for place in places), codes=to[self.codes])


@dataclass(frozen=True)
class NumberColumn:
    """A column stored as numbers; its choices are the distinct numbers in order. NaN = missing."""

    name: str
    values: Numbers

    @cached_property
    def _coded(self) -> tuple[tuple[str, ...], Codes]:
        distinct, codes = np.unique(self.values, return_inverse=True)
        numbers = distinct[~np.isnan(distinct)]
        codes = np.where(codes < len(numbers), codes, MISSING).astype(np.int64)
        return tuple(number_text(value) for value in numbers.tolist()), codes

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
        values = [value for value in map(number_of, missing) if value is not None]
        return replace(self, values=np.where(np.isin(self.values, values), np.nan, self.values))


Column = TextColumn | NumberColumn


def holds(column: Column, value: str) -> bool:
    """Tell whether the column has a choice that `value`, named as missing, would mean."""
    if isinstance(column, NumberColumn):
        return number_of(value) in column.values
    return len(column.without((value,)).choices) < len(column.choices)


def cell_text(column: Column, row: int) -> str:
    """Return the cell of a row (from 0) as written, or "an empty cell"."""
    code = int(column.codes[row])
    return f"'{column.choices[code]}'" if code >= 0 else "an empty cell"


# --- Arrow arrays ------------------------------------------------------------------------------------------


def plain_cells(data: Any) -> Any:
    """Return an Arrow array as one of four kinds: ordered dictionary, float64, whole numbers, text.

    What is not a finite number is empty; dictionaries without an order, dates, lists and the like are text.
    """
    kind = data.type
    if pa.types.is_dictionary(kind):
        words = pa.array([cell_word(cell) for cell in data.dictionary.to_pylist()], pa.string())
        return pa.DictionaryArray.from_arrays(data.indices, words, ordered=kind.ordered)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(data, pa.float64(), safe=False)
        return pc.if_else(pc.is_finite(numbers), numbers, None)
    if pa.types.is_integer(kind):
        unsigned = pa.types.is_uint64(kind) and (pc.max(data).as_py() or 0) >= 2**63
        return pc.cast(data, pa.string()) if unsigned else data
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pa.array([None if cell is None else str(cell) for cell in data.to_pylist()], pa.string())
    return data if pa.types.is_string(kind) else pc.cast(data, pa.large_string())


def cell_word(cell: object) -> str:
    """Return a cell as it would be written: None is empty, a whole number has no fraction."""
    if cell is None:
        return ""
    return number_text(cell) if isinstance(cell, float) and np.isfinite(cell) else str(cell)


def numpy_of(data: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers as it lies in memory, whatever its nulls hold.

    Arrow's own way would load pandas.
    """
    bare = pa.Array.from_buffers(data.type, len(data), [None, data.buffers()[1]], offset=data.offset)
    return np.asarray(np.from_dlpack(bare))


def gaps_of(data: Any) -> Mask | None:
    """Return where an Arrow array is null, None where nowhere."""
    return numpy_of(pc.cast(data.is_null(), pa.uint8())).view(np.bool_) if data.null_count else None


def floats_of(data: Any, decimal: str = ".") -> Numbers:
    """Return plain cells as numbers, shape (rows,); NaN where empty or not a number."""
    if pa.types.is_dictionary(data.type) or not _is_number(data.type):
        places = data if pa.types.is_dictionary(data.type) else data.dictionary_encode()
        numbers = [number_of(word or "", decimal) for word in places.dictionary.to_pylist()]
        values = np.array([np.nan if number is None else number for number in numbers] + [np.nan])
        return np.asarray(values[places_of(places)], dtype=np.float64)
    values, gaps = numpy_of(data).astype(np.float64), gaps_of(data)
    if gaps is not None:
        values[gaps] = np.nan
    return values


def places_of(data: Any) -> Codes:
    """Return the indices of a dictionary array, shape (rows,); -1 where null."""
    gaps, places = gaps_of(data), numpy_of(data.indices)
    return places if gaps is None else np.where(gaps, MISSING, places)


def column_of(name: str, data: Any, decimal: str = ".", dotted: bool | None = None) -> Column:
    """Return plain cells as a column with one row for each.

    Numbers are numbers; an ordered dictionary keeps its order; other words stand as they appear. `dotted`: whether
    text is known to be whole numbers written as 1.0 (None: told by these cells).
    """
    if _is_number(data.type):
        numbers = floats_of(data)
        if pa.types.is_floating(data.type) or np.nanmax(np.abs(numbers), initial=0.0) < EXACT:
            return NumberColumn(name, numbers)
        data = pc.cast(data, pa.string())
    places = data if pa.types.is_dictionary(data.type) else data.dictionary_encode()
    words = tuple(word or "" for word in places.dictionary.to_pylist())
    if pa.types.is_dictionary(data.type) and data.type.ordered:
        return ordered_column(name, words, places_of(places), decimal)
    return text_column(name, words, places_of(places), decimal, dotted)


def ordered_column(name: str, words: Sequence[str], codes: Codes, decimal: str = ".") -> TextColumn:
    """Return a column whose choices have the order in which `words` stand; blank = missing."""
    places = [place for place, word in enumerate(words) if word.strip()]
    to = np.full(len(words) + 1, MISSING, dtype=np.int64)
    to[places] = np.arange(len(places))
    return TextColumn(name, tuple(words[place] for place in places), to[codes], decimal)


def text_column(
    name: str, words: Sequence[str], codes: Codes, decimal: str = ".", dotted: bool | None = None
) -> TextColumn:
    """Order the words found: by number where all are numbers, else as they first appeared; blank = missing.

    Whole numbers that a program wrote as floats ("1.0") lose the fraction where all cells are such (`dotted`).
    """
    places = [place for place, word in enumerate(words) if word.strip()]
    places = [places[at] for at in by_size([words[place] for place in places], decimal)]
    if are_dotted([words[place] for place in places], decimal) if dotted is None else dotted:
        words = [word[:-2] if word.endswith(".0") else word for word in words]
    to = np.full(len(words) + 1, MISSING, dtype=np.int64)
    to[places] = np.arange(len(places))
    return TextColumn(name, tuple(words[place] for place in places), to[codes], decimal, True)


def are_dotted(words: Sequence[str], decimal: str = ".") -> bool:
    """Tell whether all words, none of them blank, are whole numbers written as 1.0."""
    return all(word.endswith(".0") and number_of(word, decimal) is not None for word in words)


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
