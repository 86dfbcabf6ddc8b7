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
    answered: Answered, stages: Sequence[Stage], segments: Sequence[Segment], test: str
) -> tuple[Significance | None, tuple[tuple[str, Significance], ...]]:
    """Return the test over all segments, and for a multiple-response set the test of each option beside it."""
    if test == NO_TEST:
        return None, ()
    options = {note.column for note in answered.notes if note.code == "multi_coding"}
    if not options:
        _, choices = answered.parts[0]
        return _tested(crosstab(stages[0], _apart(choices), segments, answered.design), test), ()
    by_option = []
    for stage, (_, choices) in zip(stages, answered.parts, strict=True):
        if choices[0].name not in options:
            # a net, whose people are in its options already
            continue
        sides = (Answer("no", frozenset({NOT_CHOSEN})), Answer("yes", frozenset({CHOSEN})))
        by_option.append((choices[0].name, _tested(crosstab(stage, sides, segments, answered.design), test)))
    return _smallest([significance for _, significance in by_option]), tuple(by_option)


def _apart(choices: Sequence[Answer]) -> list[Answer]:
    """Return the answers without nets, which would count people twice."""
    codes: set[int] = set()
    apart = []
    for choice in choices:
        if len(choice.codes) == 1 and not choice.codes & codes:
            codes |= choice.codes
            apart.append(choice)
    return apart


def _tested(table: Crosstab, test: str) -> Significance:
    if test in TESTS:
        return association(table, test)
    return (rank_test(table) if test == RANK else trend_test(table)).significance


def _smallest(tests: Sequence[Significance]) -> Significance:
    """Test a multiple-response set by its clearest option, p times the number of tests (Bonferroni)."""
    possible = [test for test in tests if test.p is not None]
    if not possible:
        return impossible(tests[0].test, tests[0].symbol, tests[0].reason or "")
    clearest = min(possible, key=lambda test: 1.0 if test.p is None else test.p)
    if len(possible) == 1:
        return clearest
    name = f"{clearest.test}, the smallest p of {len(possible)} options by Bonferroni"
    return replace(clearest, test=name, p=min((clearest.p or 0.0) * len(possible), 1.0))


def order_notes(answered: Answered, segments: Sequence[Segment], test: str) -> list[Note]:
    """Say in which order answers and segments were taken, where the test rests on it."""
    notes = []
    if test in (RANK, TREND) and len(answered.parts) == 1:
        names = [choice.name for choice in _apart(answered.parts[0][1])]
        words = [name for name in names if number_of(name, ",") is None]
        text = f"Answers rank in this order: {' < '.join(names)}."
        # numbers stand by size, but only among themselves
        if words and len(words) == len(names):
            text += " For another, code them as numbers."
        elif words:
            missing = f"leave out {listed(words)} with --missing, or code it too"
            text += f" Numbers rank by size where all are numbers: {missing}."
        notes.append(Note("answer_order", text, answered.question))
    if test == TREND:
        order = ", ".join(segment.label for segment in segments)
        notes.append(Note("segment_order", f"The trend follows this order of segments: {order}."))
    return notes
