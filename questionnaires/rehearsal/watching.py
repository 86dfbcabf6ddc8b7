"""What is watched while people walk: every condition, with what it was for those whom it concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from questionnaires.expressions import Tree, evaluate, names
from questionnaires.model import End, Missing, Question, Questionnaire, Section
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.rehearsal.walking import Trip


@dataclass(frozen=True)
class Watched:
    """One condition of a questionnaire.

    `kind` is question, item, choice, screen_out, end or check; `question` is where it stands, `name` that of
    the choice, end or check.
    """

    kind: str
    question: str
    name: str
    section: int
    tree: Tree


@dataclass
class Sightings:
    """What the conditions were, over all who walked; the counts are of people."""

    trips: int = 0
    values: dict[Watched, Counter[bool | None]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """By stored question: how many people it was asked of."""
    stuck: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By question and check: how many people could not go on there."""
    unanswerable: Counter[str] = field(default_factory=Counter)
    says: dict[str, str] = field(default_factory=dict)
    """What the form says to the first person who met a question or check without a valid answer."""
    ends: Counter[str] = field(default_factory=Counter)

    def seen(self, watched: Watched) -> Counter[bool | None]:
        return self.values.get(watched, Counter())

    def add(self, watch: Watch, trip: Trip) -> None:
        """Count one trip."""
        self.trips += 1
        for watched, value in watch.values(trip):
            self.values.setdefault(watched, Counter())[value] += 1
        self.asked.update(name for page in trip.shown for q in page for name in watch.stored(q, trip))
        for name, says in trip.unanswerable.items():
            self.unanswerable[name] += 1
            self.says.setdefault(name, says)
        if trip.stuck is not None:
            self.stuck[trip.stuck.question, trip.stuck.check] += 1
            self.says.setdefault(trip.stuck.check or trip.stuck.question, trip.stuck.says)
        elif trip.end is not None:
            self.ends[trip.end.name] += 1


class Watch:
    """All conditions of a questionnaire, and what they are for one person."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.conditions = tuple(watched_in(questionnaire))
        self._answered = frozenset(q.name for q in questionnaire if QUESTION_TYPES[q.type].asks or q.value)
        self._of: dict[tuple[str, str], list[Watched]] = {}
        for watched in self.conditions:
            self._of.setdefault((watched.kind, watched.question), []).append(watched)

    def of(self, kind: str, question: str) -> list[Watched]:
        return self._of.get((kind, question), [])

    def stored(self, question: Question, trip: Trip) -> Iterator[str]:
        """Yield the names of a shown question under which something was asked of this person."""
        yield question.name
        known = trip.way.known
        for part in question.parts:
            if part.condition is None or evaluate(part.condition, known) is True:
                yield part.name

    def values(self, trip: Trip) -> Iterator[tuple[Watched, bool | None]]:
        """Yield every condition that concerned a person, with its value."""
        known = trip.way.known
        shown = {question.name for page in trip.shown for question in page}
        for index, section in enumerate(self.questionnaire.sections):
            for question in section.questions:
                yield from self._of_question(question, shown, known)
            yield from self._checks(section, trip)
            if trip.stuck is not None and section.name == trip.pages[-1].section.name:
                return
            screened = yield from self._ends(section.screen_out, str(index), known)
            if screened:
                return
        if trip.stuck is None:
            yield from self._ends(self.questionnaire.ends, "", known)

    def _checks(self, section: Section, trip: Trip) -> Iterator[tuple[Watched, bool | None]]:
        """Yield the checks that failed, and what those came to that were passed or made of nothing asked."""
        asked = {n for n, a in trip.way.settled.items() if a is not Missing.NOT_ASKED and n in self._answered}
        stuck = trip.stuck is not None and section.name == trip.pages[-1].section.name
        for watched in self.of("check", section.name):
            if watched.name in trip.failed:
                yield watched, False
            if not stuck and asked & names(watched.tree):
                value = evaluate(watched.tree, trip.way.known)
                if value is not False or watched.name not in trip.failed:
                    yield watched, value

    def _of_question(
        self, question: Question, shown: set[str], known: dict[str, object]
    ) -> Iterator[tuple[Watched, bool | None]]:
        for watched in self.of("question", question.name):
            yield watched, evaluate(watched.tree, known)
        if question.name not in shown:
            return
        for kind in ("item", "choice"):
            for watched in self.of(kind, question.name):
                yield watched, evaluate(watched.tree, known)

    def _ends(
        self, ends: Iterable[End], where: str, known: dict[str, object]
    ) -> Generator[tuple[Watched, bool | None], None, bool]:
        """Yield the conditions of ends up to the first that is true; return whether one was."""
        kind = "screen_out" if where else "end"
        conditions = {watched.name: watched for watched in self.of(kind, where)}
        for end in ends:
            if end.condition is None:
                return True
            value = evaluate(end.condition, known)
            yield conditions[end.name], value
            if value is True:
                return True
        return False


def watched_in(questionnaire: Questionnaire) -> Iterator[Watched]:
    """Yield every condition of a questionnaire, in its order."""
    for index, section in enumerate(questionnaire.sections):
        for question in section.questions:
            yield from _in_question(question, index)
        for check in section.checks:
            yield Watched("check", section.name, check.name, index, check.condition)
        for end in section.screen_out:
            if end.condition is not None:
                yield Watched("screen_out", str(index), end.name, index, end.condition)
    last = len(questionnaire.sections)
    for end in questionnaire.ends:
        if end.condition is not None:
            yield Watched("end", "", end.name, last, end.condition)


def _in_question(question: Question, index: int) -> Iterator[Watched]:
    if question.condition is not None:
        yield Watched("question", question.name, question.name, index, question.condition)
    for item in question.items:
        if item.condition is not None and item.condition != question.condition:
            yield Watched("item", question.name, item.name, index, item.condition)
    for choice in question.choices:
        if choice.condition is not None:
            yield Watched("choice", question.name, choice.name, index, choice.condition)
