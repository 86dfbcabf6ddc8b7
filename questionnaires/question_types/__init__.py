"""The types of question: what each needs, how it reads an answer, which columns it fills.

A new type is a class in a file here and one line in QUESTION_TYPES.
"""

from __future__ import annotations

from collections.abc import Mapping

from questionnaires.model import Answer, Missing, Question
from questionnaires.problems import AnswerProblem
from questionnaires.question_types.choosing import (
    Consent,
    LongList,
    Matrix,
    Pair,
    Ranking,
    ReplyTime,
    Scale,
    Several,
    Single,
)
from questionnaires.question_types.drawn_and_computed import (
    BlockPlace,
    Computed,
    Factor,
    Information,
    OrderShown,
    Vignette,
)
from questionnaires.question_types.kind import AnswerFault, Lots, QuestionType, Raw, ResponseColumn
from questionnaires.question_types.typed import Date, FreeText, Number

__all__ = [
    "QUESTION_TYPES",
    "AnswerFault",
    "Lots",
    "QuestionType",
    "Raw",
    "ResponseColumn",
    "form_values",
    "read_answer",
]

QUESTION_TYPES: Mapping[str, QuestionType] = {
    "single": Single(),
    "scale": Scale(),
    "pair": Pair(),
    "list": LongList(),
    "several": Several(),
    "matrix": Matrix(),
    "reply_time": ReplyTime(),
    "ranking": Ranking(),
    "number": Number(),
    "date": Date(),
    "text": FreeText(),
    "consent": Consent(),
    "information": Information(),
    "vignette": Vignette(),
    "computed": Computed(),
    # Parts of questions, made by earshot: no author writes them.
    "factor": Factor(),
    "order": OrderShown(),
    "place": BlockPlace(),
}

WRITABLE = tuple(name for name, kind in QUESTION_TYPES.items() if kind.writable)
"""The types that an author can write."""


def read_answer(question: Question, raw: Raw) -> Answer | AnswerProblem:
    """Judge one question's form values: the answer, or the problem with it."""
    kind = QUESTION_TYPES[question.type]
    try:
        special, rest = kind.ticked(question, raw)
        answer = kind.read(question, rest)
        if special and answer is not None:
            raise AnswerFault("special_mixed", special=special.value)
    except AnswerFault as fault:
        return AnswerProblem(fault.code, question.name, fault.values)
    if special:
        return special.missing
    if answer is None and question.required:
        return AnswerProblem(kind.empty_code, question.name)
    return Missing.NOT_ANSWERED if answer is None else answer


def form_values(question: Question, answer: Answer) -> Raw:
    """Return the form values that show a stored answer again; the inverse of `read_answer`."""
    kind = QUESTION_TYPES[question.type]
    if not isinstance(answer, Missing):
        return kind.write(question, answer)
    special = next((s for s in question.special if s.missing == answer), None)
    if special is None:
        return Raw()
    return Raw(special=special.value) if kind.special_apart else Raw((special.value,))
