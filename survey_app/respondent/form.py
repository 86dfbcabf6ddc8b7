"""A page as a WTForms form: it binds the fields, checks the token and asks the one judge of answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import StopValidation

from questionnaires.answers import field_names, foreign_fields, raw_values
from questionnaires.model import Answer, Question
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw, read_answer

OWN_FIELDS = ("csrf_token", "_ticket", "_action", "_language")
"""Fields of the page itself; a question's name never begins with a line."""


class QuestionField(Field):
    """All form values of one question; `answer` is what the judge made of them."""

    def __init__(self, question: Question, **arguments: Any) -> None:
        super().__init__(label="", validators=[_judge], **arguments)
        self.question = question
        self.raw = Raw()
        self.answer: Answer | None = None
        self.problem: AnswerProblem | None = None

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        if formdata is None:
            return
        self.raw = raw_values(self.question, formdata.getlist)
        self.raw_data = list(self.raw.values)


def _judge(form: FlaskForm, field: QuestionField) -> None:
    verdict = read_answer(field.question, field.raw)
    if isinstance(verdict, AnswerProblem):
        field.problem = verdict
        raise StopValidation(verdict.code)
    field.answer = verdict


class PageForm(FlaskForm):
    """The questions of one page; those that are not asked of this person are taken off before judging."""

    def ask_only(self, names: Collection[str]) -> None:
        for attribute, field in list(self._fields.items()):
            if isinstance(field, QuestionField) and field.question.name not in names:
                del self[attribute]

    @property
    def question_fields(self) -> Sequence[QuestionField]:
        return [field for field in self if isinstance(field, QuestionField)]

    def given(self) -> dict[str, Answer]:
        """Return the valid answers by question."""
        return {f.question.name: f.answer for f in self.question_fields if f.answer is not None}

    def faults(self) -> list[AnswerProblem]:
        return [field.problem for field in self.question_fields if field.problem]

    def typed(self) -> dict[str, Raw]:
        """Return the form values by question, to be shown again."""
        return {field.question.name: field.raw for field in self.question_fields}

    def foreign(self, posted: Iterable[str]) -> tuple[str, ...]:
        """Return posted fields that belong to no question asked on this page."""
        return foreign_fields((f.question for f in self.question_fields), posted, OWN_FIELDS)


def form_class(questions: Iterable[Question]) -> type[PageForm]:
    """Return the form of a page with these questions; the prefix keeps their names apart from WTForms' own."""
    fields = {f"question_{question.name}": _unbound(question) for question in questions}
    return type("QuestionsForm", (PageForm,), fields)


def _unbound(question: Question) -> Any:
    return QuestionField(question, name=field_names(question)[0])
