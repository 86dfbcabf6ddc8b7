"""A data file with one reply-time question → curves by segment, their medians and their comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from analysis.answers import answers
from analysis.estimators.proportion import Answer
from analysis.expectations.cumulative import ExpectationCurve, ReplyScale, ReplyStep, expectation_curves
from analysis.expectations.curve_differences import CurveComparison, compare_curves
from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.naming import listed
from analysis.table.notes import Note
from questionnaires.expressions.words import minutes

NONE, ASIDE = "none", "aside"


@dataclass(frozen=True)
class ReplyExpectation:
    """Expected reply times of one question: a curve by segment, a comparison where there are segments."""

    question: str
    by: tuple[str, ...]
    curves: tuple[ExpectationCurve, ...]
    comparison: CurveComparison | None
    notes: tuple[Note, ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything as an object of plain values."""
        return {
            "question": self.question,
            "by": list(self.by),
            "notes": [note.as_row() for note in self.notes],
            "curves": [curve.as_json() for curve in self.curves],
            "comparison": None if self.comparison is None else self.comparison.as_json(),
        }

    def __str__(self) -> str:
        parts = [str(curve) for curve in self.curves]
        parts += [] if self.comparison is None else [str(self.comparison)]
        parts += [f"- {note.text}" for note in self.notes]
        return "\n".join(parts)


def reply_expectation(
    opened: DataFile, request: Request, limits: Mapping[str, str | float]
) -> ReplyExpectation:
    """Estimate the reply-time curve of the one question of a request.

    `limits` gives for each of its choices, by name as in the file, until when a reply is expected: "15 min",
    "4 h", "3 days", a number of minutes, "none" (an open last step, no limit) or "aside" (no reply expected).
    Raises DataProblem "one_question", "limit_missing", "bad_option", and those of `tabulate`.
    """
    if len(request.questions) != 1 or request.sets or request.nets:
        raise DataProblem("one_question", value=", ".join(request.questions) or "none")
    (answered,) = answers(opened, request)
    ((sums, choices),) = answered.parts
    scale = scale_of(answered.question, choices, limits)
    common: dict[str, Any] = {
        "scale": scale, "segments": answered.segments, "design": answered.design, "level": request.level,
        "raking": answered.calibration,
    }  # fmt: skip
    curves = expectation_curves(sums, question=answered.question, interval=request.interval, **common)
    comparison = compare_curves(sums, **common) if len(answered.segments) > 1 else None
    return ReplyExpectation(answered.question, answered.by, curves, comparison, answered.notes)


def scale_of(question: str, choices: tuple[Answer, ...], limits: Mapping[str, str | float]) -> ReplyScale:
    """Order a question's choices by their limits; a step is called by its limit, and choices share one.

    Raises DataProblem "limit_missing" or "bad_option".
    """
    by_limit: dict[float, list[Answer]] = {}
    others = []
    for choice in choices:
        if choice.name not in limits:
            raise DataProblem("limit_missing", column=question, value=choice.name, known=listed(list(limits)))
        limit = limits[choice.name]
        if isinstance(limit, str) and limit.strip().lower() in (NONE, ASIDE):
            others.append(choice)
            continue
        upto = minutes(limit) if isinstance(limit, str) else float(limit)
        if upto is None or not upto > 0:
            form = '"15 min", "4 h", "3 days", "none" or "aside"'
            raise DataProblem("bad_option", option=f"the limit of '{choice.name}'", value=limit, form=form)
        if upto == inf:
            others.append(choice)
        else:
            by_limit.setdefault(upto, []).append(choice)
    if not by_limit:
        raise DataProblem("limit_missing", column=question, value="any choice", known=listed(list(limits)))
    steps = []
    for upto, same in sorted(by_limit.items(), key=lambda pair: pair[0]):
        limit = limits[same[0].name]
        name = limit.strip() if isinstance(limit, str) else f"{limit:g} min"
        steps.append(ReplyStep(name, upto, frozenset().union(*(choice.codes for choice in same))))
    return ReplyScale(tuple(steps), tuple(others))


def limits_of_codebook(file: Path, question: str) -> dict[str, str | float]:
    """Return the limits of a question from a snapshot's codebook.json, by its codes as text.

    Raises DataProblem "file_not_found" or "limit_missing".
    """
    if not file.is_file():
        raise DataProblem("file_not_found", value=str(file))
    entries = json.loads(file.read_text(encoding="utf-8"))["columns"]
    scales = {entry["name"]: entry["choices"] for entry in entries if entry["type"] == "reply_time"}
    if question not in scales:
        raise DataProblem("limit_missing", column=question, value="any choice", known=listed(list(scales)))
    limits: dict[str, str | float] = {}
    for choice in scales[question]:
        upto = choice.get("upto_minutes", ASIDE)
        limits[str(choice["code"])] = NONE if upto is None else upto if upto == ASIDE else float(upto)
    return limits
