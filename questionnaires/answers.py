"""The judge of answers: what belongs to a question in a form, and what a posted page says.

The only place where an answer is accepted. Also how answers are written down and read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from questionnaires.expressions import evaluate, names
from questionnaires.model import Answer, Check, Missing, Question, Questionnaire, Section
from questionnaires.personal import as_seen, draw, section_draws
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Lots, Raw, read_answer
from questionnaires.routing import comparable, compute, is_asked

SPECIAL_SUFFIX = ".special"


def field_names(question: Question) -> tuple[str, ...]:
    """Return the names of the form fields that belong to one stored question."""
    kind = QUESTION_TYPES[question.type]
    if not kind.asks:
        return ()
    further = kind.fields(question)
    own = tuple(f"{question.name}.{name}" for name in further) or (question.name,)
    return (*own, question.name + SPECIAL_SUFFIX) if question.special and kind.special_apart else own


def raw_values(question: Question, getlist: Callable[[str], Sequence[str]]) -> Raw:
    """Take a question's own values out of a form; `getlist` returns all values of a field, or none."""
    fields = QUESTION_TYPES[question.type].fields(question)
    named = {name: " ".join(getlist(f"{question.name}.{name}")) for name in fields} if fields else {}
    special = " ".join(getlist(question.name + SPECIAL_SUFFIX)) if question.special else ""
    return Raw(tuple(getlist(question.name)), special, named)


def foreign_fields(questions: Iterable[Question], form: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """Return the names of posted fields that belong neither to a question asked nor to the page itself."""
    known = {name for q in questions for variable in q.variables for name in field_names(variable)} | set(own)
    return tuple(name for name in form if name not in known)


@dataclass
class PageReading:
    """Reads one posted page, question after question, as the person saw it.

    `known` are the answers on the path before the page, as conditions compare them; each answer that is
    accepted joins them, so that a question further down may depend on it. `answers` are those to be kept:
    they include, marked by the path alone, texts typed beside a choice that was not chosen.
    """

    questionnaire: Questionnaire
    known: dict[str, object]
    seed: int
    answers: dict[str, Answer] = field(default_factory=dict)
    problems: list[AnswerProblem] = field(default_factory=list)

    @property
    def computed(self) -> dict[str, Answer]:
        """Return the computed values that are known by now, as they are stored."""
        values = {q.name: self.known[q.name] for q in self.questionnaire if q.value and q.name in self.known}
        return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}

    def asks(self, question: Question) -> bool:
        """Tell whether a shown question is asked of this person, after what was read so far."""
        return any(is_asked(variable, self.known) for variable in question.variables)

    def read(self, question: Question, raw: Mapping[str, Raw]) -> list[AnswerProblem]:
        """Judge all that was sent for a question, by the names of its variables; return its problems."""
        found = []
        seen = as_seen(question, self.known, self.seed)
        for variable in question.variables:
            answer = self._judge(question, seen, variable, raw.get(variable.name, Raw()))
            if isinstance(answer, AnswerProblem):
                found.append(answer)
            elif answer is not None:
                self._keep(variable, answer)
        self.problems += found
        return found

    def _judge(
        self, whole: Question, seen: Question, variable: Question, raw: Raw
    ) -> Answer | AnswerProblem | None:
        if isinstance(QUESTION_TYPES[variable.type], Lots):
            return draw(whole, variable, self.known, self.seed)
        if variable.value is not None:
            compute(variable.value, variable.name, self.known)
            return None  # computed anew whenever it is needed, and never kept
        own = seen if variable is whole else as_seen(variable, self.known, self.seed)
        answer = read_answer(own, raw)
        if is_asked(variable, self.known):
            return _of_row(whole, variable, answer)
        # Typed beside a choice that was taken back: kept for the case of coming back, and off the path.
        return (
            answer if not isinstance(answer, AnswerProblem) and answer is not Missing.NOT_ANSWERED else None
        )

    def _keep(self, variable: Question, answer: Answer) -> None:
        self.answers[variable.name] = answer
        if answer is not Missing.NOT_ANSWERED and is_asked(variable, self.known):
            self.known[variable.name] = comparable(answer)

    def end(self, section: Section, questions: Sequence[Question]) -> list[AnswerProblem]:
        """Close the page: store what lots gave its section, and return the checks that fail.

        A check is made on the page on which the last answer that it needs was asked.
        """
        self.answers |= section_draws(self.questionnaire, section, self.seed)
        if not section.checks:
            return []
        coming = self._coming(section, questions)
        self._compute(section, coming)
        here = [variable.name for question in questions for variable in question.variables]
        failed = [
            AnswerProblem(
                "check_failed", _place(check, here), {"text": check.text}, self._token(check), check.soft
            )
            for check in section.checks
            if self._is_due(check, section, here, coming) and evaluate(check.condition, self.known) is False
        ]
        self.problems += failed
        return failed

    def _token(self, check: Check) -> str:
        """Name a failed check with the answers it failed for: passed once, it is not passed for others."""
        values = [(name, self.known.get(name)) for name in sorted(names(check.condition))]
        return f"{check.name}:{hashlib.sha256(repr(values).encode()).hexdigest()[:12]}"

    def _coming(self, section: Section, questions: Sequence[Question]) -> frozenset[str]:
        """Return what may yet be asked, or can only then be computed, on later pages of the section."""
        shown = {question.name for question in questions}
        last = max((n for n, q in enumerate(section.questions) if q.name in shown), default=-1)
        coming: set[str] = set()
        for question in section.questions[last + 1 :]:
            for variable in question.variables:
                asked = variable.value is None and is_asked(variable, self.known)
                if asked or _sources(variable) & coming:
                    coming.add(variable.name)
        return frozenset(coming)

    def _compute(self, section: Section, coming: frozenset[str]) -> None:
        """Compute what no page shows; the checks need it, with scripts or without."""
        for question in section.questions:
            if question.value is not None and question.name not in coming and is_asked(question, self.known):
                compute(question.value, question.name, self.known)

    def _is_due(self, check: Check, section: Section, here: Sequence[str], coming: frozenset[str]) -> bool:
        """Tell whether the last answer that a check needs, or that decides on it, was asked just now."""
        needed = set(_needed(check))
        deciding = set(needed)
        for variable in reversed(section.variables):
            if variable.name in deciding:
                deciding |= _sources(variable)
        asked = any(
            v.name in needed and is_asked(v, self.known) for v in section.variables if v.value is None
        )
        return asked and not needed & coming and bool(deciding.intersection(here))


