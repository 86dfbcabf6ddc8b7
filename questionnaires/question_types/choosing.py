"""Types whose answer is chosen from a list: one of it, several, or all in an order."""

from __future__ import annotations

from typing import Any

from questionnaires.model import Answer, Missing, Question, Value
from questionnaires.question_types.kind import AnswerFault, QuestionType, Raw, ResponseColumn


class Single(QuestionType):
    """One of several choices."""

    takes = frozenset({"choices", "order"})
    needs = frozenset({"choices"})

    def read(self, question: Question, raw: Raw) -> Value | None:
        chosen = [value for value in raw.values if value]
        if len(chosen) > 1:
            raise AnswerFault("one_only")
        return code_of(question, chosen[0]) if chosen else None


class Scale(Single):
    """Choices that have an order: in words, or numbered points with words at both ends."""

    takes = frozenset({"choices", "order", "points", "low", "high"})
    needs = frozenset()


class Pair(Single):
    """Which of two is preferred; "no difference" and its like stand apart, so that no winner is made up."""


class LongList(Single):
    """One of many choices, such as a country; with scripts it can be searched."""


class ReplyTime(Single):
    """How soon a reply is expected: ordered intervals, each reaching up to its limit."""

    takes = frozenset({"intervals", "order", "asked_at", "closes_at"})
    needs = frozenset({"intervals"})


class Matrix(Single):
    """Several items with the same choices; each item is a question of its own, one a row."""

    takes = frozenset({"choices", "items", "order"})
    needs = frozenset({"choices", "items"})
    empty_code = "choose_row"


class Several(QuestionType):
    """Any number of choices; an exclusive one stands alone."""

    takes = frozenset({"choices", "order", "minimum", "maximum"})
    needs = frozenset({"choices"})
    empty_code = "choose_several"

    def read(self, question: Question, raw: Raw) -> Value | None:
        codes = tuple(sorted({code_of(question, value) for value in raw.values}))
        alone = next((c for c in question.choices if c.exclusive and c.code in codes), None)
        if alone and len(codes) > 1:
            raise AnswerFault("exclusive_mixed", choice=alone.text)
        least = min(int(question.minimum or 0), sum(not choice.exclusive for choice in question.choices))
        # No more is needed than what an earlier answer left to choose.
        if codes and not alone and len(codes) < least:
            raise AnswerFault("choose_at_least", n=least)
        if question.maximum is not None and len(codes) > question.maximum:
            raise AnswerFault("choose_at_most", n=int(question.maximum))
        return codes or None

    def write(self, question: Question, answer: Value) -> Raw:
        return Raw(tuple(str(code) for code in answer) if isinstance(answer, tuple) else ())

    def columns(self, question: Question) -> tuple[ResponseColumn, ...]:
        return tuple(
            ResponseColumn(f"{question.name}.{choice.name}", question.name, "flag", choice.code)
            for choice in question.choices
        )

    def cells(self, question: Question, answer: Answer) -> tuple[Any, ...]:
        if isinstance(answer, Missing):
            return (int(answer),) * len(question.choices)
        chosen = answer if isinstance(answer, tuple) else ()
        return tuple(int(choice.code in chosen) for choice in question.choices)


class Consent(QuestionType):
    """One box to tick before anything is asked."""

    takes = frozenset({"label"})
    needs = frozenset({"label"})
    empty_code = "consent_needed"

    def read(self, question: Question, raw: Raw) -> Value | None:
        if raw.values and raw.values != ("1",):
            raise AnswerFault("choice_unknown")
        return 1 if raw.values else None


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


def code_of(question: Question, text: str) -> int:
    """Return the code that a form sent, as one of the question's choices; raise AnswerFault."""
    codes = [choice.code for choice in question.choices]
    if not (text.isascii() and text.isdecimal() and int(text[:9]) in codes and str(int(text[:9])) == text):
        raise AnswerFault("choice_unknown")
    return int(text)
