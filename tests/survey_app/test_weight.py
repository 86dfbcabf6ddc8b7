"""`earshot weight` as a person runs it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from survey_app.cli.weight import weight

ROWS = """id,gender,age,w
1,woman,20,1
2,woman,30,2
3,woman,40,1
4,man,50,1
5,man,17,2
6,,70,1
"""
MARGIN = ("--margin", "gender:woman=0.5,man=0.5")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(weight, [str(one) for one in arguments])


def found(*arguments: str | Path) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--margin", "gender:woman=0.5,man=0.6"), "add up to 1.1"),
        (("--margin", "gender:woman=0.95,man=0.05", "--bounds", "0.9,1.1"), "category 'man'"),
        (("--format", "xml", *MARGIN), "text, csv, json"),
        (("--picture", "w.png", *MARGIN), "use .svg"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    arguments: tuple[str, ...], words: str, answers: Path, tmp_path: Path
) -> None:
    result = run(answers, *arguments, "--to", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["answers.csv"]


def test_the_help_has_examples() -> None:
    assert "earshot weight answers.csv --to weighted.csv" in run("--help").stdout


def test_every_option_is_told_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "weight.md").read_text(encoding="utf-8")
    options = [one.opts[0] for one in weight.params if isinstance(one, click.Option)]
    assert [option for option in options if f"`{option}" not in page and f" {option}" not in page] == []
