"""The whole of `earshot tabulate`: a data file and a request → a table of shares for every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.answers import Answered, answers
from analysis.estimate import Estimate
from analysis.estimators.intervals import METHODS, SEGMENTED, check_level, check_method
from analysis.estimators.proportion import shares
from analysis.printing import as_text
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.design import Design
from analysis.table.notes import Note

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

    def __str__(self) -> str:
        """Return the table as `--format text` prints it."""
        return as_text([self])


def tabulate(path: Path, request: Request, most: int = MOST_LINES) -> list[Tabulation]:
    """Tabulate every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request, "too_many_lines" for a table of more than
    `most` choices by segments; nothing is printed.
    """
    check_method(request.interval, SEGMENTED if request.by else METHODS)
    check_level(request.level)
    return [tabulation(one, request, most) for one in answers(path, request)]


def tabulation(asked: Answered, request: Request, most: int = MOST_LINES) -> Tabulation:
    """Return the table of one question.

    Raises DataProblem "unknown_option", "too_many_lines" and what the design may raise.
    """
    choices = sum(len(wanted) for _, wanted in asked.parts)
    check_lines(asked.question, choices, len(asked.segments), most)
    estimates = tuple(_estimates(asked, request))
    return Tabulation(asked.question, asked.by, asked.design, asked.notes, estimates, request.level)


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


def _estimates(asked: Answered, request: Request) -> Sequence[Estimate]:
    by_part = [
        shares(
            sums,
            question=asked.question,
            answers=wanted,
            segments=asked.segments,
            design=asked.design,
            interval=request.interval,
            level=request.level,
            base_codes=asked.base,
            raking=asked.calibration,
        )
        for sums, wanted in asked.parts
    ]
    rows: list[Estimate] = []
    for at in range(len(asked.segments)):
        for (_, wanted), found in zip(asked.parts, by_part, strict=True):
            rows += found[at * len(wanted) : (at + 1) * len(wanted)]
    return rows
