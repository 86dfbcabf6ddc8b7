"""Any table twice: with everybody, and without the rows that are flagged (they stay in the design)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.estimators.intervals import interval_head
from analysis.files.data_file import DataFile
from analysis.files.formats import open_file
from analysis.files.parquet import arrow_array
from analysis.problems import DataProblem
from analysis.quality.checks import Flags, QualityCheck, flags_of
from analysis.request import Request
from analysis.rows import aligned, percent, points, span
from analysis.table.column import NumberColumn
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
        for table, without in zip(self.everyone, self.kept, strict=True):
            others = {(other.segment, other.choice): other for other in without.estimates}
            for estimate in table.estimates:
                other = others.get((estimate.segment, estimate.choice))
                left = None if other is None else other.share
                moved = None if estimate.share is None or left is None else left - estimate.share
                rows.append(
                    {
                        "question": table.question,
                        "segment": estimate.segment,
                        "choice": estimate.choice,
                        "share": estimate.share,
                        "low": estimate.low,
                        "high": estimate.high,
                        "base": estimate.base,
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
        below = "\n".join(["", "Notes", *notes, ""]) if notes else ""
        return f"{aligned(heads, lines, left=3)}\n\n{self.flags}{below}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes of everybody's tables, then those that are others without the flagged rows."""
        notes = dict.fromkeys(note.text for table in self.everyone for note in table.notes)
        # the note "where" names the column of flags, which nobody asked for
        others = dict.fromkeys(n.text for table in self.kept for n in table.notes if n.code != "where")
        apart = (f"Without flagged rows: {text[0].lower()}{text[1:]}" for text in others if text not in notes)
        return (*notes, *apart)


def with_and_without(
    opened: DataFile,
    request: Request,
    checks: Sequence[QualityCheck],
    not_asked: Sequence[str] = (),
    most: int = MOST_LINES,
) -> WithAndWithout:
    """Tabulate a request for everybody and without the rows that any of the checks flags.

    Flagged rows leave the domain and stay in the design, as with --where. Raises what `tabulate` and
    `flags_of` raise, and DataProblem "name_taken" where the file has a column `_quality`.
    """
    if COLUMN in opened.names:
        raise DataProblem("name_taken", column=opened.path.name, value=COLUMN)
    flags = flags_of(opened, checks, request.missing, not_asked)
    everyone = tabulate(opened, request, most)
    beside = recipe_path(opened.path)
    recipe = request.calibrated or (beside if request.design.weight and beside.is_file() else None)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "kept.parquet"
        _write_flagged(copy, opened, request.among(opened.names), recipe, flags)
        plain = replace(request, where=(*request.where, (COLUMN, KEPT)))
        try:
            without = tabulate(open_file(copy), replace(plain, calibrated=recipe))
        except DataProblem as problem:
            if request.calibrated is not None or not problem.code.startswith("recipe_"):
                raise
            # as with everybody: a recipe that does not fit is left aside
            without = tabulate(open_file(copy), plain)
    return WithAndWithout(flags, tuple(everyone), tuple(without))


def _write_flagged(file: Path, opened: DataFile, plan: Request, recipe: Path | None, flags: Flags) -> None:
    """Write the columns of a request with the flag as Parquet, choices in the order they have."""
    margins: Sequence[str] = ()
    # tabulating says what is wrong with a recipe that cannot be read
    with suppress(DataProblem):
        margins = () if recipe is None else read_recipe(recipe).columns()
    weighted = [name for name in margins if name in opened.names]
    table = opened.read(tuple(dict.fromkeys([*plan.columns(), *weighted])))
    measured = {plan.design.weight, plan.design.fpc, *plan.bands, *weighted}
    arrays = {
        # only a column that was read knows that "1,5" is a number
        name: pa.array(column.numbers(), from_pandas=True)
        if name in measured and not isinstance(column, NumberColumn) and column.decimal != "."
        else arrow_array(column)
        for name, column in table.columns.items()
    }
    words = np.where(flags.any, FLAGGED, KEPT)
    pq.write_table(pa.table({**arrays, COLUMN: pa.array(words.tolist())}), file)
