"""The whole of `earshot compare`: a data file and a request → does the answer depend on the segment, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analysis.answers import Answered, answers
from analysis.compared import Column, Comparison
from analysis.estimate import LOW_BASE, OK, Estimate
from analysis.estimators.association import TESTS, association
from analysis.estimators.columns import Columns, columns_of
from analysis.estimators.crosstab import Crosstab, crosstab
from analysis.estimators.differences import Difference, differences
from analysis.estimators.intervals import SEGMENTED, check_method
from analysis.estimators.multiplicity import check_adjustment
from analysis.estimators.proportion import Answer, shares
from analysis.estimators.ranks import rank_test, trend_test
from analysis.estimators.significance import Significance, impossible
from analysis.estimators.variance import Stage, staged
from analysis.evidence.marked import refuse_synthetic
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.files import open_file
from analysis.table.notes import Note
from analysis.table.reading import CHOSEN, NOT_CHOSEN
from analysis.table.segments import Segment

RANK, TREND, NO_TEST = "rank", "trend", "none"
OVERALL = ("rao-scott", "chisq", "wald", "adjusted-wald", "lincom", "saddlepoint", RANK, TREND, NO_TEST)
MOST_PAIRS = 100_000  # of segments and choices: more than anybody reads, and a sign of a wrong column

__all__ = ["OVERALL", "Comparison", "check_options", "compare", "comparison", "letters"]


def compare(
    path: Path,
    request: Request,
    *,
    test: str = "rao-scott",
    adjust: str = "holm",
    margin: float | None = None,
) -> list[Comparison]:
    """Compare every question of a request between its segments; `margin` (a fraction) asks for equivalence.

    Raises DataProblem for anything wrong with the file or the request, "synthetic_refused" for made-up answers.
    """
    check_options(request, test, adjust, margin)
    opened = open_file(path)
    refuse_synthetic(opened, "compare")
    asked = answers(path, request)
    return [comparison(one, request, test=test, adjust=adjust, margin=margin) for one in asked]


def check_options(request: Request, test: str, adjust: str, margin: float | None) -> None:
    """Raise DataProblem "unknown_option", "compare_no_by", "bad_equivalence" or "bad_level"."""
    check_method(request.interval, SEGMENTED)
    check_adjustment(adjust)
    if test not in OVERALL:
        raise DataProblem("unknown_option", option="--test", value=test, known=", ".join(OVERALL))
    if not request.by:
        raise DataProblem("compare_no_by")
    if margin is not None and not 0 < margin < 1:
        raise DataProblem("bad_equivalence", value=f"{margin:g}")
    if not 0.5 < request.level < 1:
        raise DataProblem("bad_level", value=f"{request.level:g}")


def letters(count: int) -> list[str]:
    """Return the headings of `count` columns: A to Z, then AA, AB and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    found = []
    for number in range(count):
        word, left = "", number + 1
        while left:
            left, place = divmod(left - 1, 26)
            word = alphabet[place] + word
        found.append(word)
    return found


def comparison(
    asked: Answered,
    request: Request,
    *,
    test: str = "rao-scott",
    adjust: str = "holm",
    margin: float | None = None,
) -> Comparison:
    """Compare one question; `compare` for files. Raises DataProblem of `check_options` and of the design."""
    check_options(request, test, adjust, margin)
    segments = tuple(one for one in asked.segments if one.by)
    _few_pairs(asked, len(segments))
    stages = [staged(sums, asked.design, asked.calibration) for sums, _ in asked.parts]
    found = _differences(asked, stages, segments, request.level, adjust, margin)
    columns = _columns(columns_of(stages[0], asked.base, segments), segments)
    overall, by_option = _overall(asked, stages, segments, test)
    return Comparison(
        asked.question,
        asked.by,
        asked.design,
        (*asked.notes, *_order_notes(asked, segments, test)),
        request.level,
        adjust,
        margin,
        overall,
        by_option,
        columns,
        _estimates(asked, stages, segments, request),
        _letters(found, columns, 1 - request.level),
        found,
    )


