"""What a person asks `earshot weight`, in the words of the command line → a recipe for the file's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.problems import DataProblem
from analysis.table.naming import find, listed
from analysis.table.notes import Note
from analysis.table.segments import parse_bands
from analysis.weighting.generalised import TOLERANCE
from analysis.weighting.population import (
    MOST_PEOPLE,
    as_shares,
    column_first,
    finite,
    margin_from_cells,
    margin_of,
    population_of,
)
from analysis.weighting.recipe import METHODS, PopulationMargin, Recipe, Trim

SAMPLE = "sample"
WIDEST = 1e6
"""Factor that a bound may be: beyond, it bounds nothing and the logit method has no digits left."""


@dataclass(frozen=True)
class WeightRequest:
    """What to weight to, in the words of the command line; texts are unread.

    `margins` "age:18-23=0.1,24-34=0.2", `cell` "age,gender" with the CSV file `cells`, `means` and `sums`
    "income=31000", `bounds` "0.3,3", `trim` "5" or "0.2,5", `total` a number or "sample".
    """

    margins: tuple[str, ...] = ()
    population: Path | None = None
    cell: str | None = None
    cells: Path | None = None
    means: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    method: str | None = None
    bounds: str | None = None
    trim: str | None = None
    trim_of: str = "mean"
    after_trim: str = "recalibrate"
    weight: str | None = None
    bands: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    total: str | None = None
    tolerance: float = TOLERANCE
    name: str = "weight"


def make_recipe(request: WeightRequest, names: Sequence[str]) -> tuple[Recipe, list[Note]]:
    """Read a request against a file's columns; notes say what was made of the population's figures.

    Raises DataProblem "no_margin", "unknown_column", "unknown_option", "bad_option", "bad_bands",
    "margin_repeated", "margin_bad_share", "margin_sum", "margin_totals_differ", "total_unknown", "method_margins",
    "population_unreadable", "column_taken" or what reading the cells' file raises.
    """
    margins, bands = _margins(request, names)
    levels = dict(_number("--mean", text, names) for text in request.means)
    sums = dict(_number("--sum", text, names) for text in request.sums)
    if not margins and not levels and not sums and not (request.trim and request.after_trim == "spread"):
        raise DataProblem("no_margin", known=listed(names))
    shares, counted, notes = as_shares(margins)
    total = _total(request.total, counted)
    for column, value in sums.items():
        if total is None:
            raise DataProblem("total_unknown", column=column)
        levels[column] = value / total
    method = request.method or ("poststratify" if request.cell and len(margins) == 1 else "rake")
    _check_method(method, margins, levels)
    if not 0 < request.tolerance < 0.1:
        form = "a number above 0 and below 0.1, for example 1e-6"
        raise DataProblem("bad_option", option="--tolerance", value=f"{request.tolerance:g}", form=form)
    if not request.name.strip():
        raise DataProblem(
            "bad_option", option="--name", value=request.name, form="a name, for example weight"
        )
    if request.name in names:
        raise DataProblem("column_taken", column=request.name)
    recipe = Recipe(
        margins=shares,
        levels=levels,
        method=method,
        base=None if request.weight is None else find(request.weight, names),
        bands=bands,
        missing=request.missing,
        bounds=_bounds(request.bounds),
        trim=_trim(request),
        total=total,
        tolerance=request.tolerance,
        name=request.name,
    )
    return recipe, notes


def _margins(
    request: WeightRequest, names: Sequence[str]
) -> tuple[tuple[PopulationMargin, ...], Mapping[str, tuple[str, ...]]]:
    margins = [margin_of(text, names) for text in request.margins]
    bands: dict[str, tuple[str, ...]] = {}
    if request.population is not None:
        more, bands = population_of(request.population, names)
        margins += more
    if request.cell is not None or request.cells is not None:
        if request.cell is None or request.cells is None:
            raise DataProblem("cells_apart")
        margins.append(margin_from_cells(request.cell, request.cells, names))
    for text in request.bands:
        column, written = column_first("--bands", text, names, "=", "COLUMN=18-23,24-34,35+")
        bands[column] = tuple(band.label for band in parse_bands(column, written))
    for place, margin in enumerate(margins):
        if margin.name in [other.name for other in margins[:place]]:
            raise DataProblem("margin_repeated", column=margin.name)
    used = {name for margin in margins for name in margin.columns}
    for column in bands:
        if column not in used:
            raise DataProblem("bands_unused", column=column)
    return tuple(margins), bands


def _total(text: str | None, counted: float | None) -> float | None:
    """Return what the weights add up to; None leaves it to the base weights."""
    if text is None:
        return counted
    if text == SAMPLE:
        return None  # `weigh` knows how many people there are
    number = finite(text)
    if number is None or not 1 / MOST_PEOPLE <= number <= MOST_PEOPLE:
        form = "a number above 0 (1e-15 to 1e15), or 'sample'"
        raise DataProblem("bad_option", option="--total", value=text, form=form)
    return number


def _check_method(method: str, margins: Sequence[PopulationMargin], levels: Mapping[str, float]) -> None:
    if method not in METHODS:
        raise DataProblem("unknown_option", option="--method", value=method, known=", ".join(METHODS))
    if method == "rake" and levels:
        raise DataProblem("method_means", value=next(iter(levels)), method=method)
    if method == "poststratify" and (levels or len(margins) != 1):
        raise DataProblem("method_margins", value=len(margins) + len(levels))


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    form = "LOW,HIGH with LOW of 0 or more, LOW < 1 < HIGH and HIGH of 1e6 at most, for example 0.3,3"
    low, high = _pair("--bounds", text, form)
    if not 0 <= low < 1 < high <= WIDEST:
        raise DataProblem("bad_option", option="--bounds", value=text, form=form)
    return low, high


def _trim(request: WeightRequest) -> Trim | None:
    if request.trim is None:
        return None
    for option, value, known in (
        ("--trim-of", request.trim_of, ("mean", "median", "weight")),
        ("--after-trim", request.after_trim, ("recalibrate", "spread")),
    ):
        if value not in known:
            raise DataProblem("unknown_option", option=option, value=value, known=", ".join(known))
    around = " with LOW below 1 and HIGH above 1" if request.trim_of == "mean" else " with LOW below HIGH"
    form = f"HIGH or LOW,HIGH{around}, for example 5 or 0.2,5"
    text = request.trim if "," in request.trim else f"0,{request.trim}"
    low, high = _pair("--trim", text, form)
    if not 0 <= low < high or (request.trim_of == "mean" and not low < 1 < high):
        raise DataProblem("bad_option", option="--trim", value=request.trim, form=form)
    return Trim(low, high, request.trim_of, request.after_trim == "recalibrate")


def _pair(option: str, text: str, form: str) -> tuple[float, float]:
    numbers = [finite(part) for part in text.split(",")]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    return numbers[0], numbers[1]


def _number(option: str, text: str, names: Sequence[str]) -> tuple[str, float]:
    form = "COLUMN=NUMBER"
    column, written = column_first(option, text, names, "=", form)
    number = finite(written)
    if number is None:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    return column, number
