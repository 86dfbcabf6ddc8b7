"""Looking on purpose for people whom no random answer made: those for whom a condition turns out otherwise.

A condition that was never seen true (or never anything else) among random people may still be possible for a
few. The questions it depends on, directly or by their own conditions, get every combination of the values that
matter, or a sample of them; those that promise the wanted outcome are sent through the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from questionnaires.expressions import Tree, evaluate, names
from questionnaires.lots import lot
from questionnaires.model import Answer, Missing, Question
from questionnaires.question_types import QUESTION_TYPES, Lots
from questionnaires.rehearsal.constants import Constants
from questionnaires.rehearsal.dice import Dice
from questionnaires.rehearsal.proposals import candidates
from questionnaires.rehearsal.walking import Trip, Walker
from questionnaires.rehearsal.watching import Sightings, Watch, Watched
from questionnaires.routing import comparable, is_asked

MOST_COMBINED = 3_000
MOST_PROMISING = 4
WALKS, WALKS_BY_LOT = 4, 24
"""Walks for each promising combination; more where a drawn cell or level must come as well."""

Wish = Callable[[object], bool]


@dataclass
class Search:
    """Sends directed people through a questionnaire; what they saw joins `sightings`."""

    walker: Walker
    watch: Watch
    sightings: Sightings
    constants: Constants
    seed: int

    def all(self) -> None:
        """Look for every outcome that was not seen yet."""
        for watched in self.watch.conditions:
            if not self.sightings.seen(watched)[True]:
                self._look(watched, lambda value: value is True)
            seen = self.sightings.seen(watched)
            if seen[True] and not (seen[False] or seen[None]):
                self._look(watched, lambda value: value is not True)

    def _look(self, watched: Watched, wish: Wish) -> None:
        found = list(islice(self._promising(watched, wish), MOST_COMBINED))
        spread = found[:: max(1, len(found) // MOST_PROMISING)][:MOST_PROMISING]
        for number, answers in enumerate(spread):
            by_lot = any(name in self._lots() for name in answers)
            given = {name: answer for name, answer in answers.items() if name not in self._lots()}
            for walk in range(WALKS_BY_LOT if by_lot else WALKS):
                about = (watched.kind, watched.question, watched.name, str(number), str(walk))
                seed = lot(self.seed, "search", *about) >> 1
                trip = self.walker.go(seed, Dice(seed, "search"), explorer=True, wanted=given)
                self.sightings.add(self.watch, trip)
                if self._came(watched, wish, trip):
                    return

    def _came(self, watched: Watched, wish: Wish, trip: Trip) -> bool:
        return any(seen == watched and wish(value) for seen, value in self.watch.values(trip))

    def _promising(self, watched: Watched, wish: Wish) -> Iterator[dict[str, Answer]]:
        """Yield answers for which a condition should turn out as wished, on the path and not screened out."""
        questionnaire = self.walker.questionnaire
        needed = self._needed(watched)
        variables = [variable for variable in questionnaire if variable.name in needed]
        for answers in self._combined(variables, watched):
            known = _known(variables, answers)
            if wish(evaluate(watched.tree, known)) and self._reaches(watched, known):
                yield {n: a for n, a in answers.items() if n in known or a is Missing.NOT_ANSWERED}

    def _reaches(self, watched: Watched, known: Mapping[str, object]) -> bool:
        if watched.kind in ("item", "choice"):
            owner = next(q for q in self.walker.questionnaire.questions if q.name == watched.question)
            if owner.condition is not None and evaluate(owner.condition, known) is not True:
                return False
        return not any(evaluate(tree, known) is True for tree in self._ways_out(watched))

    def _ways_out(self, watched: Watched) -> Iterator[Tree]:
        for section in self.walker.questionnaire.sections[: watched.section]:
            yield from (end.condition for end in section.screen_out if end.condition)

    def _needed(self, watched: Watched) -> frozenset[str]:
        """Return the questions that decide: those named, and those that decide whether these are asked."""
        questions = {question.name: question for question in self.walker.questionnaire}
        owners = {q.name: q for q in self.walker.questionnaire.questions}
        waiting = [watched.tree, *self._ways_out(watched)]
        if watched.question in owners:
            waiting += _deciding(owners[watched.question])
        found: set[str] = set()
        while waiting:
            for name in names(waiting.pop()) - found:
                found.add(name)
                waiting += _deciding(questions[name])
        return frozenset(found)

    def _combined(self, variables: Sequence[Question], watched: Watched) -> Iterator[dict[str, Answer]]:
        """Yield combinations of the answers that matter: all of them, or a sample where they are too many."""
        choices = {v.name: self._answers(v) for v in variables if v.value is None}
        total = 1
        for values in choices.values():
            total *= len(values)
        if total <= MOST_COMBINED:
            yield from (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))
            return
        dice = Dice(self.seed, watched.kind, watched.question, watched.name)
        for _ in range(MOST_COMBINED):
            yield {name: dice.pick(values) for name, values in choices.items()}

    def _answers(self, variable: Question) -> tuple[Answer, ...]:
        if isinstance(QUESTION_TYPES[variable.type], Lots):
            return tuple(choice.code for choice in variable.choices) or tuple(range(1, 6))
        named = self.constants.get(variable.name, ())
        special = tuple(s.missing for s in variable.special if comparable(s.missing) in named)
        rest = tuple(s.missing for s in variable.special if s.missing not in special)[:1]
        silent = () if variable.required else (Missing.NOT_ANSWERED,)
        return (*candidates(variable, self.constants), *special, *rest, *silent) or (Missing.NOT_ANSWERED,)

    def _lots(self) -> frozenset[str]:
        return frozenset(
            v.name for v in self.walker.questionnaire if isinstance(QUESTION_TYPES[v.type], Lots)
        )


def _deciding(question: Question) -> list[Tree]:
    return [tree for tree in (question.condition, question.value) if tree is not None]


def _known(variables: Sequence[Question], answers: Mapping[str, Answer]) -> dict[str, object]:
    """Return what a person with these answers would have said, question after question."""
    known: dict[str, object] = {}
    for variable in variables:
        if not is_asked(variable, known):
            continue
        if variable.value is not None:
            value = evaluate(variable.value, known)
            if isinstance(value, int | float):
                known[variable.name] = float(value)
        elif answers[variable.name] is not Missing.NOT_ANSWERED:
            known[variable.name] = comparable(answers[variable.name])
    return known
