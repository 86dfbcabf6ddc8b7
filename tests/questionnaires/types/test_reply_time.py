"""Reply time: ordered intervals, the same day, the same working day."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from questionnaires.model import Apart, Interval, Question, Questionnaire

WAIT = "{{name: wait, type: reply_time, text: Q{keys}, intervals: [{intervals}]}}"


def wait(*intervals: str, keys: str = "") -> str:
    numbered = (f"{{code: {n}, {interval}}}" for n, interval in enumerate(intervals, 1))
    return WAIT.format(keys=keys, intervals=", ".join(numbered))


def steps(question: Question) -> list[tuple[float, float]]:
    return [(c.start, c.upto) for c in question.choices if isinstance(c, Interval) and c.aside is None]


def test_the_same_day_ends_at_midnight(one: Callable[[str], Question]) -> None:
    question = one(wait("upto: 4 h", "upto: same day", "upto: none", keys=', asked_at: "10:00"'))
    assert steps(question) == [(0, 240), (240, 840), (840, math.inf)]
    same = question.choices[1]
    assert isinstance(same, Interval)
    assert (same.name, same.rule) == ("same_day", "same day: asked at 10:00, until 24:00")
    assert same.text["en"] == "Later, but the same day"


def test_the_same_working_day_ends_when_the_office_closes(one: Callable[[str], Question]) -> None:
    keys = ', asked_at: "10:00", closes_at: "18:30"'
    question = one(wait("upto: 1 h", "upto: same working day", "upto: none", keys=keys))
    assert steps(question) == [(0, 60), (60, 510), (510, math.inf)]
    same = question.choices[1]
    assert isinstance(same, Interval)
    assert same.rule == "same working day: asked at 10:00, until 18:30"


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("", "asked_at"),
        (', asked_at: "25:00", closes_at: "18:00"', "asked_at"),
        (', asked_at: "10:00"', "closes_at"),
    ],
)
def test_a_working_day_needs_its_hours(problems: Callable[..., list[object]], keys: str, key: str) -> None:
    found = problems(wait("upto: same working day", "upto: none", keys=keys))
    assert {problem.code for problem in found} == {"interval-day"}  # type: ignore[attr-defined]
    assert f'questionnaire.yaml:7: question "wait": "same working day" needs a time of day in `{key}`' in str(
        found[0]
    )


def test_an_office_that_closes_before_the_question(told: Callable[..., None]) -> None:
    keys = ', asked_at: "18:00", closes_at: "10:00"'
    told("interval-order", 7, "same working day", wait("upto: same working day", "upto: none", keys=keys))


def test_what_stands_apart_is_no_step(one: Callable[[str], Question]) -> None:
    question = one(wait("upto: 1 h", "apart: no_reply", "upto: 2 h", "apart: no_limit"))
    assert steps(question) == [(0, 60), (60, 120)]
    assert [c.aside for c in question.choices if isinstance(c, Interval)] == [
        None, Apart.NO_REPLY, None, Apart.NO_LIMIT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("intervals", "name", "words"),
    [
        (("upto: 1.5 min",), "upto_1_5", "Up to 1.5 minutes"),
        (("upto: 90 min",), "upto_90", "Up to 90 minutes"),
        (("upto: 1.5 h",), "upto_90", "Up to 90 minutes"),
        (("upto: 1000 days",), "upto_1440000", "Up to 1000 days"),
    ],
)
def test_words_for_any_length(
    one: Callable[[str], Question], intervals: tuple[str, ...], name: str, words: str
) -> None:
    choice = one(wait(*intervals)).choices[0]
    assert (choice.name, choice.text["en"]) == (name, words)


def test_words_in_three_languages(read: Callable[..., Questionnaire]) -> None:
    line = wait("upto: 1 h", "upto: 4 h", "upto: none").replace("text: Q", "text: {en: Q, uk: Q, ru: Q}")
    choices = read(line, languages="en, uk, ru").questions[0].choices
    assert [c.text["en"] for c in choices] == [
        "Up to 1 hour",
        "More than 1 hour, up to 4 hours",
        "More than 4 hours",
    ]
    assert all(set(c.text) == {"en", "uk", "ru"} and all(c.text.values()) for c in choices)


@pytest.mark.parametrize("upto", ["soon", "nan min", "0x1 h", "-5", '"1 week"'])
def test_a_limit_that_is_no_duration(told: Callable[..., None], upto: str) -> None:
    told("interval-limit", 7, "is no duration; write for example", wait(f"upto: {upto}"))


@pytest.mark.parametrize("upto", ["1 h", "-5 min", "0 min", "60 min"])
def test_limits_rise(told: Callable[..., None], upto: str) -> None:
    told("interval-order", 7, "is not above the one before", wait("upto: 1 h", f"upto: {upto}, name: second"))


def test_two_intervals_have_two_names(told: Callable[..., None]) -> None:
    told(
        "choice-repeated",
        7,
        'the name "upto_60" is used twice',
        wait("upto: 30 min, name: upto_60", "upto: 1 h"),
    )
    told(
        "choice-repeated",
        7,
        'the name "no_reply" is used twice',
        wait("upto: 1 h", "apart: no_reply", "apart: no_reply"),
    )
    told("choice-repeated", 7, 'the name "a" is used twice', wait("upto: 1 h, name: a", "upto: 2 h, name: a"))
