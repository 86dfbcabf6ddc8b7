"""`earshot tabulate` as a person runs it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from survey_app.cli.tabulate import tabulate

from .verbs import Verb, file_of

SHARED = Path(__file__).parents[3] / "shared"
ROWS = """channel,age,gender,w,"asked: why, how?",app,web,tick
phone,20,woman,1,a=1,1,0,x
e-mail,30,woman,2,b|c,0,1,
phone,40,man,1,b|c,1,1,
,50,man,1,a=1,,,
phone,,man,2,a=1,0,0,x
e-mail,17,woman,1,b|c,0,,
"""
answers = file_of(ROWS)
run, found = Verb(tabulate).run, Verb(tabulate).found


def by_choice(table: dict[str, Any], segment: str = "all") -> dict[str, float]:
    return {row["choice"]: row["share"] for row in table["rows"] if row["segment"] == segment}


def test_the_json_has_the_agreed_shape(answers: Path) -> None:
    table = found(answers, "--question", "channel", "--weight", "w")
    assert list(table) == ["question", "by", "design", "notes", "rows"]
    assert table["design"] == {"weight": "w", "strata": None, "cluster": None, "fpc": None}
    assert list(table["notes"][0]) == ["code", "column", "value", "count", "text"]
    keys = "segment by choice share se low high interval base effective_base design_effect df status"
    assert list(table["rows"][0]) == keys.split()
    # five answered, weights 1, 2, 1, 2, 1: phone 4 of 7
    assert by_choice(table) == pytest.approx({"phone": 4 / 7, "e-mail": 3 / 7})
    assert table["rows"][0]["base"] == 5


def test_several_questions_are_a_list_in_their_order(answers: Path) -> None:
    tables = found(answers, "--question", "gender", "--question", "channel")
    assert [table["question"] for table in tables] == ["gender", "channel"]


def test_bands_and_total_and_what_is_in_no_segment(answers: Path) -> None:
    table = found(answers, "--question", "channel", "--by", "age", "--bands", "age=18-34,35+", "--total")
    assert [row["segment"] for row in table["rows"]] == ["all", "all", "18-34", "18-34", "35+", "35+"]
    assert table["rows"][2]["by"] == {"age": "18-34"}
    notes = {note["code"]: (note["column"], note["count"]) for note in table["notes"]}
    assert notes == {
        "missing_by": ("age", 1),
        "outside_bands": ("age", 1),
        "missing_question": ("channel", 1),
        "no_segment": ("channel", 2),
    }


def test_without_total_all_is_not_shown(answers: Path) -> None:
    table = found(answers, "--question", "channel", "--by", "gender")
    assert {row["segment"] for row in table["rows"]} == {"woman", "man"}


def test_crossed_segments(answers: Path) -> None:
    table = found(answers, "--question", "app", "--by", "gender", "--by", "channel")
    segments = list(dict.fromkeys(row["segment"] for row in table["rows"]))
    assert segments == ["woman x phone", "woman x e-mail", "man x phone"]
    assert table["by"] == ["gender", "channel"]


def test_a_band_nobody_answered_in_is_empty(answers: Path) -> None:
    table = found(answers, "--question", "channel", "--by", "age", "--bands", "age=18-34,90+")
    row = table["rows"][-1]
    assert (row["segment"], row["status"], row["share"], row["low"], row["base"]) == (
        "90+",
        "empty",
        None,
        None,
        0,
    )


def test_column_and_choice_names_may_hold_every_mark(answers: Path) -> None:
    why = "asked: why, how?"
    table = found(answers, "--question", why, "--net", f"{why}:both=a=1|b|c", "--where", f"{why}=b|c")
    assert by_choice(table) == {"a=1": 0.0, "b|c": 1.0, "both": 1.0}
    sets = found(answers, "--multi", f"set={why},app")
    assert list(by_choice(sets)) == [why, "app"]


def test_nets_are_unions(answers: Path) -> None:
    nets = ("--net", "channel:any=phone|e-mail", "--net", "channel:distant=phone")
    table = found(answers, "--question", "channel", *nets)
    assert by_choice(table) == pytest.approx({"phone": 0.6, "e-mail": 0.4, "any": 1.0, "distant": 0.6})


def test_a_set_counts_those_who_answered_any_of_it(answers: Path) -> None:
    table = found(answers, "--multi", "where=app,web", "--net", "where:either=app|web")
    # rows 1, 2, 3, 5 and 6 answered: app 2, web 2, either 3 of 5
    assert by_choice(table) == pytest.approx({"app": 0.4, "web": 0.4, "either": 0.6})
    assert {row["base"] for row in table["rows"]} == {5}
    coding = [note for note in table["notes"] if note["code"] == "multi_coding"]
    assert [note["column"] for note in coding] == ["app", "web"]
    assert "'1'" in coding[0]["text"]


def test_a_ticked_cell_is_chosen(answers: Path) -> None:
    table = found(answers, "--multi", "set=tick,app", "--by", "gender")
    assert by_choice(table, "woman") == pytest.approx({"tick": 1 / 3, "app": 1 / 3})
    assert any("not empty" in note["text"] for note in table["notes"])


def test_where_keeps_the_design(answers: Path) -> None:
    table = found(answers, "--question", "channel", "--where", "gender=man", "--where", "w=1")
    (row,) = (row for row in table["rows"] if row["choice"] == "phone")
    assert (row["share"], row["base"], row["df"]) == (1.0, 1, 0)
    assert next(note["count"] for note in table["notes"] if note["code"] == "where") == 2


def test_missing_values_are_missing_in_questions_and_segments(answers: Path) -> None:
    table = found(
        answers, "--question", "channel", "--by", "gender", "--missing", "phone", "--missing", "woman"
    )
    assert {row["segment"] for row in table["rows"]} == {"man"}
    assert {row["status"] for row in table["rows"]} == {"empty"}


def test_text_is_for_reading(answers: Path) -> None:
    result = run(answers, "--question", "channel", "--by", "gender")
    assert result.exit_code == 0
    assert "low base" in result.stdout
    assert "Notes" in result.stdout


def test_csv_is_for_a_spreadsheet(answers: Path) -> None:
    result = run(answers, "--question", "channel", "--question", "app", "--by", "gender", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["question"] for row in rows] == ["channel"] * 4 + ["app"] * 4
    assert rows[0]["by gender"] == "woman"
    assert float(rows[0]["share"]) == pytest.approx(1 / 3)


def test_a_real_file_from_the_command_line() -> None:
    file = SHARED / "data" / "nhanes-hichol" / "nhanes.csv"
    if not file.is_file():
        pytest.skip("../shared/data is not here")
    design = ("--weight", "WTMEC2YR", "--strata", "SDMVSTRA", "--cluster", "SDMVPSU")
    table = found(file, "--question", "HI_CHOL", *design)
    row = table["rows"][1]
    assert (row["choice"], row["base"], row["df"], row["interval"]) == ("1", 7846, 16, "logit")
    assert row["se"] == pytest.approx(0.00544584, abs=5e-9)


def test_a_level_moves_the_intervals_alone(answers: Path) -> None:
    wide, narrow = (found(answers, "--question", "channel", "--level", level) for level in ("95%", "80%"))
    assert list(wide) == list(narrow)
    for one, other in zip(wide["rows"], narrow["rows"], strict=True):
        assert one["low"] < other["low"] < other["share"] < other["high"] < one["high"]
        assert one["se"] == other["se"]


def test_a_table_too_long_to_read_is_for_a_program(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    lines = [f"{row % 100},{row // 100}" for row in range(2100)]  # 100 values by 21
    file.write_text("\n".join(["minutes,age", *lines]), encoding="utf-8")
    result = run(file, "--question", "minutes", "--by", "age")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "2,100 figures (100 choices by 21 segments), more than 2,000" in result.stderr
    assert "--bands" in result.stderr and "--format csv" in result.stderr
    assert run(file, "--question", "minutes", "--by", "age", "--quality", "seconds:minutes").exit_code == 1
    assert len(found(file, "--question", "minutes", "--by", "age")["rows"]) == 2100
    assert run(file, "--question", "minutes", "--by", "age", "--format", "csv").stdout.count("\n") == 2101
    short = run(file, "--question", "minutes", "--by", "age", "--bands", "age=0-18,19+")
    assert short.exit_code == 0, short.stderr
