"""The judge of answers: what belongs to a question in a form, and what a posted page says.

The only place where an answer is accepted. Also how answers are written down and read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from questionnaires.expressions import evaluate, names
from questionnaires.model import Answer, Check, Missing, Question, Questionnaire, Section
from questionnaires.personal import as_seen, draw, section_draws
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Lots, Raw, form_values, read_answer
from questionnaires.routing import Page, asked, comparable, compute, is_asked, walk

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


def foreign_fields(
    questions: Iterable[Question], form: Iterable[str], own: Collection[str]
) -> tuple[str, ...]:
    """Return the names of posted fields that belong neither to a question asked nor to the page itself."""
    of_questions = {name for q in questions for variable in q.variables for name in field_names(variable)}
    return tuple(name for name in form if name not in of_questions and name not in own)


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
        problems = []
        whole = as_seen(question, self.known, self.seed)
        for variable in question.variables:
            # Computed anew whenever it is needed, and never kept.
            if variable.value is not None:
                compute(variable.value, variable.name, self.known)
                continue
            kind, is_on_path = QUESTION_TYPES[variable.type], is_asked(variable, self.known)
            if isinstance(kind, Lots):
                answer: Answer | AnswerProblem = draw(question, variable, self.known, self.seed)
            else:
                own = whole if variable is question else as_seen(variable, self.known, self.seed)
                answer = read_answer(own, raw.get(variable.name, Raw()))
            if isinstance(answer, AnswerProblem):
                # The message of an empty row of a matrix says which row it is.
                if answer.code == kind.empty_code and variable in question.items:
                    answer = replace(answer, code=QUESTION_TYPES[question.type].empty_code)
                problems += [answer] if is_on_path else []
                continue
            # Typed beside a choice that was taken back: kept for the case of coming back, and off the path.
            if is_on_path or isinstance(kind, Lots) or answer is not Missing.NOT_ANSWERED:
                self.answers[variable.name] = answer
            if is_on_path and answer is not Missing.NOT_ANSWERED:
                self.known[variable.name] = comparable(answer)
        self.problems += problems
        return problems

    def end(self, section: Section, questions: Sequence[Question]) -> list[AnswerProblem]:
        """Close the page: store what lots gave its section, and return the checks that fail.

        A check is made on the page on which the last answer that it needs was asked.
        """
        self.answers |= section_draws(self.questionnaire, section, self.seed)
        if not section.checks:
            return []
        # What may yet be asked, or can only then be computed, on later pages of the section.
        coming: set[str] = set()
        names_here = {question.name for question in questions}
        last = max((n for n, q in enumerate(section.questions) if q.name in names_here), default=-1)
        for variable in (v for question in section.questions[last + 1 :] for v in question.variables):
            may_be_asked = variable.value is None and is_asked(variable, self.known)
            if may_be_asked or _sources(variable) & coming:
                coming.add(variable.name)
        # Compute what no page shows; the checks need it, with scripts or without.
        for question in section.questions:
            if question.value is not None and question.name not in coming and is_asked(question, self.known):
                compute(question.value, question.name, self.known)
        here = [variable.name for question in questions for variable in question.variables]
        failed = [
            self._failure(check, here)
            for check in section.checks
            if self._is_due(check, section, here, coming) and evaluate(check.condition, self.known) is False
        ]
        self.problems += failed
        return failed

    def _is_due(self, check: Check, section: Section, here: Sequence[str], coming: set[str]) -> bool:
        """Tell whether the last answer that a check needs, or that decides on it, was asked just now."""
        needed = names(check.condition) | {check.at}
        deciding = set(needed)
        for variable in reversed(section.variables):
            if variable.name in deciding:
                deciding |= _sources(variable)
        is_about_path = any(
            v.name in needed and is_asked(v, self.known) for v in section.variables if v.value is None
        )
        return is_about_path and not needed & coming and bool(deciding.intersection(here))

    def _failure(self, check: Check, here: Sequence[str]) -> AnswerProblem:
        """Return the problem of a failed check, at a question of this page wherever there is one.

        It is named with the answers it failed for: passed once, it is not passed for others.
        """
        needed = names(check.condition)
        at = check.at
        if at not in here:
            at = next((name for name in reversed(here) if name in needed), at)
        values = repr([(name, self.known.get(name)) for name in sorted(needed)])
        token = f"{check.name}:{hashlib.sha256(values.encode()).hexdigest()[:12]}"
        return AnswerProblem("check_failed", at, {"text": check.text}, token, check.soft)


def _sources(variable: Question) -> frozenset[str]:
    """Return what decides whether something is asked, or what it is computed from."""
    return frozenset().union(*map(names, variable.deciding))


def first_invalid(
    questionnaire: Questionnaire, cut: tuple[Page, ...], answers: Mapping[str, Answer], seed: int
) -> Page | None:
    """Return the first page with an answer that would not be accepted now; None where all would be.

    Reads every page again as the person saw it: a limit, a filtered choice or a check may depend on an
    earlier answer that was changed since. Soft checks were seen and passed.
    """
    # Nothing can have become invalid where no answer depends on another, and none that is required was taken
    # back by someone who left to finish later.
    has_checks = any(section.checks for section in questionnaire.sections)
    if not has_checks and not any(
        variable.limits
        or any(choice.condition is not None for choice in variable.choices)
        or (variable.required and answers.get(variable.name) is Missing.NOT_ANSWERED)
        for variable in questionnaire
    ):
        return None
    way = walk(questionnaire, answers)
    for page in cut:
        earlier = {name: value for name, value in way.known.items() if name in page.before}
        reading = PageReading(questionnaire, earlier, seed)
        questions = asked(page, way.settled)
        for question in questions:
            raw = {
                variable.name: form_values(variable, answers.get(variable.name, Missing.NOT_ANSWERED))
                for variable in question.variables
            }
            reading.read(question, raw)
        reading.end(page.section, questions)
        if any(not problem.soft for problem in reading.problems):
            return page
    return None


def to_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers as plain JSON values; a missing one is {"missing": "dont_know"}."""
    return {
        name: {"missing": answer.name.lower()} if isinstance(answer, Missing) else answer
        for name, answer in answers.items()
    }


def from_json(stored: Mapping[str, Any]) -> dict[str, Answer]:
    """Return stored answers as they were judged; the inverse of `to_json`."""
    answers: dict[str, Answer] = {}
    for name, value in stored.items():
        if isinstance(value, dict):
            answers[name] = Missing[value["missing"].upper()]
        else:
            answers[name] = tuple(value) if isinstance(value, list) else value
    return answers
