"""Any table twice: with everybody, and without the rows that are flagged (they stay in the design)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.estimators.intervals import interval_head
from analysis.files.data_file import DataFile
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.quality.checks import Check, Flags, flags_of
from analysis.request import Plan, Request, make_plan
from analysis.rows import aligned, percent, points, span
from analysis.table.column import MISSING, Column, NumberColumn
from analysis.tabulate import MOST_LINES, Tabulation, tabulate
from analysis.weighting.recipe import read_recipe
from analysis.weighting.weighted_file import recipe_path

COLUMN, KEPT, FLAGGED = "_quality", "ok", "flagged"


@dataclass(frozen=True)
class WithAndWithout:
    """The same tables twice, `everyone` and `kept` (without flagged rows), and what was flagged."""

    flags: Flags
    everyone: tuple[Tabulation, ...]
    kept: tuple[Tabulation, ...]

    def as_json(self) -> dict[str, Any]:
        """Return flags and both sets of tables as an object of plain values."""
        return {
            "flags": self.flags.as_rows(),
            "with": [table.as_json() for table in self.everyone],
            "without": [table.as_json() for table in self.kept],
        }

    def as_rows(self) -> list[dict[str, Any]]:
        """Return one row per estimate: the share with and without, and by how much it moves."""
        rows = []
        for every, kept in zip(self.everyone, self.kept, strict=True):
            beside = {(one.segment, one.choice): one for one in kept.estimates}
            for one in every.estimates:
                other = beside.get((one.segment, one.choice))
                left = None if other is None else other.share
                moved = None if one.share is None or left is None else left - one.share
                rows.append(
                    {
                        "question": every.question,
                        "segment": one.segment,
                        "choice": one.choice,
                        "share": one.share,
                        "low": one.low,
                        "high": one.high,
                        "base": one.base,
                        "share_without": left,
                        "low_without": None if other is None else other.low,
                        "high_without": None if other is None else other.high,
                        "base_without": 0 if other is None else other.base,
                        "moved": moved,
                    }
                )
        return rows

    def __str__(self) -> str:
        level = interval_head(self.everyone[0].level if self.everyone else 0.95)
        heads = (
            "question", "segment", "choice", "with", level, "base", "without", level, "base", "moved",
        )  # fmt: skip
        lines = [
            (
                r["question"], r["segment"], r["choice"], percent(r["share"]), span(r["low"], r["high"]),
                f"{r['base']:,}", percent(r["share_without"]), span(r["low_without"], r["high_without"]),
                f"{r['base_without']:,}", points(r["moved"]),
            )
            for r in self.as_rows()
        ]  # fmt: skip
        notes = [f"- {text}" for text in self.notes]
        told = "\n".join(["", "Notes", *notes, ""]) if notes else ""
        return f"{aligned(heads, lines, left=3)}\n\n{self.flags}{told}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes of everybody's tables, then those that are others without the flagged rows."""
        notes = dict.fromkeys(note.text for table in self.everyone for note in table.notes)
        others = dict.fromkeys(
            note.text for table in self.kept for note in table.notes if note.code != "where"
        )  # that one names the column of flags, which nobody asked for
        apart = (f"Without flagged rows: {text[0].lower()}{text[1:]}" for text in others if text not in notes)
        return (*notes, *apart)


def with_and_without(
    path: Path,
    request: Request,
    checks: Sequence[Check],
    not_asked: Sequence[str] = (),
    most: int = MOST_LINES,
) -> WithAndWithout:
    """Tabulate a request for everybody and without the rows that any of the checks flags.

    Flagged rows leave the domain and stay in the design, as with --where. Raises what `tabulate` and
    `flags_of` raise, and DataProblem "name_taken" where the file has a column `_quality`.
    """
    opened = open_file(path)
    if COLUMN in opened.names:
        raise DataProblem("name_taken", column=opened.path.name, value=COLUMN)
    flags = flags_of(opened, checks, request.missing, not_asked)
    everyone = tabulate(path, request, most)
    with tempfile.TemporaryDirectory() as folder:
        recipe = _recipe(opened, request)
        copy = _copy(opened, make_plan(request, opened.names), recipe, flags, Path(folder) / "kept.parquet")
        kept = _kept(copy, replace(request, where=(*request.where, f"{COLUMN}={KEPT}")), recipe)
    return WithAndWithout(flags, tuple(everyone), tuple(kept))


def _recipe(opened: DataFile, request: Request) -> Path | None:
    """Return the file that says how the weights were made: the one asked for, or the one beside the data."""
    beside = recipe_path(opened.path)
    return request.calibrated or (beside if request.design.weight and beside.is_file() else None)


def _kept(copy: Path, request: Request, recipe: Path | None) -> list[Tabulation]:
    try:
        return tabulate(copy, replace(request, calibrated=recipe))
    except DataProblem as problem:
        if request.calibrated is not None or not problem.code.startswith("recipe_"):
            raise
        return tabulate(copy, request)  # as with everybody: a recipe that does not fit is left aside


def _copy(opened: DataFile, plan: Plan, recipe: Path | None, flags: Flags, file: Path) -> Path:
    """Write the columns of a request with the flag as Parquet, choices in the order they have."""
    weighted = _recipe_columns(recipe, opened.names)
    table = opened.read(tuple(dict.fromkeys([*plan.columns(), *weighted])))
    measured = {plan.design.weight, plan.design.fpc, *plan.bands, *weighted}
    arrays = {name: _array(column, name in measured) for name, column in table.columns.items()}
    words = np.where(flags.any, FLAGGED, KEPT)
    pq.write_table(pa.table({**arrays, COLUMN: pa.array(words.tolist())}), file)
    return file


def _recipe_columns(recipe: Path | None, names: Sequence[str]) -> list[str]:
    try:
        known = [] if recipe is None else read_recipe(recipe).columns()
    except DataProblem:
        return []  # tabulating says what is wrong with it
    return [name for name in known if name in names]


def _array(column: Column, measured: bool) -> pa.Array:
    if isinstance(column, NumberColumn):
        return pa.array(column.values, from_pandas=True)
    if measured and column.decimal != ".":  # only the column knows that "1,5" is a number
        return pa.array(column.numbers(), from_pandas=True)
    codes = pa.array(column.codes, mask=column.codes == MISSING)
    return pa.DictionaryArray.from_arrays(codes, pa.array(column.choices, pa.string()))
