"""Earlier answers in later words: one pass, the right form, nothing read twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.model import Answer, Missing, Questionnaire
from questionnaires.piping import Pipe, answer_words, filled, pieces, pipes, plain

LINES = (
    "{name: age, type: number, text: {en: Q, uk: Q, ru: Q}}",
    "{name: spent, type: number, decimals: 2, text: {en: Q, uk: Q, ru: Q}}",
    "{name: story, type: text, text: {en: Q, uk: Q, ru: Q}}",
    "{name: born, type: date, text: {en: Q, uk: Q, ru: Q}}",
    (
        "{name: sex, type: single, text: {en: Q, uk: Q, ru: Q}, choices: [{code: 1, name: woman, text: {en: Woman, "
        "uk: Жінка, ru: Женщина}}, {code: 2, name: man, text: {en: Man, uk: Чоловік, ru: Мужчина}}]}"
    ),
    (
        "{name: used, type: several, text: {en: Q, uk: Q, ru: Q}, choices: [{code: 1, name: a, text: {en: A, uk: А, "
        "ru: А}}, {code: 2, name: b, text: {en: B, uk: Б, ru: Б}}]}"
    ),
    "{name: wait, type: reply_time, text: {en: Q, uk: Q, ru: Q}, intervals: [{code: 1, upto: 1 h}]}",
    "{name: twice, type: computed, value: age * 2}",
    "{name: ratio, type: computed, value: age / 3}",
)
DAYS = {
    "en": "{age: one=day | other=days}",
    "uk": "{age: one=день | few=дні | many=днів | other=дня}",
    "ru": "{age: one=день | few=дня | many=дней | other=дня}",
}


@pytest.fixture(scope="module")
def made(read: Callable[..., Questionnaire]) -> Questionnaire:
    return read(*LINES, languages="en, uk, ru")


@pytest.mark.parametrize(
    ("text", "answers", "words"),
    [
        ("You are {age}.", {"age": 34}, "You are 34."),
        ("You are { age }.", {"age": 34}, "You are 34."),
        ("{age}{age}", {"age": 3}, "33"),
        ("{spent}", {"spent": 12345.67}, "12345.67"),
        ("{spent}", {"spent": 1234567.5}, "1234567.5"),
        ("{spent}", {"spent": 100.0}, "100"),
        ("{spent}", {"spent": 0.01}, "0.01"),
        ("{twice}", {"twice": 68.0}, "68"),
        ("{twice}", {"twice": -1.0}, "-1"),
        ("{ratio}", {"ratio": 1 / 3}, "0.333333"),
        ("{sex}", {"sex": 2}, "Man"),
        ("{used}", {"used": (2, 1)}, "B, A"),
        ("within {wait}", {"wait": 1}, "within up to 1 hour"),
        ("{born}", {"born": 20260131}, "January 31, 2026"),
        ("{born}", {"born": 20260100}, "January 2026"),
        ("{story}", {"story": "{age} {{age}} }{"}, "{age} {{age}} }{"),
        ("{story}{age}", {"story": "{", "age": 5}, "{5"),
        ("{story}age}", {"story": "{"}, "{age}"),
        ("{story}", {"story": "<b>&lt;"}, "<b>&lt;"),
        ("{{age}}", {"age": 5}, "{age}"),
        ("{{{age}}}", {"age": 5}, "{5}"),
        ("{{}}", {}, "{}"),
        ("a { b", {}, "a { b"),
        ("a } b", {}, "a } b"),
    ],
)
def test_one_pass(made: Questionnaire, text: str, answers: dict[str, Answer], words: str) -> None:
    assert filled(text, "en", made, answers) == words


@pytest.mark.parametrize("name", ["age", "story", "sex", "used", "born", "wait"])
@pytest.mark.parametrize("missing", list(Missing))
def test_an_answer_that_is_not_there(made: Questionnaire, name: str, missing: Missing) -> None:
    assert filled("{" + name + "}", "uk", made, {name: missing}) == "…"
    assert filled("{" + name + "}", "uk", made, {}) == "…"
    assert filled("{" + name + ": other=x}", "uk", made, {name: missing}) == "x"


def test_a_code_that_is_no_choice_is_unknown(made: Questionnaire) -> None:
    assert filled("{sex}", "en", made, {"sex": 77}) == "…"
    assert filled("{sex: woman=W | other=O}", "en", made, {"sex": 77}) == "O"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {0: "days", 1: "day", 2: "days", 21: "days"}),
        (
            "uk",
            {
                0: "днів",
                1: "день",
                2: "дні",
                5: "днів",
                11: "днів",
                21: "день",
                22: "дні",
                25: "днів",
                111: "днів",
            },
        ),
        ("ru", {0: "дней", 1: "день", 3: "дня", 5: "дней", 12: "дней", 21: "день", 24: "дня", 101: "день"}),
    ],
)
def test_plural_forms(made: Questionnaire, language: str, expected: dict[int, str]) -> None:
    found = {n: filled(DAYS[language], language, made, {"age": n}) for n in expected}
    assert found == expected
    assert {n: filled(DAYS[language], language, made, {"age": float(n)}) for n in expected} == expected


@pytest.mark.parametrize(("language", "form"), [("en", "days"), ("uk", "дня"), ("ru", "дня")])
def test_a_broken_number_and_no_number_are_other(made: Questionnaire, language: str, form: str) -> None:
    assert filled(DAYS[language], language, made, {"age": 1.5}) == form
    assert filled(DAYS[language], language, made, {}) == form


def test_forms_by_choice(made: Questionnaire) -> None:
    text = "{sex: woman=сама | man=сам | other=самі}"
    said = [filled(text, "uk", made, {"sex": code}) for code in (1, 2, Missing.PREFER_NOT)]
    assert said == ["сама", "сам", "самі"]


def test_forms_may_be_empty_and_a_missing_one_is_other(made: Questionnaire) -> None:
    assert filled("day{age: one= | other=s}", "en", made, {"age": 1}) == "day"
    assert filled("{age: one=d | other=x=y}", "en", made, {"age": 2}) == "x=y"
    assert filled("{age: other=дн.}", "uk", made, {"age": 2}) == "дн."


def test_words_without_an_answer() -> None:
    assert plain("You are {age}, {age: one=day | other=days} {{old}}") == "You are …, days {old}"


def test_pieces() -> None:
    assert pieces("a{b}c") == ["a", Pipe("b", {}, "b"), "c"]
    assert pipes("{{a}} {b: one=1 | other=2}") == [
        Pipe("b", {"one": "1", "other": "2"}, "b: one=1 | other=2")
    ]
    assert pieces("") == []


def test_answer_words(made: Questionnaire) -> None:
    assert answer_words(made.question("story"), "a\nb", "en") == "a\nb"
    assert answer_words(made.question("wait"), 1, "en") == "Up to 1 hour"


MADE, _ = read_questionnaire(
    "q.yaml",
    b"name: x\nlanguages: [en]\nsections: [{name: s, title: T, questions: [{name: story, type: text, text: Q}]}]",
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text("{}|=: abstory", max_size=30), st.text("{}story:=|", max_size=20))
def test_what_a_person_wrote_is_never_read_as_a_placeholder(before: str, story: str) -> None:
    assert MADE is not None
    text = before.replace("{", "{{").replace("}", "}}")
    assert filled(text + "{story}" + text, "en", MADE, {"story": story}) == before + story + before


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            "{aeg}",
            "pipe-unknown",
            'a text names the question "aeg", which is not asked before it; name an earlier',
        ),
        ("{late}", "pipe-unknown", 'names the question "late"'),
        ("{}", "pipe-unknown", "which is not asked before it"),
        ("{grid}", "pipe-unknown", 'names the question "grid"'),
        (
            "{age: one=x}",
            "pipe-forms",
            "the placeholder {age: one=x} has a wrong form or lacks one: other; give `other`",
        ),
        (
            "{age: once=x | other=y}",
            "pipe-forms",
            "lacks one: once; give `other` and use only: few, many, one, other",
        ),
        (
            "{sex: one=x | other=y}",
            "pipe-forms",
            "lacks one: one; give `other` and use only: man, other, woman",
        ),
        ("{used: a=x | other=y}", "pipe-forms", "lacks one: a; give `other` and use only: other"),
    ],
)
def test_an_author_is_told(told: Callable[..., None], text: str, code: str, words: str) -> None:
    sides = "[{code: 1, name: woman, text: W}, {code: 2, name: man, text: M}]"
    sex = f"{{name: sex, type: single, text: Q, choices: {sides}}}"
    used = "{name: used, type: several, text: Q, choices: [{code: 1, name: a, text: A}]}"
    grid = "{name: grid, type: matrix, text: Q, items: [{name: i, text: I}], choices: [{code: 1, name: c, text: C}]}"
    age, late = "{name: age, type: number, text: Q}", "{name: late, type: number, text: Q}"
    told(code, 11, words, age, sex, used, grid, f"{{name: q, type: text, text: '{text}'}}", late)


@pytest.mark.parametrize("key", ["hint: '{x}'", "unit: '{x}'"])
def test_every_text_of_a_question_is_looked_at(told: Callable[..., None], key: str) -> None:
    told("pipe-unknown", 7, 'the question "x"', f"{{name: q, type: number, text: Q, {key}}}")
