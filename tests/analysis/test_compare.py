"""`earshot compare` from a file to what is printed: letters, pairs, overall tests, reasons, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analysis.compare import Comparison
from analysis.compare.comparison import letters
from analysis.show.comparison import as_text
from analysis.show.tabulation import as_csv
from analysis.table.design import Design
from survey_app.cli import main
from tests.analysis.by_path import Words, compare, tabulate

OWN = ["--weight", "weight", "--strata", "stratum", "--cluster", "psu"]


def people(**counts: dict[str, int]) -> str:
    """A file of `segment=dict(answer=people)`."""
    rows = [
        (segment, answer) for segment, some in counts.items() for answer, n in some.items() for _ in range(n)
    ]
    return "segment,answer\n" + "".join(f"{segment},{answer}\n" for segment, answer in rows)


CLEAR = people(
    young={"phone": 20, "chat": 80}, middle={"phone": 50, "chat": 50}, old={"phone": 80, "chat": 20}
)


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    file = tmp_path / "answers.csv"
    file.write_text(CLEAR, encoding="utf-8")
    return file


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, words)])


def shown(*words: str | Path) -> dict[str, Any]:
    found = run(*words, "--format", "json")
    assert found.exit_code == 0, found.output
    loaded: dict[str, Any] = json.loads(found.stdout)
    return loaded


def one(file: Path, question: str = "answer", by: str = "segment", **more: Any) -> Comparison:
    (found,) = compare(file, Words((question,), by=(by,)), **more)
    return found


def test_a_letter_names_the_column_whose_share_is_lower(clear: Path) -> None:
    found = one(clear)
    assert [(column.letter, column.segment, column.base) for column in found.columns] == [
        ("A", "young", 100),
        ("B", "middle", 100),
        ("C", "old", 100),
    ]
    assert found.letters == {
        ("middle", "phone"): "A",
        ("old", "phone"): "AB",
        ("young", "chat"): "BC",
        ("middle", "chat"): "C",
    }


def test_what_is_printed_for_a_person(clear: Path) -> None:
    assert run(clear, "--question", "answer", "--by", "segment").output == (
        "answer\nby segment\n\n"
        "                    A          B        C\n"
        "                young     middle      old\n"
        "phone            20.0       50.0 A   80.0 AB\n"
        "chat             80.0 BC    50.0 C   20.0\n"
        "base              100        100      100\n"
        "effective base    100        100      100\n\n"
        "Rao-Scott, second order: F(2, 598) = 35.88, p < 0.0001: answers differ between segments\n\n"
        "Letters name the columns that a share is above, p < 0.05 (Holm over the 3 pairs of a choice).\n\n"
        "Differences in points\n\n"
        "choice  pair   difference    95% interval       p  adjusted p\n"
        "phone   A - B       -30.0  -42.6 to -17.4  <.0001      <.0001\n"
        "phone   A - C       -60.0  -71.2 to -48.8  <.0001      <.0001\n"
        "phone   B - C       -30.0  -42.6 to -17.4  <.0001      <.0001\n"
        "chat    A - B       +30.0  +17.4 to +42.6  <.0001      <.0001\n"
        "chat    A - C       +60.0  +48.8 to +71.2  <.0001      <.0001\n"
        "chat    B - C       +30.0  +17.4 to +42.6  <.0001      <.0001\n"
    )


def test_csv_has_a_line_a_pair(clear: Path) -> None:
    lines = list(csv.DictReader(io.StringIO(run(clear, "--question", "answer", "--by", "segment",
                                                "--format", "csv").output)))  # fmt: skip
    assert len(lines) == 6
    assert (lines[1]["choice"], lines[1]["first"], lines[1]["second"]) == ("phone", "young", "old")
    assert (lines[1]["first_share"], lines[1]["second_share"], lines[1]["first_base"]) == (
        "0.2",
        "0.8",
        "100",
    )
    assert float(lines[1]["difference"]) == pytest.approx(-0.6)
    assert (lines[1]["status"], lines[1]["equivalent_p"]) == ("ok", "")


def test_words_of_people_are_no_formulas_in_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(people(x={"=1+1": 5, "-3": 5}, **{"@y": {"=1+1": 2, "-3": 8}}), encoding="utf-8")
    lines = run(file, "--question", "answer", "--by", "segment", "--format", "csv").output.splitlines()
    assert lines[1].startswith("answer,'=1+1,x,'@y,0.5,0.2,")
    assert lines[2].startswith("answer,-3,x,'@y,")
    (table,) = tabulate(file, Words(("answer",), by=("segment",)))
    assert as_csv([table]).splitlines()[3].startswith("answer,'@y,'@y,'=1+1,0.2,")


def test_json_has_everything(clear: Path) -> None:
    found = shown(clear, "--question", "answer", "--by", "segment", "--equivalence", "0.1", "--adjust", "bh")
    assert list(found) == ["question", "by", "design", "notes", "level", "adjust", "margin", "test", "tests",
                           "columns", "rows", "differences"]  # fmt: skip
    assert (found["adjust"], found["margin"], found["level"]) == ("bh", 0.1, 0.95)
    assert found["test"]["symbol"] == "F"
    assert found["rows"][0]["letters"] == ""
    assert found["rows"][5]["letters"] == ""
    assert found["rows"][4]["letters"] == "AB"
    assert all(row["equivalent_p"] > 0.9 for row in found["differences"])


def test_all_questions_print_a_list(own_survey: Path) -> None:
    words = [
        own_survey,
        "--question",
        "q01",
        "--question",
        "q02",
        "--by",
        "age_group",
        *OWN,
        "--format",
        "json",
    ]
    assert [table["question"] for table in json.loads(run(*words).stdout)] == ["q01", "q02"]
    assert "more that are not clear are in --format csv" in run(*words[:-2]).output


def test_holm_takes_letters_away_that_no_adjustment_gives(own_survey: Path) -> None:
    words = [own_survey, "--question", "channel", "--by", "age_group", *OWN]
    counts = {
        adjust: sum(len(row["letters"]) for row in shown(*words, "--adjust", adjust)["rows"])
        for adjust in ("none", "bh", "holm", "bonferroni")
    }
    assert counts["none"] > counts["bh"] > counts["holm"] >= counts["bonferroni"] > 0


@pytest.mark.parametrize(
    ("test", "symbol"),
    [("rao-scott", "F"), ("chisq", "X²"), ("wald", "F"), ("adjusted-wald", "F"), ("lincom", "X²"),
     ("saddlepoint", "X²"), ("rank", "F"), ("trend", "t")],
)  # fmt: skip
def test_every_overall_test_finds_what_is_clear(clear: Path, test: str, symbol: str) -> None:
    found = one(clear, test=test).test
    assert found is not None and found.p is not None
    assert found.symbol == symbol
    assert found.p < 1e-6


def test_no_overall_test_is_a_choice(clear: Path) -> None:
    assert one(clear, test="none").test is None
    assert "Rao-Scott" not in run(clear, "--question", "answer", "--by", "segment", "--test", "none").output


def test_a_rank_test_says_the_order_it_took(clear: Path) -> None:
    output = run(clear, "--question", "answer", "--by", "segment", "--test", "trend").output
    assert "- Answers rank in this order: phone < chat. For another, code them as numbers." in output
    assert "- The trend follows this order of segments: young, middle, old." in output
    assert "p < 0.0001: answers fall along the segments" in output


def steps(answers: str, segments: str, rows: dict[str, str]) -> str:
    """A file of ten people for each digit: segment=answers, the odd ones below them."""
    told = "".join(f"{step},{segment}\n" * 10 for segment, some in rows.items() for step in some)
    return f"q,g\n{told}{answers},1\n1,{segments}\n"


def test_rank_and_trend_take_numbers_by_size_without_the_words_among_them(tmp_path: Path) -> None:
    rows = {"3": "54352", "1": "12131", "2": "24233"}
    file, plain = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text(steps("don't know", "n/a", rows), encoding="utf-8")
    plain.write_text(steps("", "", rows), encoding="utf-8")
    for test, order in (
        ("rank", "Answers rank in this order: 1 < 2 < 3 < 4 < 5."),
        ("trend", "segments: 1, 2, 3."),
    ):
        told = shown(
            file,
            "--question",
            "q",
            "--by",
            "g",
            "--test",
            test,
            "--missing",
            "don't know",
            "--missing",
            "n/a",
        )
        assert told["test"] == shown(plain, "--question", "q", "--by", "g", "--test", test)["test"]
        assert any(note["text"].endswith(order) for note in told["notes"])
    assert told["test"]["statistic"] > 5
    mixed = run(file, "--question", "q", "--by", "g", "--test", "rank").output
    assert "Numbers rank by size where all are numbers: leave out 'don't know' with --missing" in mixed


def test_segments_of_one_name_keep_their_own_shares(tmp_path: Path) -> None:
    rows = [
        ("a x b", "c", "x", 86),
        ("a x b", "c", "y", 14),
        ("a", "b x c", "x", 10),
        ("a", "b x c", "y", 90),
    ]
    file = tmp_path / "a.csv"
    lines = "".join(f"{answer},{g},{h}\n" * n for g, h, answer, n in rows)
    file.write_text(f"q,g,h\n{lines}", encoding="utf-8")
    found = shown(file, "--question", "q", "--by", "g", "--by", "h")
    names = ["g=a x b x h=c", "g=a x h=b x c"]
    assert [(row["segment"], row["share"], row["letters"]) for row in found["rows"]] == [
        (names[0], 0.86, "B"), (names[0], 0.14, ""), (names[1], 0.1, ""), (names[1], 0.9, "A")
    ]  # fmt: skip
    output = run(file, "--question", "q", "--by", "g", "--by", "h", "--format", "csv").output
    assert f"q,x,{names[0]},{names[1]},0.86,0.1,100,100" in output


def test_a_set_of_one_option_and_a_single_segment_are_told_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("g,a\n" + "x,1\n" * 8 + "x,0\n" * 2 + "y,1\n" + "y,0\n" * 9, encoding="utf-8")
    output = run(file, "--multi", "used=a", "--by", "g").output
    assert "Bonferroni" not in output
    assert "1 test expects fewer than 5 people on a side and gives no letter (marked few)." in output
    file.write_text("g,a\nx,1\nx,0\n", encoding="utf-8")
    assert "Letters name" not in run(file, "--multi", "used=a", "--by", "g").output


def test_a_net_is_compared_and_not_counted_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(people(x={"a": 30, "b": 20, "c": 50}, y={"a": 20, "b": 60, "c": 20}), encoding="utf-8")
    with_net = shown(file, "--question", "answer", "--by", "segment", "--net", "answer:ab=a|b")
    without = shown(file, "--question", "answer", "--by", "segment")
    assert with_net["test"] == without["test"]
    (net,) = [row for row in with_net["differences"] if row["choice"] == "ab"]
    assert net["difference"] == pytest.approx(0.5 - 0.8)


def test_a_multiple_response_set_takes_its_clearest_option_by_bonferroni(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    rows = [f"{g},{a},{b}\n" for g, a, b, n in [
        ("x", 1, 1, 30), ("x", 1, 0, 30), ("x", 0, 1, 40), ("y", 1, 1, 15), ("y", 1, 0, 15), ("y", 0, 1, 70)
    ] for _ in range(n)]  # fmt: skip
    file.write_text("g,a,b\n" + "".join(rows), encoding="utf-8")
    found = shown(file, "--multi", "used=a,b", "--by", "g")
    by_option = {row["choice"]: row["p"] for row in found["tests"]}
    assert list(by_option) == ["a", "b"]
    assert found["test"]["p"] == pytest.approx(2 * min(by_option.values()))
    assert found["test"]["test"].endswith("the smallest p of 2 options by Bonferroni")
    assert [row["letters"] for row in found["rows"]] == ["B", "", "", "A"]
    assert "  a: Rao-Scott" in run(file, "--multi", "used=a,b", "--by", "g").output
    with_net = shown(file, "--multi", "used=a,b", "--net", "used:again=a", "--by", "g")
    assert with_net["test"] == found["test"]
    assert [row["choice"] for row in with_net["differences"]] == ["a", "b", "again"]
    alone = shown(file, "--multi", "used=a", "--by", "g")
    assert alone["test"]["p"] == by_option["a"]


def test_few_people_give_no_letter_and_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "few.csv"
    file.write_text(people(x={"a": 8, "b": 2}, y={"a": 1, "b": 9}), encoding="utf-8")
    found = one(file)
    assert not found.letters
    assert {row.status for row in found.differences} == {"few_expected"}
    assert all(row.p is not None and row.p < 0.01 for row in found.differences)
    text = as_text([found])
    assert "* fewer than 30 effective people." in text
    assert "2 tests expect fewer than 5 people on a side" in text
    assert "The p-value may be too small: a segment rests on 9 degrees of freedom." in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (people(x={"a": 5}, y={"a": 7}), "everybody gave the same answer"),
        (people(x={"a": 5, "b": 5}), "only one segment has answers"),
        ("segment,answer\nx,\ny,\n", "nobody answered"),
    ],
)
def test_where_there_is_nothing_to_compare_the_reason_stands(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "none.csv"
    file.write_text(text, encoding="utf-8")
    found = run(file, "--question", "answer", "--by", "segment")
    assert found.exit_code == 0
    assert f"not possible ({reason})" in found.output
    assert "nan" not in found.output.lower()


def test_who_is_outside_stays_in_the_design(own_survey: Path) -> None:
    design = Design(weight="weight", strata="stratum", cluster="psu")
    request = Words(("reply",), by=("age_group",), where=("channel=3",), design=design)
    (found,) = compare(own_survey, request)
    assert sum(column.base for column in found.columns) < 300
    assert all(one.difference is not None for one in found.differences)


def test_the_level_moves_intervals_and_letters(clear: Path) -> None:
    wide, narrow = (
        shown(clear, "--question", "answer", "--by", "segment", "--level", level)["differences"][0]
        for level in ("0.99", "0.8")
    )
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert (wide["p"], wide["se"]) == (narrow["p"], narrow["se"])


def test_made_up_answers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("segment,answer,_synthetic\nx,a,true\ny,b,true\n", encoding="utf-8")
    found = run(file, "--question", "answer", "--by", "segment")
    assert found.exit_code == 1
    assert found.stderr.startswith("earshot compare: ")
    assert found.stderr.count("\n") == 1


def test_a_wide_table_is_printed_in_panels(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    text = "segment,answer\n" + "".join(
        f"a rather long name of segment {n % 12:02d},{'a choice of many words that nobody reads' if n % 5 else 'no'}\n"
        for n in range(600)
    )
    file.write_text(text, encoding="utf-8")
    output = run(file, "--question", "answer", "--by", "segment").output
    table = output.split("\n\n")[1:5]
    assert all(len(line) <= 110 for panel in table for line in panel.splitlines())
    assert sum("effective base" in panel for panel in table) == 4
    assert "a rather long name of s…" in output


def test_columns_have_letters_beyond_z() -> None:
    assert letters(3) == ["A", "B", "C"]
    assert letters(28)[25:] == ["Z", "AA", "AB"]
    assert letters(703)[701:] == ["ZZ", "AAA"]


def test_errors_know_what_the_weights_were_made_to_meet(tmp_path: Path) -> None:
    source, weighted = tmp_path / "a.csv", tmp_path / "w.csv"
    rows = [f"{'mw'[n % 3 > 0]},{'xy'[n % 7 > 3]},{'ab'[(n % 3 > 0) ^ (n % 5 > 3)]}\n" for n in range(420)]
    source.write_text("gender,segment,answer\n" + "".join(rows), encoding="utf-8")
    made = CliRunner().invoke(
        main, ["weight", str(source), "--margin", "gender:w=0.5,m=0.5", "--to", str(weighted)]
    )
    assert made.exit_code == 0, made.output
    words = [weighted, "--question", "answer", "--by", "segment", "--weight", "weight"]
    known = shown(*words)
    (tmp_path / "w.weights.json").unlink()
    fixed = shown(*words)
    assert [note["code"] for note in known["notes"]] == ["calibrated"]
    assert [note["code"] for note in fixed["notes"]] == ["weights_fixed"]
    # gender counts in both segments alike, so that it explains much of each share and little of their difference
    for one, other in zip(known["rows"], fixed["rows"], strict=True):
        assert one["share"] == pytest.approx(other["share"])
        assert one["se"] < 0.95 * other["se"]
    pairs = zip(known["differences"], fixed["differences"], strict=True)
    assert all(one["se"] == pytest.approx(other["se"], rel=0.05) for one, other in pairs)


def test_a_table_too_long_to_read_is_for_a_program(tmp_path: Path) -> None:
    rows = [f"{row % 350},{row // 350}" for row in range(2100)]  # 350 choices by 6 segments
    (tmp_path / "answers.csv").write_text("\n".join(["minutes,age", *rows]), encoding="utf-8")
    asked = [
        "compare",
        str(tmp_path / "answers.csv"),
        "--question",
        "minutes",
        "--by",
        "age",
        "--test",
        "none",
    ]
    result = CliRunner().invoke(main, asked)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "2,100 figures (350 choices by 6 segments), more than 2,000" in result.stderr
    assert CliRunner().invoke(main, [*asked, "--format", "csv"]).exit_code == 0
