"""The order of choices and segments, also where the last word among numbers means no answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.files import parquet
from analysis.files.formats import open_file
from analysis.table.column import TextColumn, by_size, text_column
from analysis.tabulate import Tabulation
from tests.analysis.by_path import Words, tabulate
from tests.analysis.table.test_files import written

STEPS = ["5", "10", "don't know", "2", "", "1", "3"]


def test_numbers_stand_by_size_and_words_as_they_come() -> None:
    assert by_size(["10", "9", "-1"]) == [2, 1, 0]
    assert by_size(["2,5", "10", "1,5"], ",") == [2, 0, 1]
    assert by_size(["10", "9", "other"]) == [0, 1, 2]
    assert by_size([]) == []


def test_numbers_stand_by_size_once_the_words_among_them_mean_no_answer() -> None:
    found = text_column("q", tuple(STEPS), np.array([0, 2, 5, 4, 1]))
    assert found.choices == ("5", "10", "don't know", "2", "1", "3")
    told = found.without(["don't know"])
    assert told.choices == ("1", "2", "3", "5", "10")
    assert told.codes.tolist() == [3, -1, 0, -1, 4]


def test_choices_with_an_order_of_their_own_keep_it() -> None:
    labelled = TextColumn("q", ("often", "5", "1", "refused"), np.array([1, 2, 3]))
    assert labelled.without(["refused", "often"]).choices == ("5", "1")


def first_seen(table: Tabulation) -> tuple[list[str], list[str]]:
    segments = dict.fromkeys(one.segment for one in table.estimates)
    return list(segments), list(dict.fromkeys(one.choice for one in table.estimates))


@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_tables_have_that_order_however_a_file_is_read(
    batch: int, dictionary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH", batch)
    cells = pa.array(STEPS * 2)
    cells = cells.dictionary_encode() if dictionary else cells
    pq.write_table(pa.table({"q": cells, "g": cells}), tmp_path / "a.parquet", row_group_size=5)
    written(tmp_path, "q,g\n" + "".join(f"{step},{step}\n" for step in STEPS * 2))
    for name in ("a.parquet", "answers.csv"):
        for missing, wanted in (
            ("don't know", ["1", "2", "3", "5", "10"]),
            ("5", ["10", "don't know", "2", "1", "3"]),
        ):
            (table,) = tabulate(tmp_path / name, Words(("q",), by=("g",), missing=(missing,)))
            assert first_seen(table) == (wanted, wanted)
            column = open_file(tmp_path / name).read(["q"]).columns["q"]
            assert column.without([missing]).choices == tuple(wanted)


def test_ordered_categories_of_parquet_keep_their_order(tmp_path: Path) -> None:
    codes = pa.array([0, 1, 2, 3, None, 1])
    cells = pa.DictionaryArray.from_arrays(codes, pa.array(["10", "1", "n/a", "5"]), ordered=True)
    pq.write_table(pa.table({"q": cells}), tmp_path / "a.parquet")
    (table,) = tabulate(tmp_path / "a.parquet", Words(("q",), missing=("n/a",)))
    assert first_seen(table)[1] == ["10", "1", "5"]
    assert open_file(tmp_path / "a.parquet").read(["q"]).columns["q"].choices == ("10", "1", "n/a", "5")


def test_text_of_a_stata_file_stands_as_that_of_a_csv(tmp_path: Path) -> None:
    pyreadstat = pytest.importorskip("pyreadstat", reason="the extra 'formats' is not installed")
    pandas = pytest.importorskip("pandas", reason="a file is written with it")
    path = tmp_path / "a.dta"
    pyreadstat.write_dta(pandas.DataFrame({"q": [step for step in STEPS if step]}), str(path))
    (table,) = tabulate(path, Words(("q",), missing=("don't know",)))
    assert first_seen(table)[1] == ["1", "2", "3", "5", "10"]


def test_a_value_that_means_no_answer_is_found_in_every_spelling() -> None:
    cells = ("3.50", "3.5", " 3.5", "03.5", "35", "n/a ", "n/a")
    column = TextColumn("q", cells, np.arange(len(cells)))
    assert column.without(["3.5"]).choices == ("03.5", "35", "n/a ", "n/a")
    assert column.without(["n/a"]).choices == cells[:5]
    german = TextColumn("q", ("3,50", "35"), np.arange(2), decimal=",")
    assert german.without(["3,5"]).choices == german.without(["3.5"]).choices == ("35",)
