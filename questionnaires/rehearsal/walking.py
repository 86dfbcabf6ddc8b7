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
from questionnaires.rehearsal.constants import sources, with_computed
from questionnaires.rehearsal.dice import Dice
from questionnaires.rehearsal.proposals import Habits, candidates, proposed
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
        self, seed: int, dice: Dice, explorer: bool = False, wanted: Mapping[str, Answer] | None = None
    ) -> Trip:
        """Send one person through; `wanted` are answers to give wherever the judge takes them."""
        trip, cut = Trip(seed), self.cut(seed)
        person = _Person(self, trip, dice, explorer, wanted or {})
        trip.way = walk(self.questionnaire, trip.answers)
        page = page_after(cut, 0, trip.way.settled)
        while page is not None and len(trip.pages) <= 3 * len(cut):  # an end even if a page stays open
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
    wanted: Mapping[str, Answer]

    def answer(self, page: Page) -> bool:
        """Answer a page so that the judge takes it; return False where that cannot be done."""
        self.trip.pages.append(page)
        self.trip.shown.append(())
        failed: list[AnswerProblem] = []
        for _ in range(TRIES):
            reading = self._read(page, self.wanted)
            if reading is None:
                return False
            failed = [problem for problem in reading.problems if not problem.soft]
            if not failed:
                self.trip.answers |= reading.answers
                return True
        return self._solved(page, failed[0])

    def _solved(self, page: Page, failed: AnswerProblem) -> bool:
        """Look among the candidates of the page for answers that satisfy the check that failed."""
        check = next(c for c in page.section.checks if c.name == failed.check_name)
        for answers in islice(self._satisfying(page, check), 3 * TRIES):
            reading = self._read(page, {**self.wanted, **answers})
            if reading is not None and all(problem.soft for problem in reading.problems):
                self.trip.answers |= reading.answers
                return True
        self.trip.stuck = Stuck(check.at, check.name, says(failed))
        return False

    def _satisfying(self, page: Page, check: Check) -> Iterator[dict[str, Answer]]:
        """Yield answers to the page for which a check holds, values computed from them included."""
        seed, known = self.trip.seed, self._known(page)
        questions = {question.name: question for question in self.walker.questionnaire}
        deciding = frozenset().union(*(sources(name, questions) for name in names(check.condition)))
        variables = [v for q in page.questions for v in q.variables if v.name in deciding and v.value is None]
        choices = [
            (*candidates(as_seen(v, known, seed), self.walker.habits.constants), Missing.NOT_ANSWERED)
            for v in variables
        ]
        for values in islice(product(*choices), MOST_COMBINED):
            answers = {v.name: value for v, value in zip(variables, values, strict=True)}
            tried = {name: comparable(a) for name, a in answers.items() if a is not Missing.NOT_ANSWERED}
            whole = with_computed({**known, **tried}, check.condition, questions)
            if evaluate(check.condition, whole) is not False:
                yield answers

    def _known(self, page: Page) -> dict[str, object]:
        """Return the answers on the path before a page."""
        return {name: value for name, value in self.trip.way.known.items() if name in page.before}

    def _read(self, page: Page, wanted: Mapping[str, Answer]) -> PageReading | None:
        """Answer the questions of a page once, down to its checks; None where a question has no answer."""
        trip = self.trip
        reading = PageReading(self.walker.questionnaire, self._known(page), trip.seed)
        seen: list[Question] = []
        for question in page.questions:
            if not reading.asks(question):
                continue
            shown = as_seen(question, reading.known, trip.seed)
            trip.stuck = self._ask(reading, question, shown, wanted)
            if QUESTION_TYPES[question.type].shown:
                seen.append(shown)
            if trip.stuck is not None:
                trip.shown[-1] = tuple(seen)
                return None
        trip.shown[-1] = tuple(seen)
        failed = reading.end(page.section, asked(page, trip.way.settled))
        trip.failed |= {problem.check_name for problem in failed}
        return reading

    def _ask(
        self, reading: PageReading, question: Question, shown: Question, wanted: Mapping[str, Answer]
    ) -> Stuck | None:
        """Give the judge answers to one question until one is taken; return why where none is."""
        kind = QUESTION_TYPES[question.type]
        if isinstance(kind, Lots) or not (kind.asks or kind.shown):
            reading.read(question, {})
            return None
        before = dict(reading.known), dict(reading.answers)
        problems: list[AnswerProblem] = []
        for attempt in range(TRIES):
            given = wanted if attempt == 0 else {}
            problems = self._tried(reading, question, shown, given, before, silent=attempt == 0)
            if not problems:
                return None
        return self._last_resort(reading, question, shown, before, problems[0])

    def _tried(
        self,
        reading: PageReading,
        question: Question,
        shown: Question,
        wanted: Mapping[str, Answer],
        before: tuple[dict[str, object], dict[str, Answer]],
        silent: bool = False,
    ) -> list[AnswerProblem]:
        problems = reading.read(question, self._raw(reading, question, shown, wanted, silent))
        if problems:
            _undo(reading, before, len(problems))
        return problems

    def _last_resort(
        self,
        reading: PageReading,
        question: Question,
        shown: Question,
        before: tuple[dict[str, object], dict[str, Answer]],
        problem: AnswerProblem,
    ) -> Stuck | None:
        """Try every candidate, then the special answers and none at all."""
        about = next((v for v in question.variables if v.name == problem.question), question)
        own = shown if about is question else as_seen(about, before[0], self.trip.seed)
        tried = candidates(own, self.walker.habits.constants)
        for value in tried:
            if not self._tried(reading, question, shown, {about.name: value}, before):
                return None
        why = says(problem) if tried else why_nothing(own)
        self.trip.unanswerable[problem.question] = why
        for missing in (*(special.missing for special in own.special), Missing.NOT_ANSWERED):
            if not self._tried(reading, question, shown, {about.name: missing}, before):
                return None
        return Stuck(problem.question, "", why)

    def _raw(
        self,
        reading: PageReading,
        question: Question,
        shown: Question,
        wanted: Mapping[str, Answer],
        silent: bool,
    ) -> dict[str, Raw]:
        """Return form values for everything that is stored of a question and asked."""
        known = dict(reading.known) if question.parts else reading.known
        raw: dict[str, Raw] = {}
        for variable in question.variables:
            kind = QUESTION_TYPES[variable.type]
            if isinstance(kind, Lots) or not (kind.asks or kind.shown) or not is_asked(variable, known):
                continue
            own = shown if variable is question else as_seen(variable, reading.known, self.trip.seed)
            answer = wanted[variable.name] if variable.name in wanted else self._answer(own, silent)
            raw[variable.name] = form_values(own, answer)
            if question.parts and answer is not Missing.NOT_ANSWERED:
                known[variable.name] = comparable(answer)
        return raw

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
        if not question.required and not candidates(question, self.walker.habits.constants):
            self.trip.unanswerable[question.name] = why_nothing(question)
        return Missing.NOT_ANSWERED


def why_nothing(question: Question) -> str:
    """Return why there is nothing that a question could be answered with."""
    if question.minimum is not None and question.maximum is not None and not question.choices:
        return f"at least {question.minimum:.10g} and at most {question.maximum:.10g}"
    return "no choice is offered"


def _undo(reading: PageReading, before: tuple[dict[str, object], dict[str, Answer]], problems: int) -> None:
    """Take a rejected answer back: parts of it may have been taken."""
    reading.known, reading.answers = dict(before[0]), dict(before[1])
    del reading.problems[-problems:]


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