def _of_row(whole: Question, variable: Question, answer: Answer | AnswerProblem) -> Answer | AnswerProblem:
    """Let the message of an empty row of a matrix say which row it is."""
    empty = QUESTION_TYPES[variable.type].empty_code
    if isinstance(answer, AnswerProblem) and answer.code == empty and variable in whole.items:
        return replace(answer, code=QUESTION_TYPES[whole.type].empty_code)
    return answer


def _needed(check: Check) -> frozenset[str]:
    return names(check.condition) | {check.at}


def _sources(variable: Question) -> frozenset[str]:
    """Return what decides whether something is asked, or what it is computed from."""
    return frozenset().union(
        *(names(tree) for tree in (variable.condition, variable.value) if tree is not None)
    )


def _place(check: Check, here: Sequence[str]) -> str:
    """Return the question at which a message stands: on this page, wherever it can."""
    return (
        check.at if check.at in here else next((n for n in reversed(here) if n in _needed(check)), check.at)
    )


def to_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers as plain JSON values; a missing one is {"missing": "dont_know"}."""
    return {
        name: {"missing": answer.name.lower()} if isinstance(answer, Missing) else answer
        for name, answer in answers.items()
    }


def from_json(stored: Mapping[str, Any]) -> dict[str, Answer]:
    """Return stored answers as they were judged; the inverse of `to_json`."""
    return {name: _answer(value) for name, value in stored.items()}


def _answer(value: Any) -> Answer:
    if isinstance(value, dict):
        return Missing[value["missing"].upper()]
    return tuple(value) if isinstance(value, list) else value
