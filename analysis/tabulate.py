"""The whole of `earshot tabulate`: a data file and a request → a table of shares for every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.answers import Answered, answers
from analysis.estimate import Estimate
from analysis.estimators.intervals import METHODS, SEGMENTED, check_method
from analysis.estimators.proportion import shares
from analysis.request import Request
from analysis.table.design import Design
from analysis.table.notes import Note


@dataclass(frozen=True)
class Tabulation:
    """One question's table: estimates segment by segment, and the notes a reader needs."""

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    estimates: tuple[Estimate, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "rows": [estimate.as_row() for estimate in self.estimates],
        }


def tabulate(path: Path, request: Request) -> list[Tabulation]:
    """Tabulate every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request; nothing is printed.
    """
    check_method(request.interval, SEGMENTED if request.by else METHODS)
    return [tabulation(one, request) for one in answers(path, request)]


def tabulation(asked: Answered, request: Request) -> Tabulation:
    """Return the table of one question. Raises DataProblem "unknown_option" and what the design may raise."""
    estimates = tuple(_estimates(asked, request))
    return Tabulation(asked.question, asked.by, asked.design, asked.notes, estimates)


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
