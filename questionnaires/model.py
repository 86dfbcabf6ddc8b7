"""The Questionnaire: the one value that every room reads. Frozen; plain standard library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

from questionnaires.expressions import Tree

Text: TypeAlias = Mapping[str, str]
"""One text in several languages: {"en": …, "uk": …}."""

Value: TypeAlias = "int | float | str | tuple[int, ...]"
"""A substantive answer: a choice's code, a number, a text, or the chosen codes of a `several`."""


class Missing(IntEnum):
    """The ways of having no substantive answer; never one. The numbers stand in every table."""

    NOT_ASKED = -1
    NOT_ANSWERED = -2
    DONT_KNOW = -3
    PREFER_NOT = -4
    NOT_APPLICABLE = -5


class Special(StrEnum):
    """An answer that a question may offer beside its own."""

    DONT_KNOW = "dont_know"
    PREFER_NOT = "prefer_not"
    NOT_APPLICABLE = "not_applicable"

    @property
    def missing(self) -> Missing:
        return Missing[self.name]


Answer: TypeAlias = "Value | Missing"


class Apart(StrEnum):
    """A reply-time answer that is no step of the scale and stands below a line."""

    NO_LIMIT = "no_limit"
    NO_REPLY = "no_reply"


@dataclass(frozen=True)
class Choice:
    """One answer to choose; the code is fixed for ever, the words may be polished."""

    code: int
    name: str
    text: Text
    hint: Text = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    apart: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class Interval(Choice):
    """A step of a reply-time scale: more than `start`, up to `upto` minutes (open left, closed right).

    `upto` is infinite for an open last step and for "no limit"; `aside` marks answers that are no step.
    """

    start: float = 0.0
    upto: float = math.inf
    aside: Apart | None = None


@dataclass(frozen=True)
class Question:
    """What is asked, how it may be answered, and of whom."""

    name: str
    type: str
    text: Text
    hint: Text = field(default_factory=dict)
    label: Text = field(default_factory=dict)
    unit: Text = field(default_factory=dict)
    required: bool = False
    special: tuple[Special, ...] = ()
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 1000
    ask_if: str = ""
    condition: Tree | None = None

    def choice(self, code: int) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]:
        """Return the codes of each declared group of choices."""
        names = dict.fromkeys(name for choice in self.choices for name in choice.groups)
        return {name: tuple(c.code for c in self.choices if name in c.groups) for name in names}


@dataclass(frozen=True)
class Section:
    name: str
    title: Text
    questions: tuple[Question, ...]
    intro: Text = field(default_factory=dict)


@dataclass(frozen=True)
class Questionnaire:
    """A whole questionnaire; `languages` starts with the one it was written in."""

    name: str
    languages: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    def question(self, name: str) -> Question:
        return next(question for question in self.questions if question.name == name)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)
