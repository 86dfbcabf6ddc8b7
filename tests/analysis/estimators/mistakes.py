"""What can be wrong with a comparison or a quantile, one mistake a code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.estimators.quantiles import quantiles
from analysis.table.design import Design
from tests.analysis.by_path import Words, compare

from .by_rows import segments, summed, survey

ROWS = "q,age\nyes,20\nno,30\nno,40\nyes,50\n"


def compared(text: str = ROWS, by: tuple[str, ...] = ("age",), level: float = 0.95, **more: Any) -> Any:
    """Return the call that compares question q of a file with that text."""

    def call(folder: Path) -> None:
        (folder / "answers.csv").write_text(text, encoding="utf-8")
        compare(folder / "answers.csv", Words(("q",), by=by, level=level), **more)

    return call


def beyond_everyone(folder: Path) -> None:
    """Ask for the quantile at 100 %."""
    sums = summed(*survey(1, clustered=False))
    quantiles(sums, question="q", values={1: 1.0}, probabilities=[1.0], segments=segments(1), design=Design())


MISTAKES: list[tuple[str, Callable[[Path], None], str]] = [
    ("compare_no_by", compared(by=()), "--by"),
    ("bad_equivalence", compared(margin=5.0), "--equivalence 5"),
    ("bad_level", compared(level=95), "--level 95"),
    ("bad_probability", beyond_everyone, "1 is no probability"),
    (
        "too_many_pairs",
        compared("q,age\n" + "".join(f"{n % 3},{n}\n" for n in range(300))),
        "300 segments, so 134550 pairs",
    ),
    ("one_unit", compared("q,age\nyes,20\n"), "only one person"),
    ("unknown_option", compared(test="t"), "--test knows no 't': use one of rao-scott"),
    ("unknown_option", compared(adjust="sidak"), "--adjust knows no 'sidak'"),
]
