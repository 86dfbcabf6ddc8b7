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
from questionnaires.expressions import SPECIAL, evaluate
from questionnaires.model import Answer, Missing, Question
from questionnaires.personal import as_seen
from questionnaires.problems import Place, Problem, StudyFault
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.question_types.ranking import places_of
from questionnaires.routing import comparable
from questionnaires.study import Study, Target, Truth

NOT_ANSWERED = "not_answered"
OPEN_BAND_YEARS = 24
"""An open band such as 65+ is filled up to this much above its lower end."""


@dataclass
class Person:
    """One made-up respondent: answers by question, the language of the form, and the raking weight."""

    answers: dict[str, Answer] = field(default_factory=dict)
    weight: float = 1.0
    language: str = ""


def respondents(study: Study) -> list[Person]:
    """Return the made-up respondents of a study; raise StudyFault where its targets contradict each other.

    The same synthetic.yaml gives the same people: all chance comes from its seed.
    """
    truth = study.truth
    if truth is None:
        raise StudyFault([Problem("file-missing", Place("synthetic.yaml"))])
    chance = np.random.Generator(np.random.PCG64(truth.seed))
    people = [Person() for _ in range(truth.n)]
    for name in truth.sample:
        _draw_sample(people, study, truth, name, chance)
    _weigh(people, study)
    for question in study.questionnaire:
        if question.name not in truth.sample:
            _answer(people, question, truth, chance)
    _speak(people, truth, chance)
    return people


def _draw_sample(
    people: Sequence[Person], study: Study, truth: Truth, name: str, chance: np.random.Generator
) -> None:
    """Give every person a category of a sample margin, independent of the margins before it."""
    question = study.questionnaire.question(name)
    shares = truth.sample[name]
    outcomes = Outcomes(
        tuple(_category(question, label) for label in shares),
        normal([*shares.values()]),
        np.ones(len(shares), dtype=bool),
    )
    groups = alike([(person.weight, *map(repr, person.answers.values())) for person in people])
    expected = np.tile(outcomes.seed, (len(groups), 1))
    counts = whole_people(np.array([len(group) for group in groups]), expected, [], name)
    for person, answer in zip(people, hand_out(groups, outcomes.answers, counts, chance), strict=True):
        person.answers[name] = answer
    if question.type == "number":
        for person in people:
            person.answers[name] = _number(question, [*shares], person.answers[name], chance)


def _category(question: Question, label: str) -> Answer:
    if label in SPECIAL:
        return Missing[label.upper()]
    if question.type == "number":
        return label
    return next(choice.code for choice in question.choices if choice.name == label)


def _number(question: Question, labels: Sequence[str], label: Answer, chance: np.random.Generator) -> Answer:
    band = parse_band(label) if isinstance(label, str) else None
    if band is None:
        return label
    top = band.low + OPEN_BAND_YEARS if math.isinf(band.high) else band.high
    return int(chance.integers(int(band.low), int(min(top, question.maximum or top)) + 1))


def _weigh(people: Sequence[Person], study: Study) -> None:
    """Rake the made-up sample as the report will rake it: the targets hold after weighting."""
    if study.population is None:
        return
    columns = []
    for name in study.population.margins:
        question = study.questionnaire.question(name)
        stored = np.array([person.answers.get(name, Missing.NOT_ANSWERED) for person in people])
        columns.append(categories(question, study.population.bands.get(name, ()), stored.astype(np.int64)))
    cell, cells = cells_of(columns)
    sample = sample_of(len(people))
    sums = sums_of(sample, np.zeros(len(people), dtype=np.int64), cell=cell)
    margins = [Margin(name, shares) for name, shares in study.population.margins.items()]
    weights = rake(sums, cells, margins).weights(sample.weight, cell)
    for person, weight in zip(people, weights.tolist(), strict=True):
        person.weight = round(weight, 12)


def _answer(people: Sequence[Person], question: Question, truth: Truth, chance: np.random.Generator) -> None:
    asked = [i for i, person in enumerate(people) if _on_path(person, question)]
    targets = [target for target in truth.targets if target.question == question.name]
    seeds = truth.answers.get(question.name, {})
    if question.type == "consent":
        for index in asked:
            people[index].answers[question.name] = 1
    elif question.type == "text":
        _write(people, question, asked, truth, chance)
    elif not QUESTION_TYPES[question.type].asks:
        pass  # lots, computed values and texts to read come from the form itself
    elif question.type in ("number", "date", "ranking"):
        for index in asked:
            people[index].answers[question.name] = _made_up(people[index], question, chance)
    elif question.type == "several":
        _tick(people, question, asked, targets, seeds, chance)
    else:
        chosen = _deal(people, asked, _outcomes(question, seeds), targets, question.name, chance)
        for index, answer in chosen.items():
            people[index].answers[question.name] = answer


