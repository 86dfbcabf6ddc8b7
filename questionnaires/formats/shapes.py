"""The shapes of the files of a study, checked by pydantic at the door; what they mean is checked after."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError

from questionnaires.formats.yaml_source import Path, Source
from questionnaires.model import Apart, Order, Special

ANY_LANGUAGE = "*"
"""The language of a text that was written as a bare string."""

Words = Annotated[
    dict[str, str], BeforeValidator(lambda text: {ANY_LANGUAGE: text} if isinstance(text, str) else text)
]
Names = Annotated[list[str], BeforeValidator(lambda names: [names] if isinstance(names, str) else names)]
Label = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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
"""Choices one by one, or the word for a ready list: a fault is reported for the kind that was meant."""


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


class RecordShape(Shape):
    title: Words
    mode: str
    frame: str
    sample: Literal["probability", "nonprobability", "census", "synthetic"]
    zone: str
    retention: dt.date
    sponsor: str | None = None
    funder: str | None = None
    conductor: str | None = None
    contact: str | None = None
    design: dict[Literal["weight", "strata", "cluster", "fpc"], str | None] = {}
    open: dt.datetime | None = None
    close: dt.datetime | None = None
    quasi_identifiers: list[str] = []
    receipts: bool = True
    access: Literal["open", "invitation"] = "open"


class PopulationShape(Shape):
    population: str
    source: str
    date: dt.date | None = None
    bands: dict[str, list[Label]] = {}
    margins: dict[str, dict[str, float]]


class FigureShape(Shape):
    id: str
    question: str
    choices: str | list[str]
    source: str
    text: Words = {}
    value: float | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    where: str | None = None
    base: Literal["all"] = "all"
    known: list[str] = []
    unknown: list[str] = []
    note: Words = {}
    rank: Literal["first"] | None = None
    reading: Literal["cumulative", "exclusive"] | None = None
    source_reading: Literal["cumulative", "exclusive"] | None = None
    beside: str | list[str] | None = None


class TargetShape(Shape):
    share: float
    id: str | None = None
    question: str | None = None
    choices: str | list[str] | None = None
    where: str | None = None


class TruthShape(Shape):
    n: Annotated[int, Field(ge=1, le=1_000_000)]
    seed: Annotated[int, Field(ge=0)]
    sample: dict[str, dict[str, float]]
    targets: list[TargetShape] = []
    reading: Literal["cumulative", "exclusive"] = "cumulative"
    answers: dict[str, dict[str, Any]] = {}
    languages: dict[str, float] = {}


class SegmentShape(Shape):
    from_: str = Field(alias="from")
    bands: list[Label] = []


class PartShape(Shape):
    headline: str | None = None
    chart: str | None = None
    curve: str | None = None
    published: Literal["all"] | None = None
    choices: str | list[str] | None = None
    by: str | None = None


class ReportShape(Shape):
    parts: list[PartShape] = Field(min_length=1)
    segments: dict[str, SegmentShape] = {}


AnyShape = TypeVar("AnyShape", bound=Shape)


def shaped(source: Source, shape: type[AnyShape], data: Any, path: Path = ()) -> AnyShape | None:
    """Return `data` in its shape, or None; every fault is reported to the source.

    A key with a fault is left out and the rest is read without it, so that one wrong key does not hide
    the problems of its neighbours.
    """
    if not isinstance(data, dict):
        source.fault("value-wrong", path, key=path[-1] if path else "file", detail="should be keys and values",
                     value=_short(data))  # fmt: skip
        return None
    rest = dict(data)
    while True:
        try:
            return shape.model_validate(rest)
        except ValidationError as error:
            details = error.errors()
        for detail in details:
            _tell(source, shape, path, detail, _location(detail["loc"], rest))
        faulty = {detail["loc"][0] for detail in details}
        remaining = {key: value for key, value in rest.items() if key not in faulty}
        if len(remaining) == len(rest) or any(detail["type"] == "missing" for detail in details):
            return None
        rest = remaining


def _location(steps: Path, data: Any) -> Path:
    """Return where a fault is among the keys that were written; pydantic adds steps of its own for unions."""
    location: list[str | int] = []
    for step in steps:
        if step != "[key]" and (isinstance(data, dict) or (isinstance(data, list) and isinstance(step, int))):
            location.append(step)
            data = data.get(step) if isinstance(data, dict) else data[int(step)]
    return tuple(location)


def _tell(source: Source, shape: type[Shape], path: Path, detail: Any, location: Path) -> None:
    where = (*path, *location)
    if detail["type"] == "missing":
        # A required key that was just left out for its own fault is not missing as well.
        lines = [problem.place.line for problem in source.problems]
        if where not in source.lines or source.lines[where] not in lines:
            source.fault("key-missing", where, key=location[-1])
    elif detail["type"] == "extra_forbidden":
        for step in location[:-1]:
            if isinstance(step, str) and step in shape.model_fields:
                shape = next(_shapes(shape.model_fields[step].annotation), shape)
        keys = [field.alias or name for name, field in shape.model_fields.items()]
        close = difflib.get_close_matches(str(location[-1]), keys, 1)
        remedy = f'did you mean "{close[0]}"?' if close else f"known keys: {', '.join(keys)}"
        source.fault("key-unknown", where, key=location[-1], remedy=remedy)
    else:
        key = ".".join(str(step + 1 if isinstance(step, int) else step) for step in location)
        message = detail["msg"].removeprefix("Value error, ").replace("Input should", "should")
        source.fault("value-wrong", where, key=key, detail=message, value=_short(detail["input"]))


def _shapes(annotation: Any) -> Iterator[type[Shape]]:
    """Yield the shapes inside a type, such as that of the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes(inner)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
