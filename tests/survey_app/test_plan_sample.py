"""`earshot plan-sample` as a person runs it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli.plan_sample import plan_sample

DOCS = Path(__file__).parents[2] / "docs" / "plan-sample.md"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(plan_sample, list(arguments))


def test_the_documented_example_prints_what_the_page_shows() -> None:
    asked = "--share 34% --difference 10% --segments 6 --deff 1.5 --response-rate 20%"
    result = run(*asked.split())
    assert result.exit_code == 0
    assert result.stdout in DOCS.read_text(encoding="utf-8")
    assert f"earshot plan-sample {asked}" in DOCS.read_text(encoding="utf-8")


def test_every_option_is_told() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"`{parameter.opts[0]}`" in text for parameter in plan_sample.params)


def test_json_and_csv_tell_the_same() -> None:
    asked = ["--share", "0.34", "--n", "2030", "--segments", "18-23=12%, 24+=88%", "--difference", "26%"]
    found = json.loads(run(*asked, "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").stdout)))
    assert found["total"] == 2030
    assert [row["segment"] for row in found["rows"]] == ["all", "18-23", "24+", "18-23 / 24+"]
    assert [float(row["share"]) for row in rows] == [0.34] * 4
    assert float(rows[3]["power"]) == pytest.approx(found["rows"][3]["power"])
    assert set(found["rows"][0]) == set(rows[0])
    page = DOCS.read_text(encoding="utf-8")
    assert all(f"`{key}`" in page for key in [*found, *found["rows"][0]])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            ["--share", "34", "--margin", "2%"],
            "--share '34' cannot be read: write it as 34% or 0.34, perhaps 34%",
        ),
        (["--margin", "two"], "--margin 'two' cannot be read"),
        (["--margin", "150%"], "--margin '150%' cannot be read"),
        ([], "nothing to plan"),
        (["--difference", "5%", "--segments", "a=20%,a=30%"], "with a name for each"),
        (["--difference", "5%", "--segments", "1"], "a number from 2 to 100"),
        (["--margin", "2%", "--format", "xml"], "--format knows no 'xml'"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(asked: list[str], words: str) -> None:
    result = run(*asked)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
