"""The condition language: what it reads, what it refuses, and what the unanswered mean in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.expressions import SPECIAL, ExpressionFault, choice_codes, evaluate, minutes, names, parse
from questionnaires.study import Study

DONT_KNOW = SPECIAL["dont_know"]


def value(small: Study, text: str, **answers: object) -> object:
    return evaluate(parse(text, {q.name: q for q in small.questionnaire}), answers)


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ('channel in group("online")', {"channel": 2}, True),
        ('channel in group("online")', {"channel": 8}, False),
        ('channel in group("online")', {}, None),
        ('not (channel in group("online"))', {}, None),
        ('channel not in ["phone"]', {"channel": 1}, True),
        ('channel == "phone"', {"channel": 8}, True),
        ("channel == 8", {"channel": 8}, True),
        ("age >= 24 and age <= 34", {"age": 34}, True),
        ("24 <= age <= 34", {"age": 35}, False),
        ("age >= 24 and age <= 34", {}, None),
        ("age < 30 or channel == 8", {"channel": 8}, True),
        ("age < 30 or channel == 8", {"channel": 1}, None),
        ("age < 30 and channel == 8", {"channel": 1}, False),
        ("age / 0 > 1", {"age": 40}, None),
        ("age - 50 < 0", {"age": 47}, True),
        ("-age < 0", {"age": 47}, True),
        ('"email" in used', {"used": (1, 2)}, True),
        ('"none" in used', {"used": (1,)}, False),
        ('"none" in used', {}, None),
        ("count(used) >= 2", {"used": (1, 2)}, True),
        ("count(used) == 0", {}, True),
        ("answered(age)", {}, False),
        ("answered(age)", {"age": DONT_KNOW}, True),
        ("first(age, 18) == 18", {}, True),
        ("first(age, 18) == 18", {"age": 40}, False),
        ("age > 18", {"age": DONT_KNOW}, None),
        ('platform == "dont_know"', {"platform": DONT_KNOW}, True),
        ('platform != "facebook"', {"platform": DONT_KNOW}, True),
    ],
)
def test_value(small: Study, text: str, answers: dict[str, object], expected: object) -> None:
    assert value(small, text, **answers) is expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("age >", "expression-syntax"),
        ("", "expression-syntax"),
        ("__import__('os')", "expression-unknown"),
        ("age.real > 1", "expression-unknown"),
        ("age ** 9 > 1", "expression-unknown"),
        ("[x for x in used]", "expression-unknown"),
        ("answered(age, channel)", "expression-unknown"),
        ("ages > 1", "name-unknown"),
        ('channel == "fax"', "choice-unknown"),
        ("channel == 99", "choice-unknown"),
        ('channel in group("offline")', "group-unknown"),
        ("(" * 100 + "age" + ")" * 100 + " > " + "1 + " * 700 + "1", "expression-long"),
        ("not " * 60 + "age > 1", "expression-long"),
    ],
)
def test_refuses(small: Study, text: str, code: str) -> None:
    with pytest.raises(ExpressionFault) as fault:
        value(small, text)
    assert fault.value.code == code


def test_names(small: Study) -> None:
    questions = {q.name: q for q in small.questionnaire}
    tree = parse('age > 18 and (count(used) > first(age, 3) or not channel in group("online"))', questions)
    assert names(tree) == {"age", "used", "channel"}


def test_choice_codes(small: Study) -> None:
    wait = small.questionnaire.question("wait")
    assert choice_codes('group("online")', small.questionnaire.question("channel")) == (1, 2)
    assert choice_codes(["phone", "chat"], small.questionnaire.question("channel")) == (8, 2)
    assert choice_codes('within("1 h")', wait) == (1, 2)
    assert choice_codes('within("60 min")', wait) == (1, 2)
    with pytest.raises(ExpressionFault):
        choice_codes('within("2 h")', wait)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 min", 15),
        ("1 h", 60),
        ("3 days", 4320),
        ("1.5 h", 90),
        ("soon", None),
        ("15", None),
        ("min", None),
    ],
)
def test_minutes(text: str, expected: float | None) -> None:
    assert minutes(text) == expected


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from([True, False, None]), st.sampled_from([True, False, None]))
def test_kleene(left: bool | None, right: bool | None) -> None:
    """and, or, not are those of Kleene's strong logic: unknown as a number between false and true."""
    number = {True: 1.0, None: 0.5, False: 0.0}
    back = {1.0: True, 0.5: None, 0.0: False}
    trees = [("value", side) if side is not None else ("answer", "nobody") for side in (left, right)]
    assert evaluate(("and", *trees), {}) is back[min(number[left], number[right])]
    assert evaluate(("or", *trees), {}) is back[max(number[left], number[right])]
    assert evaluate(("not", trees[0]), {}) is back[1 - number[left]]
