"""`earshot weight` as a person runs it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from survey_app.cli.weight import weight

from .verbs import Verb, file_of

ROWS = """id,gender,age,w
1,woman,20,1
2,woman,30,2
3,woman,40,1
4,man,50,1
5,man,17,2
6,,70,1
"""
MARGIN = ("--margin", "gender:woman=0.5,man=0.5")
answers = file_of(ROWS)
run, found = Verb(weight).run, Verb(weight).found


def test_the_weighted_file_is_the_file_and_a_column(answers: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    told = found(answers, *MARGIN, "--to", target)
    with target.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [",".join(list(row.values())[:-1]) for row in rows] == ROWS.splitlines()[1:]
    weights = [float(row["weight"]) for row in rows]
    assert weights == pytest.approx([2.5 / 3] * 3 + [1.25] * 2 + [1.0])
    assert told["files"] == [str(target), str(tmp_path / "out.weights.json")]
    assert told["diagnostics"]["effective_base"] == pytest.approx(36 / sum(one**2 for one in weights))


def test_the_json_has_the_agreed_shape(answers: Path, tmp_path: Path) -> None:
    told = found(answers, *MARGIN, "--weight", "w", "--to", tmp_path / "out.csv")
    keys = "source column method base converged iterations notes margins diagnostics files"
    assert list(told) == keys.split()
    keys = "margin category people sample before after target kept"
    assert list(told["margins"][0]) == keys.split()
    assert (told["method"], told["base"], told["converged"]) == ("rake", "w", True)


def test_the_text_shows_margins_costs_and_files(answers: Path, tmp_path: Path) -> None:
    result = run(answers, *MARGIN, "--to", tmp_path / "out.parquet", "--picture", tmp_path / "w.svg")
    assert result.exit_code == 0, result.stderr
    for words in ("raking, column 'weight'", "effective people", "not given", "kept", "w.svg", "out.parquet"):
        assert words in result.stdout
    assert (tmp_path / "w.svg").read_text(encoding="utf-8").startswith("<svg")


def test_every_way_of_saying_what_is_known(answers: Path, tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("gender,share\nwoman,60\nman,40\n", encoding="utf-8")
    (tmp_path / "population.yaml").write_text(
        "population: all\nsource: invented\nbands: {age: [0-39, 40+]}\nmargins: {age: {0-39: 0.4, 40+: 0.6}}\n",
        encoding="utf-8",
    )
    for at, asked in enumerate(
        (
            ("--population", tmp_path / "population.yaml"),
            ("--cell", "gender", "--cells", tmp_path / "cells.csv"),
            ("--method", "linear", "--mean", "age=39"),
            ("--method", "raking-distance", "--sum", "age=3900", "--total", "100"),
            ("--method", "logit", "--bounds", "0.3,3", *MARGIN),
            (*MARGIN, "--trim", "0.2,3", "--trim-of", "median", "--after-trim", "spread"),
            ("--margin", "age:0-39=0.4,40+=0.6", "--bands", "age=0-39,40+", "--total", "sample"),
            (*MARGIN, "--missing", "n/a", "--tolerance", "1e-6", "--name", "final"),
        )
    ):
        told = found(answers, *asked, "--to", tmp_path / f"out{at}.csv")
        for row in told["margins"]:
            assert row["after"] == pytest.approx(row["target"], rel=0.3)


def test_a_file_that_is_there_needs_force(answers: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine", encoding="utf-8")
    result = run(answers, *MARGIN, "--to", target)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "earshot weight: " in result.stderr and "--force" in result.stderr
    assert target.read_text(encoding="utf-8") == "mine"
    assert run(answers, *MARGIN, "--to", target, "--force").exit_code == 0
