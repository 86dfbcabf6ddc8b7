"""Rows of figures as text and as CSV."""

from __future__ import annotations

from analysis.rows import aligned, as_csv, people, percent, span


def test_words_stand_left_and_figures_right() -> None:
    told = aligned(("name", "n", "why"), [("a", "10", "few"), ("long", "9", "")], tail=1)
    assert told.splitlines() == ["name   n  why", "a     10  few", "long   9"]
    assert aligned(("name", "n"), []) == "name  n"


def test_csv_has_a_head_and_empty_cells() -> None:
    rows = [{"a": 1, "b": None, "c": ["x", "y"]}, {"a": "1,5", "b": 0.5, "c": []}]
    assert as_csv(rows) == 'a,b,c\n1,,x; y\n"1,5",0.5,\n'
    assert as_csv([]) == ""


def test_shares_are_per_cents() -> None:
    assert [percent(one) for one in (0.345, 0.0, 1.0, None, 0.00002)] == [
        "34.5%",
        "0.0%",
        "100.0%",
        "-",
        "0.002%",
    ]
    assert percent(0.345, 0) == "34%"
    assert (span(0.1, 0.25), span(None, 0.2)) == ("10.0% - 25.0%", "-")


def test_one_is_a_person() -> None:
    assert (people(1), people(2030)) == ("1 person", "2,030 people")
