"""`questionnaire.yaml` → Questionnaire, or every fault at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from questionnaires.expressions import ExpressionFault, minutes, parse
from questionnaires.formats.shapes import (
    ANY_LANGUAGE,
    ChoiceShape,
    IntervalShape,
    QuestionnaireShape,
    QuestionShape,
    SectionShape,
    shaped,
)
from questionnaires.formats.yaml_source import Path, Source, read_yaml
from questionnaires.model import Apart, Choice, Interval, Question, Questionnaire, Section, Text
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.texts import LANGUAGES, Catalogue, catalogue

PAGES = frozenset({"end", "check"})
"""Names of the form's own pages, which no section can have."""

RESERVED = frozenset({"csrf_token", "and", "or", "not", "in", "is", "if", "else", "lambda", "for", "all"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def read_questionnaire(file: str, content: bytes) -> tuple[Questionnaire | None, Source]:
    """Read a questionnaire; the source holds its problems, and the questionnaire is None if there are any."""
    source = read_yaml(file, content)
    if source.data is None:
        return None, source
    shape = shaped(source, QuestionnaireShape, source.data)
    if shape is None:
        return None, source
    reader = _Reader(source, tuple(shape.languages))
    sections = tuple(
        section
        for index, data in enumerate(shape.sections)
        if (section := reader.section(data, ("sections", index))) is not None
    )
    reader.name(shape.name, ("name",))
    return (None if source.problems else Questionnaire(shape.name, reader.languages, sections)), source


class _Reader:
    """Builds the questionnaire from its shapes, telling the source of everything that does not fit."""

    def __init__(self, source: Source, languages: tuple[str, ...]) -> None:
        self.source = source
        self.languages = languages
        self.questions: dict[str, Question] = {}
        self.broken: set[str] = set()
        self.section_names: set[str] = set()
        for index, language in enumerate(languages):
            if language not in LANGUAGES:
                source.fault("language-unknown", ("languages", index), language=language,
                             known=", ".join(LANGUAGES))  # fmt: skip

    def section(self, data: Any, path: Path) -> Section | None:
        shape = shaped(self.source, SectionShape, data, path)
        if shape is None:
            return None
        self.name(shape.name, (*path, "name"))
        if shape.name in PAGES:
            self.source.fault("name-reserved", (*path, "name"), name=shape.name)
        if shape.name in self.section_names:
            self.source.fault("name-repeated", (*path, "name"), name=shape.name)
        self.section_names.add(shape.name)
        return Section(
            name=shape.name,
            title=self.text(shape.title, (*path, "title")),
            intro=self.text(shape.intro, (*path, "intro"), wanted=False),
            questions=tuple(
                question
                for index, item in enumerate(shape.questions)
                if (question := self.question(item, (*path, "questions", index))) is not None
            ),
        )

    def question(self, data: Any, path: Path) -> Question | None:
        shape = shaped(self.source, QuestionShape, data, path)
        if shape is None:
            self.broken |= {str(data["name"])} if isinstance(data, dict) and "name" in data else set()
            return None
        self.name(shape.name, (*path, "name"))
        if shape.name in self.questions or shape.name in self.broken:
            self.source.fault("name-repeated", (*path, "name"), name=shape.name)
        question = replace(self._build(shape, path), condition=self._condition(shape, path))
        self._fits_type(shape, path)
        self.questions.setdefault(shape.name, question)
        return question

    def _build(self, shape: QuestionShape, path: Path) -> Question:
        for key in ("minimum", "maximum"):
            if (getattr(shape, key) or 0) < 0:
                self.source.fault("range-negative", (*path, key), minimum=getattr(shape, key))
        if shape.minimum is not None and shape.maximum is not None and shape.minimum > shape.maximum:
            self.source.fault("range-empty", (*path, "minimum"), minimum=shape.minimum, maximum=shape.maximum)
        choices = (
            self._intervals(shape.intervals, (*path, "intervals"))
            if shape.intervals
            else self._choices(shape.choices, (*path, "choices"))
        )
        return Question(
            name=shape.name,
            type=shape.type,
            text=self.text(shape.text, (*path, "text")),
            hint=self.text(shape.hint, (*path, "hint"), wanted=False),
            label=self.text(shape.label, (*path, "label"), wanted=False),
            unit=self.text(shape.unit, (*path, "unit"), wanted=False),
            required=shape.required,
            special=tuple(shape.special),
            choices=choices,
            minimum=shape.minimum,
            maximum=shape.maximum,
            max_length=shape.max_length or 1000,
            ask_if=shape.ask_if,
        )

    def _condition(self, shape: QuestionShape, path: Path) -> Any:
        if not shape.ask_if:
            return None
        try:
            return parse(shape.ask_if, self.questions)
        except ExpressionFault as fault:
            if fault.values.get("name") not in self.broken:
                self.source.fault(fault.code, (*path, "ask_if"), **fault.values)
            return None

    def _fits_type(self, shape: QuestionShape, path: Path) -> None:
        kind = QUESTION_TYPES.get(shape.type)
        if kind is None:
            self.source.fault(
                "type-unknown", (*path, "type"), type=shape.type, known=", ".join(QUESTION_TYPES)
            )
            return
        own = {"choices", "intervals", "minimum", "maximum", "max_length", "unit", "label"}
        for key in sorted(own & shape.model_fields_set - kind.takes):
            self.source.fault("type-key", (*path, key), type=shape.type, key=key)
        for key in sorted(kind.needs):
            if not getattr(shape, key):
                self.source.fault("type-needs", (*path, "type"), type=shape.type, key=key)

    def _choices(self, shapes: Sequence[ChoiceShape], path: Path) -> tuple[Choice, ...]:
        self._distinct(shapes, path)
        return tuple(
            Choice(
                code=shape.code,
                name=shape.name or f"c{shape.code}",
                text=self.text(shape.text, (*path, index, "text")),
                hint=self.text(shape.hint, (*path, index, "hint"), wanted=False),
                groups=tuple(shape.groups),
                apart=shape.apart,
                exclusive=shape.exclusive,
            )
            for index, shape in enumerate(shapes)
        )

    def _intervals(self, shapes: Sequence[IntervalShape], path: Path) -> tuple[Interval, ...]:
        self._distinct(shapes, path)
        intervals, start = [], 0.0
        for index, shape in enumerate(shapes):
            upto = self._limit(shape, start, (*path, index))
            words = shape.text or interval_words(self.languages, start, upto, shape.apart)
            intervals.append(
                Interval(
                    code=shape.code,
                    name=shape.name or _interval_name(upto, shape.apart),
                    text=self.text(words, (*path, index, "text")),
                    hint=self.text(shape.hint, (*path, index, "hint"), wanted=False),
                    groups=tuple(shape.groups),
                    apart=shape.apart is not None,
                    start=start,
                    upto=upto,
                    aside=shape.apart,
                )
            )
            start = start if shape.apart else upto
        return tuple(intervals)

    def _limit(self, shape: IntervalShape, start: float, path: Path) -> float:
        if shape.apart is not None or shape.upto == "none":
            return math.inf
        upto = minutes(shape.upto) if shape.upto is not None else None
        if upto is None:
            self.source.fault("interval-limit", (*path, "upto"), value=shape.upto)
            return start + 1
        if upto <= start:
            self.source.fault("interval-order", (*path, "upto"), value=shape.upto)
        return upto

    def _distinct(self, shapes: Sequence[ChoiceShape | IntervalShape], path: Path) -> None:
        codes: set[int] = set()
        names: set[str] = set()
        for index, shape in enumerate(shapes):
            if shape.code in codes:
                self.source.fault("choice-repeated", (*path, index), kind="code", value=shape.code)
            if shape.name and shape.name in names:
                self.source.fault("choice-repeated", (*path, index), kind="name", value=f'"{shape.name}"')
            if shape.code < 0:
                self.source.fault("code-negative", (*path, index), code=shape.code)
            if shape.name:
                self.name(shape.name, (*path, index, "name"))
            codes.add(shape.code)
            names.add(shape.name)

    def name(self, name: str, path: Path) -> None:
        """Check that a name can be a column, a field and a word of the condition language."""
        if not _NAME.fullmatch(name):
            self.source.fault("name-form", path, name=name)
        elif name in RESERVED:
            self.source.fault("name-reserved", path, name=name)

    def text(self, words: Text, path: Path, wanted: bool = True) -> Text:
        """Return a text in every language of the questionnaire; tell of the missing ones."""
        return complete(self.source, self.languages, words, path, wanted)


def complete(source: Source, languages: Sequence[str], words: Text, path: Path, wanted: bool = True) -> Text:
    """Return a text that is there in every language; an optional one may be wholly absent."""
    if ANY_LANGUAGE in words:
        words = {languages[0]: words[ANY_LANGUAGE]}
    if not words and not wanted:
        return {}
    key = next(step for step in reversed(path) if isinstance(step, str))
    for language in languages:
        if not words.get(language, "").strip():
            source.fault("text-missing", path, key=key, language=language)
    for language in words:
        if language not in languages:
            source.fault("text-language", (*path, language), key=key, language=language)
    return {language: words.get(language, "") for language in languages}


def interval_words(languages: Sequence[str], start: float, upto: float, apart: Apart | None) -> Text:
    """Return the words of a reply-time interval whose author gave none."""
    texts = catalogue("questionnaires")
    return {language: _interval_text(texts, language, start, upto, apart) for language in languages}


def _interval_text(texts: Catalogue, language: str, start: float, upto: float, apart: Apart | None) -> str:
    if apart is not None:
        return texts.text(language, apart.value)
    if upto == math.inf:
        return texts.text(language, "over", start=_duration(texts, language, start))
    if start == 0:
        return texts.text(language, "upto", limit=_duration(texts, language, upto))
    return texts.text(
        language,
        "more_upto",
        start=_duration(texts, language, start),
        limit=_duration(texts, language, upto),
    )


def _duration(texts: Catalogue, language: str, length: float) -> str:
    unit, size = next(
        (name, size) for name, size in (("days", 1440), ("hours", 60), ("minutes", 1)) if length % size == 0
    )
    return texts.text(language, unit, n=int(length // size))


def _interval_name(upto: float, apart: Apart | None) -> str:
    if apart is not None:
        return apart.value
    return "longer" if upto == math.inf else f"upto_{upto:g}".replace(".", "_")


FORMATS: Mapping[str, Any] = {"yaml": read_questionnaire}
