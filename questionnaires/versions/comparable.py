"""Two versions → their columns: which hold the same, which need care, which mean something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from questionnaires.codebook import columns
from questionnaires.model import Questionnaire
from questionnaires.problems import CATALOGUE, Problem
from questionnaires.question_types import Column


class Comparable(StrEnum):
    """Whether answers of two versions may stand in one column, from safe to forbidden."""

    SAME = "same"
    WORDED = "worded"
    """Comparable with care: other words, or other people are asked."""
    BROKEN = "broken"
    ADDED = "added"
    GONE = "gone"


@dataclass(frozen=True)
class ColumnChange:
    """One column of the data, whether it stays comparable, and why not."""

    name: str
    state: Comparable
    why: str = ""


def column_changes(
    old: Questionnaire, new: Questionnaire, touched: Mapping[str, Sequence[str]], broken: Sequence[Problem]
) -> tuple[ColumnChange, ...]:
    """Return every column of both versions, in the order of `new`, those that are gone last.

    `touched` says, by stored question, what changed in what people read or in who is asked; `broken` are the
    promises that `new` breaks.
    """
    before = {column.name: column for column in columns([old])}
    after = {column.name: column for column in columns([new])}
    found = [
        _column(column, touched, broken) if name in before else ColumnChange(name, Comparable.ADDED)
        for name, column in after.items()
    ]
    gone = [ColumnChange(name, Comparable.GONE) for name in before if name not in after]
    return (*found, *gone)


def _column(column: Column, touched: Mapping[str, Sequence[str]], broken: Sequence[Problem]) -> ColumnChange:
    about = {column.question, column.question.partition(".")[0]}
    for problem in broken:
        if problem.place.question in about and _concerns(problem, column):
            what, _ = CATALOGUE[problem.code]
            return ColumnChange(column.name, Comparable.BROKEN, what.format(**problem.values))
    why = touched.get(column.question, ())
    state = Comparable.WORDED if why else Comparable.SAME
    return ColumnChange(column.name, state, "; ".join(why))


def _concerns(problem: Problem, column: Column) -> bool:
    """One choice of several breaks its own column only; the others hold what they held."""
    if problem.place.question != column.question:  # a matrix is told once for its rows
        return problem.code in ("code-reused", "choice-gone") and column.kind in ("code", "order")
    return column.choice is None or str(column.choice) == problem.values.get("code", str(column.choice))
