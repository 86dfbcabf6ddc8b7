"""Segments: bands of a number, columns crossed with " x ", and every row's segment code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, pairwise

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import MISSING, Codes, Column, Numbers, TextColumn, cell_text
from questionnaires.bands import Band, parse_band

ALL = "all"
CROSS = " x "
OUTSIDE = 0
"""The code of a row that is not in the domain asked about (--where), and so in no segment, "all" included."""
NO_SEGMENT = 1
"""A by-value is missing or lies in no band: counted in "all" only."""
FIRST = 2
"""The code of the first segment."""


@dataclass(frozen=True)
class Segment:
    """A group of people: the label, the by-values it stands for, and its segment codes in the sums."""

    label: str
    by: Mapping[str, str] = field(default_factory=dict)
    codes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Segmentation:
    """Every row's segment code, shape (rows,), and the segments that are tabulated, in order."""

    codes: Codes
    segments: tuple[Segment, ...]


def parse_bands(column: str, text: str) -> tuple[Band, ...]:
    """Read "18-23,24-34,35+" (inclusive; a single number is a band too). Raises DataProblem "bad_bands"."""
    bands = []
    for part in text.split(","):
        band = parse_band(part.strip())
        if band is None:
            reason = "it is not LOW-HIGH with the lower end first, LOW+ or a number"
            raise DataProblem("bad_bands", column=column, value=part.strip(), reason=reason)
        bands.append(band)
    for lower, upper in pairwise(sorted(bands, key=lambda band: band.low)):
        if upper.low <= lower.high:
            reason = f"it overlaps '{lower.label}'"
            raise DataProblem("bad_bands", column=column, value=upper.label, reason=reason)
    return tuple(bands)


def banded(column: Column, bands: Sequence[Band], first_row: int = 1) -> TextColumn:
    """Cut a column of numbers into bands, whose labels become the choices; outside all bands is missing.

    Raises DataProblem "not_a_number" with the first cell that is neither empty nor a number.
    """
    values = column.numbers()
    wrong = np.flatnonzero(np.isnan(values) & (column.codes >= 0))
    if len(wrong):
        row = int(wrong[0])
        value = cell_text(column, row).strip("'")
        raise DataProblem("not_a_number", column=column.name, value=value, row=row + first_row)
    return TextColumn(column.name, tuple(band.label for band in bands), placed(values, bands))


def placed(values: Numbers, bands: Sequence[Band]) -> Codes:
    """Return the place of each number's band, shape (rows,); -1 in no band."""
    codes = np.full(len(values), MISSING, dtype=np.int64)
    for place, band in enumerate(bands):
        codes[(values >= band.low) & (values <= band.high)] = place
    return codes


def everyone(rows: int, domain: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None) -> Segmentation:
    """Return the segmentation with the one segment "all": the rows of the domain (None = every row)."""
    codes = np.full(rows, NO_SEGMENT, dtype=np.int64)
    if domain is not None:
        codes[~domain] = OUTSIDE
    return Segmentation(codes, (Segment(ALL, {}, frozenset({NO_SEGMENT})),))


def crossed(
    columns: Sequence[Column],
    domain: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None,
    total: bool = False,
) -> Segmentation:
    """Cross by-columns: labels joined with " x " in the order of the columns' choices.

    One column gives a segment for each of its choices that occurs in the file (each band, for bands); several
    give the combinations that occur in the domain. `total` puts the segment "all" first. No two labels are the
    same: where they would be, they name their columns ("age=all", "a=1 x 2 x b=3").
    """
    if not columns:
        raise ValueError("no by-column: use everyone()")
    rows = len(columns[0].codes)
    inside = np.ones(rows, dtype=bool) if domain is None else domain
    placed = inside & np.all([column.codes >= 0 for column in columns], axis=0)
    sizes = tuple(max(len(column.choices), 1) for column in columns)
    key = np.ravel_multi_index(tuple(np.maximum(column.codes, 0) for column in columns), sizes)
    present = np.arange(len(columns[0].choices)) if len(columns) == 1 else np.unique(key[placed])
    codes = np.where(inside, NO_SEGMENT, OUTSIDE).astype(np.int64)
    codes[placed] = FIRST + np.searchsorted(present, key[placed])
    places = np.stack(np.unravel_index(present, sizes), axis=1).tolist()
    values = [
        {column.name: column.choices[at] for column, at in zip(columns, place, strict=True)} for place in places
    ]
    labels = enumerate(zip(_labels(values, (ALL,) if total else ()), values, strict=True), start=FIRST)
    segments = [Segment(label, by, frozenset({code})) for code, (label, by) in labels]
    everybody = Segment(ALL, {}, frozenset(range(NO_SEGMENT, FIRST + len(segments))))
    return Segmentation(codes, (everybody, *segments) if total else tuple(segments))


def _labels(segments: Sequence[Mapping[str, str]], reserved: Sequence[str]) -> list[str]:
    """Label segments by their values; estimates are found by their labels, so no label may stand twice."""
    plain = [CROSS.join(by.values()) for by in segments]
    times = Counter([*plain, *reserved])
    used = set(times)
    labels = []
    for label, by in zip(plain, segments, strict=True):
        if times[label] > 1:
            named = CROSS.join(f"{column}={value}" for column, value in by.items())
            further = (f"{named} ({number})" for number in count(2))
            label = next(name for name in chain([named], further) if name not in used)
            used.add(label)
        labels.append(label)
    return labels
