"""The whole of `earshot tabulate`: a data file and a request → a table of shares for every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.answers import Answered, answers
from analysis.estimate import Estimate
from analysis.estimators.design_variance import Stage, staged
from analysis.estimators.intervals import METHODS, SEGMENTED, check_level, check_method
from analysis.estimators.proportion import shares
from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.design import Design
from analysis.table.notes import Note
from analysis.table.segments import Segment

MOST_LINES = 1_000_000
"""Choices by segments of one table: two columns of as many values as a table may have."""
MOST_PRINTED = 2_000
"""The same of a table that a person is to read."""


@dataclass(frozen=True)
class Tabulation:
    """One question's table: estimates segment by segment, the level of their intervals, and the notes."""

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    estimates: tuple[Estimate, ...]
    level: float = 0.95

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "rows": [estimate.as_row() for estimate in self.estimates],
        }


def tabulate(opened: DataFile, request: Request, most: int = MOST_LINES) -> list[Tabulation]:
    """Tabulate every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request, "too_many_lines" for a table of more than
    `most` choices by segments; nothing is printed.
    """
    check_method(request.interval, SEGMENTED if request.by else METHODS)
    check_level(request.level)
    return [tabulation(answered, request, most) for answered in answers(opened, request)]


def tabulation(answered: Answered, request: Request, most: int = MOST_LINES) -> Tabulation:
    """Return the table of one question.

    Raises DataProblem "unknown_option", "too_many_lines" and what the design may raise.
    """
    choices = sum(len(choices) for _, choices in answered.parts)
    check_lines(answered.question, choices, len(answered.segments), most)
    stages = [staged(sums, answered.design, answered.calibration) for sums, _ in answered.parts]
    estimates = tuple(estimates_of(answered, stages, answered.segments, request))
    return Tabulation(
        answered.question, answered.by, answered.design, answered.notes, estimates, request.level
    )


def check_lines(question: str, choices: int, segments: int, most: int) -> None:
    """Raise DataProblem "too_many_lines" for a table of more than `most` choices by segments."""
    lines = choices * segments
    if lines > most:
        raise DataProblem(
            "too_many_lines",
            column=question,
            value=f"{lines:,}",
            choices=f"{choices:,}",
            segments=f"{segments:,}",
            limit=f"{most:,}",
            remedy=", or print it with --format csv" if lines <= MOST_LINES else "",
        )


def estimates_of(
    answered: Answered, stages: Sequence[Stage], segments: Sequence[Segment], request: Request
) -> list[Estimate]:
    """Return the shares of a question segment by segment; `stages` are those of its parts."""
    rows: list[list[Estimate]] = [[] for _ in segments]
    for stage, (_, choices) in zip(stages, answered.parts, strict=True):
        estimates = shares(
            stage,
            question=answered.question,
            answers=choices,
            segments=segments,
            design=answered.design,
            interval=request.interval,
            level=request.level,
            base_codes=answered.base,
        )
        for at, row in enumerate(rows):
            row += estimates[at * len(choices) : (at + 1) * len(choices)]
    return [estimate for row in rows for estimate in row]