def _few_pairs(asked: Answered, segments: int) -> None:
    pairs = segments * (segments - 1) // 2 * sum(len(choices) for _, choices in asked.parts)
    if pairs > MOST_PAIRS:
        raise DataProblem("too_many_pairs", value=segments, pairs=pairs, limit=MOST_PAIRS)


def _differences(
    asked: Answered,
    stages: Sequence[Stage],
    segments: Sequence[Segment],
    level: float,
    adjust: str,
    margin: float | None,
) -> tuple[Difference, ...]:
    by_part = [
        differences(
            stage,
            answers=choices,
            segments=segments,
            design=asked.design,
            base_codes=asked.base,
            level=level,
            adjust=adjust,
            margin=margin,
        )
        for stage, (_, choices) in zip(stages, asked.parts, strict=True)
    ]
    return tuple(one for found in by_part for one in found)


def _estimates(
    asked: Answered, stages: Sequence[Stage], segments: Sequence[Segment], request: Request
) -> tuple[Estimate, ...]:
    by_segment: list[list[Estimate]] = [[] for _ in segments]
    for stage, (_, choices) in zip(stages, asked.parts, strict=True):
        found = shares(
            stage,
            question=asked.question,
            answers=choices,
            segments=segments,
            design=asked.design,
            interval=request.interval,
            level=request.level,
            base_codes=asked.base,
        )
        for at, rows in enumerate(by_segment):
            rows += found[at * len(choices) : (at + 1) * len(choices)]
    return tuple(row for rows in by_segment for row in rows)


def _columns(columns: Columns, segments: Sequence[Segment]) -> tuple[Column, ...]:
    at = zip(letters(len(segments)), segments, columns.base.tolist(), columns.kish.tolist(), strict=True)
    return tuple(
        Column(letter, segment.label, segment.by, int(base), kish) for letter, segment, base, kish in at
    )


def _letters(
    found: Sequence[Difference], columns: Sequence[Column], alpha: float
) -> dict[tuple[str, str], str]:
    """Give each share the letters of the columns that it is above; tests with too few people give none."""
    named = {column.segment: column.letter for column in columns}
    above: dict[tuple[str, str], list[str]] = {}
    for one in found:
        if one.adjusted is None or one.difference is None or one.adjusted >= alpha:
            continue
        if one.status not in (OK, LOW_BASE):
            continue
        higher, lower = (one.first, one.second) if one.difference > 0 else (one.second, one.first)
        above.setdefault((higher, one.choice), []).append(named[lower])
    place = {column.letter: at for at, column in enumerate(columns)}
    return {key: "".join(sorted(some, key=lambda one: place[one])) for key, some in above.items()}


# --- the overall test --------------------------------------------------------------------------------------


def _overall(
    asked: Answered, stages: Sequence[Stage], segments: Sequence[Segment], test: str
) -> tuple[Significance | None, tuple[tuple[str, Significance], ...]]:
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
    name = f"{best.test}, the smallest p of {len(made)} options by Bonferroni"
    return replace(best, test=name, p=min((best.p or 0.0) * len(made), 1.0))


def _order_notes(asked: Answered, segments: Sequence[Segment], test: str) -> list[Note]:
    """Say in which order answers and segments were taken, where the test rests on it."""
    told = []
    if test in (RANK, TREND) and len(asked.parts) == 1:
        order = " < ".join(choice.name for choice in _apart(asked.parts[0][1]))
        text = f"Answers rank in this order: {order}. For another, code them as numbers."
        told.append(Note("answer_order", text, asked.question))
    if test == TREND:
        order = ", ".join(segment.label for segment in segments)
        told.append(Note("segment_order", f"The trend follows this order of segments: {order}."))
    return told
