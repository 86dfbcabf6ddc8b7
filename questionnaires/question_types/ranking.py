"""Putting choices in order: each gets a place, all or the first few of them."""

from __future__ import annotations

from typing import Any

from questionnaires.model import Answer, Missing, Question, Value
from questionnaires.question_types.kind import AnswerFault, QuestionType, Raw, ResponseColumn


class Ranking(QuestionType):
    """Choices by preference: the answer is their codes, the first place first."""

    takes = frozenset({"choices", "order", "maximum"})
    needs = frozenset({"choices"})
    empty_code = "rank_needed"
    special_apart = True

    def fields(self, question: Question) -> tuple[str, ...]:
        return tuple(choice.name for choice in question.choices)

    def read(self, question: Question, raw: Raw) -> Value | None:
        offered = {choice.name for choice in question.choices}
        if raw.values or any(place and name not in offered for name, place in raw.named.items()):
            raise AnswerFault("choice_unknown")
        places: dict[int, int] = {}
        for choice in question.choices:
            text = raw.named.get(choice.name, "")
            if text and not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) >= 1):
                raise AnswerFault("choice_unknown")
            # A place that is beyond what is offered to this person leaves a gap before it.
            place = int(text or 0)
            if place in places:
                first = question.choice(places[place])
                raise AnswerFault("rank_same", n=place, first=first.text if first else "", second=choice.text)
            if place:
                places[place] = choice.code
        if not places:
            return None
        last = places_of(question) if question.required else max(places)
        gap = next((place for place in range(1, last + 1) if place not in places), None)
        if gap is not None:
            raise AnswerFault("rank_gap", n=gap)
        if len(places) > places_of(question):
            raise AnswerFault("choice_unknown")
        return tuple(places[place] for place in sorted(places))

    def write(self, question: Question, answer: Value) -> Raw:
        order = answer if isinstance(answer, tuple) else ()
        names = {choice.code: choice.name for choice in question.choices}
        return Raw(named={names[code]: str(n) for n, code in enumerate(order, 1) if code in names})

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        """Return a column a choice: its place, 0 where it has none."""
        return tuple(
            ResponseColumn(f"{question.name}.{choice.name}", question.name, "rank", choice.code)
            for choice in question.choices
        )

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        if isinstance(answer, Missing):
            return (int(answer),) * len(question.choices)
        order = answer if isinstance(answer, tuple) else ()
        return tuple(order.index(c.code) + 1 if c.code in order else 0 for c in question.choices)


def places_of(question: Question) -> int:
    """Return how many places are given: `maximum`, or one for each choice."""
    most = len(question.choices)
    return most if question.maximum is None else max(1, min(int(question.maximum), most))
