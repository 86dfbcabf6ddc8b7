"""Files as people have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.files.data_file import DataFile, Table
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.table.column import NumberColumn, TextColumn
from analysis.table.naming import find, leading, split_known


def written(folder: Path, text: str | bytes, name: str = "answers.csv") -> DataFile:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return open_file(file)


def whole(opened: DataFile) -> Table:
    return opened.read(opened.names)


def cells(table: Table, name: str) -> list[str | None]:
    column = table.columns[name]
    return [None if code < 0 else column.choices[code] for code in column.codes]


def test_choices_come_in_order_of_appearance(tmp_path: Path) -> None:
    table = whole(written(tmp_path, "a\nno\nyes\nno\n"))
    assert table.columns["a"].choices == ("no", "yes")
    assert table.rows == 3


def test_numbers_come_in_numeric_order_as_written(tmp_path: Path) -> None:
    table = whole(written(tmp_path, "a,b\n10,0.50\n9,0.5\n,1\n"))
    assert table.columns["a"].choices == ("9", "10")
    assert table.columns["b"].choices == ("0.50", "0.5", "1")
    assert cells(table, "a") == ["10", "9", None]


def test_whole_numbers_written_as_floats_lose_their_zero(tmp_path: Path) -> None:
    assert whole(written(tmp_path, "a,b\n1.0,x\n0.0,y\n")).columns["a"].choices == ("0", "1")


def test_blank_cells_are_missing(tmp_path: Path) -> None:
    assert cells(whole(written(tmp_path, "a,b\n ,1\n,2\nx,3\n")), "a") == [None, None, "x"]


def test_a_file_of_one_column_keeps_its_empty_rows(tmp_path: Path) -> None:
    assert cells(whole(written(tmp_path, "a\nx\n\ny\n")), "a") == ["x", None, "y"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, mark: str) -> None:
    text = f'"one, two; three"{mark}b\n"x\ny"{mark}"say ""hi"""\n'
    table = whole(written(tmp_path, text))
    assert cells(table, "one, two; three") == ["x\ny"]
    assert cells(table, "b") == ['say "hi"']


def test_decimal_commas_are_numbers_between_semicolons(tmp_path: Path) -> None:
    table = whole(written(tmp_path, "a;w\nx;1,5\ny;0,25\n"))
    assert table.columns["w"].numbers().tolist() == [1.5, 0.25]


def test_a_byte_order_mark_is_said(tmp_path: Path) -> None:
    opened = written(tmp_path, b"\xef\xbb\xbfage,b\n1,2\n")
    assert opened.names == ("age", "b")
    assert [note.code for note in opened.notes] == ["byte_order_mark"]


@pytest.mark.parametrize(("raw", "text"), [(b"caf\xe9", "café"), (b"\x81\xe9", "\x81é"), (b"5 \x80", "5 €")])
def test_latin_1_is_read_and_said(tmp_path: Path, raw: bytes, text: str) -> None:
    opened = written(tmp_path, b"a,b\n" + raw + b",2\n")
    assert cells(whole(opened), "a") == [text]
    assert [note.code for note in opened.notes] == ["encoding"]


def test_utf_16_is_read(tmp_path: Path) -> None:
    opened = written(tmp_path, "вік,b\n1,2\n".encode("utf-16"))
    assert opened.names == ("вік", "b")


def test_unnamed_and_repeated_headers_are_renamed_and_said(tmp_path: Path) -> None:
    opened = written(tmp_path, ",a,a,,a (2)\n1,2,3,4,5\n")
    assert opened.names == ("column 1", "a", "a (3)", "column 4", "a (2)")
    assert [note.code for note in opened.notes] == ["renamed_column"] * 3
    assert cells(whole(opened), "a (3)") == ["3"]


def test_a_ragged_row_is_refused_by_number(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match="row 3 has 3 cells where the header has 2") as caught:
        whole(written(tmp_path, "a,b\n1,2\n1,2,3\n"))
    assert (caught.value.code, caught.value.row) == ("ragged_row", 3)


@pytest.mark.parametrize("text", ["", "a,b\n"])
def test_no_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataProblem) as caught:
        whole(written(tmp_path, text))
    assert caught.value.code == "no_rows"


def test_a_quote_never_closed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataProblem) as caught:
        whole(written(tmp_path, 'a,b\n1,"2\n3,4\n'))
    assert caught.value.code == "file_unreadable"


def parquet(folder: Path, **columns: Any) -> Table:
    pq.write_table(pa.table(columns), folder / "answers.parquet")
    return whole(open_file(folder / "answers.parquet"))


def test_parquet_numbers_become_choices(tmp_path: Path) -> None:
    table = parquet(tmp_path, i=pa.array([1, 0, None]), f=pa.array([1.0, 2.5, float("nan")]))
    assert table.columns["i"].choices == ("0", "1")
    assert table.columns["f"].choices == ("1", "2.5")
    assert cells(table, "i") == ["1", "0", None]
    assert cells(table, "f") == ["1", "2.5", None]


def test_parquet_keeps_a_stored_order_of_choices(tmp_path: Path) -> None:
    stored = pa.DictionaryArray.from_arrays(pa.array([2, 0, None]), pa.array(["low", "mid", "high"]))
    table = parquet(tmp_path, d=stored, s=["b", "a", "b"])
    assert table.columns["d"].choices == ("low", "mid", "high")
    assert cells(table, "d") == ["high", "low", None]
    assert table.columns["s"].choices == ("b", "a")


def test_parquet_flags_ids_dates_and_lists_are_text(tmp_path: Path) -> None:
    ids = [2**60, 2**60 + 1]
    days = pa.array(np.array(["2026-11-22", "2026-11-23"], dtype="datetime64[D]"))
    table = parquet(tmp_path, b=[True, False], id=ids, day=days, lists=[[1], None])
    assert table.columns["b"].choices == ("true", "false")
    assert cells(table, "id") == [str(one) for one in ids]
    assert cells(table, "day") == ["2026-11-22", "2026-11-23"]
    assert cells(table, "lists") == ["[1]", None]


def test_a_broken_parquet_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=r"answers\.parquet") as caught:
        written(tmp_path, b"PAR1 nothing", "answers.parquet")
    assert caught.value.code == "file_unreadable"


def test_values_named_as_missing_leave_both_kinds_of_column() -> None:
    text = TextColumn("a", ("x", "-", "99"), np.array([0, 1, 2, -1]))
    number = NumberColumn("b", np.array([1.0, 99.0, np.nan]))
    assert text.without(["-", "99.0"]).codes.tolist() == [0, -1, -1, -1]
    assert number.without(["99"]).codes.tolist() == [0, -1, -1]
    assert text.codes.tolist() == [0, 1, 2, -1]


def test_names_may_hold_every_mark() -> None:
    names = ["a", "a=b", "a: b, c", "c"]
    assert leading("a=b=1", names, "=") == ("a=b", "1")
    assert leading("a: b, c:net=x", names, ":") == ("a: b, c", "net=x")
    assert split_known("a,a: b, c,c", names, ",") == ["a", "a: b, c", "c"]
    assert split_known("a,d", names, ",") is None


def test_white_space_is_forgiven_and_near_names_are_suggested() -> None:
    assert find("is it rude?", ["is\xa0it  rude?"]) == "is\xa0it  rude?"
    with pytest.raises(DataProblem, match="did you mean 'channel'"):
        find("chanel", ["channel", "age"])
