"""`earshot audit` as a person runs it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from survey_app.cli.audit import audit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "audit.md"
LIBRARY = ROOT / "questionnaires" / "library" / "complaint_channels"
CLAIM = "--share 34% --n 2030 --part 60% --part-name 24-34 --segments 6"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(audit, [str(one) for one in arguments])


def found(*arguments: str | Path) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """1,000 people of whom 340 chose online, evenly spread."""
    file = tmp_path / "answers.csv"
    file.write_text(
        "online\n" + "\n".join("1" if n % 50 < 17 else "0" for n in range(1000)), encoding="utf-8"
    )
    return file


def test_the_documented_example(tmp_path: Path) -> None:
    result = run(*CLAIM.split())
    assert result.exit_code == 0
    assert result.stdout.startswith("all: 34% of 2,030 people\nVerdict: not checkable\n")
    assert "31.2% - 37.0%" in result.stdout
    page = DOCS.read_text(encoding="utf-8")
    assert f"earshot audit {CLAIM}" in page
    assert "\n".join(result.stdout.splitlines()[:2]) in page


def test_every_option_and_key_is_told() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert all(f"`{one.opts[0]}`" in page for one in audit.params if one.opts[0].startswith("--"))
    whole = found(*CLAIM.split())
    keys = [*whole]
    for table in ("checks", "intervals", "parts", "smallest_part", "facts"):
        keys += [*whole[table][0]]
    assert all(f"`{key}`" in page for key in keys)


def test_a_study_is_audited_figure_by_figure() -> None:
    whole = found(LIBRARY)
    assert [one["id"] for one in whole["audits"]][:2] == ["complain_online", "complain_online_24_34"]
    rows = list(csv.DictReader(io.StringIO(run(LIBRARY, "--format", "csv").stdout)))
    assert [row["verdict"] for row in rows] == [one["verdict"] for one in whole["audits"]]
    text = run(LIBRARY).stdout
    assert "reply_within_60m_exclusive  inconsistent" in text


def test_what_no_source_gives_is_assumed_for_a_file_too() -> None:
    one = found(LIBRARY, "--id", "complain_online", "--segments", "6", "--deff", "3", "--part-share", "15%")
    assert {row["comparisons"] for row in one["smallest_part"]} == {1, 15}
    assert [row["design_effect"] for row in one["intervals"]] == [3.0]
    assert [row["share_of_sample"] for row in one["parts"]] == [0.15]


def test_one_figure_by_its_id() -> None:
    assert found(LIBRARY, "--id", "complain_online")["part"] == 0.6


def test_own_data_beside_a_published_share(answers: Path) -> None:
    own = ("--data", answers, "--question", "online", "--choice", "1")
    claim = ("--share", "34%", "--n", "2030")
    same = found(*claim, *own, "--equivalence", "6%")
    assert same["verdict"] == "consistent"
    assert same["own"]["share"] == pytest.approx(0.34)
    assert [row["design_effect"] for row in same["against"]] == [1.0, 1.5, 2.0]
    assert all(f"`{key}`" in DOCS.read_text(encoding="utf-8") for key in same["against"][0])
    assert found(*claim, *own)["verdict"] == "not checkable"
    assert found("--share", "50%", "--n", "2030", *own)["verdict"] == "inconsistent"
    assert "Against our data" in run(*claim, *own, "--equivalence", "6%").stdout


def test_synthetic_answers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "made.csv"
    file.write_text("online,_synthetic\n1,true\n0,true\n", encoding="utf-8")
    result = run("--share", "34%", "--n", "2030", "--data", file, "--question", "online", "--choice", "1")
    assert result.exit_code == 1
    assert "holds synthetic answers" in result.stderr


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "nothing to audit"),
        (["--share", "34"], "perhaps 34%"),
        (["--share", "34%", "--part-n", "3"], "--part-n needs --part beside it"),
        (["--share", "34%", "--choice", "x"], "--choice needs --data beside it"),
        (["--share", "34%", "--data", "x.csv"], "--data needs --question beside it"),
        (["--part", "60%", "--adds-up", "50%,50%"], "--part needs --share beside it"),
        (["--id", "x", "--share", "34%"], "--id needs FILE beside it"),
        ([LIBRARY, "--n", "100"], "--n is of a claim given by options, and"),
        (["nowhere"], "there is no file 'nowhere'"),
        ([LIBRARY, "--id", "x"], "there is no figure 'x' in the file: it has 'complain_online'"),
        (["--share", "34%", "--format", "xml"], "--format knows no 'xml'"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(asked: list[str], words: str) -> None:
    result = run(*asked)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_our_own_data_are_held_against_one_figure(answers: Path) -> None:
    own = ("--data", answers, "--question", "online", "--choice", "1")
    assert "--id with one figure" in run(LIBRARY, *own).stderr


def test_a_choice_that_is_not_there_is_named(answers: Path) -> None:
    own = ("--data", answers, "--question", "online", "--choice", "yes")
    assert "it has '0', '1'" in run("--share", "34%", "--n", "2030", *own).stderr
