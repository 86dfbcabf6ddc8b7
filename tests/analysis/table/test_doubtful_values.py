"""Notes on values that may be no answer, that may be one and the same, or that were named as missing in vain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.table.notes import SNAPSHOT_CODES, answer_notes, by_notes, choice_notes, sample_notes
from questionnaires.model import Missing
from tests.analysis.by_path import Words, tabulate
from tests.analysis.table.test_files import written


def told(folder: Path, text: str, *questions: str, **more: Any) -> dict[str, str]:
    """Return the notes of the last question of a file by their codes."""
    written(folder, text)
    table = tabulate(folder / "answers.csv", Words(questions, **more))[-1]
    return {note.code: note.text for note in table.notes}


def test_a_value_named_as_missing_in_vain_is_said(tmp_path: Path) -> None:
    rows = "q,g,h\nyes,a,1\nno,b,77\n99,b,2\n"
    found = told(tmp_path, rows, "q", by=("g",), missing=("99", "77", "refused"))
    assert (
        found["missing_unused"]
        == "Nobody has '77', 'refused', named as missing: look how the file writes it."
    )
    assert "missing_unused" not in told(tmp_path, rows, "h", where=("g=b",), missing=("77",))
    assert "missing_unused" not in told(tmp_path, rows, "q", by=("h",), missing=("99.0", "77"))
    assert "missing_unused" not in told(tmp_path, rows, "q", "h", missing=("99", "77"))


def test_a_snapshots_own_codes_are_named_together_without_a_note(tmp_path: Path) -> None:
    assert {str(int(one)) for one in Missing} == SNAPSHOT_CODES
    rows = "q\n1\n-1\n"
    assert "missing_unused" not in told(tmp_path, rows, "q", missing=tuple(SNAPSHOT_CODES))
    assert "-6" in told(tmp_path, rows, "q", missing=("-1", "-2", "-6"))["missing_unused"]


def test_what_programs_write_for_no_answer_is_said_while_it_counts(tmp_path: Path) -> None:
    rows = "q,g\nyes,a\nNA,a\nyes,None\nnan,a\n"
    found = told(tmp_path, rows, "q", by=("g",))
    wanted = (
        "'q' has 'NA', 'nan', counted like any other value: if it means no answer, name it with --missing."
    )
    assert found["missing_look"] == wanted
    (of_segments,) = choice_notes("g", ["a", "None"])
    assert of_segments.text.startswith("'g' has 'None'")
    assert "missing_look" not in told(tmp_path, rows, "q", by=("g",), missing=("NA", "None", "nan"))
    assert choice_notes("q", ["Namibia", "no answer", "-"]) == []


def test_an_option_of_a_set_that_nobody_left_empty_is_said(tmp_path: Path) -> None:
    found = told(tmp_path, "a,b\nx,NA\nNA,x\nx,x\n", multi=("set=a,b",))
    assert "'NA'" in found["missing_look"]


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        (["yes", "no", "yes "], "'yes'"),
        (["a\u00a0b", "a b", "c", "c "], "'a b', 'c'"),
        (["1.0", "2", "1"], "'1.0'"),
        (["1", "1.0", "other"], None),
        (["yes", "YES"], None),
    ],
)
def test_spellings_that_look_the_same_are_said(choices: list[str], named: str | None) -> None:
    texts = [note.text for note in choice_notes("q", choices)]
    assert [text.startswith(f"'q' writes {named} in more than one way") for text in texts] == [True] * bool(
        named
    )


def test_bands_and_numbers_have_no_such_notes(tmp_path: Path) -> None:
    found = told(tmp_path, "q,age\n1.0,20\n1.00,20.0\n", "age", bands=("age=18+",))
    assert found == {}


def test_notes_speak_of_one_row_as_of_one() -> None:
    texts = [note.text for note in (*sample_notes(1, 3, 4, (), False), *by_notes("g", 3, 1, 1, ["9"]))]
    texts += [note.text for note in answer_notes("q", 3, 1, 1)]
    assert texts == [
        "1 row has weight 0: it stays in the design and is in no base.",
        "1 of 3 rows has no 'g' and is in no segment.",
        "1 of 3 rows has 'g' outside all bands and is in no segment: '9'.",
        "1 of 3 rows has no answer to 'q': it is not in its base.",
        "1 of the 2 who answered 'q' is in no segment.",
    ]
