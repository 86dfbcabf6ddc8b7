"""The mark of made-up answers is found wherever it stands, and nothing is inferred from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from analysis.evidence.marked import (
    COLUMN,
    marked,
    refuse_synthetic,
    synthetic_note,
    synthetic_reason,
)
from analysis.files.formats import open_file
from analysis.problems import DataProblem

TABLE = pa.table({"q": ["yes", "no"], "w": [1.0, 2.0]})


@dataclass(frozen=True)
class Folder:
    """A folder of Parquet files as it is opened for tables."""

    path: Path
    names: tuple[str, ...]

    def read(self, names: list[str], /) -> Any:
        raise AssertionError("the files are read one by one")


def parquet(file: Path, table: pa.Table) -> Path:
    pq.write_table(table, file)
    return file


def test_a_marked_table_says_so_in_column_and_metadata(tmp_path: Path) -> None:
    table = marked(TABLE, {"name": "demo", "seed": 7})
    assert table[COLUMN].to_pylist() == [True, True]
    assert json.loads(table.schema.metadata[b"earshot.synthetic"]) == {
        "synthetic": True,
        "name": "demo",
        "seed": 7,
    }
    assert synthetic_reason(open_file(parquet(tmp_path / "a.parquet", table)))
    # either of both is enough
    stripped = table.replace_schema_metadata(None)
    assert "column" in (synthetic_reason(open_file(parquet(tmp_path / "b.parquet", stripped))) or "")
    dropped = table.drop_columns([COLUMN])
    assert "metadata" in (synthetic_reason(open_file(parquet(tmp_path / "c.parquet", dropped))) or "")


def test_marking_twice_keeps_one_column() -> None:
    assert marked(marked(TABLE, {}), {}).column_names == ["q", "w", COLUMN]


@pytest.mark.parametrize("values", [[True, False], ["yes", "no"], [1, 0], ["True", ""]])
def test_one_marked_row_is_enough(values: list[object], tmp_path: Path) -> None:
    table = TABLE.append_column(COLUMN, pa.array(values))
    assert synthetic_reason(open_file(parquet(tmp_path / "a.parquet", table)))
    pyarrow.csv.write_csv(table, tmp_path / "a.csv")
    assert synthetic_reason(open_file(tmp_path / "a.csv"))


@pytest.mark.parametrize("values", [[False, False], ["no", ""], [0, 0], [None, None]])
def test_rows_that_are_not_marked_are_real(values: list[object], tmp_path: Path) -> None:
    table = TABLE.append_column(COLUMN, pa.array(values))
    assert not synthetic_reason(open_file(parquet(tmp_path / "a.parquet", table)))
    pyarrow.csv.write_csv(table, tmp_path / "a.csv")
    assert not synthetic_reason(open_file(tmp_path / "a.csv"))


def test_a_plain_file_is_real(tmp_path: Path) -> None:
    assert not synthetic_reason(open_file(parquet(tmp_path / "a.parquet", TABLE)))


def test_the_manifest_of_a_snapshot_counts(tmp_path: Path) -> None:
    (tmp_path / "responses").mkdir()
    file = parquet(tmp_path / "responses" / "part-0.parquet", TABLE)
    (tmp_path / "manifest.json").write_text('{"synthetic": false}', encoding="utf-8")
    assert not synthetic_reason(open_file(file))
    (tmp_path / "manifest.json").write_text('{"synthetic": true}', encoding="utf-8")
    assert "manifest" in (synthetic_reason(open_file(file)) or "")
    (tmp_path / "manifest.json").write_text("[broken", encoding="utf-8")
    assert not synthetic_reason(open_file(file))


def test_a_folder_of_parts_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "responses").mkdir()
    real = parquet(
        tmp_path / "responses" / "part-0.parquet", TABLE.append_column(COLUMN, pa.array([False, False]))
    )
    names = tuple(pq.read_schema(real).names)
    opened = Folder(tmp_path, names)
    assert not synthetic_reason(opened)
    parquet(tmp_path / "responses" / "part-1.parquet", TABLE.append_column(COLUMN, pa.array([False, True])))
    assert synthetic_reason(opened)
    (tmp_path / "responses" / "part-1.parquet").unlink()
    (tmp_path / "manifest.json").write_text('{"synthetic": true}', encoding="utf-8")
    assert synthetic_reason(opened)


def test_inference_is_refused(tmp_path: Path) -> None:
    opened = open_file(parquet(tmp_path / "made.parquet", marked(TABLE, {})))
    with pytest.raises(
        DataProblem, match=r"'made.parquet' holds synthetic answers .* compare refuses"
    ) as caught:
        refuse_synthetic(opened, "compare")
    assert caught.value.code == "synthetic_refused"
    refuse_synthetic(open_file(parquet(tmp_path / "real.parquet", TABLE)), "compare")
    note = synthetic_note(opened)
    assert note is not None and note.code == "synthetic" and "nothing follows" in note.text
    assert synthetic_note(open_file(tmp_path / "real.parquet")) is None
