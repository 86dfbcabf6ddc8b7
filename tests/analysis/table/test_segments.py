"""Bands, crossings and codes."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.problems import DataProblem
from analysis.table.column import NumberColumn, TextColumn
from analysis.table.segments import banded, crossed, everyone, parse_bands

AGES = NumberColumn("age", np.array([18.0, 23.0, 24.0, 90.0, 17.0, np.nan, 23.5]))


def test_bands_include_both_ends() -> None:
    bands = parse_bands("age", "18-23, 24-34 ,35+")
    assert banded(AGES, bands).codes.tolist() == [0, 0, 1, 2, -1, -1, -1]
    assert banded(AGES, bands).choices == ("18-23", "24-34", "35+")


def test_negative_and_single_numbers_are_bands() -> None:
    low, zero, high = parse_bands("x", "-5--1,0,0.5-2.5")
    assert (low.low, low.high, zero.low, zero.high, high.low, high.high) == (-5, -1, 0, 0, 0.5, 2.5)


@pytest.mark.parametrize("text", ["18-23,20-30", "30-20", "young", "", "18-23,,35+", "1_0+", "18+,30-40"])
def test_bad_bands_are_refused(text: str) -> None:
    with pytest.raises(DataProblem) as caught:
        parse_bands("age", text)
    assert caught.value.code == "bad_bands"


def test_a_word_among_numbers_is_named_with_its_row() -> None:
    column = TextColumn("age", ("18", "none"), np.array([0, -1, 1]))
    with pytest.raises(DataProblem, match="row 4: 'none' is not a number") as caught:
        banded(column, parse_bands("age", "18+"), first_row=2)
    assert (caught.value.code, caught.value.row) == ("not_a_number", 4)


def test_crossed_segments_join_their_labels_in_the_columns_order() -> None:
    age = TextColumn("age", ("18-34", "35+"), np.array([0, 1, 1, 0, -1]))
    gender = TextColumn("gender", ("woman", "man"), np.array([0, 0, 1, -1, 1]))
    found = crossed([age, gender], total=True)
    assert [one.label for one in found.segments] == ["all", "18-34 x woman", "35+ x woman", "35+ x man"]
    assert found.segments[1].by == {"age": "18-34", "gender": "woman"}
    assert found.codes.tolist() == [2, 3, 4, 1, 1]
    assert found.segments[0].codes == {1, 2, 3, 4}


def test_labels_that_would_be_the_same_name_their_columns() -> None:
    one = TextColumn("g", ("a x b", "a", "z"), np.array([0, 1, 2]))
    other = TextColumn("h", ("c", "b x c"), np.array([0, 1, 0]))
    found = crossed([one, other])
    assert [part.label for part in found.segments] == ["g=a x b x h=c", "g=a x h=b x c", "z x c"]
    assert [dict(part.by) for part in found.segments][:2] == [
        {"g": "a x b", "h": "c"},
        {"g": "a", "h": "b x c"},
    ]


def test_a_segment_called_all_is_told_from_everybody() -> None:
    column = TextColumn("g", ("all", "g=all", "b"), np.array([0, 1, 2, -1]))
    assert [part.label for part in crossed([column]).segments] == ["all", "g=all", "b"]
    labels = [part.label for part in crossed([column], total=True).segments]
    assert labels == ["all", "g=all (2)", "g=all", "b"]


def test_rows_outside_the_domain_are_in_no_segment_not_even_all() -> None:
    age = TextColumn("age", ("a", "b"), np.array([0, 1, 0]))
    inside = np.array([True, True, False])
    assert crossed([age], inside).codes.tolist() == [2, 3, 0]
    assert everyone(3, inside).codes.tolist() == [1, 1, 0]
    assert 0 not in crossed([age], inside, total=True).segments[0].codes
