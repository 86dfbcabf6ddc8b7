"""The Questionnaire: the one value that every room reads. Frozen; plain standard library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import TypeAlias

from questionnaires.expressions import Tree

Text: TypeAlias = Mapping[str, str]
"""One text in several languages: {"en": …, "uk": …}."""

Value: TypeAlias = "int | float | str | tuple[int, ...]"
"""A substantive answer: a code, a number (a date is yyyymmdd), a text, or codes: chosen, ranked, as shown."""


class Missing(IntEnum):
    """Why there is no substantive answer. The numbers stand in every table."""

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


class Order(StrEnum):
    """In which order choices, items or questions are shown; what was shown is stored with the answer."""

    WRITTEN = "written"
    RANDOM = "random"
    FLIPPED = "flipped"
    """Half of the people see everything the other way round; for scales, which have an order."""
    ALPHABET = "alphabet"
    """As the alphabet of the person's language has it; for long lists."""


class Apart(StrEnum):
    """A reply-time answer that is no step of the scale; the form shows it below a line."""

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
    fixed: bool = False
    """Keeps its place where the others are shown in random order."""
    write: bool = False
    """"Other, please write": the text is an answer of its own, `question.other`."""
    condition: Tree | None = None
    """Offered only where this is true."""

    @property
    def keeps_place(self) -> bool:
        return self.fixed or self.apart or self.exclusive or self.write


@dataclass(frozen=True)
class Interval(Choice):
    """A step of a reply-time scale: more than `start`, up to `upto` minutes (open left, closed right).

    `upto` is infinite for an open last step and for "no limit"; `aside` marks answers that are no step;
    `rule` says in words what a limit such as "the same working day" was computed from.
    """

    start: float = 0.0
    upto: float = math.inf
    aside: Apart | None = None
    rule: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked, how it may be answered, and of whom.

    `parts` are the answers that are stored beside its own or, where `own` is False, instead of it: the items
    of a matrix, the text of "other", the factors of a vignette, the order that was shown. A part is a
    question too, named `question.part`.
    """

    name: str
    type: str
    text: Text
    hint: Text = field(default_factory=dict)
    label: Text = field(default_factory=dict)
    unit: Text = field(default_factory=dict)
    low: Text = field(default_factory=dict)
    high: Text = field(default_factory=dict)
    required: bool = False
    special: tuple[Special, ...] = ()
    choices: tuple[Choice, ...] = ()
    order: Order = Order.WRITTEN
    minimum: float | None = None
    maximum: float | None = None
    limits: Mapping[str, Tree] = field(default_factory=dict)
    """The `minimum` and `maximum` that come from earlier answers."""
    decimals: int = 0
    precision: str = "day"
    lines: int = 4
    max_length: int = 1000
    value: Tree | None = None
    """What a computed value is computed from."""
    ask_if: str = ""
    condition: Tree | None = None
    own: bool = True
    parts: tuple[Question, ...] = ()

    def choice(self, code: int) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)

    @property
    def deciding(self) -> tuple[Tree, ...]:
        """Return what decides whether the question is asked, or what it is computed from."""
        return tuple(tree for tree in (self.condition, self.value) if tree is not None)

    @property
    def trees(self) -> tuple[Tree, ...]:
        """Return every expression of the question itself; its parts have their own."""
        offers = (choice.condition for choice in self.choices if choice.condition is not None)
        return (*self.deciding, *self.limits.values(), *offers)

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]:
        """Return the codes of each declared group of choices."""
        names = dict.fromkeys(name for choice in self.choices for name in choice.groups)
        return {name: tuple(c.code for c in self.choices if name in c.groups) for name in names}

    @cached_property
    def variables(self) -> tuple[Question, ...]:
        """Return everything that is stored of this question, each a question with an answer of its own."""
        return ((self,) if self.own else ()) + self.parts

    @cached_property
    def items(self) -> tuple[Question, ...]:
        """Return the rows of a matrix."""
        return tuple(part for part in self.parts if part.type == "single") if not self.own else ()

    @cached_property
    def seen_alike(self) -> bool:
        """Whether everyone to whom it is shown sees the same choices and limits in the same order."""
        moved = self.order in (Order.RANDOM, Order.FLIPPED)
        return not (moved or self.limits or any(choice.condition is not None for choice in self.choices))


@dataclass(frozen=True)
class Check:
    """What must hold between answers; it fails only where it is false.

    `at` is the question at which the message stands; a soft one may be passed by sending the page again.
    """

    name: str
    condition: Tree
    text: Text
    at: str
    soft: bool = False


@dataclass(frozen=True)
class End:
    """A page that ends the questionnaire, shown where its condition is true (the first that is)."""

    name: str
    title: Text
    text: Text
    condition: Tree | None = None


@dataclass(frozen=True)
class Section:
    """Questions that belong together: a page, unless conditions cut it.

    Neighbouring sections of the same `block` are shown in random order. A `screen_out` whose condition is
    true after the section ends the questionnaire there.
    """

    name: str
    title: Text
    questions: tuple[Question, ...]
    intro: Text = field(default_factory=dict)
    order: Order = Order.WRITTEN
    block: str = ""
    checks: tuple[Check, ...] = ()
    screen_out: tuple[End, ...] = ()
    drawn: tuple[Question, ...] = ()
    """What is stored of the section itself: the order of its questions, its place in its block."""

    @property
    def variables(self) -> tuple[Question, ...]:
        """Return everything that is stored of the section, in the order of the table."""
        of_questions = (variable for question in self.questions for variable in question.variables)
        return (*self.drawn, *of_questions)


@dataclass(frozen=True)
class Questionnaire:
    """A whole questionnaire; `languages` starts with the one it was written in.

    `questions` are what is shown; iterating gives what is stored, the parts of questions included.
    """

    name: str
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    ends: tuple[End, ...] = ()
    check_answers: bool = False

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    def end(self, name: str) -> End | None:
        """Return an end page or a screen-out by its name."""
        screen_outs = (end for section in self.sections for end in section.screen_out)
        return next((end for end in (*self.ends, *screen_outs) if end.name == name), None)

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """Return everything that is stored, by name."""
        return {question.name: question for question in self}

    def question(self, name: str) -> Question:
        """Return a stored question by its name; raise KeyError where there is none."""
        return self.by_name[name]

    def __iter__(self) -> Iterator[Question]:
        return (variable for section in self.sections for variable in section.variables)
