"""Mistakes in files that are read in parts, and the problem that each must raise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.files import parquet
from analysis.table import counting
from analysis.table.design import Design
from tests.analysis.by_path import Words, tabulate

ROWS = 400


def parquet_with(asked: Words, **columns: Any) -> Callable[[Path], None]:
    """Return the call that tabulates a file of ROWS rows, "q" and `columns`, ten rows at a time."""

    def call(folder: Path) -> None:
        table = pa.table({"q": [1, 2] * (ROWS // 2), **columns})
        pq.write_table(table, folder / "a.parquet", row_group_size=40)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parquet, "BATCH", 10)
            tabulate(folder / "a.parquet", asked)

    return call


def at(row: int, odd: Any, other: Any) -> list[Any]:
    """Return ROWS cells of `other`, but for the one in row `row` (from 1)."""
    return [odd if number == row else other for number in range(1, ROWS + 1)]


def empty_folder(folder: Path) -> None:
    (folder / "data").mkdir()
    tabulate(folder / "data", Words(("q",)))


def unlike_parts(folder: Path) -> None:
    pq.write_table(pa.table({"q": [1], "w": [1.0]}), folder / "part-1.parquet")
    pq.write_table(pa.table({"q": [1]}), folder / "part-2.parquet")
    tabulate(folder, Words(("q",)))


def people_as_clusters(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "MOST_UNITS", 300)
        parquet_with(of(cluster="id"), id=list(range(ROWS)))(folder)


def of(**design: str) -> Words:
    return Words(("q",), design=Design(**design))


W, S, F, C = of(weight="w"), of(strata="s"), of(strata="s", fpc="f"), of(cluster="c")
HALVES = ["a"] * (ROWS // 2) + ["b"] * (ROWS // 2)
MISTAKES: list[tuple[str, Callable[[Path], None], str]] = [
    ("folder_empty", empty_folder, "holds no .parquet file"),
    (
        "part_differs",
        unlike_parts,
        "'part-2.parquet' has other columns than the first file of its folder ('w'",
    ),
    ("too_many_units", people_as_clusters, "cluster column 'id' has more than 300 different values"),
    ("bad_weight", parquet_with(W, w=at(77, -2.0, 1.0)), "column 'w', row 77: '-2'"),
    ("bad_weight", parquet_with(W, w=at(77, None, 1.0)), "column 'w', row 77: an empty cell"),
    ("bad_weight", parquet_with(W, w=at(77, float("inf"), 1.0)), "column 'w', row 77: an empty cell"),
    ("bad_weight", parquet_with(W, w=at(77, 1e60, 1.0)), "column 'w', row 77: '1e+60'"),
    ("bad_weight", parquet_with(W, w=["heavy"] * ROWS), "column 'w', row 1: 'heavy'"),
    ("bad_weight", parquet_with(W, w=at(301, "x", "1.5")), "column 'w', row 301: 'x'"),
    ("weights_zero", parquet_with(W, w=[0.0] * ROWS), "at least one person must count"),
    ("design_missing", parquet_with(S, s=at(55, None, "a")), "strata column 's' is empty in row 55"),
    ("design_missing", parquet_with(S, s=at(55, " ", "a")), "strata column 's' is empty in row 55"),
    ("design_missing", parquet_with(C, c=at(99, None, 7)), "cluster column 'c' is empty in row 99"),
    ("design_missing", parquet_with(F, s=HALVES, f=at(201, None, 900)), "fpc column 'f' is empty in row 201"),
    ("bad_fpc", parquet_with(F, s=HALVES, f=at(250, -5, 900)), "row 250: '-5'"),
    ("fpc_varies", parquet_with(F, s=HALVES, f=at(250, 901, 900)), "row 250: '901' differs from 900"),
    ("fpc_varies", parquet_with(F, s=HALVES, f=at(1, 901, 900)), "row 2: '900' differs from 901"),
    (
        "fpc_varies",
        parquet_with(F, s=["a"] * ROWS, f=[900] * 100 + [901] * 300),
        "row 101: '901' differs from 900",
    ),
    ("fpc_small", parquet_with(F, s=HALVES, f=[150] * ROWS), "stratum 'a' has 150 people"),
    ("lonely_stratum", parquet_with(S, s=at(400, "z", "a")), "stratum 'z' of column 's' has only one person"),
    (
        "not_a_number",
        parquet_with(Words(("q",), by=("age",), bands=("age=18+",)), age=at(123, "old", "30")),
        "column 'age', row 123: 'old' is not a number",
    ),
]
