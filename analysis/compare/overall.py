"""Does the answer depend on the segment: the one test over all segments and choices of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.answers import Answered
from analysis.estimators.association import TESTS, association
from analysis.estimators.crosstab import Crosstab, crosstab
from analysis.estimators.design_variance import Stage
from analysis.estimators.proportion import Answer
from analysis.estimators.ranks import rank_test, trend_test
from analysis.estimators.significance import Significance, impossible
from analysis.table.column import number_of
from analysis.table.count_plan import CHOSEN, NOT_CHOSEN
from analysis.table.naming import listed
from analysis.table.notes import Note
from analysis.table.segments import Segment

RANK, TREND, NO_TEST = "rank", "trend", "none"
OVERALL = ("rao-scott", "chisq", "wald", "adjusted-wald", "lincom", "saddlepoint", RANK, TREND, NO_TEST)


def overall(
    asked: Answered, stages: Sequence[Stage], segments: Sequence[Segment], test: str
) -> tuple[Significance | None, tuple[tuple[str, Significance], ...]]:
    """Return the test over all segments, and for a multiple-response set the test of each option beside it."""
    if test == NO_TEST:
        return None, ()
    options = {note.column for note in asked.notes if note.code == "multi_coding"}
    if not options:
        _, choices = asked.parts[0]
        return _tested(crosstab(stages[0], _apart(choices), segments, asked.design), test), ()
    by_option = []
    for stage, (_, choices) in zip(stages, asked.parts, strict=True):
        if choices[0].name not in options:
            continue  # a net, whose people are in its options already
        sides = (Answer("no", frozenset({NOT_CHOSEN})), Answer("yes", frozenset({CHOSEN})))
        by_option.append((choices[0].name, _tested(crosstab(stage, sides, segments, asked.design), test)))
    return _smallest([one for _, one in by_option]), tuple(by_option)


def _apart(choices: Sequence[Answer]) -> list[Answer]:
    """Return the answers without nets, which would count people twice."""
    taken: set[int] = set()
    kept = []
    for choice in choices:
        if len(choice.codes) == 1 and not choice.codes & taken:
            taken |= choice.codes
            kept.append(choice)
    return kept


def _tested(table: Crosstab, test: str) -> Significance:
    if test in TESTS:
        return association(table, test)
    return (rank_test(table) if test == RANK else trend_test(table)).significance


def _smallest(found: Sequence[Significance]) -> Significance:
    """Test a multiple-response set by its clearest option, p times the number of tests (Bonferroni)."""
    made = [one for one in found if one.p is not None]
    if not made:
        return impossible(found[0].test, found[0].symbol, found[0].reason or "")
    best = min(made, key=lambda one: one.p if one.p is not None else 1.0)
    if len(made) == 1:
        return best
    name = f"{best.test}, the smallest p of {len(made)} options by Bonferroni"
    return replace(best, test=name, p=min((best.p or 0.0) * len(made), 1.0))


def order_notes(asked: Answered, segments: Sequence[Segment], test: str) -> list[Note]:
    """Say in which order answers and segments were taken, where the test rests on it."""
    told = []
    if test in (RANK, TREND) and len(asked.parts) == 1:
        names = [choice.name for choice in _apart(asked.parts[0][1])]
        text = f"Answers rank in this order: {' < '.join(names)}.{_otherwise(names)}"
        told.append(Note("answer_order", text, asked.question))
    if test == TREND:
        order = ", ".join(segment.label for segment in segments)
        told.append(Note("segment_order", f"The trend follows this order of segments: {order}."))
    return told


def _otherwise(names: Sequence[str]) -> str:
    """Say what gives another order: numbers stand by size, but only among themselves."""
    words = [name for name in names if number_of(name, ",") is None]
    if not words:
        return ""
    if len(words) == len(names):
        return " For another, code them as numbers."
    return f" Numbers rank by size where all are numbers: leave out {listed(words)} with --missing, or code it too."
