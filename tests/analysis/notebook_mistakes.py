"""Mistakes of a notebook: the code of the problem, the call that makes it, and words of its message."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.notebook.data import read
from analysis.notebook.evidence import kaplan_meier

PEOPLE = read(
    {
        "x": [float(i % 7) for i in range(1001)],
        "huge": [1.0, 1e200] + [1.0] * 999,
        "tiny": [0.0, -1e-200] + [1.0] * 999,
        "id": [f"p{i}" for i in range(1001)],
        "half": ["a" if i % 2 else "b" for i in range(1001)],
    }
)


def at_level(level: Any) -> list[Callable[[Path], object]]:
    """Return every call of a notebook that takes a level."""
    return [
        lambda _: PEOPLE.tabulate("half", level=level),
        lambda _: PEOPLE.compare("x", by="half", level=level),
        lambda _: PEOPLE.reply_curve("half", {"a": 1, "b": 2}, level=level),
        lambda _: PEOPLE.means("x", level=level),
        lambda _: PEOPLE.totals("x", level=level),
        lambda _: PEOPLE.quantiles("x", level=level),
        lambda _: kaplan_meier([1, 2], [1, 1], level=level),
    ]


WITH_LEVELS = [ask for level in (0, 0.5, 1, 2, -1, math.nan, "95", None) for ask in at_level(level)]

MISTAKES: list[tuple[str, Callable[[Path], object], str]] = [
    ("unreadable_source", lambda _: read(7), "a int cannot be read as a table"),
    ("unreadable_source", lambda _: read({"a": [[1, 2], [3, 4]]}), "column 'a' of shape 2 x 2"),
    ("ragged_columns", lambda _: read({"a": [1, 2], "b": [1]}), "column 'b' has 1 values, 'a' has 2"),
    ("not_numbers", lambda _: read({"a": ["1", "two"]}).means("a"), "row 2: 'two' is not a number"),
    ("not_numbers", lambda _: read({"a": [True, False]}).means("a"), "take the shares of its choices"),
    ("number_beyond", lambda _: PEOPLE.means("huge"), "row 2: 1e+200 cannot be computed with"),
    ("number_beyond", lambda _: PEOPLE.quantiles("tiny"), "between 1e-50 and 1e+50 in size"),
    ("too_many_choices", lambda _: PEOPLE.means("x", by="id"), "column 'id' has 1001 different values"),
    ("too_many_choices", lambda _: PEOPLE.quantiles("x", by=["half", "id"]), "more than 1000"),
    ("bad_probability", lambda _: PEOPLE.quantiles("x", ["0.5"]), "'0.5' is no probability"),
    ("bad_probability", lambda _: PEOPLE.quantiles("x", None), "None is no probability"),
    (
        "margin_bad_share",
        lambda _: PEOPLE.weigh({"half": {"a": "most"}}),
        "category 'a': 'most' is not a share",
    ),
    ("bad_option", lambda _: PEOPLE.weigh({"half": "most"}), 'write it as {"gender": {"woman": 0.52'),
    ("bad_option", lambda _: PEOPLE.weigh({"half": {"a": 1, "b": 1}}, trim=3), "trim '3' cannot be read"),
    ("bad_option", lambda _: PEOPLE.weigh({"half": {"a": 1, "b": 1}}, bounds="0.3,3"), "(LOW, HIGH)"),
    ("bad_option", lambda _: PEOPLE.tabulate("half", where="half=a"), 'write it as {"country": "US"}'),
    ("bad_option", lambda _: PEOPLE.tabulate("half", bands="x=1+"), 'write it as {"age": "18-34,35+"}'),
    (
        "bad_option",
        lambda _: PEOPLE.tabulate("half", nets={"half": "a"}),
        'write it as {"channel": {"online"',
    ),
    ("bad_option", lambda _: PEOPLE.tabulate(multi="all=x,id"), 'write it as {"used": ['),
    ("bad_option", lambda _: PEOPLE.quality("seconds:x"), 'write it as {"seconds": "minutes"}'),
    ("unknown_column", lambda _: PEOPLE.means(3), "no column '3'"),
    ("bad_option", lambda _: PEOPLE.reply_curve("half", 5), 'write it as {"within a day": "24 h"'),
    ("not_numbers", lambda _: kaplan_meier([1, "soon"], [1, 1]), "column 'times', row 2: 'soon'"),
    ("ragged_columns", lambda _: kaplan_meier([1, 2], [1]), "column 'delivered' has 1 values, 'times' has 2"),
    *(("bad_level", ask, "is no confidence level") for ask in WITH_LEVELS),
]
