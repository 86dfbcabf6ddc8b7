"""A file with one more column: what was there stays, byte by byte, and nothing half-written remains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.files.appending import append_column
from analysis.files.formats import open_file
from analysis.problems import DataProblem

VALUES = np.array([0.5, 1.25, 2.0])


def written(folder: Path, source: str, content: bytes, target: str = "out.csv") -> bytes:
    (folder / source).write_bytes(content)
    append_column(folder / source, folder / target, "weight", VALUES, {})
    return (folder / target).read_bytes()


def test_quotes_line_ends_and_breaks_inside_cells_stay(tmp_path: Path) -> None:
    rows = b'"a","b"\r\n"1","x, ""y"""\r\n2,"two\r\nlines"\r\n\r\n03, z \r\n'
    wanted = b'"a","b",weight\r\n"1","x, ""y""",0.5\r\n2,"two\r\nlines",1.25\r\n\r\n03, z ,2.0\r\n'
    assert written(tmp_path, "in.csv", rows) == wanted


def test_a_last_line_without_an_end_stays_without(tmp_path: Path) -> None:
    assert written(tmp_path, "in.csv", b"a\n1\n\n3") == b"a,weight\n1,0.5\n,1.25\n3,2.0"


def test_semicolons_mean_decimal_commas(tmp_path: Path) -> None:
    found = written(tmp_path, "in.csv", b"a;b\n1;2\n1;2\n1;2\n")
    assert found == b"a;b;weight\n1;2;0,5\n1;2;1,25\n1;2;2,0\n"
    assert open_file(tmp_path / "out.csv").read(["weight"]).columns["weight"].numbers().tolist() == [
        0.5,
        1.25,
        2,
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_stays(encoding: str, tmp_path: Path) -> None:
    found = written(tmp_path, "in.csv", "é,b\n1,ü\n1,ü\n1,ü\n".encode(encoding))
    assert found.decode(encoding) == "é,b,weight\n1,ü,0.5\n1,ü,1.25\n1,ü,2.0\n"


def test_weights_are_written_to_their_last_digit(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n1\n", encoding="utf-8")
    values = np.array([1 / 3, 0.1 + 0.2])
    append_column(tmp_path / "in.csv", tmp_path / "out.csv", "w", values, {})
    assert open_file(tmp_path / "out.csv").read(["w"]).columns["w"].numbers().tolist() == values.tolist()


def test_parquet_keeps_types_and_metadata(tmp_path: Path) -> None:
    table = pa.table(
        {"a": pa.array([1, None, 3], pa.int16()), "b": pa.array(["x", "y", None]).dictionary_encode()}
    ).replace_schema_metadata({"made": "by hand"})
    pq.write_table(table, tmp_path / "in.parquet")
    append_column(tmp_path / "in.parquet", tmp_path / "out.parquet", "weight", VALUES, {})
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.drop(["weight"]).equals(table)
    assert found.schema.metadata[b"made"] == b"by hand"
    assert found["weight"].to_pylist() == VALUES.tolist()


def test_another_kind_has_the_cells_as_they_are_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.0, None, 3.5], "b": ["x", "y, z", None]}), tmp_path / "in.parquet")
    append_column(tmp_path / "in.parquet", tmp_path / "out.csv", "weight", VALUES, {})
    assert (tmp_path / "out.csv").read_text() == 'a,b,weight\n1,x,0.5\n,"y, z",1.25\n3.5,,2.0\n'
    append_column(tmp_path / "out.csv", tmp_path / "back.parquet", "again", VALUES, {})
    found = pq.read_table(tmp_path / "back.parquet").to_pydict()
    assert (found["a"], found["b"]) == (["1", None, "3.5"], ["x", "y, z", None])


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        written(tmp_path, "in.csv", b"a\n1\n1\n1\n")
    assert caught.value.code == "file_exists"
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "mine"
    append_column(tmp_path / "in.csv", tmp_path / "out.csv", "weight", VALUES, {}, force=True)
    assert (tmp_path / "out.csv").read_bytes().startswith(b"a,weight\n")


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"a\n1\n1\n1\n")
    with pytest.raises(DataProblem) as caught:
        append_column(tmp_path / "in.csv", tmp_path / "in.csv", "weight", VALUES, {}, force=True)
    assert caught.value.code == "file_itself"


def test_all_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"a\n1\n1\n1\n")
    (tmp_path / "beside").mkdir()
    with pytest.raises(DataProblem) as caught:  # a folder stands where the second file should
        append_column(
            tmp_path / "in.csv", tmp_path / "out.csv", "w", VALUES, {tmp_path / "beside": "{}"}, force=True
        )
    assert caught.value.code == "file_unwritable"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside", "in.csv"]


@pytest.mark.parametrize(
    ("target", "code"), [("out.docx", "file_unsupported"), ("no/out.csv", "file_unwritable")]
)
def test_other_targets_are_refused(target: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(DataProblem) as caught:
        written(tmp_path, "in.csv", b"a\n1\n1\n1\n", target)
    assert caught.value.code == code
