"""The lists of `questionnaire.yaml`: choices, reply-time intervals, numbered points, countries."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence

from questionnaires.expressions import minutes
from questionnaires.formats.draft import Draft
from questionnaires.formats.shapes import ChoiceShape, IntervalShape, QuestionShape
from questionnaires.formats.yaml_source import Path
from questionnaires.model import Apart, Choice, Interval, Text
from questionnaires.texts import Catalogue, catalogue, territories

DAY = 24 * 60
SAME_DAY, SAME_WORKING_DAY = "same day", "same working day"
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_POINTS = re.compile(r"(\d{1,2})-(\d{1,3})")
MOST_POINTS = 101


def choices_of(draft: Draft, shape: QuestionShape, path: Path) -> tuple[Choice, ...]:
    """Return the choices of a question, from whichever of its keys has them."""
    if shape.intervals:
        return _intervals(draft, shape, (*path, "intervals"))
    if shape.points:
        if shape.choices:
            draft.source.fault("type-key", (*path, "choices"), type=shape.type, key="choices beside points")
        match = _POINTS.fullmatch(shape.points)
        low, high = (int(match[1]), int(match[2])) if match else (0, 0)
        if not (low < high and high - low < MOST_POINTS):
            draft.source.fault("points-form", (*path, "points"), value=shape.points)
            return ()
        points = range(low, high + 1)
        return tuple(Choice(n, f"p{n}", dict.fromkeys(draft.languages, str(n))) for n in points)
    if isinstance(shape.choices, str):
        if shape.type != "list":
            draft.source.fault("type-key", (*path, "choices"), type=shape.type, key="choices: countries")
        return countries(draft.languages)
    return written_choices(draft, shape.choices, (*path, "choices"))


def written_choices(draft: Draft, shapes: Sequence[ChoiceShape], path: Path) -> tuple[Choice, ...]:
    """Return choices as their author wrote them."""
    _check_codes(draft, shapes, path)
    return tuple(
        Choice(
            code=shape.code,
            name=shape.name or f"c{shape.code}",
            text=draft.text(shape.text, (*path, index, "text")),
            hint=draft.text(shape.hint, (*path, index, "hint"), required=False),
            groups=tuple(shape.groups),
            apart=shape.apart,
            exclusive=shape.exclusive,
            fixed=shape.fixed,
            write=shape.write,
            condition=draft.condition(shape.offer_if, (*path, index, "offer_if")),
        )
        for index, shape in enumerate(shapes)
    )


def countries(languages: Sequence[str]) -> tuple[Choice, ...]:
    """Return the countries of the world; a code is made of its two letters: 26 * first + second, A being 0."""
    names = {language: territories(language) for language in languages}
    return tuple(
        Choice(
            code=26 * (ord(code[0]) - ord("A")) + ord(code[1]) - ord("A"),
            name=code.lower() + "_" * keyword.iskeyword(code.lower()),
            text={language: names[language][code] for language in languages},
        )
        for code in sorted(names[languages[0]])
    )


def _intervals(draft: Draft, question: QuestionShape, path: Path) -> tuple[Interval, ...]:
    _check_codes(draft, question.intervals, path)
    intervals, start = [], 0.0
    for index, shape in enumerate(question.intervals):
        upto = _limit(draft, question, shape, start, (*path, index))
        rule = ""
        if shape.apart is not None:
            name = Apart(shape.apart).value
        elif shape.upto in (SAME_DAY, SAME_WORKING_DAY):
            name = shape.upto.replace(" ", "_")
        else:
            number = "" if upto == math.inf else str(int(upto) if upto.is_integer() else upto)
            name = f"upto_{number.replace('.', '_')}" if number else "longer"
        if shape.upto in (SAME_DAY, SAME_WORKING_DAY):
            closing = question.closes_at if shape.upto == SAME_WORKING_DAY else "24:00"
            rule = f"{shape.upto}: asked at {question.asked_at}, until {closing}"
        words = shape.text or interval_words(draft.languages, start, upto, shape)
        intervals.append(
            Interval(
                code=shape.code,
                name=shape.name or name,
                text=draft.text(words, (*path, index, "text")),
                hint=draft.text(shape.hint, (*path, index, "hint"), required=False),
                groups=tuple(shape.groups),
                apart=shape.apart is not None,
                start=start,
                upto=upto,
                aside=shape.apart,
                rule=rule,
            )
        )
        start = start if shape.apart else upto
    distinct_names(draft, [interval.name for interval in intervals], path)
    return tuple(intervals)


def _limit(draft: Draft, question: QuestionShape, shape: IntervalShape, start: float, path: Path) -> float:
    """Return the minutes up to which an interval reaches; one more than `start` where its limit is wrong."""
    if shape.apart is not None or shape.upto == "none":
        return math.inf
    if shape.upto in (SAME_DAY, SAME_WORKING_DAY):
        # From the hour in the stem to closing, or to midnight.
        times = {"asked_at": clock(question.asked_at), "closes_at": DAY}
        if shape.upto == SAME_WORKING_DAY:
            times["closes_at"] = clock(question.closes_at)
        for key, time in times.items():
            if time is None:
                example = "10:00" if key == "asked_at" else "18:00"
                values = {"upto": shape.upto, "key": key, "example": example}
                draft.source.fault("interval-day", (*path, "upto"), **values)
        opens, closes = times["asked_at"], times["closes_at"]
        upto = None if opens is None or closes is None else float((closes or DAY) - opens)
    else:
        upto = minutes(shape.upto) if shape.upto is not None else None
        if upto is None or math.isnan(upto):
            upto = None
            draft.source.fault("interval-limit", (*path, "upto"), value=shape.upto)
    if upto is None:
        return start + 1
    if upto <= start:
        draft.source.fault("interval-order", (*path, "upto"), value=shape.upto)
    return upto


def clock(text: str) -> int | None:
    """Return a time of day such as 10:00 as minutes after midnight; None where it is none."""
    match = _TIME.fullmatch(text)
    return int(match[1]) * 60 + int(match[2]) if match else None


def _check_codes(draft: Draft, shapes: Sequence[ChoiceShape | IntervalShape], path: Path) -> None:
    codes: set[int] = set()
    names: set[str] = set()
    for index, shape in enumerate(shapes):
        name = shape.name or (f"c{shape.code}" if isinstance(shape, ChoiceShape) else "")
        if shape.code in codes:
            draft.source.fault("choice-repeated", (*path, index), kind="code", value=shape.code)
        if name and name in names and isinstance(shape, ChoiceShape):
            draft.source.fault("choice-repeated", (*path, index), kind="name", value=f'"{name}"')
        if not 0 <= shape.code <= 32_767:
            code = "code-negative" if shape.code < 0 else "code-large"
            draft.source.fault(code, (*path, index), code=shape.code)
        if shape.name:
            draft.name(shape.name, (*path, index, "name"), quoted=True)
        codes.add(shape.code)
        names.add(name)


def distinct_names(draft: Draft, names: Sequence[str], path: Path) -> None:
    """Report each name that stands a second time."""
    for index, name in enumerate(names):
        if name in names[:index]:
            draft.source.fault("choice-repeated", (*path, index), kind="name", value=f'"{name}"')


def interval_words(languages: Sequence[str], start: float, upto: float, shape: IntervalShape) -> Text:
    """Return the words of a reply-time interval whose author gave none."""
    texts = catalogue("questionnaires")
    words = {}
    for language in languages:
        if shape.apart is not None:
            words[language] = texts.text(language, shape.apart.value)
        elif shape.upto in (SAME_DAY, SAME_WORKING_DAY):
            words[language] = texts.text(language, shape.upto.replace(" ", "_"))
        elif upto == math.inf:
            words[language] = texts.text(language, "over", start=_duration(texts, language, start))
        elif start == 0:
            words[language] = texts.text(language, "upto", limit=_duration(texts, language, upto))
        else:
            limits = {"start": _duration(texts, language, start), "limit": _duration(texts, language, upto)}
            words[language] = texts.text(language, "more_upto", **limits)
    return words


def _duration(texts: Catalogue, language: str, length: float) -> str:
    units = (("days", DAY), ("hours", 60), ("minutes", 1))
    unit, size = next(((name, size) for name, size in units if length % size == 0), units[-1])
    count = length / size
    return texts.text(language, unit, n=int(count) if count.is_integer() else count)
