"""A text to read."""

from __future__ import annotations

from collections.abc import Callable

from questionnaires.answers import PageReading, field_names
from questionnaires.model import Missing, Questionnaire
from questionnaires.question_types import QUESTION_TYPES, Raw
from questionnaires.routing import asked, on_path, pages

LINES = (
    "{name: age, type: number, text: Q}",
    "{name: note, type: information, ask_if: age > 17, text: Read this}",
)


def test_it_was_shown_to_whom_it_was_shown(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(*LINES)
    note = questionnaire.question("note")
    assert field_names(note) == ()
    reading = PageReading(questionnaire, {"age": 20}, 0)
    assert reading.read(note, {"note": Raw(("7", "<b>"))}) == []
    assert reading.answers == {"note": 1}
    assert QUESTION_TYPES["information"].cells(note, 1) == (1,)
    young = on_path(questionnaire, {"age": 12, "note": 1})
    assert young["note"] is Missing.NOT_ASKED
    assert asked(pages(questionnaire)[1], young) == ()


def test_nothing_is_asked(told: Callable[..., None]) -> None:
    told("type-key", 7, 'takes no "required"', "{name: n, type: information, required: true, text: Q}")
    told("type-key", 7, 'takes no "special"', "{name: n, type: information, special: [dont_know], text: Q}")
    told("text-missing", 7, 'text has no text in "en"', "{name: n, type: information}")
