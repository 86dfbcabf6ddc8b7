"""A weighted file remembers how it was weighted, and says so where it does not fit any more."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.table.design import Design
from analysis.weighting.output_files import write_files
from analysis.weighting.request import WeightRequest
from analysis.weighting.weighted_file import BASE, CELL, recipe_path, weighted_file
from analysis.weighting.weighting import weigh
from tests.analysis.by_path import Words, compare, tabulate

WIRED = "calibrated" in {field.name for field in fields(Words)}
MARGINS = ("g:w=0.5,m=0.5", "r:n=0.2,s=0.4,o=0.4")


def weighted(folder: Path, kind: str = "csv", **asked: Any) -> Path:
    chance = np.random.default_rng(4)
    rows = [
        f"{'wm'[int(chance.random() < 0.4)]},{'nso'[chance.integers(3)]},{chance.integers(1, 5)},"
        f"{'yes' if chance.random() < 0.4 else 'no'},{chance.normal(50, 9):.4f}"
        for _ in range(1200)
    ]
    source = folder / "answers.csv"
    source.write_text("g,r,w,q,age\n" + "\n".join(rows) + "\n", encoding="utf-8")
    target = folder / f"out.{kind}"
    write_files(source, weigh(source, WeightRequest(margins=MARGINS, weight="w", **asked)), target)
    return target


def taken_out(file: Path) -> None:
    """Take the last two people out of a file."""
    lines = file.read_text(encoding="utf-8").splitlines()[:-2]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_recipe_beside_the_file_is_found(tmp_path: Path) -> None:
    file = weighted(tmp_path)
    opened = open_file(file)
    found = weighted_file(opened, "weight")
    assert [note.code for note in found.notes] == ["calibrated"]
    assert found.weight == BASE and found.calibration is not None
    table = found.file.read([CELL, BASE, "weight"])
    cell = table.columns[CELL].numbers().astype(np.int64)
    final = found.calibration.weights(table.columns[BASE].numbers(), cell)
    np.testing.assert_allclose(final, table.columns["weight"].numbers())
    assert weighted_file(opened, "weight", recipe_path(file)).calibration is not None


def test_batches_have_the_same_rows_as_the_whole(tmp_path: Path) -> None:
    found = weighted_file(open_file(weighted(tmp_path, "parquet")), "weight").file
    whole = found.read(["q", CELL]).columns
    parts = list(found.batches(["q", CELL]))
    np.testing.assert_array_equal(
        np.concatenate([part.cells[CELL].to_numpy() for part in parts]), whole[CELL].numbers()
    )
    assert sum(part.rows for part in parts) == 1200


def test_other_weights_are_taken_as_fixed_and_that_is_said(tmp_path: Path) -> None:
    opened = open_file(weighted(tmp_path))
    found = weighted_file(opened, "w")
    assert (found.file, found.weight, found.calibration) == (opened, "w", None)
    assert [note.code for note in found.notes] == ["weights_fixed"]
    assert "it made the weights of column 'weight', not of 'w'" in found.notes[0].text
    assert weighted_file(opened, None).notes == ()
    recipe_path(opened.path).unlink()
    assert [note.code for note in weighted_file(opened, "weight").notes] == ["weights_fixed"]


def test_a_file_that_lost_rows_has_no_calibration(tmp_path: Path) -> None:
    file = weighted(tmp_path)
    taken_out(file)
    (note,) = weighted_file(open_file(file), "weight").notes
    assert note.code == "weights_fixed" and "were rows taken out or changed?" in note.text
    with pytest.raises(DataProblem, match="row 2 has the weight") as caught:
        weighted_file(open_file(file), "weight", recipe_path(file))
    assert caught.value.code == "recipe_unfit"


def test_a_recipe_of_another_file_is_refused(tmp_path: Path) -> None:
    recipe = recipe_path(weighted(tmp_path))
    (tmp_path / "other.csv").write_text("q,weight\nyes,1\nno,1\n", encoding="utf-8")
    with pytest.raises(DataProblem, match="no column 'g'"):
        weighted_file(open_file(tmp_path / "other.csv"), "weight", recipe)


@pytest.mark.skipif(not WIRED, reason="tabulate does not ask for a recipe yet")
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"method": "linear", "means": ("age=50",)},  # more cells than a table has choices
        {"trim": "0.3,3", "bounds": "0.2,5"},
        {"trim": "1.5", "after_trim": "spread"},
    ],
)
def test_a_margin_has_no_error_and_a_tied_answer_less(asked: dict[str, Any], tmp_path: Path) -> None:
    file = weighted(tmp_path, "parquet", **asked)
    design = Design(weight="weight")
    (known,) = tabulate(file, Words(("g",), design=design))
    recipe_path(file).unlink()
    (fixed,) = tabulate(file, Words(("g",), design=design))
    for one, other in zip(known.estimates, fixed.estimates, strict=True):
        assert one.share == pytest.approx(other.share, rel=1e-9)
        assert one.se is not None and other.se is not None
        assert one.se < other.se * (0.9 if asked.get("after_trim") else 1e-6)
    assert [table.notes[0].code for table in (known, fixed)] == ["calibrated", "weights_fixed"]


@pytest.mark.skipif(not WIRED, reason="tabulate does not ask for a recipe yet")
def test_segments_and_conditions_keep_the_design_whole(tmp_path: Path) -> None:
    file = weighted(tmp_path)
    design = Design(weight="weight")
    (by,) = tabulate(file, Words(("q",), by=("r",), design=design))
    for segment in "nso":
        (where,) = tabulate(file, Words(("q",), where=(f"r={segment}",), design=design))
        ours = [one for one in by.estimates if one.segment == segment]
        for one, other in zip(ours, where.estimates, strict=True):
            assert (one.share, one.se) == pytest.approx((other.share, other.se), rel=1e-9)


@pytest.mark.skipif(not WIRED, reason="tabulate does not ask for a recipe yet")
def test_comparisons_take_the_same_errors(tmp_path: Path) -> None:
    request = Words(("q",), by=("r",), design=Design(weight="weight"))
    file = weighted(tmp_path)
    (table,) = tabulate(file, request)
    (comparison,) = compare(file, request)
    for one, other in zip(table.estimates, comparison.estimates, strict=True):
        assert (one.share, one.se) == pytest.approx((other.share, other.se), rel=1e-9)


def test_bands_of_a_condition_do_not_part_people_from_their_recipe(tmp_path: Path) -> None:
    """A condition on a banded column keeps the errors of raked weights, and equals the column cut beforehand."""
    file = weighted(tmp_path)
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    at = head.split(",").index("age")
    cut = [f"{row},{'old' if float(row.split(',')[at]) >= 50 else 'young'}" for row in rows]
    file.write_text("\n".join([f"{head},old", *cut]) + "\n", encoding="utf-8")
    asked = {"design": Design(weight="weight"), "by": ("g",)}
    (banded,) = tabulate(file, Words(("q",), where=("age=50+",), bands=("age=0-49.9999,50+",), **asked))
    (beforehand,) = tabulate(file, Words(("q",), where=("old=old",), **asked))
    assert [note.code for note in banded.notes][:1] == ["calibrated"]
    assert [one.as_row() for one in banded.estimates] == [one.as_row() for one in beforehand.estimates]
