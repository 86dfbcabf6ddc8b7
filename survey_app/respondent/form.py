"""A page as a WTForms form: it binds what was sent, checks the token and asks the one judge of answers."""

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
from survey_app.respondent.token import Checked

OWN_FIELDS = ("csrf_token", "_ticket", "_action", "_language", "_whole", "_width", "_accepted")
"""Fields of the page itself; a question's name never begins with a line."""


EMPTY = frozenset(kind.empty_code for kind in QUESTION_TYPES.values())
"""Codes of the problem that a required question was left empty."""


def _judge(form: PageForm, field: AnswersField) -> None:
    """Judge the questions in their order: the answers before one on the page decide whether it is asked."""
    assert form.reading is not None
    for question in form.questions:
        if form.reading.asks(question):
            field.asked.append(question)
            form.reading.read(question, field.raw.get(question.name, {}))
    if form.reading.problems:
        raise StopValidation(form.reading.problems[0].code)


class AnswersField(Field):
    """All form values of the questions of a page; WTForms would make an object of each, for every post.

    `raw` holds them by question and by the name of each answer that is stored of it.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(label="", validators=[_judge], **arguments)
        self.raw: Mapping[str, Mapping[str, Raw]] = {}
        self.asked: list[Question] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        if formdata is not None:
            self.raw = {
                question.name: {v.name: raw_values(v, formdata.getlist) for v in question.variables}
                for question in self.meta.questions
            }


class PageForm(FlaskForm):
    """The questions that were shown on one page, in their order."""

    class Meta(FlaskForm.Meta):
        csrf_class = Checked

    answers = AnswersField()

    def __init__(self, section: Section, questions: Sequence[Question], formdata: Any) -> None:
        self.section = section
        self.questions = questions
        self.reading: PageReading | None = None
        super().__init__(formdata=formdata, meta={"questions": questions})

    def judge(self, reading: PageReading, accepted: Collection[str]) -> bool:
        """Judge the page with one reading; soft checks in `accepted` were shown before and stay as they are."""
        self.reading = reading
        valid = self.validate()
        reading.end(self.section, self.answers.asked)
        reading.problems = [p for p in reading.problems if not (p.soft and p.check in accepted)]
        return bool(valid) and not reading.problems

    def faults(self) -> list[AnswerProblem]:
        return self.reading.problems if self.reading else []

    def wrong(self) -> list[AnswerProblem]:
        """Return the problems with what was typed, not those with what was left empty."""
        return [p for p in self.faults() if p.code not in EMPTY and not p.check]

    def typed(self) -> dict[str, Raw]:
        """Return the form values by the name of the answer, to be shown again."""
        return {name: raw for of_question in self.answers.raw.values() for name, raw in of_question.items()}

    def foreign(self, posted: Iterable[str]) -> tuple[str, ...]:
        """Return posted fields that belong to no question shown on this page."""
        return foreign_fields(self.questions, posted, OWN_FIELDS)

    def off_path(self, posted: Iterable[str]) -> tuple[str, ...]:
        """Return posted fields of questions that, after all, are not asked of this person."""
        if len(self.answers.asked) == len(self.questions):
            return ()
        return foreign_fields(self.answers.asked, posted, OWN_FIELDS)
