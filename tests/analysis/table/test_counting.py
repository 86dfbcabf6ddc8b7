"""Counting: whatever way the rows come in, the sums are those of the whole file."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.answers import Answered, answers_of
from analysis.files import parquet
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table import counting
from analysis.table import sums as table_sums
from analysis.table.column import Column
from analysis.table.design import Design
from analysis.table.notes import Note
from analysis.table.segments import banded, crossed, everyone
from analysis.table.sums import Sums, sums_of
from analysis.tallies import Tally, read_tally, tables_of, tally_file, write_tally
from tests.analysis.by_path import Words, answers, tabulate
from tests.analysis.whole_table import sample_of_table

DESIGN = Design("w", "s", "c")
QUESTIONS = ("whole", "fraction", "word", "dotted", "kept", "yes", "band")
REQUEST = Words(
    QUESTIONS,
    by=("age", "word"),
    bands=("age=18-29,30-49,50+", "band=0-3,5+"),
    where=("keep=1",),
    missing=("99", "no answer"),
    design=DESIGN,
    total=True,
)
COLUMNS = ("whole", "fraction", "word", "dotted", "kept", "yes", "band", "age", "keep", "w", "s", "c")
TINY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def a_survey(seed: int, rows: int) -> pa.Table:
    """Make a table with a column of every kind that a file can hold, gaps and odd cells among them."""
    chance = np.random.default_rng(seed)

    def some(values: list[Any], kind: pa.DataType | None = None, gaps: float = 0.1) -> pa.Array:
        drawn = [values[at] for at in chance.integers(len(values), size=rows)]
        return pa.array([None if chance.random() < gaps else one for one in drawn], kind)

    stored = pa.DictionaryArray.from_arrays(
        pa.array(chance.integers(3, size=rows), pa.int8()), pa.array(["low", "mid", "high", "never"])
    )
    return pa.table(
        {
            "whole": some([3, 1, 2, 99], pa.int8()),
            "fraction": some([0.5, 2.0, float("nan"), 99.0]),
            "word": some(["tea", "no answer", "", "café", "x"]),
            "dotted": some(["1.0", "0.0", "99.0"]),
            "kept": stored,
            "yes": some([1, 0], pa.int64()),
            "band": some([0, 2, 4, 7, 1000], pa.int32()),
            "age": some([19, 35, 71, 17], pa.int16()),
            "keep": some(["1", "2", " "]) if chance.random() < 0.5 else some([1, 2]),
            "w": chance.choice([0.0, 0.5, 1.0, 2.25], size=rows),
            "s": some(["north", "south"], gaps=0.0),
            "c": some([1, 2, 3, 50_000_000], pa.int64(), gaps=0.0),
        }
    )


def written(folder: Path, table: pa.Table, name: str = "a.parquet", group: int | None = None) -> Path:
    pq.write_table(table, folder / name, row_group_size=group or max(table.num_rows, 1))
    return folder / name


def of_the_whole(path: Path, request: Words) -> dict[str, Sums]:
    """Sum the rows of a file that is read as a whole, by the plain way."""
    opened = open_file(path)
    plan = request.read(opened.names).among(opened.names)
    table = opened.read(plan.columns())
    told = {name: column.without(request.missing) for name, column in table.columns.items()}
    inside = np.ones(table.rows, dtype=bool)
    for name, value in plan.where:
        inside &= told[name].codes == told[name].choices.index(value)

    def cut(name: str) -> Column:
        return banded(told[name], plan.bands[name]) if name in plan.bands else told[name]

    by = [cut(name) for name in plan.by]
    segments = crossed(by, inside, request.total) if by else everyone(table.rows, inside)
    sample = sample_of_table(table, plan.design)
    return {name: sums_of(sample, cut(name).codes + 1, segments.codes) for name in plan.questions}


def of_batches(path: Path, request: Words) -> dict[str, Sums]:
    return {one.question: one.parts[0][0] for one in answers(path, request)}


def tally(path: Path, words: Words) -> Tally:
    return tally_file(path, words.read(open_file(path).names))


def in_order(sums: Sums) -> tuple[Any, ...]:
    """Return what sums say, units in order of their size, since their codes only tell them apart."""
    weight, square = (
        part if isinstance(part, np.ndarray) else part.toarray() for part in (sums.weight, sums.square)
    )
    rows = sorted(zip(sums.stratum.tolist(), weight.round(9).tolist(), square.round(9).tolist(), strict=True))
    plain = (sums.columns.tolist(), sums.people.tolist(), sums.idle.tolist(), sums.units.tolist())
    return (*plain, sums.clustered, sums.strata, sums.fpc, rows)


def alike(one: Sums, other: Sums) -> None:
    assert in_order(one) == in_order(other)


WAYS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "one batch": lambda patch: None,
    "tiny batches": lambda patch: patch.setattr(parquet, "BATCH", 7),
    "single rows": lambda patch: patch.setattr(parquet, "BATCH", 1),
    "sparse": lambda patch: (patch.setattr(counting, "DENSE", 30), patch.setattr(parquet, "BATCH", 7))[0],
    "all sparse": lambda patch: (patch.setattr(table_sums, "DENSE", 0), patch.setattr(counting, "DENSE", 0))[
        0
    ],
    "merged keys": lambda patch: (patch.setattr(counting, "DENSE", 0), patch.setattr(counting, "PENDING", 5))[
        0
    ],
    "one question at a time": lambda patch: patch.setattr(counting, "BUDGET", 1),
    "no tables of codes": lambda patch: patch.setattr("analysis.table.values.SPAN", 0),
    "no table of units": lambda patch: patch.setattr(counting, "TABLE", 0),
}


@pytest.mark.parametrize("way", WAYS)
@given(seed=st.integers(0, 10_000))
@TINY
def test_sums_do_not_depend_on_the_way_rows_come_in(
    way: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, a_survey(seed, 60), group=23)
    wanted = of_the_whole(path, REQUEST)
    with monkeypatch.context() as patch:
        WAYS[way](patch)
        found = of_batches(path, REQUEST)
    for question in QUESTIONS:
        alike(found[question], wanted[question])


@pytest.mark.parametrize(
    "design", [Design(), Design("w"), Design("w", "s"), Design("w", None, "c"), Design(None, "s", "c")]
)
def test_sums_under_every_kind_of_design(design: Design, tmp_path: Path) -> None:
    request = Words(QUESTIONS, by=("age",), design=design)
    path = written(tmp_path, a_survey(3, 200))
    wanted = of_the_whole(path, request)
    for question, found in of_batches(path, request).items():
        alike(found, wanted[question])


# --- adding up ---------------------------------------------------------------------------------------------


def notes_of(asked: list[Answered]) -> list[list[dict[str, Any]]]:
    return [[note.as_row() for note in one.notes] for one in asked]


@given(seed=st.integers(0, 10_000), cut=st.integers(1, 59))
@TINY
def test_parts_of_a_file_add_up(seed: int, cut: int, tmp_path: Path) -> None:
    table = a_survey(seed, 60)
    whole = written(tmp_path, table)
    first = tally(written(tmp_path, table.slice(0, cut), "b.parquet"), REQUEST)
    first.add(tally(written(tmp_path, table.slice(cut), "c.parquet"), REQUEST))
    wanted = [replace(one, notes=of_rows(one)) for one in answers(whole, REQUEST)]
    found = list(answers_of(first, REQUEST.read(COLUMNS).among(COLUMNS), ()))
    assert notes_of(found) == notes_of(wanted)
    for one, other in zip(found, wanted, strict=True):
        alike(one.parts[0][0], other.parts[0][0])
        assert one.parts[0][1] == other.parts[0][1]


def of_rows(asked: Answered) -> tuple[Note, ...]:
    return tuple(note for note in asked.notes if note.code != "weights_fixed")


def test_tallies_of_other_questions_cannot_be_added(tmp_path: Path) -> None:
    path = written(tmp_path, a_survey(1, 20))
    one, other = tally(path, Words(("whole",))), tally(path, Words(("word",)))
    with pytest.raises(ValueError, match="same plan"):
        one.add(other)


def test_a_population_that_differs_in_a_later_file_is_said(tmp_path: Path) -> None:
    request = Words(("q",), design=Design(strata="s", fpc="n"))
    parts = [pa.table({"q": [1, 2], "s": ["a", "b"], "n": [50, given]}) for given in (60, 61)]
    one, other = (tally(written(tmp_path, part), request) for part in parts)
    with pytest.raises(DataProblem, match="row 2: '61' differs from 60") as caught:
        one.add(other)
    assert caught.value.code == "fpc_varies"


def test_adding_changes_nothing_in_what_is_added(tmp_path: Path) -> None:
    path = written(tmp_path, a_survey(1, 40))
    one, other = tally(path, REQUEST), tally(path, REQUEST)
    one.add(other)
    for counted, rows in ((one, 80), (other, 40)):
        assert (counted.sums["=word"].people + counted.sums["=word"].idle).sum() == rows


@given(seed=st.integers(0, 10_000))
@TINY
def test_a_tally_comes_back_from_its_file(seed: int, tmp_path: Path) -> None:
    table = a_survey(seed, 60)
    whole, first = (
        written(tmp_path, table),
        tally(written(tmp_path, table.slice(0, 30), "b.parquet"), REQUEST),
    )
    write_tally(first, tmp_path / "sums.npz")
    kept = read_tally(tmp_path / "sums.npz")
    kept.add(tally(written(tmp_path, table.slice(30), "c.parquet"), REQUEST))
    wanted = tabulate(whole, REQUEST)
    for one, other in zip(tables_of(kept, REQUEST.read(COLUMNS)), wanted, strict=True):
        assert [row.base for row in one.estimates] == [row.base for row in other.estimates]
        mine, theirs = ([n for n in some.notes if n.code != "weights_fixed"] for some in (one, other))
        assert mine == theirs
        assert "weights_fixed" in [note.code for note in one.notes]
        close = [row.share for row in other.estimates if row.share is not None]
        assert [row.share for row in one.estimates if row.share is not None] == pytest.approx(close)


def test_a_tally_answers_only_the_request_it_was_made_for(tmp_path: Path) -> None:
    sums = tally(written(tmp_path, a_survey(1, 20)), Words(("whole",)))
    with pytest.raises(ValueError, match="another request"):
        tables_of(sums, Request(("whole",), missing=("1",)))


def test_a_file_that_is_no_tally_is_said(tmp_path: Path) -> None:
    (tmp_path / "sums.npz").write_bytes(b"PK no archive")
    with pytest.raises(DataProblem) as caught:
        read_tally(tmp_path / "sums.npz")
    assert caught.value.code == "file_unreadable"


def test_every_kind_of_column_is_read_in_batches_as_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, big = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC), 2**60
    kinds = {
        "nothing": pa.nulls(4),
        "decimal": pa.array([Decimal("1.50"), None, Decimal("2"), Decimal("1.5")]),
        "unsigned": pa.array([2**63 + 1, 1, None, 2], pa.uint64()),
        "moment": pa.array([day, None, day, day]),
        "half": pa.array([1.0, None, 2.0, 1.0], pa.float16()),
        "truth": pa.array([True, None, False, True]),
        "bytes": pa.array([b"x", None, b"y", b"x"]),
        "struct": pa.array([{"a": 1}, None, {"a": 2}, {"a": 1}]),
        "infinite": pa.array([1.5, None, float("inf"), -0.0]),
        "id": pa.array([big, None, big + 1, big]),
        "stored": pa.array(["b", None, "", "a"]).dictionary_encode(),
        "view": pa.array(["x", None, "y", "x"], pa.string_view()),
        "far": pa.array([1, None, 10**9, -(10**9)]),
    }
    path = written(tmp_path, pa.table(kinds), group=3)
    monkeypatch.setattr(parquet, "BATCH", 2)
    request = Words(tuple(kinds))
    wanted = of_the_whole(path, request)
    whole = open_file(path).read(list(kinds)).columns
    for one in answers(path, request):
        alike(one.parts[0][0], wanted[one.question])
        assert [answer.name for answer in one.parts[0][1]] == list(whole[one.question].choices)


def test_people_of_weight_0_are_counted_in_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = a_survey(1, 60)
    monkeypatch.setattr(parquet, "BATCH", 7)
    (one, *_) = answers(written(tmp_path, table), REQUEST)
    (note,) = [note for note in one.notes if note.code == "zero_weight"]
    assert note.count == table["w"].to_pylist().count(0.0) > 0


def test_kept_sums_without_weights_take_new_rows(tmp_path: Path) -> None:
    request, table = Words(("whole",)), a_survey(4, 60)
    kept = tally(written(tmp_path, table.slice(0, 40), "b.parquet"), request)
    write_tally(kept, tmp_path / "sums.npz")
    for one in (kept, read_tally(tmp_path / "sums.npz")):
        one.add(tally(written(tmp_path, table.slice(40), "c.parquet"), request))
        sums = one.sums["=whole"]
        assert sums.people.sum() == 60
        assert sums.total(sums.weight).tolist() == sums.total(sums.square).tolist() == sums.people.tolist()
