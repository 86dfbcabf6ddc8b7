"""The shapes of `questionnaire.yaml`, checked by pydantic at the door."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from questionnaires.formats.shapes import Label, Names, Shape, Words
from questionnaires.model import Apart, Order, Special

Limit = int | Annotated[float, Field(allow_inf_nan=False)] | str


class ChoiceShape(Shape):
    code: int
    text: Words
    name: Label = ""
    hint: Words = {}
    groups: Names = []
    apart: bool = False
    exclusive: bool = False
    fixed: bool = False
    write: bool = False
    offer_if: str = ""


class IntervalShape(Shape):
    code: int
    name: Label = ""
    upto: Label | None = None
    text: Words = {}
    hint: Words = {}
    groups: Names = []
    apart: Apart | None = None


class ItemShape(Shape):
    name: Label
    text: Words
    ask_if: str = ""


Choices = Annotated[
    Annotated[list[ChoiceShape], Tag("written")] | Annotated[Literal["countries"], Tag("ready")],
    Discriminator(lambda data: "ready" if isinstance(data, str) else "written"),
]
"""Choices one by one, or the word for a ready list: a fault is told of the kind that was meant."""


class QuestionShape(Shape):
    name: Label
    type: str
    text: Words = {}
    hint: Words = {}
    label: Words = {}
    unit: Words = {}
    low: Words = {}
    high: Words = {}
    required: bool = False
    special: list[Special] = []
    choices: Choices = []
    intervals: list[IntervalShape] = []
    items: list[ItemShape] = []
    factors: dict[Label, list[ChoiceShape]] = {}
    points: Label = ""
    order: Order | None = None
    minimum: Limit | None = None
    maximum: Limit | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    precision: Literal["day", "month", "year"] = "day"
    lines: Annotated[int, Field(ge=1, le=30)] = 4
    max_length: Annotated[int, Field(ge=1, le=20_000)] | None = None
    value: Label = ""
    asked_at: Label = ""
    closes_at: Label = ""
    ask_if: str = ""


class CheckShape(Shape):
    check: str
    text: Words
    at: Label = ""
    soft: bool = False


class EndShape(Shape):
    name: Label
    title: Words
    text: Words
    if_: str = Field(default="", alias="if")


class SectionShape(Shape):
    name: Label
    title: Words
    intro: Words = {}
    order: Literal["written", "random"] = "written"
    block: Label = ""
    questions: list[Any] = Field(min_length=1)
    checks: list[CheckShape] = []
    screen_out: list[EndShape] = []


class QuestionnaireShape(Shape):
    name: Label
    languages: list[str] = Field(min_length=1)
    sections: list[Any] = Field(min_length=1)
    ends: list[EndShape] = []
    check_answers: bool = False
