"""Conditions in words: what a reader is told of whom a question or a figure is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.expressions import parse
from questionnaires.study import Study
from reports.conditions import condition_words, expression_text, filter_line
from reports.naming import Voice

SEVERAL = """
      - name: used
        type: several
        text: {en: What have you used?, uk: Чим користувалися?, ru: Чем пользовались?}
        choices:
          - {code: 1, name: email, text: {en: E-mail, uk: Пошта, ru: Почта}}
          - {code: 2, name: chat, text: {en: Chat, uk: Чат, ru: Чат}}
"""


@pytest.fixture
def asked(study_of: Callable[..., Study], questionnaire: str) -> Study:
    """The small study with a question of several answers."""
    return study_of(
        questionnaire=questionnaire.replace("  - name: replies\n", f"{SEVERAL[1:]}  - name: replies\n")
    )


def said(study: Study, text: str, language: str = "en") -> str:
    tree = parse(text, {question.name: question for question in study.questionnaire})
    return condition_words(Voice(language, "nonprobability"), study.questionnaire, tree).replace(
        "\u00a0", " "
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('channel in group("online")', "“How would you complain?” – “Public post” or “Live chat”"),
        ('channel == "phone"', "“How would you complain?” – “Phone call”"),
        ('"phone" == channel', "“How would you complain?” – “Phone call”"),
        ('channel != "phone"', "“How would you complain?” – anything but “Phone call”"),
        ('channel not in ["phone", "dont_know"]',
         "“How would you complain?” – anything but “Phone call” or “Don’t know”"),
        ('not (channel != "phone")', "“How would you complain?” – “Phone call”"),
        ('"chat" in used', "“What have you used?” – “Chat”"),
        ('"chat" not in used', "“What have you used?” – anything but “Chat”"),
        ("age >= 24 and age <= 34", "“How old are you?” from 24 to 34"),
        ("24 <= age <= 34", "“How old are you?” from 24 to 34"),
        ("age > 24", "“How old are you?” more than 24"),
        ("65 <= age", "“How old are you?” at least 65"),
        ("age != 30", "“How old are you?” other than 30"),
        ("count(used) >= 2", "number of answers to “What have you used?”: at least 2"),
        ("answered(age)", "“How old are you?” was answered"),
        ("not answered(age)", "“How old are you?” was not answered"),
        ('(age < 20 or age > 60) and channel == "phone"',
         ("(“How old are you?” less than 20; or “How old are you?” more than 60); "
         "and “How would you complain?” – “Phone call”")),
        ('channel == "phone" or (age >= 24 and age <= 34)',
         "“How would you complain?” – “Phone call”; or “How old are you?” from 24 to 34"),
        ("not (age < 20 or age > 60)",
         "it is not true that (“How old are you?” less than 20; or “How old are you?” more than 60)"),
    ],
)  # fmt: skip
def test_conditions_in_words(asked: Study, text: str, words: str) -> None:
    assert said(asked, text) == words


def test_every_language_has_its_words(asked: Study) -> None:
    text = 'age >= 24 and age <= 34 and not answered(channel) or channel in ["phone", "email"]'
    assert said(asked, text, "uk") == (
        "(«Скільки вам років?» від 24 до 34; і на «Як би ви поскаржилися?» не відповіли); або "
        "«Як би ви поскаржилися?» — «Телефонний дзвінок» або «Електронна пошта»"
    )
    assert said(asked, text, "ru") == (
        "(«Сколько вам лет?» от 24 до 34; и на «Как бы вы пожаловались?» не ответили); или "
        "«Как бы вы пожаловались?» — «Телефонный звонок» или «Электронная почта»"
    )


def test_only_what_has_no_words_stays_an_expression(asked: Study) -> None:
    assert said(asked, 'age * 2 > 60 and channel == "phone"') == (
        "(age * 2) > 60; and “How would you complain?” – “Phone call”"
    )


@pytest.mark.parametrize(
    "text",
    [
        'channel in ["social", "chat"]', "age >= 24 and age <= 34", 'not "chat" in used', "count(used) >= 2",
        '(age < 20 or age > 60) and channel != "dont_know"', "first(age, 30) == 30", "answered(age)",
        "(age * 2) > (60 - age)", "(age > 30) == True",
    ],
)  # fmt: skip
def test_an_expression_reads_back_as_the_same_tree(asked: Study, text: str) -> None:
    questions = {question.name: question for question in asked.questionnaire}
    tree = parse(text, questions)
    assert expression_text(asked.questionnaire, tree) == text
    assert parse(expression_text(asked.questionnaire, tree), questions) == tree


def test_a_question_asked_of_everybody_has_no_filter_line(study: Study) -> None:
    voice = Voice("en", "nonprobability")
    assert filter_line(voice, study.questionnaire, study.questionnaire.question("age")) == ()
    only = filter_line(voice, study.questionnaire, study.questionnaire.question("reply_social"))
    assert only == ("Asked only if: “How would you complain?”\u00a0– “Public post” or “Live chat”",)
