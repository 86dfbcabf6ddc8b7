"""What is known of a population, as a person writes it: margins, a population.yaml, a CSV of combinations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.files.data_file import Table
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.table.naming import find, leading, listed, near, squeezed
from analysis.table.notes import Note
from analysis.table.segments import CROSS, parse_bands
from analysis.weighting.recipe import PopulationMargin, Recipe
from questionnaires.bands import parse_band
from questionnaires.formats.shapes import PopulationShape, shaped
from questionnaires.formats.yaml_source import read_yaml

_SHOWN = 6
"""Shares of a margin in a message."""
_SHARE = re.compile(
    r"\s*(?P<category>.+?)\s*=\s*(?P<number>[+-]?(?:[\d.]+(?:e[+-]?\d+)?|nan|inf(?:inity)?))\s*(?P<percent>%?)"
    r"\s*(?:,|$)",
    re.IGNORECASE,
)
MOST_CATEGORIES = 1000
"""Categories of a weighting variable; a column with more is an id or a number."""
MOST_PEOPLE = 1e15
"""People that a margin may count: beyond, sums of them are not exact."""
_NEAR_ONE = 0.015
"""Shares printed with two digits add up to 1 within this."""
_ROUNDED = 1e-6
"""Shares that add up to 1 within this were given with all their digits."""
_SAME = 0.001
"""Counts of one population may differ by this part: they were rounded or come of one year."""


def finite(text: str) -> float | None:
    """Return the number, or None where the text is none that one can reckon with."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def listed_shares(shares: Mapping[str, float]) -> str:
    """Write shares as they were read, at most six of them."""
    few = [f"'{squeezed(name)}' {share:g}" for name, share in list(shares.items())[:_SHOWN]]
    return ", ".join(few) + (f" and {len(shares) - _SHOWN} more" if len(shares) > _SHOWN else "")


def column_first(option: str, text: str, names: Sequence[str], mark: str, form: str) -> tuple[str, str]:
    """Split "COLUMN<mark>rest" at the longest column name that fits.

    Raises DataProblem "bad_option" or "unknown_column".
    """
    split = leading(text, names, mark)
    if split is not None:
        return split
    if mark not in text:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    wanted = text.split(mark)[0]
    same = [name for name in names if " ".join(name.split()) == " ".join(wanted.split())]
    if len(same) == 1:
        return same[0], text.split(mark, 1)[1]
    raise DataProblem("unknown_column", value=wanted, near=near(wanted, names))


def margin_of(text: str, names: Sequence[str]) -> PopulationMargin:
    """Read "COLUMN:CATEGORY=SHARE,...". Raises DataProblem "bad_option", "margin_bad_share" or "unknown_column"."""
    form = "COLUMN:CATEGORY=SHARE,CATEGORY=SHARE"
    column, written = column_first("--margin", text, names, ":", form)
    shares: dict[str, float] = {}
    place = 0
    while place < len(written):
        part = _SHARE.match(written, place)
        if part is None or part["category"] in shares:
            raise DataProblem("bad_option", option="--margin", value=text, form=form)
        number = finite(part["number"])
        if number is None:
            raise DataProblem("margin_bad_share", column=column, value=part["category"], share=part["number"])
        shares[part["category"]] = number / (100.0 if part["percent"] else 1.0)
        place = part.end()
    if not shares:
        raise DataProblem("bad_option", option="--margin", value=text, form=form)
    return PopulationMargin((column,), shares)


def population_of(
    path: Path, names: Sequence[str]
) -> tuple[list[PopulationMargin], dict[str, tuple[str, ...]]]:
    """Read margins and bands of a population.yaml, as a study folder has it.

    Raises DataProblem "population_unreadable" or "unknown_column".
    """
    try:
        source = read_yaml(path.name, path.read_bytes())
    except OSError as fault:
        raise DataProblem("population_unreadable", value=path.name, reason=str(fault.strerror)) from None
    shape = shaped(source, PopulationShape, source.data) if source.data is not None else None
    if shape is None or source.problems:
        raise DataProblem("population_unreadable", value=path.name, reason=str(source.problems[0]))
    margins = [PopulationMargin((find(name, names),), shares) for name, shares in shape.margins.items()]
    known = [one.columns[0] for one in margins]
    return margins, {
        find(name, names): tuple(map(str, labels))
        for name, labels in shape.bands.items()
        if name in names and find(name, names) in known
    }


