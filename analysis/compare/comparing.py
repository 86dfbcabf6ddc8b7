"""A data file and a request → a comparison of each question: columns, letters, the test, every pair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.answers import Answered, answers
from analysis.compare.compared import Column, Comparison
from analysis.compare.overall import OVERALL, order_notes, overall
from analysis.estimate import LOW_BASE, OK, Estimate
from analysis.estimators.columns import Columns, columns_of
from analysis.estimators.design_variance import Stage, staged
from analysis.estimators.differences import Difference, differences
from analysis.estimators.intervals import SEGMENTED, check_level, check_method
from analysis.estimators.proportion import shares
from analysis.estimators.significance import check_adjustment
from analysis.evidence.marked import refuse_synthetic
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.segments import Segment

MOST_PAIRS = 100_000  # of segments and choices: more than anybody reads, and a sign of a wrong column


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
    check_level(request.level)


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
    whole, by_option = overall(asked, stages, segments, test)
    return Comparison(
        asked.question,
        asked.by,
        asked.design,
        (*asked.notes, *order_notes(asked, segments, test)),
        request.level,
        adjust,
        margin,
        whole,
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
