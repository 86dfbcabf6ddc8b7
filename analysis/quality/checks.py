"""Which columns are looked at for what, and the flags that come out of it: a boolean column for each check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.quality.duplicates import near_duplicates
from analysis.quality.patterns import FEWEST, missing_sequence, speeding, straight_lining
from analysis.rows import aligned, percent
from analysis.table.column import MISSING, Column
from analysis.table.naming import find, split_known

KINDS = ("seconds", "grid", "text", "sequence")
FORM = "seconds:COL,…, grid:COL,COL,COL,COL,…, text:COL or sequence:COL,COL,…"
MEANINGS = {
    "speeding": "took less than a third of the usual time",
    "straight_lining": "gave nearly one answer to a whole grid",
    "near_duplicate": "wrote what another person wrote too",
    "break_off": "stopped answering before the end",
    "gap": "left out many questions in a row",
}


@dataclass(frozen=True)
class QualityCheck:
    """A kind of check (one of KINDS) and its columns, in the order in which they were asked."""

    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Flags:
    """Who is flagged for what: `by_check` has arrays of shape (rows,) by the name of the flag."""

    by_check: dict[str, NDArray[np.bool_]]
    rows: int

    @property
    def any(self) -> NDArray[np.bool_]:
        """Return who has any flag, shape (rows,)."""
        none = np.zeros(self.rows, dtype=bool)
        return np.any(list(self.by_check.values()), axis=0) if self.by_check else none

    def as_table(self) -> pa.Table:
        """Return a boolean column for each flag, `_quality_…`."""
        return pa.table({f"_quality_{name}": pa.array(mask) for name, mask in self.by_check.items()})

    def as_rows(self) -> list[dict[str, Any]]:
        """Return how many rows have each flag, then any of them."""
        return [
            {
                "flag": name,
                "count": int(mask.sum()),
                "share": float(mask.mean()) if self.rows else 0.0,
                "meaning": MEANINGS.get(name, "has at least one of these flags"),
            }
            for name, mask in (*self.by_check.items(), ("any", self.any))
        ]

    def __str__(self) -> str:
        lines = [(r["flag"], f"{r['count']:,}", percent(r["share"]), r["meaning"]) for r in self.as_rows()]
        return aligned(("flag", "rows", "", ""), lines, tail=1) + "\n"


def read_checks(texts: Sequence[str], names: Sequence[str]) -> tuple[QualityCheck, ...]:
    """Read "grid:a,b,c" against a file's columns. Raises DataProblem "bad_option", "unknown_column" or "grid_short"."""
    checks = []
    for text in texts:
        kind, mark, rest = text.partition(":")
        if not mark or kind not in KINDS or not rest.strip():
            raise DataProblem("bad_option", option="--quality", value=text, form=FORM)
        parts = split_known(rest, names, ",") or [find(part.strip(), names) for part in rest.split(",")]
        columns = tuple(dict.fromkeys(parts))
        if kind == "sequence" and len(columns) < 2:
            raise DataProblem("bad_option", option="--quality", value=text, form=f"{kind}:COL,COL,…")
        if kind == "grid" and len(columns) < FEWEST:
            raise DataProblem("grid_short", value=text, count=len(columns), least=FEWEST)
        checks.append(QualityCheck(kind, columns))
    return tuple(checks)


def flags_of(
    opened: DataFile,
    checks: Sequence[QualityCheck],
    missing: Sequence[str] = (),
    not_asked: Sequence[str] = (),
) -> Flags:
    """Flag the rows of an opened file; its columns are read whole.

    `missing` are values that mean no answer, `not_asked` those that mean that the question was not put (a
    snapshot's -1). Several checks that give the same flag are joined. Raises what reading raises, and
    DataProblem "not_a_number" for times.
    """
    table = opened.read(tuple(dict.fromkeys(name for check in checks for name in check.columns)))
    flags: dict[str, NDArray[np.bool_]] = {}
    for check in checks:
        columns = [table.columns[name] for name in check.columns]
        answers = [column.without([*missing, *not_asked]) for column in columns]
        if check.kind == "seconds":
            times = np.stack([_numbers(column, table.first_row) for column in answers], axis=1)
            raised = [("speeding", speeding(times)[0])]
        elif check.kind == "grid":
            raised = [("straight_lining", straight_lining(_alike(answers))[0])]
        elif check.kind == "text":
            texts = (
                [None if code < 0 else column.choices[code] for code in column.codes.tolist()]
                for column in answers
            )
            raised = [("near_duplicate", near_duplicates(column)[0]) for column in texts]
        else:
            answered = np.stack([column.codes >= 0 for column in answers], axis=1)
            offered = []
            for column in columns:
                silent = [at for at, choice in enumerate(column.choices) if choice in not_asked]
                offered.append(~np.isin(column.codes, silent))
            stopped, gap, _ = missing_sequence(answered, np.stack(offered, axis=1))
            raised = [("break_off", stopped), ("gap", gap)]
        for name, mask in raised:
            flags[name] = flags[name] | mask if name in flags else mask
    return Flags(flags, table.rows)


def _numbers(column: Column, first_row: int) -> NDArray[np.float64]:
    values = column.numbers()
    wrong = np.flatnonzero(np.isnan(values) & (column.codes >= 0))
    if len(wrong):
        row = int(wrong[0])
        value = column.choices[int(column.codes[row])]
        raise DataProblem("not_a_number", column=column.name, value=value, row=row + first_row)
    return values


def _alike(columns: Sequence[Column]) -> NDArray[np.int64]:
    """Return the answers of several columns in one code: equal words are equal answers."""
    words = {word: at for at, word in enumerate(sorted({w for column in columns for w in column.choices}))}
    codes = []
    for column in columns:
        to = np.array([*(words[choice] for choice in column.choices), MISSING], dtype=np.int64)
        codes.append(to[column.codes])
    return np.stack(codes, axis=1)
