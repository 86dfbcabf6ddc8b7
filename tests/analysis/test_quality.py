"""Quality flags: each by hand, never a row dropped, and every table with and without."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.quality import (
    flags_of,
    missing_sequence,
    near_duplicates,
    page_seconds,
    read_checks,
    speeding,
    straight_lining,
)
from analysis.quality.duplicates import _SMALL, _pairs, _plain, _shingles
from analysis.table.design import Design
from survey_app.cli import main
from tests.analysis.by_path import Words, tabulate, with_and_without

NAN = np.nan


# --- speed -------------------------------------------------------------------------------------------------


def test_a_third_of_the_median_is_fast() -> None:
    seconds = np.array([300.0, 290, 310, 99, 101, 300, NAN])  # the median of those known is 295
    fast, part = speeding(seconds)
    assert fast.tolist() == [False] * 3 + [False, False, False, False]
    assert speeding(seconds, share=0.34)[0].tolist() == [False, False, False, True, False, False, False]
    assert part[0] == pytest.approx(300 / 295)
    assert np.isnan(part[6])


def test_a_short_route_is_not_fast() -> None:
    """Half of the people see one page more; those who do not are as fast as the others on the first."""
    seconds = np.array([[20.0, 200.0]] * 6 + [[20.0, NAN]] * 6 + [[20.0, 10.0]])
    fast, part = speeding(seconds)
    assert part[6] == pytest.approx(1.0)
    assert fast.tolist() == [False] * 12 + [True]


def test_a_page_that_hardly_anybody_saw_says_nothing() -> None:
    seconds = np.array([[30.0, NAN]] * 8 + [[30.0, 1.0], [30.0, 200.0]])
    assert not speeding(seconds)[0].any()
    assert speeding(np.array([[30.0, 1.0]] + [[30.0, 200.0]] * 5))[0].tolist() == [True] + [False] * 5


def test_times_of_a_snapshot_are_added_up_by_page() -> None:
    paradata = pa.table(
        {
            "_response": ["a", "a", "b", "a", "gone"],
            "page": ["one", "two", "one", "one", "one"],
            "seconds": [5.0, 7.0, 6.0, 2.0, 9.0],
        }
    )
    pages, seconds = page_seconds(paradata, ["a", "b"])
    assert pages == ("one", "two")
    assert seconds[0].tolist() == [7.0, 7.0]
    assert seconds[1, 0] == 6.0 and np.isnan(seconds[1, 1])


# --- straight lines ----------------------------------------------------------------------------------------


def test_one_answer_to_a_whole_grid_is_a_straight_line() -> None:
    codes = np.array(
        [[3, 3, 3, 3, 3], [1, 2, 3, 2, 1], [2, 2, 2, 2, 4], [5, -1, 5, 5, 5], [-1, -1, -1, 4, -1]]
    )
    flagged, longest, variability = straight_lining(codes)
    assert flagged.tolist() == [True, False, True, True, False]
    assert longest.tolist() == [5, 1, 4, 4, 1]
    assert variability[:2] == pytest.approx([0.0, np.std([1, 2, 3, 2, 1], ddof=1)])
    assert np.isnan(variability[4])
    assert straight_lining(codes, longest=5)[0].tolist() == [True, False, False, False, False]


def test_three_items_are_too_few_for_a_line() -> None:
    assert not straight_lining(np.full((3, 3), 2))[0].any()


# --- what is missing ---------------------------------------------------------------------------------------


def told(*rows: str) -> np.ndarray:
    """Rows of x (answered) and . (not)."""
    return np.array([[one == "x" for one in row] for row in rows])


def test_stopping_and_gaps() -> None:
    rows = told("xxxxxxxxx", "xxx......", "xx.....xx", "x.x.x.x.x", ".........", "..xxxxxxx", "xxxxxxx..")
    stopped, gap, longest = missing_sequence(rows)
    assert stopped.tolist() == [False, True, False, False, False, False, False]
    assert gap.tolist() == [False, False, True, False, False, False, False]
    assert longest.tolist() == [0, 6, 5, 1, 0, 0, 2]


def test_what_was_not_asked_is_not_missing() -> None:
    rows, asked = told("xx.....xx", "xxx......"), told("xx.....xx", "xxx......")
    stopped, gap, longest = missing_sequence(rows, asked)
    assert not stopped.any() and not gap.any()
    assert longest.tolist() == [0, 0]


# --- texts -------------------------------------------------------------------------------------------------

LONG = "The courier left the parcel at the neighbour's and nobody told me for a whole week."


def test_nearly_the_same_text_is_found() -> None:
    texts = [
        LONG,
        "the COURIER left the parcel at the neighbours and nobody told me for a whole week!!",
        "I was very happy with the quick reply that I got in the chat.",
        None,
        "",
        "no",
        "no",
        "Кур'єр залишив посилку у сусідів, і цілий тиждень ніхто мені не сказав",
        "кур’єр залишив посилку у сусідів і цілий тиждень ніхто мені не сказав...",
    ]
    flagged, group = near_duplicates(texts)
    assert flagged.tolist() == [True, True, False, False, False, False, False, True, True]
    assert group[0] == group[1] != group[7] == group[8]
    assert group[2] == -1
    assert near_duplicates(texts, shortest=2)[0][5:7].all()


def test_no_text_at_all() -> None:
    assert near_duplicates([None, ""])[0].tolist() == [False, False]
    assert near_duplicates([])[0].tolist() == []


@example(["abcdef", "abcdef gggggg aaaaaa bbbbbb"])
@given(st.lists(st.text("ab cdefg", max_size=30), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_groups_hold_exactly_what_is_alike(texts: list[str]) -> None:
    flagged, group = near_duplicates(texts, shortest=6)
    plain = [_plain(text) for text in texts]
    shingles = [{text[start : start + 5] for start in range(len(text) - 4)} for text in plain]
    for at, text in enumerate(plain):
        others = [place for place in range(len(plain)) if place != at and len(plain[place]) >= 6]
        alike = len(text) >= 6 and any(
            len(shingles[at] & shingles[other]) / len(shingles[at] | shingles[other]) >= 0.8
            for other in others
        )
        assert flagged[at] == alike
        assert (group[at] >= 0) == alike


def test_many_texts_are_searched_without_comparing_all() -> None:
    """1,500 texts of random words, 60 of them copied with one letter changed: found by the hashed bands."""
    draw = random.Random(4)
    words = ["".join(draw.choices("abcdefghijklmnoprstuvw", k=6)) for _ in range(900)]
    texts = [" ".join(draw.choices(words, k=14)) for _ in range(1500)]
    for at in range(60):
        letters = list(texts[at])
        letters[30] = "z"
        texts[700 + at] = "".join(letters)
    flagged, group = near_duplicates(texts)
    assert np.flatnonzero(flagged).tolist() == [*range(60), *range(700, 760)]
    assert (group[:60] == group[700:760]).all()
    assert len(texts) > _SMALL
    held = sum(1 for _ in _pairs([_shingles(_plain(text)) for text in texts]))
    assert held < 20_000  # of 1.1 million pairs


# --- files -------------------------------------------------------------------------------------------------

HEAD = "channel,a,b,c,d,seconds,comment,weight"


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """60 people: 12 of them fast, straight and copied; they all say phone."""
    rows = [HEAD]
    for at in range(60):
        if at % 5 == 0:
            rows.append(f"phone,3,3,3,3,{20 + at % 3},{LONG[:40]},2")
        else:
            items = ",".join(str(1 + (at * step) % 5) for step in (1, 2, 3, 4))
            letters = "".join(random.Random(at).choices("abcdefghijklmnop", k=30))
            rows.append(f"{'phone' if at % 2 else 'chat'},{items},{200 + at},{letters},1")
    file = tmp_path / "answers.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


CHECKS = ("seconds:seconds", "grid:a,b,c,d", "text:comment", "sequence:a,b,c,d")


def test_flags_of_a_file(answers: Path) -> None:
    opened = open_file(answers)
    flags = flags_of(opened, read_checks(CHECKS, opened.names))
    wrong = [at % 5 == 0 for at in range(60)]
    assert flags.by_check["speeding"].tolist() == wrong
    assert flags.by_check["near_duplicate"].tolist() == wrong
    assert (flags.by_check["straight_lining"] >= np.array(wrong)).all()
    assert not flags.by_check["gap"].any()
    assert flags.as_table().column_names[0] == "_quality_speeding"
    assert {row["flag"]: row["count"] for row in flags.as_rows()}["speeding"] == 12
    assert "took less than a third" in str(flags)


def test_checks_of_one_kind_are_joined(tmp_path: Path) -> None:
    rows = ["1,1,1,1,1,2,3,4", "1,2,3,4,2,2,2,2", "1,2,3,4,4,3,2,1"]
    (tmp_path / "a.csv").write_text("a,b,c,d,e,f,g,h\n" + "\n".join(rows) + "\n", encoding="utf-8")
    opened = open_file(tmp_path / "a.csv")
    flags = flags_of(opened, read_checks(["grid:a,b,c,d", "grid:e,f,g,h"], opened.names))
    assert flags.by_check["straight_lining"].tolist() == [True, True, False]


def test_tables_with_and_without(answers: Path) -> None:
    opened = open_file(answers)
    request = Words(("channel",), design=Design(weight="weight"))
    checks = read_checks(["seconds:seconds"], opened.names)
    found = with_and_without(answers, request, checks)
    every = {row["choice"]: row for row in found.as_rows()}["phone"]
    assert every["base"] == 60
    assert every["base_without"] == 48
    assert every["share"] == pytest.approx((12 * 2 + 24) / (12 * 2 + 48))
    assert every["share_without"] == pytest.approx(0.5)
    assert every["moved"] == pytest.approx(every["share_without"] - every["share"])
    # flagged rows leave the domain and stay in the design, exactly as rows outside --where
    text = answers.read_text(encoding="utf-8").splitlines()
    aside = answers.parent / "aside.csv"
    flagged = ["flag", *("y" if at % 5 == 0 else "n" for at in range(60))]
    aside.write_text("\n".join(f"{a},{b}" for a, b in zip(text, flagged, strict=True)), encoding="utf-8")
    (by_where,) = tabulate(aside, Words(("channel",), where=("flag=n",), design=Design(weight="weight")))
    (kept,) = found.kept
    assert [one.se for one in kept.estimates] == pytest.approx([one.se for one in by_where.estimates])
    assert "took less than" in str(found)
    assert "- Errors take the weights of 'weight' as fixed" in str(found)
    assert all(f"- {note}" in str(found) for note in found.notes)
    assert "_quality" not in str(found)
    assert list(found.as_json()) == ["flags", "with", "without"]


def test_the_file_itself_is_left_alone(answers: Path) -> None:
    before = answers.read_bytes()
    with_and_without(answers, Words(("channel",)), read_checks(CHECKS, open_file(answers).names))
    assert answers.read_bytes() == before
    assert [file.name for file in answers.parent.iterdir()] == [answers.name]


def test_decimal_commas_stay_numbers(tmp_path: Path) -> None:
    rows = "\n".join(f"{'x' if n % 3 else 'y'};{n},5;{1 + n % 2},5;{100 + n}" for n in range(40))
    (tmp_path / "a.csv").write_text(f"q;age;w;t\n{rows}\n", encoding="utf-8")
    request = Words(("q",), by=("age",), bands=("age=0-20,20.1+",), design=Design(weight="w"))
    found = with_and_without(tmp_path / "a.csv", request, read_checks(["seconds:t"], ("q", "age", "w", "t")))
    assert not found.flags.any.any()
    assert all(row["moved"] == pytest.approx(0.0) for row in found.as_rows())


def test_what_was_not_asked_is_told_by_its_code(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 1], "b": [-2, -1], "c": [-2, -1], "d": [-2, -1]})
    pq.write_table(table, tmp_path / "a.parquet")
    opened = open_file(tmp_path / "a.parquet")
    checks = read_checks(["sequence:a,b,c,d"], opened.names)
    assert flags_of(opened, checks, ["-2"], ["-1"]).by_check["break_off"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("speed:seconds", "bad_option", "--quality 'speed:seconds' cannot be read: write it as seconds:COL"),
        ("seconds", "bad_option", "seconds:COL"),
        ("sequence:a", "bad_option", "sequence:COL,COL,…"),
        ("grid:a,b,c", "grid_short", "needs 4 items or more"),
        ("text:coment", "unknown_column", "did you mean 'comment'"),
    ],
)
def test_checks_that_cannot_be_read_are_said(text: str, code: str, words: str) -> None:
    with pytest.raises(DataProblem) as caught:
        read_checks([text], HEAD.split(","))
    assert caught.value.code == code
    assert words in caught.value.message


def test_times_that_are_no_numbers_are_said(answers: Path) -> None:
    opened = open_file(answers)
    with pytest.raises(DataProblem, match="column 'channel', row 2: 'phone' is not a number"):
        flags_of(opened, read_checks(["seconds:channel"], opened.names))


def test_a_file_with_a_flag_of_this_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("q,_quality\nx,ok\ny,ok\n", encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        with_and_without(tmp_path / "a.csv", Words(("q",)), read_checks(["text:q"], ("q", "_quality")))
    assert caught.value.code == "name_taken"


def test_nothing_checked_is_nothing_flagged(answers: Path) -> None:
    flags = flags_of(open_file(answers), [])
    assert not flags.any.any()


def test_a_weighted_file_keeps_the_errors_of_its_margins(tmp_path: Path) -> None:
    """Without the flagged rows, too, errors come from what the margins leave, by the recipe beside the file."""
    draw = random.Random(3)
    rows = ["q,sex,seconds"]
    for at in range(300):
        sex = "w" if draw.random() < 0.7 else "m"
        said = "yes" if draw.random() < (0.8 if sex == "w" else 0.2) else "no"
        rows.append(f"{said},{sex},{20 if at % 10 == 0 else 200 + at % 7}")
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "b.csv"
    told = CliRunner().invoke(
        main, ["weight", str(tmp_path / "a.csv"), "--margin", "sex:w=50%,m=50%", "--to", str(out)]
    )
    assert told.exit_code == 0, told.output
    request = Words(("q",), design=Design(weight="weight"))
    names = open_file(out).names
    found = with_and_without(out, request, read_checks(["seconds:seconds"], names))
    (kept,) = found.kept
    assert "calibrated" in {note.code for note in kept.notes}
    out.with_suffix(".weights.json").unlink()
    fixed = with_and_without(out, request, read_checks(["seconds:seconds"], names)).kept[0]
    assert "weights_fixed" in {note.code for note in fixed.notes}
    pairs = [(one.share, other.share) for one, other in zip(kept.estimates, fixed.estimates, strict=True)]
    assert all(one == pytest.approx(other) for one, other in pairs)
    assert (kept.estimates[0].se or 0) < 0.9 * (fixed.estimates[0].se or 0)


def test_a_recipe_that_does_not_fit_is_left_aside_in_both_tables(answers: Path) -> None:
    answers.with_suffix(".weights.json").write_text("{}", encoding="utf-8")
    opened = open_file(answers)
    request = Words(("channel",), design=Design(weight="weight"))
    found = with_and_without(answers, request, read_checks(["seconds:seconds"], opened.names))
    for table in (found.everyone[0], found.kept[0]):
        assert "weights_fixed" in {note.code for note in table.notes}
    with pytest.raises(DataProblem):
        with_and_without(answers, replace(request, calibrated=answers.with_suffix(".weights.json")), [])


def test_the_notes_say_who_is_missing_with_and_without(tmp_path: Path) -> None:
    rows = [f"{'' if at < 4 else 'xy'[at % 2]},{1 if at in (0, 10) else 100}" for at in range(30)]
    (tmp_path / "a.csv").write_text("\n".join(["q,t", *rows]), encoding="utf-8")
    found = with_and_without(tmp_path / "a.csv", Words(("q",), level=0.9), read_checks(["seconds:t"], "qt"))
    assert found.notes == (
        "4 of 30 rows have no answer to 'q': they are not in its base.",
        "Without flagged rows: 3 of 28 rows have no answer to 'q': they are not in its base.",
    )
    assert str(found).count("90% interval") == 2
