"""Rows of figures as text and as CSV."""

from __future__ import annotations

import pytest

from analysis.estimators.significance import p_cell
from analysis.rows import aligned, as_csv, csv_cell, figures, people, percent, points, points_span, span


def test_words_stand_left_and_figures_right() -> None:
    told = aligned(("name", "n", "why"), [("a", "10", "few"), ("long", "9", "")], tail=1)
    assert told.splitlines() == ["name   n  why", "a     10  few", "long   9"]
    assert aligned(("name", "n"), []) == "name  n"


def test_csv_has_a_head_and_empty_cells() -> None:
    rows = [{"a": 1, "b": None, "c": ["x", "y"]}, {"a": "1,5", "b": 0.5, "c": []}]
    assert as_csv(rows) == 'a,b,c\n1,,x; y\n"1,5",0.5,\n'
    assert as_csv([]) == ""


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", " =1+1", "\t=1", "\rx", "＝1+1", "-"]
)
def test_text_is_never_a_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"
    assert csv_cell([text, "x"]) == f"'{text}; x"


@pytest.mark.parametrize("value", ["a=b", "e-mail", "-5", "+3.5", "-1e-9", "", -5, -0.5, None, True])
def test_words_and_numbers_stay_as_they_are(value: object) -> None:
    assert csv_cell(value) is value


def test_heads_are_no_formulas_either() -> None:
    assert as_csv([{"=a": "=HYPERLINK(1)", "b": -1}]) == "'=a,b\n'=HYPERLINK(1),-1\n"


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


def test_a_difference_has_a_sign_unless_it_rounds_to_nothing() -> None:
    written = [points(one) for one in (0.0, -0.0, -0.0004, 0.0004, -0.0006, 0.137, None)]
    assert written == ["0.0", "0.0", "0.0", "0.0", "-0.1", "+13.7", "-"]
    assert points_span(-0.1, 0.0002) == "-10.0 to 0.0"
    assert points_span(None, 0.1) == "-"


def test_a_p_value_is_never_written_as_0() -> None:
    assert [p_cell(p) for p in (0.0, 0.00009, 0.0001, 0.5, None)] == [
        "<.0001",
        "<.0001",
        "0.0001",
        "0.5000",
        "-",
    ]


@pytest.mark.parametrize(
    ("values", "digits", "written"),
    [
        ((24.7, 16.0, 33.42), 4, ("24.70", "16.00", "33.42")),
        ((14_933.2, 9_123.4), 4, ("14,930", "9,120")),
        ((0.0012345, -30.5, 31.25), 4, ("0.00", "-30.50", "31.25")),
        ((120.0,), 6, ("120",)),
        ((1.2,), 3, ("1.2",)),
        ((0.0,), 4, ("0",)),
        ((1e30,), 4, ("1e+30",)),
        ((), 4, ()),
    ],
)
def test_numbers_that_stand_together_have_as_many_places(
    values: tuple[float, ...], digits: int, written: tuple[str, ...]
) -> None:
    assert figures(*values, digits=digits) == written


def test_a_mapping_in_a_row_is_a_column_for_each_member() -> None:
    rows = [{"by": {"age": "18-34"}, "n": 1}, {"by": {}, "n": 2}, {"by": {"age": "35+", "=h": "x"}, "n": 3}]
    assert as_csv(rows) == "by age,n,by =h\n18-34,1,\n,2,\n35+,3,x\n"
