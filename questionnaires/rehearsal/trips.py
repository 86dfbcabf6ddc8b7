"""One simulated respondent on the way through, page after page, judged as a real one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from questionnaires.answers import PageReading
from questionnaires.expressions import evaluate, names
from questionnaires.model import Answer, Check, End, Missing, Question, Questionnaire
from questionnaires.personal import as_seen, block_order
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Lots, Raw, form_values
from questionnaires.rehearsal.candidates import candidates, sources, with_computed
from questionnaires.rehearsal.proposals import Dice, Habits, proposed
from questionnaires.routing import (
    Page,
    Way,
    asked,
    comparable,
    end_of,
    first_open,
    is_asked,
    page_after,
    pages,
    walk,
)
from questionnaires.texts import catalogue, in_language

TRIES = 12
"""How often a question, or a page with a failing check, is answered anew before candidates are tried."""
MOST_COMBINED = 2_000
SILENT, SPECIAL = 0.08, 0.05
"""Shares of people who leave an optional question empty, or take a special answer that is offered."""


@dataclass(frozen=True)
class Stuck:
    """Where a person could not go on: a question, or a check at it; and what the form says there."""

    question: str
    check: str
    says: str


@dataclass
class Trip:
    """What happened to one person; `shown` are the questions as they were seen, page by page."""

    seed: int
    answers: dict[str, Answer] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    shown: list[tuple[Question, ...]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    """The checks that failed at least once before the page was taken."""
    unanswerable: dict[str, str] = field(default_factory=dict)
    """By question, what the form says to people who have nothing to answer and may leave it."""
    way: Way = field(default_factory=lambda: Way({}, {}))
    end: End | None = None
    stuck: Stuck | None = None


class Walker:
    """Sends people through a questionnaire; keeps nothing of them."""

    def __init__(self, questionnaire: Questionnaire, habits: Habits) -> None:
        self.questionnaire = questionnaire
        self.habits = habits
        self._cuts: dict[tuple[str, ...], tuple[Page, ...]] = {}

    def cut(self, seed: int) -> tuple[Page, ...]:
        """Return the pages in the order of a person; cutting costs more than the way through."""
        order = tuple(section.name for section in block_order(self.questionnaire, seed))
        if order not in self._cuts:
            self._cuts[order] = pages(self.questionnaire, seed)
        return self._cuts[order]

    def go(
        self, seed: int, dice: Dice, explorer: bool = False, wishes: Mapping[str, Answer] | None = None
    ) -> Trip:
        """Send one person through; `wishes` are answers to give wherever the judge takes them."""
        trip, cut = Trip(seed), self.cut(seed)
        person = _Person(self, trip, dice, explorer, wishes or {})
        trip.way = walk(self.questionnaire, trip.answers)
        page = page_after(cut, 0, trip.way.settled)
        # Come to an end even if a page stays open for ever.
        while page is not None and len(trip.pages) <= 3 * len(cut):
            if not person.answer(page):
                return trip
            trip.way = walk(self.questionnaire, trip.answers)
            settled = trip.way.settled
            page = page_after(cut, page.number, settled) or first_open(cut, settled, trip.answers)
        trip.end = end_of(self.questionnaire, trip.way)
        return trip


@dataclass
class _Person:
    """Answers pages; what could not be answered is written into the trip."""

    walker: Walker
    trip: Trip
    dice: Dice
    explorer: bool
    wishes: Mapping[str, Answer]
    reading: PageReading = field(init=False)
    """The page that is being answered."""

    def answer(self, page: Page) -> bool:
        """Answer a page so that the judge takes it; return False where that cannot be done."""
        self.trip.pages.append(page)
        self.trip.shown.append(())
        failed: list[AnswerProblem] = []
        for _ in range(TRIES):
            if not self._answer_once(page, self.wishes):
                return False
            failed = [problem for problem in self.reading.problems if not problem.soft]
            if not failed:
                self.trip.answers |= self.reading.answers
                return True
        check = next(check for check in page.section.checks if check.name == failed[0].check_name)
        for answers in islice(self._satisfying(page, check), 3 * TRIES):
            answered = self._answer_once(page, {**self.wishes, **answers})
            if answered and all(problem.soft for problem in self.reading.problems):
                self.trip.answers |= self.reading.answers
                return True
        self.trip.stuck = Stuck(check.at, check.name, says(failed[0]))
        return False

    def _satisfying(self, page: Page, check: Check) -> Iterator[dict[str, Answer]]:
        """Yield answers to the page for which a check holds, values computed from them included."""
        earlier, questions = self._earlier(page), self.walker.questionnaire.by_name
        deciding = frozenset().union(*(sources(name, questions) for name in names(check.condition)))
        variables = [v for q in page.questions for v in q.variables if v.name in deciding and v.value is None]
        choices = [
            (*self._candidates(as_seen(variable, earlier, self.trip.seed)), Missing.NOT_ANSWERED)
            for variable in variables
        ]
        for values in islice(product(*choices), MOST_COMBINED):
            answers = {v.name: value for v, value in zip(variables, values, strict=True)}
            new = {name: comparable(a) for name, a in answers.items() if a is not Missing.NOT_ANSWERED}
            whole = with_computed({**earlier, **new}, check.condition, questions)
            if evaluate(check.condition, whole) is not False:
                yield answers

    def _earlier(self, page: Page) -> dict[str, object]:
        """Return the answers on the path before a page."""
        return {name: value for name, value in self.trip.way.known.items() if name in page.before}

    def _candidates(self, question: Question) -> tuple[Answer, ...]:
        return candidates(question, self.walker.habits.points)

    def _answer_once(self, page: Page, wishes: Mapping[str, Answer]) -> bool:
        """Answer the questions of a page, down to its checks; return False where a question has no answer."""
        trip = self.trip
        self.reading = PageReading(self.walker.questionnaire, self._earlier(page), trip.seed)
        trip.shown[-1] = ()
        for question in page.questions:
            if not self.reading.asks(question):
                continue
            if QUESTION_TYPES[question.type].shown:
                trip.shown[-1] += (self._as_seen(question),)
            trip.stuck = self._ask(question, wishes)
            if trip.stuck is not None:
                return False
        failed = self.reading.end(page.section, asked(page, trip.way.settled))
        trip.failed |= {problem.check_name for problem in failed}
        return True

    def _as_seen(self, question: Question) -> Question:
        return as_seen(question, self.reading.known, self.trip.seed)

    def _ask(self, question: Question, wishes: Mapping[str, Answer]) -> Stuck | None:
        """Give the judge answers to one question until one is taken; return why where none is."""
        if not _is_answered(question):
            self.reading.read(question, {})
            return None
        problems = self._attempt(question, wishes, silent=True)
        for _ in range(1, TRIES):
            if not problems:
                return None
            problems = self._attempt(question, {})
        if not problems:
            return None
        # The last resort: every candidate, then the special answers and none at all.
        problem = problems[0]
        variable = next((v for v in question.variables if v.name == problem.question), question)
        own = self._as_seen(variable)
        values = self._candidates(own)
        if any(not self._attempt(question, {variable.name: value}) for value in values):
            return None
        why = says(problem) if values else why_nothing(own)
        self.trip.unanswerable[problem.question] = why
        missing = (*(special.missing for special in own.special), Missing.NOT_ANSWERED)
        if any(not self._attempt(question, {variable.name: value}) for value in missing):
            return None
        return Stuck(problem.question, "", why)

    def _attempt(
        self, question: Question, wishes: Mapping[str, Answer], silent: bool = False
    ) -> list[AnswerProblem]:
        """Give the judge one answer; one that is rejected is taken back, as parts of it may have been taken."""
        reading = self.reading
        answers_before, known_before = dict(reading.answers), dict(reading.known)
        path_answers = dict(reading.known)
        form: dict[str, Raw] = {}
        for variable in question.variables:
            if not _is_answered(variable) or not is_asked(variable, path_answers):
                continue
            own = self._as_seen(variable)
            name = variable.name
            answer = wishes[name] if name in wishes else self._proposed(own, silent)
            form[name] = form_values(own, answer)
            if answer is not Missing.NOT_ANSWERED:
                path_answers[name] = comparable(answer)
        problems = reading.read(question, form)
        if problems:
            reading.answers, reading.known = answers_before, known_before
            del reading.problems[-len(problems) :]
        return problems

    def _proposed(self, question: Question, silent: bool) -> Answer:
        """Return an answer; where `silent`, also a special one or none, if that is allowed."""
        shares = self.walker.habits.shares.get(question.name, {})
        specials = [special for special in question.special if not shares or shares.get(special.value)]
        likely = sum(shares[special.value] for special in specials) if shares else SPECIAL
        if silent and specials and self.dice.chance(likely):
            return self.dice.pick(specials).missing
        if silent and not question.required and self.dice.chance(shares.get("not_answered", SILENT)):
            return Missing.NOT_ANSWERED
        value = proposed(question, self.dice, self.walker.habits, self.explorer)
        if value is not None:
            return value
        if not question.required and not self._candidates(question):
            self.trip.unanswerable[question.name] = why_nothing(question)
        return Missing.NOT_ANSWERED


def _is_answered(question: Question) -> bool:
    """Tell whether a person answers or reads a question: neither lots nor a computed value."""
    kind = QUESTION_TYPES[question.type]
    return not isinstance(kind, Lots) and (kind.asks or kind.shown)


def why_nothing(question: Question) -> str:
    """Return why there is nothing that a question could be answered with."""
    if question.minimum is not None and question.maximum is not None and not question.choices:
        return f"at least {question.minimum:.10g} and at most {question.maximum:.10g}"
    return "no choice is offered"


def says(problem: AnswerProblem) -> str:
    """Return what the form says of a problem, in English; its code where the words need more than it has."""
    values = {
        key: in_language(value, "en") if isinstance(value, Mapping) else value
        for key, value in problem.values.items()
    }
    try:
        return f"the form says “{catalogue('questionnaires').text('en', problem.code, **values)}”"
    except KeyError:
        return problem.code
