"""A page as a WTForms form: it binds the fields, checks the token and asks the one judge of answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import StopValidation

from questionnaires.answers import PageReading, foreign_fields, raw_values
from questionnaires.model import Question, Section
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw

OWN_FIELDS = ("csrf_token", "_ticket", "_action", "_language", "_whole", "_width", "_accepted")
"""Fields of the page itself; a question's name never begins with a line."""


EMPTY = frozenset(kind.empty_code for kind in QUESTION_TYPES.values())
"""Codes of the problem that a required question was left empty."""


class QuestionField(Field):
    """All form values of one shown question, by the name of each answer that is stored of it."""

    def __init__(self, question: Question, **arguments: Any) -> None:
        super().__init__(label="", validators=[_judge], **arguments)
        self.question = question
        self.raw: Mapping[str, Raw] = {}
        self.asked = False

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        if formdata is not None:
            self.raw = {v.name: raw_values(v, formdata.getlist) for v in self.question.variables}


def _judge(form: PageForm, field: QuestionField) -> None:
    """Judge a question in its turn: the answers before it on the page decide whether it is asked."""
    assert form.reading is not None
    field.asked = form.reading.asks(field.question)
    if field.asked and (problems := form.reading.read(field.question, field.raw)):
        raise StopValidation(problems[0].code)


class PageForm(FlaskForm):
    """The questions that were shown on one page, in their order."""

    section: Section
    reading: PageReading | None = None

    def keep_only(self, names: Collection[str]) -> None:
        """Take off the questions that were not shown."""
        for attribute, field in list(self._fields.items()):
            if isinstance(field, QuestionField) and field.question.name not in names:
                del self[attribute]

    def judge(self, reading: PageReading, accepted: Collection[str]) -> bool:
        """Judge the page with one reading; soft checks in `accepted` were shown before and stay as they are."""
        self.reading = reading
        valid = self.validate()
        asked = [field.question for field in self.question_fields if field.asked]
        reading.end(self.section, asked)
        reading.problems = [p for p in reading.problems if not (p.soft and p.check in accepted)]
        return bool(valid) and not reading.problems

    @property
    def question_fields(self) -> Sequence[QuestionField]:
        return [field for field in self if isinstance(field, QuestionField)]

    def faults(self) -> list[AnswerProblem]:
        return self.reading.problems if self.reading else []

    def wrong(self) -> list[AnswerProblem]:
        """Return the problems with what was typed, not those with what was left empty."""
        return [p for p in self.faults() if p.code not in EMPTY and not p.check]

    def typed(self) -> dict[str, Raw]:
        """Return the form values by the name of the answer, to be shown again."""
        return {name: raw for field in self.question_fields for name, raw in field.raw.items()}

    def foreign(self, posted: Iterable[str]) -> tuple[str, ...]:
        """Return posted fields that belong to no question shown on this page."""
        return foreign_fields((f.question for f in self.question_fields), posted, OWN_FIELDS)

    def off_path(self, posted: Iterable[str]) -> tuple[str, ...]:
        """Return posted fields of questions that, after all, are not asked of this person."""
        return foreign_fields((f.question for f in self.question_fields if f.asked), posted, OWN_FIELDS)


def form_class(section: Section, questions: Iterable[Question]) -> type[PageForm]:
    """Return the form of these questions; the prefix keeps their names apart from WTForms' own."""
    fields = {f"question_{question.name}": _unbound(question) for question in questions}
    return type("QuestionsForm", (PageForm,), {"section": section, **fields})


def _unbound(question: Question) -> Any:
    return QuestionField(question, name=question.name)
