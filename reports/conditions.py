"""Conditions in words: the tree of an "ask only if" or a `where` → what a reader is told of it.

Questions and answers are quoted as the respondents read them. What no words are written for (arithmetic,
`first`) is printed as the expression that the study's author wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from questionnaires.expressions import Tree
from questionnaires.model import Question, Questionnaire
from questionnaires.piping import plain, question_words
from questionnaires.texts import in_language
from reports.naming import Voice, choice_name, quoted
from reports.numbers import decimal, listed

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""What a comparison becomes when its sides change places."""

OPERATORS = {
    "<": "below", "<=": "at_most", ">": "above", ">=": "at_least", "==": "exactly", "!=": "other_than",
}  # fmt: skip
"""The comparisons with a number, as they are named in `texts` (condition_below …)."""


def condition_words(voice: Voice, questionnaire: Questionnaire, tree: Tree) -> str:
    """Return a condition as a reader understands it: "“How old are you?” from 24 to 34"."""
    return _Words(voice, questionnaire).of(tree)


def filter_line(voice: Voice, questionnaire: Questionnaire, question: Question) -> tuple[str, ...]:
    """Return the line that says of whom a question is asked; nothing where it is asked of everybody."""
    if question.condition is not None:
        condition = condition_words(voice, questionnaire, question.condition)
    elif question.ask_if:
        condition = question.ask_if
    else:
        return ()
    return (voice.say("filter_line", condition=condition),)


def expression_text(questionnaire: Questionnaire, tree: Tree) -> str:
    """Return a tree as the expression it was read from, with the names of questions and answers."""
    return _expression(tree, {question.name: question for question in questionnaire})


class _Words:
    """A condition's parts in one language; a part without words is printed as its expression."""

    def __init__(self, voice: Voice, questionnaire: Questionnaire) -> None:
        self.voice = voice
        self.questionnaire = questionnaire
        self.questions = {question.name: question for question in questionnaire}

    def of(self, tree: Tree) -> str:
        match tree:
            case ("and", *parts):
                return self.joined("condition_and", self.ranges(parts))
            case ("or", *parts):
                return self.joined("condition_or", [self.inner(part) for part in parts])
            case ("not", inner):
                return self.negated(inner)
            case ("answered", str() as name):
                return self.voice.say("condition_answered", question=self.question(name))
        words = self.chosen(tree, "condition_in", "condition_not_in")
        if not words and (bound := _bound(tree)) is not None:
            subject, sign, number = bound
            value = decimal(number, self.voice.language)
            return self.voice.say(f"condition_{OPERATORS[sign]}", question=self.subject(subject), value=value)
        return words or expression_text(self.questionnaire, tree)

    def joined(self, key: str, parts: Sequence[str]) -> str:
        text = parts[0]
        for part in parts[1:]:
            text = self.voice.say(key, first=text, then=part)
        return text

    def inner(self, tree: Tree) -> str:
        """Return a part of a part, in brackets where it has parts itself."""
        words = self.of(tree)
        return f"({words})" if tree[0] in ("and", "or") and _range(tree[1:]) is None else words

    def negated(self, inner: Tree) -> str:
        if inner[0] == "answered":
            return self.voice.say("condition_not_answered", question=self.question(inner[1]))
        turned = self.chosen(inner, "condition_not_in", "condition_in")
        return turned or self.voice.say("condition_not", condition=self.of(inner))

    def chosen(self, tree: Tree, key: str, opposite: str) -> str:
        """Return "“Question” – “answer” or “answer”" for what asks about answers by name; else ""."""
        match tree:
            case ("in", ("answer", str() as name), codes):
                pass
            case ("contains", ("answer", str() as name), ("value", code)):
                codes = (code,)
            case ("compare", "==" | "!=" as sign, ("answer", str() as name), ("value", code)) | (
                "compare",
                "==" | "!=" as sign,
                ("value", code),
                ("answer", str() as name),
            ):
                codes, key = (code,), key if sign == "==" else opposite
            case _:
                return ""
        answers = [self.answer(self.questions[name], code) for code in codes]
        if not answers or "" in answers:
            return ""
        joined = listed(answers, self.voice.language, "or")
        return self.voice.say(key, question=self.question(name), answers=joined)

    def answer(self, question: Question, code: Any) -> str:
        """Return an answer in quotation marks, by its code or the word of a special answer; "" if it is none."""
        if isinstance(code, str) and code.startswith("!"):
            return quoted(self.voice, choice_name(self.voice, question, code[1:]))
        choice = next((choice for choice in question.choices if choice.code == code), None)
        return quoted(self.voice, plain(in_language(choice.text, self.voice.language))) if choice else ""

    def ranges(self, parts: Sequence[Tree]) -> list[str]:
        """Return the parts of an "and"; a lower and an upper limit of one number become one range."""
        words, place = [], 0
        while place < len(parts):
            limits = _range(parts[place : place + 2])
            if limits is None:
                words.append(self.inner(parts[place]))
                place += 1
                continue
            low, high = (decimal(limit, self.voice.language) for limit in limits[1:])
            question = self.subject(limits[0])
            words.append(self.voice.say("condition_between", question=question, low=low, high=high))
            place += 2
        return words

    def subject(self, tree: Tree) -> str:
        question = self.question(tree[1])
        return self.voice.say("condition_count", question=question) if tree[0] == "count" else question

    def question(self, name: str) -> str:
        return quoted(self.voice, question_words(self.questions[name], self.voice.language))


