"""Questionnaire → the columns of the responses table. THE contract between asking and analysing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from questionnaires.model import Answer, Interval, Missing, Question, Questionnaire
from questionnaires.question_types import QUESTION_TYPES, ResponseColumn

ROW_COLUMNS = ("_response", "_version", "_synthetic", "_status", "_started", "_submitted", "_language")


def columns(questionnaires: Iterable[Questionnaire]) -> tuple[ResponseColumn, ...]:
    """Return the columns of the responses table: the union over versions, in the order first met."""
    by_name: dict[str, ResponseColumn] = {}
    for questionnaire in questionnaires:
        for question in questionnaire:
            for column in QUESTION_TYPES[question.type].columns(question):
                by_name.setdefault(column.name, column)
    return tuple(by_name.values())


def cells(questionnaire: Questionnaire, settled: Mapping[str, Answer]) -> dict[str, Any]:
    """Return one response as column → value, from the answers that `routing.on_path` settled."""
    row: dict[str, Any] = {}
    for question in questionnaire:
        kind = QUESTION_TYPES[question.type]
        values = kind.cells(question, settled[question.name])
        row |= {column.name: value for column, value in zip(kind.columns(question), values, strict=True)}
    return row


def codebook(versions: Mapping[str, Questionnaire]) -> dict[str, Any]:
    """Return the codebook of a snapshot as JSON: every column, its words and its missing codes.

    `versions` maps a version's hash to its questionnaire; words come from the newest, which is last.
    """
    newest: dict[str, Question] = {}
    for questionnaire in versions.values():
        newest |= questionnaire.by_name
    entries = []
    for column in columns(versions.values()):
        question = newest[column.question]
        entry: dict[str, Any] = {
            "name": column.name,
            "question": question.name,
            "type": question.type,
            "kind": column.kind,
            "text": dict(question.text),
        }
        # The matrix that this is a row of.
        if question.label and question.type == "single":
            entry["of"] = dict(question.label)
        if question.condition is not None and question.ask_if:
            entry["asked_if"] = question.ask_if
        if column.kind in ("code", "order"):
            entry["choices"] = [_choice(choice) for choice in question.choices]
        if column.choice is not None:
            entry["choice"] = _choice(question.choice(column.choice))
        entries.append(entry)
    missing = {str(code.value): code.name.lower() for code in Missing}
    return {"versions": list(versions), "missing": missing, "columns": entries}


def _choice(choice: Any) -> dict[str, Any]:
    entry = {
        "code": choice.code,
        "name": choice.name,
        "text": dict(choice.text),
        "groups": list(choice.groups),
    }
    if isinstance(choice, Interval) and choice.aside is None:
        entry["upto_minutes"] = None if choice.upto == float("inf") else choice.upto
        if choice.rule:
            entry["rule"] = choice.rule
    return entry
