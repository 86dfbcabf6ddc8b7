"""Large files: folders, several processes, memory, columns that are no questions."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.estimate import Estimate
from analysis.files import delimited, parquet
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.table import counting, tally, values
from analysis.table.design import Design
from analysis.table.values import Values
from analysis.tabulate import Tabulation
from tests.analysis.by_path import Words, tabulate

DESIGN = Design("w", "s", "c")
REQUEST = Words(("q", "word"), by=("age",), bands=("age=18-39,40+",), design=DESIGN, total=True)


def survey(rows: int, seed: int = 5) -> pa.Table:
    chance = np.random.default_rng(seed)
    cluster = chance.integers(60, size=rows)
    return pa.table(
        {
            "q": chance.integers(1, 5, rows),
            "word": pa.array(["tea", "café", "x"]).take(pa.array(chance.integers(3, size=rows))),
            "age": chance.integers(16, 80, rows),
            "w": chance.uniform(0.5, 2, rows),
            "s": cluster // 20,
            "c": cluster,
        }
    )


def same(found: list[Tabulation], wanted: list[Tabulation]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.notes == other.notes
        for mine, theirs in zip(one.estimates, other.estimates, strict=True):
            assert (mine.choice, mine.segment, mine.base) == (theirs.choice, theirs.segment, theirs.base)
            assert figures(mine) == pytest.approx(figures(theirs), rel=1e-9)


def figures(estimate: Estimate) -> tuple[Any, ...]:
    return (estimate.share, estimate.se, estimate.low, estimate.high, estimate.effective_base, estimate.df)


def parted(folder: Path, table: pa.Table, cuts: list[int]) -> Path:
    folder.mkdir(parents=True)
    ends = [*cuts, table.num_rows]
    for number, (first, end) in enumerate(zip([0, *cuts], ends, strict=True)):
        pq.write_table(
            table.slice(first, end - first), folder / f"part-{number:05}.parquet", row_group_size=50
        )
    return folder


@pytest.mark.parametrize("inside", ["data", "snapshot/responses"])
def test_a_folder_of_parts_is_one_file(inside: str, tmp_path: Path) -> None:
    table = survey(500)
    pq.write_table(table, tmp_path / "whole.parquet")
    parted(tmp_path / inside, table, [120, 400])
    same(tabulate(tmp_path / inside.split("/")[0], REQUEST), tabulate(tmp_path / "whole.parquet", REQUEST))


def test_a_fault_in_a_later_part_has_its_row_in_the_folder(tmp_path: Path) -> None:
    table = survey(500).set_column(3, "w", [np.where(np.arange(500) == 430, -1.0, 1.0)])
    with pytest.raises(DataProblem) as caught:
        tabulate(parted(tmp_path / "data", table, [100]), REQUEST)
    assert (caught.value.code, caught.value.row) == ("bad_weight", 431)


def flags(second: str) -> pa.Table:
    """A set of options coded as text; only in its second half a cell shows what the first half means."""
    return pa.table({"a": ["1.0", "0.0"] * 50 + ["1.0", second] * 50, "b": ["0.0"] * 200})


@pytest.mark.parametrize(("second", "share"), [("0.0", 0.5), ("5", 1.0)])
def test_whole_numbers_written_as_floats_are_told_by_the_whole_file(
    second: str, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH", 20)
    pq.write_table(flags(second), tmp_path / "a.parquet", row_group_size=100)
    (table,) = tabulate(tmp_path / "a.parquet", Words((), multi=("m=a,b",)))
    assert [row.share for row in table.estimates if row.choice == "a"] == [share]


# --- memory ------------------------------------------------------------------------------------------------


def peak(path: Path, request: Words) -> float:
    """Return the most memory that Python and NumPy hold while a file is tabulated, in MiB."""
    tracemalloc.start()
    try:
        tabulate(path, request)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH", 5_000)
    for rows in (30_000, 300_000):
        pq.write_table(survey(rows), tmp_path / f"{rows}.parquet", row_group_size=10_000)
    few, many = (peak(tmp_path / f"{rows}.parquet", REQUEST) for rows in (30_000, 300_000))
    assert many < 6.0  # six columns of 300,000 rows alone would be 14
    assert many < 1.3 * few


def test_an_id_is_no_question_and_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH", 5_000)
    monkeypatch.setattr(counting, "LIMIT", 20_000)
    monkeypatch.setattr(tally, "LIMIT", 20_000)
    ids = [f"person {number:08}" for number in range(200_000)]
    pq.write_table(pa.table({"id": ids, "q": [1, 2] * 100_000}), tmp_path / "a.parquet")
    for request in (Words(("id",)), Words(("q",), by=("id",))):
        tracemalloc.start()
        with pytest.raises(DataProblem, match="'id' has over 20000 different values, more than 1000"):
            tabulate(tmp_path / "a.parquet", request)
        most = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        assert most < 12.0  # the ids alone would be 25


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_bands_of_a_column_with_too_many_values_to_tell_apart(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "LIMIT", 50)
    monkeypatch.setattr(parquet, "BATCH", 100)
    income = [str(number) for number in range(1000)]
    if kind == "csv":
        (tmp_path / "a.csv").write_text("income\n" + "\n".join(income), encoding="utf-8")
    else:
        pq.write_table(pa.table({"income": pa.array(income).cast(pa.float64())}), tmp_path / "a.parquet")
    (table,) = tabulate(
        tmp_path / f"a.{kind}", Words(("income",), bands=("income=0-249,250-899",), missing=("7",))
    )
    assert [row.base for row in table.estimates] == [899, 899]
    assert table.estimates[0].share == pytest.approx(249 / 899)


# --- CSV ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_long_csv_is_read_in_batches(quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BATCH", 7)
    rows = [f"{quote}{'no' if n % 3 else 'yes'}{quote},{n % 5}" for n in range(100)]
    (tmp_path / "a.csv").write_text("q,age\r\n" + "\r\n".join(rows) + "\r\n\r\n", encoding="utf-8")
    (table,) = tabulate(tmp_path / "a.csv", Words(("q",), by=("age",), where=("age=4",)))
    assert [(row.choice, row.base) for row in table.estimates if row.segment == "4"] == [
        ("yes", 20),
        ("no", 20),
    ]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_ragged_row_far_down_has_its_number(quote: str, tmp_path: Path) -> None:
    rows = [f"{quote}x{quote},1"] * 5000 + ["x,1,2"] + ["x,1"] * 10
    (tmp_path / "a.csv").write_text("q,age\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        tabulate(tmp_path / "a.csv", Words(("q",)))
    assert (caught.value.code, caught.value.row) == ("ragged_row", 5002)


def test_a_letter_that_no_encoding_has_far_down_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_CHUNK", 10)
    (tmp_path / "a.csv").write_bytes(b"q,b\n" + b"x,1\n" * 300 + b"caf\xe9,2\n")
    (table,) = tabulate(tmp_path / "a.csv", Words(("q",)))
    assert [row.choice for row in table.estimates] == ["x", "café"]
    assert [note.code for note in table.notes] == ["encoding"]


# --- codes -------------------------------------------------------------------------------------------------


def test_a_column_may_be_numbers_in_one_part_and_text_in_another() -> None:
    column, parts = Values("a"), [pa.array([3, 1, 3], pa.int8()), pa.array(["x", " ", "3", None])]
    for cells in parts:
        column.learn(cells)
    assert column.column().choices == ("3", "1", "x")
    assert [column.codes(cells).tolist() for cells in parts] == [[1, 2, 1], [3, 0, 1, 0]]


@pytest.mark.parametrize("span", [counting.TABLE, 1])
def test_numbers_that_come_later_get_codes_of_their_own(span: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "SPAN", span)
    column, parts = Values("a"), [[5, 6, 7], [6, None, 5], [-3, 700, 6], [None, None]]
    for numbers in parts:
        column.learn(pa.array(numbers, pa.int64()))
        known = [None, *column.place]
        assert [known[code] for code in column.codes(pa.array(numbers, pa.int64()))] == numbers
    column.learn(pa.array([10**12]))
    assert column.column().choices == ("-3", "5", "6", "7", "700", "1000000000000")


def test_a_part_without_rows_adds_nothing(tmp_path: Path) -> None:
    table = survey(50)
    folder = parted(tmp_path / "data", table, [20])
    pq.write_table(table.slice(0, 0), folder / "part-00009.parquet")
    pq.write_table(table, tmp_path / "whole.parquet")
    same(tabulate(folder, REQUEST), tabulate(tmp_path / "whole.parquet", REQUEST))
    assert open_file(folder).read(["q"]).rows == 50


def test_a_quoted_header_over_plain_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"the ""q""","b"\nyes,1\nno,2\n\nyes,3\n', encoding="utf-8")
    (table,) = tabulate(tmp_path / "a.csv", Words(('the "q"',)))
    assert [(row.choice, row.base) for row in table.estimates] == [("yes", 3), ("no", 3)]
    (tmp_path / "b.csv").write_text('"the\nq","b"\nyes,1\nno,2\n', encoding="utf-8")
    (table,) = tabulate(tmp_path / "b.csv", Words(("the\nq",)))
    assert [row.choice for row in table.estimates] == ["yes", "no"]
