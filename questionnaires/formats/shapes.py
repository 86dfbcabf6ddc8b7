"""The shapes of the files of a study, checked by pydantic at the door; what they mean is checked after."""

from __future__ import annotations

import datetime as dt
import difflib
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from questionnaires.formats.yaml_source import Path, Source
from questionnaires.model import Apart, Special

ANY_LANGUAGE = "*"
"""The language of a text that was written as a bare string."""

Words = Annotated[
    dict[str, str], BeforeValidator(lambda text: {ANY_LANGUAGE: text} if isinstance(text, str) else text)
]
Names = Annotated[list[str], BeforeValidator(lambda names: [names] if isinstance(names, str) else names)]
Label = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoiceShape(Shape):
    code: int
    text: Words
    name: Label = ""
    hint: Words = {}
    groups: Names = []
    apart: bool = False
    exclusive: bool = False


class IntervalShape(Shape):
    code: int
    name: Label = ""
    upto: Label | None = None
    text: Words = {}
    hint: Words = {}
    groups: Names = []
    apart: Apart | None = None


class QuestionShape(Shape):
    name: Label
    type: str
    text: Words
    hint: Words = {}
    label: Words = {}
    unit: Words = {}
    required: bool = False
    special: list[Special] = []
    choices: list[ChoiceShape] = []
    intervals: list[IntervalShape] = []
    minimum: int | None = None
    maximum: int | None = None
    max_length: Annotated[int, Field(ge=1, le=20_000)] | None = None
    ask_if: str = ""


class SectionShape(Shape):
    name: Label
    title: Words
    intro: Words = {}
    questions: list[Any] = Field(min_length=1)


class QuestionnaireShape(Shape):
    name: Label
    languages: list[str] = Field(min_length=1)
    sections: list[Any] = Field(min_length=1)


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
    """Return `data` in its shape, or None; every fault is told to the source.

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
            faulty = {details["loc"][0] for details in error.errors()}
            for details in error.errors():
                _tell(source, shape, path, details)
            kept = {key: value for key, value in rest.items() if key not in faulty}
            if len(kept) == len(rest) or any(details["type"] == "missing" for details in error.errors()):
                return None
            rest = kept


def _tell(source: Source, shape: type[Shape], path: Path, details: Any) -> None:
    location = tuple(step for step in details["loc"] if step != "[key]")
    where = (*path, *location)
    if details["type"] == "missing":
        if not _told_already(source, where):
            source.fault("key-missing", where, key=location[-1])
    elif details["type"] == "extra_forbidden":
        source.fault("key-unknown", where, key=location[-1], remedy=_remedy(str(location[-1]), shape))
    else:
        key = ".".join(str(step + 1 if isinstance(step, int) else step) for step in location)
        source.fault(
            "value-wrong", where, key=key, detail=_plain(details["msg"]), value=_short(details["input"])
        )


def _told_already(source: Source, path: Path) -> bool:
    """A required key that was just left out for its own fault is not missing as well."""
    return path in source.lines and any(
        problem.place.line == source.lines[path] for problem in source.problems
    )


def _remedy(key: str, shape: type[Shape]) -> str:
    known = [field.alias or name for name, field in shape.model_fields.items()]
    close = difflib.get_close_matches(key, known, 1)
    return f'did you mean "{close[0]}"?' if close else f"known keys: {', '.join(known)}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "should")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
