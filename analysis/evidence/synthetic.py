"""Made-up respondents whose weighted answers have exactly the shares that a truth file asks for.

Everything the truth does not say stays as its seed shares have it. The result is marked synthetic everywhere
and proves nothing: agreement is by construction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.evidence.dealing import Outcomes, alike, deal, hand_out, normal, whole_people
from analysis.table.categories import categories
from analysis.table.design import sample_of
from analysis.table.sums import sums_of
from analysis.weighting.margins import Margin, cells_of
from analysis.weighting.raking import rake
from questionnaires.bands import parse_band
from questionnaires.expressions import SPECIAL, Tree, evaluate
from questionnaires.model import Answer, Missing, Question
from questionnaires.personal import as_seen
from questionnaires.problems import Place, Problem, StudyFault
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.question_types.choosing import places_of
from questionnaires.routing import comparable
from questionnaires.study import Study, Target

NOT_ANSWERED = "not_answered"
OPEN_BAND_YEARS = 24
"""An open band such as 65+ is filled up to this much above its lower end."""


@dataclass
class Person:
    """One made-up respondent: answers by question, the language of the form, and the raking weight."""

    answers: dict[str, Answer] = field(default_factory=dict)
    weight: float = 1.0
    language: str = ""

    @property
    def answered(self) -> dict[str, object]:
        """Return the answers as conditions compare them, without those that were not given."""
        return {
            name: comparable(answer)
            for name, answer in self.answers.items()
            if answer not in (Missing.NOT_ANSWERED, Missing.NOT_ASKED)
        }

    def meets(self, condition: Tree | None) -> bool:
        """Tell whether a condition holds for this person; everybody meets none."""
        return condition is None or evaluate(condition, self.answered) is True


def respondents(study: Study) -> list[Person]:
    """Return the made-up respondents of a study; raise StudyFault where its targets contradict each other.

    The same synthetic.yaml gives the same people: all chance comes from its seed.
    """
    if study.truth is None:
        raise StudyFault([Problem("file-missing", Place("synthetic.yaml"))])
    return _Sample(study).filled()


class _Sample:
    """The people of a study's truth, filled in question by question from one stream of chance."""

    def __init__(self, study: Study) -> None:
        assert study.truth is not None
        self.study, self.truth = study, study.truth
        self.chance = np.random.Generator(np.random.PCG64(self.truth.seed))
        self.people = [Person() for _ in range(self.truth.n)]

    def filled(self) -> list[Person]:
        for name in self.truth.sample:
            self.draw_margin(self.study.questionnaire.question(name))
        self.weigh()
        for question in self.study.questionnaire:
            if question.name not in self.truth.sample:
                self.answer(question)
        spoken = self.shuffled_parts(range(len(self.people)), self.truth.languages)
        first = next(iter(self.truth.languages))
        for index, person in enumerate(self.people):
            person.language = spoken.get(index, first)
        return self.people

    def draw_margin(self, question: Question) -> None:
        """Give every person a category of a sample margin, independent of the margins before it."""
        shares = self.truth.sample[question.name]
        # a band stays its label until a number is drawn in it
        codes: dict[str, Answer] = {choice.name: choice.code for choice in question.choices}
        if question.type == "number":
            codes = {label: label for label in shares}
        codes |= {label: Missing[label.upper()] for label in shares if label in SPECIAL}
        answers = tuple(codes[label] for label in shares)
        seed = normal([*shares.values()])
        groups = alike([(person.weight, *map(repr, person.answers.values())) for person in self.people])
        sizes = np.array([len(group) for group in groups])
        counts = whole_people(sizes, np.tile(seed, (len(groups), 1)), [], question.name)
        dealt = hand_out(groups, answers, counts, self.chance)
        for person, answer in zip(self.people, dealt, strict=True):
            person.answers[question.name] = answer
        if question.type == "number":
            for person in self.people:
                person.answers[question.name] = self.in_band(question, person.answers[question.name])

    def in_band(self, question: Question, label: Answer) -> Answer:
        """Return a whole number inside a band; what is no band stays as it is."""
        band = parse_band(label) if isinstance(label, str) else None
        if band is None:
            return label
        top = band.low + OPEN_BAND_YEARS if math.isinf(band.high) else band.high
        return int(self.chance.integers(int(band.low), int(min(top, question.maximum or top)) + 1))

    def weigh(self) -> None:
        """Rake the made-up sample as the report will rake it: the targets hold after weighting."""
        population = self.study.population
        if population is None:
            return
        columns = []
        for name in population.margins:
            question = self.study.questionnaire.question(name)
            stored = np.array([person.answers.get(name, Missing.NOT_ANSWERED) for person in self.people])
            columns.append(categories(question, population.bands.get(name, ()), stored.astype(np.int64)))
        cell, cells = cells_of(columns)
        sample = sample_of(len(self.people))
        sums = sums_of(sample, np.zeros(len(self.people), dtype=np.int64), cell=cell)
        margins = [Margin(name, shares) for name, shares in population.margins.items()]
        weights = rake(sums, cells, margins).weights(sample.weight, cell)
        for person, weight in zip(self.people, weights.tolist(), strict=True):
            person.weight = round(weight, 12)

    def answer(self, question: Question) -> None:
        """Answer a question for everybody on whose path it lies, by the rules of its type."""
        path = [i for i, person in enumerate(self.people) if person.meets(question.condition)]
        answers: Mapping[int, Answer]
        if question.type == "consent":
            answers = dict.fromkeys(path, 1)
        elif question.type == "text":
            answers = self.written(question, path)
        elif not QUESTION_TYPES[question.type].asks:
            # lots, computed values and texts to read come from the form itself
            answers = {}
        elif question.type in ("number", "date", "ranking"):
            answers = {index: self.made_up(self.people[index], question) for index in path}
        elif question.type == "several":
            answers = self.ticked(question, path)
        else:
            targets = [target for target in self.truth.targets if target.question == question.name]
            outcomes = _outcomes(question, self.truth.answers.get(question.name, {}))
            answers = self.dealt(path, outcomes, targets, question.name)
        for index, answer in answers.items():
            self.people[index].answers[question.name] = answer

    def made_up(self, person: Person, question: Question) -> Answer:
        """Return a number, a date or a ranking within the limits that hold for this person."""
        own = as_seen(question, person.answered, 0)
        if question.type == "ranking":
            codes = [choice.code for choice in own.choices]
            return tuple(codes[place] for place in self.chance.permutation(len(codes))[: places_of(own)])
        if question.type == "date":
            low, high = int(own.minimum or 20200101) // 10_000, int(own.maximum or 20251231) // 10_000
            year = int(self.chance.integers(low + (high > low), max(high, low + 1)))
            return year * 10_000 + {"day": 615, "month": 600, "year": 0}[question.precision]
        low, high = int(own.minimum or 0), int(100 if own.maximum is None else own.maximum)
        return int(self.chance.integers(low, high + 1))

    def dealt(
        self, path: Sequence[int], outcomes: Outcomes, targets: Sequence[Target], name: str
    ) -> dict[int, Answer]:
        """Deal answers to the people on the path; return them by the person's place."""
        weights = [self.people[index].weight for index in path]
        inside = [tuple(self.people[index].meets(target.condition) for target in targets) for index in path]
        return dict(zip(path, deal(weights, inside, outcomes, targets, name, self.chance), strict=True))

    def ticked(self, question: Question, path: Sequence[int]) -> dict[int, Answer]:
        """Answer a question with several choices: each choice has a probability of its own."""
        seeds = self.truth.answers.get(question.name, {})
        left_out = self.shuffled_parts(
            path, {name: seeds.get(name, 0.0) for name in (*SPECIAL, NOT_ANSWERED)}
        )
        ticks: dict[int, set[int]] = {index: set() for index in path if index not in left_out}
        alone = {choice.code for choice in question.choices if choice.exclusive}
        for choice in sorted(question.choices, key=lambda choice: not choice.exclusive):
            share = seeds.get(choice.name, 0.0 if seeds else 0.3)
            free = [index for index, codes in ticks.items() if not codes & alone]
            own = [t for t in self.truth.targets if t.question == question.name and t.codes == (choice.code,)]
            yes_no = Outcomes((choice.code, 0), np.array([share, 1 - share]), np.array([True, True]))
            for index, answer in self.dealt(free, yes_no, own, question.name).items():
                ticks[index] |= {choice.code} if answer == choice.code else set()
        open_choices = (choice for choice in question.choices if not choice.exclusive)
        usual = max(open_choices, key=lambda choice: seeds.get(choice.name, 0.0)).code
        return {
            **{index: tuple(sorted(codes or {usual})) for index, codes in ticks.items()},
            **{index: Missing[name.upper()] for index, name in left_out.items()},
        }

    def written(self, question: Question, path: Sequence[int]) -> dict[int, Answer]:
        texts = self.truth.texts.get(question.name) or ("[synthetic]",)
        silent = self.truth.answers.get(question.name, {}).get(NOT_ANSWERED, 0.9)
        left_out = self.shuffled_parts(path, {NOT_ANSWERED: silent})
        return {
            index: Missing.NOT_ANSWERED if index in left_out else texts[int(self.chance.integers(len(texts)))]
            for index in path
        }

    def shuffled_parts(self, members: Sequence[int], shares: Mapping[str, float]) -> dict[int, str]:
        """Return a part for some of the members, each part with its share of them in whole people."""
        order = [members[i] for i in self.chance.permutation(len(members))]
        parts: dict[int, str] = {}
        start = 0.0
        for name, share in shares.items():
            stop = min(start + share * len(order), len(order))
            parts |= dict.fromkeys(order[round(start) : round(stop)], name)
            start = stop
        return parts


def _outcomes(question: Question, seeds: Mapping[str, float]) -> Outcomes:
    """Return every choice with its seed share (equal where none is given) and the seeded missing answers."""
    answers: list[Answer] = [choice.code for choice in question.choices]
    shares = [seeds.get(choice.name, 0.0 if seeds else 1.0) for choice in question.choices]
    for name in (*SPECIAL, NOT_ANSWERED):
        if seeds.get(name):
            answers.append(Missing[name.upper()])
            shares.append(seeds[name])
    counted = np.array([not isinstance(answer, Missing) for answer in answers])
    return Outcomes(tuple(answers), normal(shares), counted)
