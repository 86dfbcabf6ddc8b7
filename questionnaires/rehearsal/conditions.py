"""Every condition of a questionnaire: what it came to while people walked, and a search for other outcomes.

A condition that was never seen true (or never anything else) among random people may still be possible for a
few. The questions it depends on, directly or by their own conditions, get every combination of the values that
matter, or a sample of them; those that promise the outcome looked for are sent through the form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod

from questionnaires.expressions import Tree, evaluate, names
from questionnaires.lots import lot
from questionnaires.model import Answer, End, Missing, Question, Questionnaire, Section
from questionnaires.question_types import QUESTION_TYPES, Lots
from questionnaires.rehearsal.candidates import candidates
from questionnaires.rehearsal.proposals import Dice
from questionnaires.rehearsal.trips import Trip, Walker
from questionnaires.routing import comparable, is_asked

MOST_COMBINED = 3_000
MOST_PROMISING = 4
WALKS, WALKS_BY_LOT = 4, 24
"""Walks for each promising combination; more where a drawn cell or level must come as well."""


@dataclass(frozen=True)
class Condition:
    """One condition of a questionnaire.

    `kind` is question, item, choice, screen_out, end or check; `question` is where it stands, `name` that of
    the choice, end or check.
    """

    kind: str
    question: str
    name: str
    section: int
    tree: Tree


def conditions_of(questionnaire: Questionnaire) -> Iterator[Condition]:
    """Yield every condition of a questionnaire, in its order."""
    for index, section in enumerate(questionnaire.sections):
        for question in section.questions:
            name, own = question.name, question.condition
            if own is not None:
                yield Condition("question", name, name, index, own)
            for item in question.items:
                if item.condition is not None and item.condition != own:
                    yield Condition("item", name, item.name, index, item.condition)
            for choice in question.choices:
                if choice.condition is not None:
                    yield Condition("choice", name, choice.name, index, choice.condition)
        for check in section.checks:
            yield Condition("check", section.name, check.name, index, check.condition)
        for end in section.screen_out:
            if end.condition is not None:
                yield Condition("screen_out", str(index), end.name, index, end.condition)
    for end in questionnaire.ends:
        if end.condition is not None:
            yield Condition("end", "", end.name, len(questionnaire.sections), end.condition)


class Conditions:
    """All conditions of a questionnaire, and what they are for one person."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.all = tuple(conditions_of(questionnaire))
        self._answered = frozenset(q.name for q in questionnaire if QUESTION_TYPES[q.type].asks or q.value)
        self._of: dict[tuple[str, str], list[Condition]] = {}
        for condition in self.all:
            self._of.setdefault((condition.kind, condition.question), []).append(condition)

    def of(self, kind: str, question: str) -> list[Condition]:
        return self._of.get((kind, question), [])

    def values(self, trip: Trip) -> Iterator[tuple[Condition, bool | None]]:
        """Yield every condition that concerned a person, with its value."""
        path_answers = trip.way.known
        shown_names = {question.name for page in trip.shown for question in page}
        for index, section in enumerate(self.questionnaire.sections):
            for question in section.questions:
                kinds = ("question", "item", "choice") if question.name in shown_names else ("question",)
                for kind in kinds:
                    for condition in self.of(kind, question.name):
                        yield condition, evaluate(condition.tree, path_answers)
            yield from self._checks(section, trip)
            if trip.stuck is not None and section.name == trip.pages[-1].section.name:
                return
            screened = yield from self._ends(section.screen_out, "screen_out", str(index), path_answers)
            if screened:
                return
        if trip.stuck is None:
            yield from self._ends(self.questionnaire.ends, "end", "", path_answers)

    def _checks(self, section: Section, trip: Trip) -> Iterator[tuple[Condition, bool | None]]:
        """Yield the checks that failed, and what those came to that were passed or made of nothing asked."""
        settled = trip.way.settled
        answered = {n for n, a in settled.items() if a is not Missing.NOT_ASKED and n in self._answered}
        stuck = trip.stuck is not None and section.name == trip.pages[-1].section.name
        for condition in self.of("check", section.name):
            if condition.name in trip.failed:
                yield condition, False
            if not stuck and answered & names(condition.tree):
                value = evaluate(condition.tree, trip.way.known)
                if value is not False or condition.name not in trip.failed:
                    yield condition, value

    def _ends(
        self, ends: Iterable[End], kind: str, section: str, path_answers: Mapping[str, object]
    ) -> Generator[tuple[Condition, bool | None], None, bool]:
        """Yield the conditions of ends up to the first that is true; return whether one was."""
        conditions = {condition.name: condition for condition in self.of(kind, section)}
        for end in ends:
            if end.condition is None:
                return True
            value = evaluate(end.condition, path_answers)
            yield conditions[end.name], value
            if value is True:
                return True
        return False


