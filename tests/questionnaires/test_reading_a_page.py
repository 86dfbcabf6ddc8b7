"""Judging a whole page: in which order, what is kept, which checks are made and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from questionnaires.answers import PageReading
from questionnaires.model import Missing, Questionnaire
from questionnaires.question_types import Raw
from questionnaires.routing import Page, pages, together

AGE = "{name: age, type: number, minimum: 1, maximum: 120, required: true, special: [prefer_not], text: Q}"
WORK = "{name: work, type: number, maximum: age, text: Q}"
USED = "{name: used, type: several, text: Q, choices: [{code: 1, name: a, text: A}, {code: 2, name: b, text: B}]}"
WAYS = "{name: ways, type: computed, value: count(used)}"
SOFT = "    checks: [{check: work < 50, soft: true, text: So long?}, {check: age > 17, text: 'Too young, {age}'}]\n"


def sent(**values: str) -> dict[str, Raw]:
    return {name: Raw((value,)) for name, value in values.items()}


def posted(
    questionnaire: Questionnaire, page: Page, raw: dict[str, Raw], known: dict[str, object] | None = None
) -> PageReading:
    """Post a page the way the form does: only what is shown is read, and only what is asked is judged."""
    reading = PageReading(questionnaire, dict(known or {}), 0)
    asked = []
    for question in page.questions:
        if question.value is None and reading.asks(question):
            reading.read(question, raw)
            asked.append(question)
    reading.end(page.section, asked)
    return reading


def said(reading: PageReading) -> list[tuple[str, str, bool]]:
    return [(problem.code, problem.question, problem.soft) for problem in reading.problems]


def first(questionnaire: Questionnaire, **values: str) -> PageReading:
    return posted(questionnaire, pages(questionnaire)[0], sent(**values))


def test_an_answer_joins_what_is_known_for_the_next(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, WORK)
    assert first(questionnaire, age="30", work="20").answers == {"age": 30, "work": 20}
    found = first(questionnaire, age="30", work="31").problems
    assert [(p.code, p.question, p.values) for p in found] == [("number_high", "work", {"maximum": 30})]


def test_a_wrong_answer_is_neither_kept_nor_known(read: Callable[..., Questionnaire]) -> None:
    reading = first(read(AGE, WORK), age="200", work="150")
    assert said(reading) == [("number_range", "age", False)]
    assert reading.answers == {"work": 150}
    assert reading.known == {"work": 150}


def test_what_was_left_empty_is_kept_and_not_known(read: Callable[..., Questionnaire]) -> None:
    reading = first(read(AGE, WORK), age="30")
    assert reading.answers == {"age": 30, "work": Missing.NOT_ANSWERED}
    assert reading.known == {"age": 30}


def test_a_special_answer_is_known_by_its_word(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, WORK)
    raw = {"age": Raw(special="prefer_not"), "work": Raw(("150",))}
    reading = posted(questionnaire, pages(questionnaire)[0], raw)
    assert reading.known == {"age": "!prefer_not", "work": 150}
    assert reading.problems == []


def test_names_of_no_question_are_not_read(read: Callable[..., Questionnaire]) -> None:
    reading = first(read(AGE), age="30", weight="9", completed_at="x")
    assert reading.answers == {"age": 30}


def test_checks_hard_and_soft(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, WORK, more=SOFT)
    assert said(first(questionnaire, age="70", work="60")) == [("check_failed", "work", True)]
    assert said(first(questionnaire, age="12", work="5")) == [("check_failed", "age", False)]
    failed = first(questionnaire, age="12", work="5").problems[0]
    assert (failed.check_name, failed.values) == ("start.2", {"text": {"en": "Too young, {age}"}})
    assert said(first(questionnaire, age="70", work="49")) == []


def test_an_unknown_check_passes(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, WORK, more=SOFT)
    assert said(first(questionnaire, age="70")) == []
    assert said(first(questionnaire, age="500", work="60")) == [
        ("number_range", "age", False),
        ("check_failed", "work", True),
    ]


def test_a_check_waits_for_the_last_answer_it_needs(read: Callable[..., Questionnaire]) -> None:
    """It would be false too early: nothing of the second page can be answered on the first."""
    other = "{name: other, type: text, ask_if: 'not (\"a\" in used)', text: Q}"
    questionnaire = read(
        USED, AGE, other, more="    checks: [{check: answered(other) or count(used) > 1, text: Say more}]\n"
    )
    one, two = pages(questionnaire)
    assert said(posted(questionnaire, one, {"used": Raw(("2",)), "age": Raw(("5",))})) == []
    known: dict[str, object] = {"used": (2,), "age": 5}
    assert said(posted(questionnaire, two, {}, known)) == [("check_failed", "other", False)]
    assert said(posted(questionnaire, two, sent(other="x"), known)) == []


def test_a_check_is_made_at_once_where_the_rest_is_not_asked(read: Callable[..., Questionnaire]) -> None:
    other = "{name: other, type: text, ask_if: count(used) > 0, text: Q}"
    questionnaire = read(
        USED, AGE, other, more="    checks: [{check: answered(other) or answered(used), text: X}]\n"
    )
    one = pages(questionnaire)[0]
    assert said(posted(questionnaire, one, sent(age="5"))) == [("check_failed", "used", False)]
    assert said(posted(questionnaire, one, {"age": Raw(("5",)), "used": Raw(("1",))})) == []


def test_a_check_is_made_when_the_way_turns_out_to_leave_its_question_out(
    read: Callable[..., Questionnaire],
) -> None:
    """On the first page it is open whether the third will come; after the second it is not."""
    more = "    checks: [{check: answered(last) or age > 17, text: X}]\n"
    questionnaire = read(
        AGE,
        "{name: turn, type: number, ask_if: age < 18, text: Q}",
        "{name: last, type: text, ask_if: turn > 5, text: Q}",
        more=more,
    )
    one, two, three = pages(questionnaire)
    assert said(posted(questionnaire, one, sent(age="12"))) == []
    assert said(posted(questionnaire, two, sent(turn="9"), {"age": 12})) == []
    assert [code for code, _, _ in said(posted(questionnaire, two, sent(turn="3"), {"age": 12}))] == [
        "check_failed"
    ]
    known: dict[str, object] = {"age": 12, "turn": 9}
    assert said(posted(questionnaire, three, {}, known)) == [("check_failed", "last", False)]
    assert said(posted(questionnaire, three, sent(last="x"), known)) == []


def test_a_check_of_what_is_not_asked_is_not_made(read: Callable[..., Questionnaire]) -> None:
    more = "    checks: [{check: answered(last), text: X}]\n"
    questionnaire = read(AGE, "{name: last, type: text, ask_if: age > 17, text: Q}", more=more)
    assert said(posted(questionnaire, pages(questionnaire)[0], sent(age="12"))) == []


def test_a_check_of_a_computed_value(read: Callable[..., Questionnaire]) -> None:
    """It is made where its sources are asked, and says so there, for the value itself is never shown."""
    questionnaire = read(USED, WAYS, more="    checks: [{check: ways < 2, text: Too many}]\n")
    both = posted(questionnaire, pages(questionnaire)[0], {"used": Raw(("1", "2"))})
    assert said(both) == [("check_failed", "used", False)]
    assert both.answers == {"used": (1, 2)}
    assert said(posted(questionnaire, pages(questionnaire)[0], {"used": Raw(("1",))})) == []


def test_pages_shown_as_one_are_checked_as_one(read: Callable[..., Questionnaire]) -> None:
    other = "{name: other, type: text, ask_if: count(used) > 0, text: Q}"
    questionnaire = read(USED, other, more="    checks: [{check: answered(other), text: X}]\n")
    cut = pages(questionnaire)
    whole: Sequence[Page] = together(cut, cut[0])
    assert len(whole) == 2
    reading = PageReading(questionnaire, {}, 0)
    shown = [question for page in whole for question in page.questions]
    for question in shown:
        reading.read(question, {"used": Raw(("1",))})
    reading.end(cut[0].section, shown)
    assert said(reading) == [("check_failed", "other", False)]


def test_lots_are_kept_with_the_page(read: Callable[..., Questionnaire]) -> None:
    order = "{name: pair, type: pair, text: Q, choices: [{code: 1, name: a, text: A}, {code: 2, name: b, text: B}]}"
    questionnaire = read(order, AGE, more="    order: random\n")
    shown = set()
    for seed in range(20):
        reading = PageReading(questionnaire, {}, seed)
        for question in questionnaire.questions:
            reading.read(question, {**sent(age="5", pair="1"), "pair.order": Raw(("9",))})
        reading.end(questionnaire.sections[0], questionnaire.questions)
        assert set(reading.answers) == {"age", "pair", "pair.order", "start.order"}
        shown.add((reading.answers["pair.order"], reading.answers["start.order"]))
    assert shown == {(pair, section) for pair in ((1, 2), (2, 1)) for section in ((1, 2), (2, 1))}


@pytest.mark.parametrize(
    ("check", "code", "words"),
    [
        (
            "{check: age > 17, at: agee, text: X}",
            "question-unknown",
            'no question "agee"; known questions: age, work',
        ),
        (
            "{check: age > 17, at: ways, text: X}",
            "question-unknown",
            'no question "ways"; known questions: age, work',
        ),
        ("{check: 1 == 1, text: X}", "key-missing", 'the key "at" is missing'),
        ("{check: age, text: X}", "condition-kind", "`age` in `age` is neither true nor false"),
        ("{check: later > 1, text: X}", "name-unknown", 'no question "later"'),
        ("{check: age > 17, text: '{later}'}", "pipe-unknown", 'names the question "later"'),
        ("{check: age > 17, hard: true, text: X}", "key-unknown", 'unknown key "hard"'),
    ],
)
def test_an_author_is_told(problems: Callable[..., list[object]], check: str, code: str, words: str) -> None:
    late = "  - {name: last, title: T, questions: [{name: later, type: number, text: Q}]}\n"
    found = problems(
        AGE, WORK, "{name: ways, type: computed, value: age}", more=f"    checks: [{check}]\n{late}"
    )
    assert [problem.code for problem in found] == [code], found  # type: ignore[attr-defined]
    assert str(found[0]).startswith("questionnaire.yaml:10: ")
    assert words in str(found[0]), str(found[0])


def test_a_message_stands_in_its_own_section(told: Callable[..., None]) -> None:
    late = (
        "  - name: last\n    title: T\n    questions: [{name: later, type: number, text: Q}]\n"
        "    checks: [{check: age > 17, text: X}]\n"
    )
    told("key-missing", 11, 'the key "at" is missing', AGE, more=late)
    at = late.replace("age > 17", "age > 17, at: age")
    told("question-unknown", 11, 'no question "age"; known questions: later', AGE, more=at)