def _made_up(person: Person, question: Question, chance: np.random.Generator) -> Answer:
    """Return a number, a date or a ranking within the limits that hold for this person."""
    seen = as_seen(question, _known(person), 0)
    if question.type == "ranking":
        codes = [choice.code for choice in seen.choices]
        return tuple(codes[place] for place in chance.permutation(len(codes))[: places_of(seen)])
    if question.type == "date":
        low, high = int(seen.minimum or 20200101) // 10_000, int(seen.maximum or 20251231) // 10_000
        year = int(chance.integers(low + (high > low), max(high, low + 1)))
        return year * 10_000 + {"day": 615, "month": 600, "year": 0}[question.precision]
    low, high = int(seen.minimum or 0), int(100 if seen.maximum is None else seen.maximum)
    return int(chance.integers(low, high + 1))


def _on_path(person: Person, question: Question) -> bool:
    return question.condition is None or evaluate(question.condition, _known(person)) is True


def _known(person: Person) -> Mapping[str, object]:
    return {
        name: comparable(answer)
        for name, answer in person.answers.items()
        if answer not in (Missing.NOT_ANSWERED, Missing.NOT_ASKED)
    }


def _outcomes(question: Question, seeds: Mapping[str, float]) -> Outcomes:
    """Return every choice with its seed share (equal where none is given) and the seeded missing answers."""
    answers: list[Answer] = []
    shares: list[float] = []
    for choice in question.choices:
        answers.append(choice.code)
        shares.append(seeds.get(choice.name, 0.0 if seeds else 1.0))
    for name in (*SPECIAL, NOT_ANSWERED):
        if seeds.get(name):
            answers.append(Missing[name.upper()])
            shares.append(seeds[name])
    counted = np.array([not isinstance(answer, Missing) for answer in answers])
    return Outcomes(tuple(answers), normal(shares), counted)


def _deal(
    people: Sequence[Person],
    asked: Sequence[int],
    outcomes: Outcomes,
    targets: Sequence[Target],
    name: str,
    chance: np.random.Generator,
) -> dict[int, Answer]:
    """Deal answers to the people asked; returns them by the person's place."""
    weights = [people[index].weight for index in asked]
    inside = [tuple(_in_domain(people[index], target) for target in targets) for index in asked]
    return dict(zip(asked, deal(weights, inside, outcomes, targets, name, chance), strict=True))


def _tick(
    people: Sequence[Person],
    question: Question,
    asked: Sequence[int],
    targets: Sequence[Target],
    seeds: Mapping[str, float],
    chance: np.random.Generator,
) -> None:
    """Answer a question with several choices: each choice has a probability of its own."""
    ticks: dict[int, set[int]] = {index: set() for index in asked}
    missing = {name: seeds.get(name, 0.0) for name in (*SPECIAL, NOT_ANSWERED)}
    left_out = _shuffled_parts(asked, missing, chance)
    answering = [index for index in asked if index not in left_out]
    for choice in sorted(question.choices, key=lambda choice: not choice.exclusive):
        share = seeds.get(choice.name, 0.0 if seeds else 0.3)
        free = [i for i in answering if not any(_exclusive(question, code) for code in ticks[i])]
        own = [target for target in targets if target.codes == (choice.code,)]
        yes_no = Outcomes((choice.code, 0), np.array([share, 1 - share]), np.array([True, True]))
        for index, answer in _deal(people, free, yes_no, own, question.name, chance).items():
            ticks[index] |= {choice.code} if answer == choice.code else set()
    usual = max((c for c in question.choices if not c.exclusive), key=lambda c: seeds.get(c.name, 0.0)).code
    for index in answering:
        people[index].answers[question.name] = tuple(sorted(ticks[index] or {usual}))
    for index, name in left_out.items():
        people[index].answers[question.name] = Missing[name.upper()]


def _exclusive(question: Question, code: int) -> bool:
    choice = question.choice(code)
    return choice is not None and choice.exclusive


def _write(
    people: Sequence[Person],
    question: Question,
    asked: Sequence[int],
    truth: Truth,
    chance: np.random.Generator,
) -> None:
    texts = truth.texts.get(question.name) or ("[synthetic]",)
    silent = truth.answers.get(question.name, {}).get(NOT_ANSWERED, 0.9)
    left_out = _shuffled_parts(asked, {NOT_ANSWERED: silent}, chance)
    for index in asked:
        people[index].answers[question.name] = (
            Missing.NOT_ANSWERED if index in left_out else texts[int(chance.integers(len(texts)))]
        )


def _speak(people: Sequence[Person], truth: Truth, chance: np.random.Generator) -> None:
    spoken = _shuffled_parts(range(len(people)), truth.languages, chance)
    first = next(iter(truth.languages))
    for index, person in enumerate(people):
        person.language = spoken.get(index, first)


def _shuffled_parts(
    members: Sequence[int], shares: Mapping[str, float], chance: np.random.Generator
) -> dict[int, str]:
    """Return a part for some of the members, each part with its share of them in whole people."""
    order = [members[i] for i in chance.permutation(len(members))]
    parts: dict[int, str] = {}
    start = 0.0
    for name, share in shares.items():
        stop = min(start + share * len(order), len(order))
        parts |= dict.fromkeys(order[round(start) : round(stop)], name)
        start = stop
    return parts


def _in_domain(person: Person, target: Target) -> bool:
    return target.condition is None or evaluate(target.condition, _known(person)) is True