@dataclass
class Sightings:
    """What the conditions were, over all who walked; the counts are of people."""

    trips: int = 0
    values: dict[Condition, Counter[bool | None]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """By stored question: how many people it was asked of."""
    stuck: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By question and check: how many people could not go on there."""
    unanswerable: Counter[str] = field(default_factory=Counter)
    says: dict[str, str] = field(default_factory=dict)
    """What the form says to the first person who met a question or check without a valid answer."""
    ends: Counter[str] = field(default_factory=Counter)

    def of(self, condition: Condition) -> Counter[bool | None]:
        return self.values.get(condition, Counter())

    def add(self, conditions: Conditions, trip: Trip) -> None:
        """Count one trip."""
        self.trips += 1
        for condition, value in conditions.values(trip):
            self.values.setdefault(condition, Counter())[value] += 1
        for question in (question for page in trip.shown for question in page):
            self.asked[question.name] += 1
            self.asked.update(part.name for part in question.parts if is_asked(part, trip.way.known))
        for name, says in trip.unanswerable.items():
            self.unanswerable[name] += 1
            self.says.setdefault(name, says)
        if trip.stuck is not None:
            self.stuck[trip.stuck.question, trip.stuck.check] += 1
            self.says.setdefault(trip.stuck.check or trip.stuck.question, trip.stuck.says)
        elif trip.end is not None:
            self.ends[trip.end.name] += 1


class Search:
    """Sends directed people through a questionnaire; what they saw joins the sightings."""

    def __init__(self, walker: Walker, conditions: Conditions, sightings: Sightings, seed: int) -> None:
        self.walker = walker
        self.conditions = conditions
        self.sightings = sightings
        self.seed = seed
        self._drawn = frozenset(
            v.name for v in walker.questionnaire if isinstance(QUESTION_TYPES[v.type], Lots)
        )

    def run(self) -> None:
        """Look for every outcome that was not seen yet."""
        for condition in self.conditions.all:
            if not self.sightings.of(condition)[True]:
                self._look(condition, True)
            values = self.sightings.of(condition)
            if values[True] and not (values[False] or values[None]):
                self._look(condition, False)

    def _look(self, condition: Condition, outcome: bool) -> None:
        """Send people for whom a condition should be true, or anything else, until one is met."""
        promising = list(islice(self._promising(condition, outcome), MOST_COMBINED))
        spread = promising[:: max(1, len(promising) // MOST_PROMISING)][:MOST_PROMISING]
        for number, answers in enumerate(spread):
            wishes = {name: answer for name, answer in answers.items() if name not in self._drawn}
            for walk in range(WALKS if len(wishes) == len(answers) else WALKS_BY_LOT):
                about = (condition.kind, condition.question, condition.name, str(number), str(walk))
                seed = lot(self.seed, "search", *about) >> 1
                trip = self.walker.go(seed, Dice(seed, "search"), explorer=True, wishes=wishes)
                self.sightings.add(self.conditions, trip)
                values = self.conditions.values(trip)
                if any(each == condition and (value is True) is outcome for each, value in values):
                    return

    def _promising(self, condition: Condition, outcome: bool) -> Iterator[dict[str, Answer]]:
        """Yield answers for which a condition should come to an outcome, on the path and not screened out."""
        questionnaire = self.walker.questionnaire
        owner = next((q for q in questionnaire.questions if q.name == condition.question), None)
        sections = questionnaire.sections[: condition.section]
        ways_out = [end.condition for section in sections for end in section.screen_out if end.condition]
        # The questions named, and those that decide whether these are asked.
        waiting = [condition.tree, *ways_out, *(owner.deciding if owner else ())]
        deciding: set[str] = set()
        while waiting:
            for name in names(waiting.pop()) - deciding:
                deciding.add(name)
                waiting += questionnaire.by_name[name].deciding
        variables = [variable for variable in questionnaire if variable.name in deciding]
        for answers in self._combined(variables, condition):
            path_answers = _path_answers(variables, answers)
            is_promising = (
                (evaluate(condition.tree, path_answers) is True) is outcome
                and (condition.kind not in ("item", "choice") or not owner or is_asked(owner, path_answers))
                and not any(evaluate(tree, path_answers) is True for tree in ways_out)
            )
            if is_promising:
                yield {n: a for n, a in answers.items() if n in path_answers or a is Missing.NOT_ANSWERED}

    def _combined(self, variables: Sequence[Question], condition: Condition) -> Iterator[dict[str, Answer]]:
        """Yield combinations of the answers that matter: all of them, or a sample where they are too many."""
        choices: dict[str, tuple[Answer, ...]] = {}
        for variable in variables:
            constants = self.walker.habits.points.get(variable.name, ())
            if variable.name in self._drawn:
                codes = tuple(choice.code for choice in variable.choices)
                choices[variable.name] = codes or tuple(range(1, 6))
            elif variable.value is None:
                special = [s.missing for s in variable.special if comparable(s.missing) in constants]
                rest = [s.missing for s in variable.special if s.missing not in special][:1]
                silent = () if variable.required else (Missing.NOT_ANSWERED,)
                answers = (*candidates(variable, self.walker.habits.points), *special, *rest, *silent)
                choices[variable.name] = answers or (Missing.NOT_ANSWERED,)
        if prod(map(len, choices.values())) <= MOST_COMBINED:
            yield from (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))
            return
        dice = Dice(self.seed, condition.kind, condition.question, condition.name)
        for _ in range(MOST_COMBINED):
            yield {name: dice.pick(values) for name, values in choices.items()}


def _path_answers(variables: Sequence[Question], answers: Mapping[str, Answer]) -> dict[str, object]:
    """Return what a person with these answers would have said, question after question."""
    path_answers: dict[str, object] = {}
    for variable in variables:
        if not is_asked(variable, path_answers):
            continue
        if variable.value is not None:
            value = evaluate(variable.value, path_answers)
            if isinstance(value, int | float):
                path_answers[variable.name] = float(value)
        elif answers[variable.name] is not Missing.NOT_ANSWERED:
            path_answers[variable.name] = comparable(answers[variable.name])
    return path_answers
