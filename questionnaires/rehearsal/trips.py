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
        self.questions = {question.name: question for question in questionnaire}
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

    def answer(self, page: Page) -> bool:
        """Answer a page so that the judge takes it; return False where that cannot be done."""
        self.trip.pages.append(page)
        self.trip.shown.append(())
        failed: list[AnswerProblem] = []
        for _ in range(TRIES):
            reading = self._read(page, self.wishes)
            if reading is None:
                return False
            failed = [problem for problem in reading.problems if not problem.soft]
            if not failed:
                self.trip.answers |= reading.answers
                return True
        check = next(check for check in page.section.checks if check.name == failed[0].check_name)
        for answers in islice(self._satisfying(page, check), 3 * TRIES):
            reading = self._read(page, {**self.wishes, **answers})
            if reading is not None and all(problem.soft for problem in reading.problems):
                self.trip.answers |= reading.answers
                return True
        self.trip.stuck = Stuck(check.at, check.name, says(failed[0]))
        return False

    def _satisfying(self, page: Page, check: Check) -> Iterator[dict[str, Answer]]:
        """Yield answers to the page for which a check holds, values computed from them included."""
        earlier, questions = self._earlier(page), self.walker.questions
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

    def _read(self, page: Page, wishes: Mapping[str, Answer]) -> PageReading | None:
        """Answer the questions of a page once, down to its checks; None where a question has no answer."""
        trip = self.trip
        reading = PageReading(self.walker.questionnaire, self._earlier(page), trip.seed)
        questions: list[Question] = []
        for question in page.questions:
            if not reading.asks(question):
                continue
            own = as_seen(question, reading.known, trip.seed)
            trip.stuck = self._ask(reading, question, own, wishes)
            if QUESTION_TYPES[question.type].shown:
                questions.append(own)
            if trip.stuck is not None:
                break
        trip.shown[-1] = tuple(questions)
        if trip.stuck is not None:
            return None
        failed = reading.end(page.section, asked(page, trip.way.settled))
        trip.failed |= {problem.check_name for problem in failed}
        return reading

    def _ask(
        self, reading: PageReading, question: Question, own: Question, wishes: Mapping[str, Answer]
    ) -> Stuck | None:
        """Give the judge answers to one question until one is taken; return why where none is."""
        if not _is_answered(question):
            reading.read(question, {})
            return None
        problems: list[AnswerProblem] = []
        for attempt in range(TRIES):
            problems = self._attempt(reading, question, own, {} if attempt else wishes, silent=not attempt)
            if not problems:
                return None
        return self._last_resort(reading, question, own, problems[0])

    def _attempt(
        self,
        reading: PageReading,
        question: Question,
        own: Question,
        wishes: Mapping[str, Answer],
        silent: bool = False,
    ) -> list[AnswerProblem]:
        """Give the judge one answer; one that is rejected is taken back, as parts of it may have been taken."""
        answers_before, known_before = dict(reading.answers), dict(reading.known)
        problems = reading.read(question, self._form(reading, question, own, wishes, silent))
        if problems:
            reading.answers, reading.known = answers_before, known_before
            del reading.problems[-len(problems) :]
        return problems

    def _last_resort(
        self, reading: PageReading, question: Question, own: Question, problem: AnswerProblem
    ) -> Stuck | None:
        """Try every candidate, then the special answers and none at all."""
        variable = next((v for v in question.variables if v.name == problem.question), question)
        own_variable = own if variable is question else as_seen(variable, reading.known, self.trip.seed)
        values = self._candidates(own_variable)
        for value in values:
            if not self._attempt(reading, question, own, {variable.name: value}):
                return None
        why = says(problem) if values else why_nothing(own_variable)
        self.trip.unanswerable[problem.question] = why
        for missing in (*(special.missing for special in own_variable.special), Missing.NOT_ANSWERED):
            if not self._attempt(reading, question, own, {variable.name: missing}):
                return None
        return Stuck(problem.question, "", why)

    def _form(
        self,
        reading: PageReading,
        question: Question,
        own: Question,
        wishes: Mapping[str, Answer],
        silent: bool,
    ) -> dict[str, Raw]:
        """Return form values for everything that is stored of a question and asked."""
        path_answers = dict(reading.known) if question.parts else reading.known
        form: dict[str, Raw] = {}
        for variable in question.variables:
            if not _is_answered(variable) or not is_asked(variable, path_answers):
                continue
            own_variable = own if variable is question else as_seen(variable, reading.known, self.trip.seed)
            name = variable.name
            answer = wishes[name] if name in wishes else self._answer(own_variable, silent)
            form[name] = form_values(own_variable, answer)
            if question.parts and answer is not Missing.NOT_ANSWERED:
                path_answers[name] = comparable(answer)
        return form

    def _answer(self, question: Question, silent: bool) -> Answer:
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