def _bound(tree: Tree) -> tuple[Tree, str, float] | None:
    """Return what is compared with a number, how, and the number; None for any other tree."""
    match tree:
        case ("compare", sign, ("answer" | "count", _) as subject, ("value", int() | float() as number)):
            return subject, sign, number
        case ("compare", sign, ("value", int() | float() as number), ("answer" | "count", _) as subject):
            return subject, MIRRORED[sign], number
    return None


def _range(parts: Sequence[Tree]) -> tuple[Tree, float, float] | None:
    """Return a number and its limits where two parts say "at least" and "at most" of it; else None."""
    if len(parts) != 2:
        return None
    first, second = _bound(parts[0]), _bound(parts[1])
    if first is None or second is None or first[0] != second[0]:
        return None
    limits = {first[1]: first[2], second[1]: second[2]}
    return (first[0], limits[">="], limits["<="]) if set(limits) == {">=", "<="} else None


def _expression(tree: Tree, questions: dict[str, Question], about: Question | None = None) -> str:
    match tree:
        case ("and" | "or" as word, *parts):
            return f" {word} ".join(_bracketed(part, questions) for part in parts)
        case ("not", inner):
            return f"not {_bracketed(inner, questions)}"
        case ("compare" | "arithmetic", sign, left, right):
            compared = next((questions[side[1]] for side in (left, right) if side[0] == "answer"), None)
            return f"{_side(left, questions, compared)} {sign} {_side(right, questions, compared)}"
        case ("in", left, codes):
            names = ", ".join(_code_name(code, questions[left[1]]) for code in codes)
            return f"{left[1]} in [{names}]"
        case ("contains", left, ("value", code)):
            return f"{_code_name(code, questions[left[1]])} in {left[1]}"
        case ("value", value):
            return _code_name(value, about)
        case ("answer", name):
            return str(name)
    arguments = [tree[1], *(_expression(part, questions, questions[tree[1]]) for part in tree[2:])]
    return f"{tree[0]}({', '.join(arguments)})"


def _bracketed(tree: Tree, questions: dict[str, Question]) -> str:
    text = _expression(tree, questions)
    return f"({text})" if tree[0] in ("and", "or") else text


def _side(tree: Tree, questions: dict[str, Question], about: Question | None) -> str:
    text = _expression(tree, questions, about)
    return f"({text})" if tree[0] in ("and", "or", "not", "compare", "arithmetic") else text


def _code_name(code: Any, question: Question | None) -> str:
    """Return an answer's name in quotation marks; a number where it stands for no answer."""
    if isinstance(code, str):
        return f'"{code.removeprefix("!")}"'
    choice = next((c for c in question.choices if c.code == code), None) if question else None
    return f'"{choice.name}"' if choice else f"{code:g}" if not isinstance(code, bool) else str(code)
