"""A question compared between segments: its columns with their letters, the overall test, every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.answers import Answered, answers
from analysis.compare.overall import OVERALL, order_notes, overall
from analysis.estimate import LOW_BASE, OK, Estimate
from analysis.estimators.columns import columns_of
from analysis.estimators.design_variance import staged
from analysis.estimators.differences import Difference, differences
from analysis.estimators.intervals import SEGMENTED, check_level, check_method
from analysis.estimators.significance import Significance, check_adjustment
from analysis.evidence.marked import refuse_synthetic
from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.design import Design
from analysis.table.notes import Note
from analysis.tabulate import estimates_of

LOW = 30.0
"""Effective people of a column, below which it is marked."""
MOST_PAIRS = 100_000
"""Pairs of segments by choices: more is more than anybody reads, and a sign of a wrong column."""


@dataclass(frozen=True)
class ComparedColumn:
    """A segment as a column of the table: its letter, its base, and its base in effective people (Kish)."""

    letter: str
    segment: str
    by: Mapping[str, str]
    base: int
    effective_base: float

    @property
    def status(self) -> str:
        """Return "ok", or "low_base" under 30 effective people."""
        return OK if self.effective_base >= LOW else LOW_BASE

    def as_row(self) -> dict[str, Any]:
        """Return the column as `--format json` prints it."""
        return {
            "letter": self.letter,
            "segment": self.segment,
            "by": dict(self.by),
            "base": self.base,
            "effective_base": self.effective_base,
            "status": self.status,
        }


@dataclass(frozen=True)
class Comparison:
    """One question compared between segments.

    `test` is the overall test; for a multiple-response set `by_option` holds each option's, and `test` the
    smallest of them by Bonferroni. `estimates` come segment by segment, `letters` by (segment, choice).
    """

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    level: float
    adjust: str
    margin: float | None
    test: Significance | None
    by_option: tuple[tuple[str, Significance], ...]
    columns: tuple[ComparedColumn, ...]
    estimates: tuple[Estimate, ...]
    letters: Mapping[tuple[str, str], str]
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        rows = [
            {**estimate.as_row(), "letters": self.letters.get((estimate.segment, estimate.choice), "")}
            for estimate in self.estimates
        ]
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "level": self.level,
            "adjust": self.adjust,
            "margin": self.margin,
            "test": None if self.test is None else self.test.as_row(),
            "tests": [{"choice": choice, **test.as_row()} for choice, test in self.by_option],
            "columns": [column.as_row() for column in self.columns],
            "rows": rows,
            "differences": [pair.as_row() for pair in self.differences],
        }


def compare(
    opened: DataFile,
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
    refuse_synthetic(opened, "compare")
    return [
        comparison(answered, request, test=test, adjust=adjust, margin=margin)
        for answered in answers(opened, request)
    ]


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


def comparison(
    answered: Answered,
    request: Request,
    *,
    test: str = "rao-scott",
    adjust: str = "holm",
    margin: float | None = None,
) -> Comparison:
    """Compare one question; `compare` for files.

    Raises DataProblem "too_many_pairs", and those of `check_options` and of the design.
    """
    check_options(request, test, adjust, margin)
    # the segment of everybody has no value of a column
    segments = tuple(segment for segment in answered.segments if segment.by)
    pairs = len(segments) * (len(segments) - 1) // 2 * sum(len(choices) for _, choices in answered.parts)
    if pairs > MOST_PAIRS:
        raise DataProblem("too_many_pairs", value=len(segments), pairs=pairs, limit=MOST_PAIRS)
    stages = [staged(sums, answered.design, answered.calibration) for sums, _ in answered.parts]
    tested: list[Difference] = []
    for stage, (_, choices) in zip(stages, answered.parts, strict=True):
        tested += differences(
            stage,
            answers=choices,
            segments=segments,
            design=answered.design,
            base_codes=answered.base,
            level=request.level,
            adjust=adjust,
            margin=margin,
        )
    totals = columns_of(stages[0], answered.base, segments)
    by_segment = zip(
        letters(len(segments)), segments, totals.base.tolist(), totals.kish.tolist(), strict=True
    )
    columns = tuple(
        ComparedColumn(letter, segment.label, segment.by, int(base), kish)
        for letter, segment, base, kish in by_segment
    )
    significance, by_option = overall(answered, stages, segments, test)
    return Comparison(
        answered.question,
        answered.by,
        answered.design,
        (*answered.notes, *order_notes(answered, segments, test)),
        request.level,
        adjust,
        margin,
        significance,
        by_option,
        columns,
        tuple(estimates_of(answered, stages, segments, request)),
        _letters(tested, columns, 1 - request.level),
        tuple(tested),
    )


def letters(count: int) -> list[str]:
    """Return the headings of `count` columns: A to Z, then AA, AB and so on."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    headings = []
    for number in range(count):
        word, left = "", number + 1
        while left:
            left, place = divmod(left - 1, 26)
            word = alphabet[place] + word
        headings.append(word)
    return headings


def _letters(
    tested: Sequence[Difference], columns: Sequence[ComparedColumn], alpha: float
) -> dict[tuple[str, str], str]:
    """Give each share the letters of the columns that it is above; tests with too few people give none."""
    letter = {column.segment: column.letter for column in columns}
    above: dict[tuple[str, str], list[str]] = {}
    for pair in tested:
        if pair.adjusted is None or pair.difference is None or pair.adjusted >= alpha:
            continue
        if pair.status not in (OK, LOW_BASE):
            continue
        higher, lower = (pair.first, pair.second) if pair.difference > 0 else (pair.second, pair.first)
        above.setdefault((higher, pair.choice), []).append(letter[lower])
    place = {column.letter: at for at, column in enumerate(columns)}
    return {key: "".join(sorted(beaten, key=place.__getitem__)) for key, beaten in above.items()}