def margin_from_cells(cell: str, cells: Path, names: Sequence[str]) -> PopulationMargin:
    """Read the population's combinations: a column for each of `cell`, and one of shares or counts.

    Raises DataProblem "cells_columns", "cells_row", "unknown_column", and what reading a file raises.
    """
    columns = tuple(find(part.strip(), names) for part in cell.split(","))
    opened = open_file(cells)
    last = [name for name in opened.names if name not in columns]
    if len(last) != 1 or any(name not in opened.names for name in columns):
        form = ", ".join([*columns, "share"])
        raise DataProblem("cells_columns", value=cells.name, known=listed(opened.names), form=form)
    table = opened.read(opened.names)
    numbers = table.columns[last[0]].numbers()
    shares: dict[str, float] = {}
    for row in range(table.rows):
        held = [table.columns[name] for name in columns]
        label = CROSS.join(one.choices[int(one.codes[row])] if one.codes[row] >= 0 else "" for one in held)
        if label in shares or any(one.codes[row] < 0 for one in held) or not math.isfinite(numbers[row]):
            raise DataProblem("cells_row", value=cells.name, row=row + table.first_row)
        shares[label] = float(numbers[row])
    return PopulationMargin(columns, shares)


def with_bands_read(recipe: Recipe, table: Table) -> tuple[Recipe, list[Note]]:
    """Cut columns of numbers into the bands that their margin's categories are, where no --bands said so.

    Raises DataProblem "margin_categories" where a margin names no category that the file has, and
    "too_many_choices" where a column holds an id.
    """
    bands, notes = dict(recipe.bands), []
    for one in recipe.margins:
        if len(one.columns) > 1 or one.name in bands:
            continue
        column = table.columns[one.name].without(recipe.missing)
        if any(name in column.choices for name in one.shares):
            continue
        if not all(parse_band(name) for name in one.shares) or not all(
            finite(name) is not None for name in column.choices
        ):
            known = listed(column.choices)
            raise DataProblem(
                "margin_categories", column=one.name, value=next(iter(one.shares), ""), known=known
            )
        bands[one.name] = tuple(band.label for band in parse_bands(one.name, ",".join(one.shares)))
        text = f"'{one.name}' was cut into the bands that its margin names."
        notes.append(Note("banded", text, one.name))
    for name in (name for one in recipe.margins for name in one.columns if name not in bands):
        count = len(table.columns[name].choices)
        if count > MOST_CATEGORIES:
            raise DataProblem("too_many_choices", column=name, value=count, limit=MOST_CATEGORIES)
    return replace(recipe, bands=bands), notes


def as_shares(
    margins: Sequence[PopulationMargin],
) -> tuple[tuple[PopulationMargin, ...], float | None, list[Note]]:
    """Turn percent and counts into shares; return the population's size where a margin counts people, and notes.

    Raises DataProblem "margin_bad_share", "margin_sum" or "margin_totals_differ".
    """
    done, notes = [], []
    counted: tuple[str, float] | None = None
    for one in margins:
        for name, share in one.shares.items():
            if not 0 <= share <= MOST_PEOPLE:
                raise DataProblem("margin_bad_share", column=one.name, value=name, share=share)
        whole = sum(one.shares.values())
        unit = 100.0 if abs(whole - 100.0) <= 100 * _NEAR_ONE else 1.0
        if abs(whole - unit) > unit * _NEAR_ONE:
            counted = _counted(one, whole, counted)
        elif abs(whole - unit) > unit * _ROUNDED:
            mark = " %" if unit > 1 else ""
            text = f"The shares of '{one.name}' add up to {whole:.6g}{mark}: each was divided by that."
            notes.append(Note("margin_scaled", text, one.name, f"{whole:.6g}"))
        done.append(
            PopulationMargin(one.columns, {name: share / whole for name, share in one.shares.items()})
        )
    return tuple(done), None if counted is None else counted[1], notes


def _counted(margin: PopulationMargin, whole: float, other: tuple[str, float] | None) -> tuple[str, float]:
    """Return the margin that counts people, and how many; the first one where they agree."""
    if whole < 2.0:
        read = listed_shares(margin.shares)
        raise DataProblem("margin_sum", column=margin.name, value=f"{whole:.6g}", shares=read)
    if other is None:
        return margin.name, whole
    if abs(whole - other[1]) > _SAME * other[1]:
        raise DataProblem(
            "margin_totals_differ",
            column=margin.name,
            value=f"{whole:.10g}",
            other=other[0],
            total=f"{other[1]:.10g}",
        )
    return other
