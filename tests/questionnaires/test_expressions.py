"""The condition language: what it reads, what it refuses, and what the unanswered mean in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.expressions import (
    SPECIAL,
    ExpressionFault,
    choice_codes,
    evaluate,
    from_data,
    minutes,
    names,
    parse,
    parse_condition,
    to_data,
)
from questionnaires.problems import CATALOGUE, Place, Problem
from questionnaires.study import Study

DONT_KNOW = SPECIAL["dont_know"]


@dataclass(frozen=True)
class Plain:
    """As much of a question as an expression sees."""

    name: str
    type: str
    choices: tuple[SimpleNamespace, ...] = ()
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


CHOICES = tuple(
    SimpleNamespace(code=code, name=name) for code, name in enumerate(("phone", "post", "shop"), 1)
)
EVERY = {
    question.name: question
    for question in (
        Plain("age", "number"),
        Plain("born", "date"),
        Plain("comment", "text"),
        Plain("channel", "single", CHOICES, {"written": (2,)}),
        Plain("channel.other", "text"),
        Plain("rating.phone", "scale", CHOICES),
        Plain("used", "several", CHOICES, {"written": (2,)}),
        Plain("rank", "ranking", CHOICES),
        Plain("total", "computed"),
        Plain("constructor", "number"),
    )
}


def worth(text: str, **answers: object) -> object:
    """The value of an expression over one question of every kind; a dot in a name is written __."""
    return evaluate(parse(text, EVERY), {name.replace("__", "."): answer for name, answer in answers.items()})


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
        ("age.real > 1", "name-unknown"),
        ("().real > 1", "expression-unknown"),
        ("age > 1e999", "expression-unknown"),
        ('age == "old"', "choice-unknown"),
        ("age > " + "9" * 400, "expression-unknown"),
        ("age > 1j", "expression-unknown"),
        ("age is 1", "expression-unknown"),
        ("channel == True", "choice-unknown"),
        ('wait < "dont_know"', "number-kind"),
        ('"like" in comment', "expression-unknown"),
        ('comment == "\\ud800"', "expression-unknown"),
        ("age and channel == 8", "condition-kind"),
        ("age > 1 or comment", "condition-kind"),
        ("not used", "condition-kind"),
        ('used == "email"', "set-compared"),
        ("used < 3 < age", "set-compared"),
        ("age < used", "set-compared"),
        ("used + 1 > 2", "set-compared"),
        ("-used < 0", "set-compared"),
        ("comment + 1 > 2", "number-kind"),
        ("(age > 1) * 2 > 2", "number-kind"),
        ('comment < "b"', "number-kind"),
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
    what, remedy = CATALOGUE[code]
    assert str(Problem(code, Place("x.yaml"), fault.value.values)) == (
        f"x.yaml: {what.format(**fault.value.values)}; {remedy.format(**fault.value.values)}"
    )


@pytest.mark.parametrize("text", ["age", "age + 1", "channel", "comment", "used", '"yes"', "1", "count(used)",
                                  "first(rank, 0)", "first(age, 18)"])  # fmt: skip
def test_a_condition_is_a_truth(text: str) -> None:
    parse(text, EVERY)
    with pytest.raises(ExpressionFault) as fault:
        parse_condition(text, EVERY)
    assert (fault.value.code, fault.value.values["part"]) == ("condition-kind", text)


@pytest.mark.parametrize("text", ["age > 1", "not answered(age)", "total", "True", '"phone" in used'])
def test_what_may_be_a_truth_is_a_condition(text: str) -> None:
    assert parse_condition(text, EVERY) == parse(text, EVERY)


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ('rating.phone == "post"', {"rating__phone": 2}, True),
        ("rating.phone < 3", {}, None),
        ('channel.other == "a pigeon"', {"channel__other": "a pigeon"}, True),
        ('channel.other in ["fax", "pigeon"]', {"channel__other": "fax"}, True),
        ("answered(channel.other)", {"channel__other": "fax"}, True),
        ('first(rank, 0) == "post"', {"rank": (2, 1)}, True),
        ('"post" == first(rank, 0)', {"rank": (1, 2)}, False),
        ('first(rank, "shop") == "shop"', {}, True),
        ('first(channel.other, "fax") == "fax"', {}, True),
        ('"shop" in rank', {"rank": (2, 1)}, False),
        ("count(rank) == 2", {"rank": (2, 1)}, True),
        ('used in group("written")', {"used": (1, 2)}, True),
        ('"dont_know" in used', {"used": DONT_KNOW}, True),
        ('"phone" in used', {"used": DONT_KNOW}, False),
        ('born == "1980-05-17"', {"born": 19800517}, True),
        ('born < "1980-05"', {"born": 19800400}, True),
        ('born >= "1980"', {"born": 19800101}, True),
        ("born >= 19800500", {"born": 19800517}, True),
        ('born in ["1980", "1981"]', {"born": 19810000}, True),
        ("age > -1", {"age": 0}, True),
        # like with like
        ('age == channel.other', {"age": 1, "channel__other": "1"}, False),
        ('age != channel.other', {"age": 1, "channel__other": "1"}, True),
        ("total == 1", {"total": True}, False),
        ("total == True", {"total": True}, True),
        ("total == True", {"total": 1}, False),
        ("total == comment", {"total": (1, 2), "comment": "yes"}, None),
        ("total > 1", {"total": "2"}, None),
        ("total > 0", {"total": True}, None),
        # only true and false are truths
        ("total and age > 1", {"total": 0, "age": 5}, None),
        ("total or age > 1", {"total": 1, "age": 0}, None),
        ("not total", {"total": 0}, None),
        ("not total", {"total": False}, True),
        # doubles
        ("age * age == age", {"age": 1e200}, None),
        ("age * age - age * age == 0", {"age": 1e200}, None),
        ("age > 1", {"age": float("nan")}, None),
        ("answered(age)", {"age": float("inf")}, False),
        ("age > 1", {"age": 10**400}, None),
        ("age == 9007199254740993", {"age": 9007199254740992}, True),
        ("age / (constructor - constructor) > 0", {"age": 1, "constructor": 5}, None),
        ("constructor > 1", {}, None),
    ],
)  # fmt: skip
def test_rules(text: str, answers: dict[str, object], expected: object) -> None:
    assert worth(text, **answers) is expected


@pytest.mark.parametrize("constant", ['"1980-13"', '"1980-02-30"', '"80"', '"May 1980"', '"1980-00"', '"0000"',
                                      '"1980-05-00"', "1980", "19801300", "1980.5", "19800015", "True"])  # fmt: skip
def test_a_date_that_is_none(constant: str) -> None:
    with pytest.raises(ExpressionFault) as fault:
        parse(f"born > {constant}", EVERY)
    assert fault.value.code == "date-constant"


def test_the_remedy_for_a_set_names_one_of_its_choices() -> None:
    with pytest.raises(ExpressionFault) as fault:
        parse('age > 1 and used == "post"', EVERY)
    assert 'write `"phone" in used` or `count(used)`' in str(
        Problem(fault.value.code, Place("f"), fault.value.values)
    )


def test_a_chain_of_chains_does_not_double_at_each_level() -> None:
    text = "age"
    for _ in range(30):
        text = f"1 == ({text}) == 1"
    with pytest.raises(ExpressionFault) as fault:
        parse(text, EVERY)
    assert fault.value.code == "expression-long"


def test_a_computed_value_is_of_the_kind_of_what_it_is_computed_from() -> None:
    young = SimpleNamespace(
        name="young", type="computed", choices=(), groups={}, value=parse("age < 30", EVERY)
    )
    double = SimpleNamespace(
        name="double", type="computed", choices=(), groups={}, value=parse("age * 2", EVERY)
    )
    questions: dict[str, Any] = {**EVERY, "young": young, "double": double}
    assert evaluate(parse_condition("not young", questions), {"young": False}) is True
    parse_condition("double > 60", questions)
    for text, code in (("double", "condition-kind"), ("young * 2 > 1", "number-kind")):
        with pytest.raises(ExpressionFault) as fault:
            parse_condition(text, questions)
        assert fault.value.code == code
    assert choice_codes(["dont_know"], young) == (DONT_KNOW,)


def test_names(small: Study) -> None:
    questions = {q.name: q for q in small.questionnaire}
    tree = parse('age > 18 and (count(used) > first(age, 3) or not channel in group("online"))', questions)
    assert names(tree) == {"age", "used", "channel"}
    assert names(parse('channel.other in ["answer", "age"]', EVERY)) == {"channel.other"}


def test_a_tree_survives_json() -> None:
    tree = parse('channel.other in ["answer", "age"] or first(rank, "shop") == 2 and age - 1 > 0.1', EVERY)
    assert from_data(json.loads(json.dumps(to_data(tree)))) == tree


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


ATOMS = st.sampled_from(
    [*EVERY, "nobody", "True", "False", "0", "18", "1.5", "1e300", "19800101", '"phone"', '"dont_know"', '"1980-05"',
     '"x"', "count(used)", "first(rank, 0)", "answered(age)", "first(age, comment)", "first(used, 1 + 1)"]
)  # fmt: skip
OPERATIONS = st.sampled_from(
    [*"+-*/<>", "<=", ">=", "==", "!=", "and", "or", "in", "not in", "is", "**", "< 3 <", "== age !="]
)


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, parts, OPERATIONS, parts),
        st.builds("({})".format, parts),
        st.builds("not {}".format, parts),
        st.builds("-{}".format, parts),
        st.builds("{} in [{}, {}]".format, parts, parts, parts),
        st.builds('{} in group("{}")'.format, parts, st.sampled_from(["written", "none"])),
        st.builds('{} in within("{}")'.format, parts, st.sampled_from(["1 h", "nan min", "x"])),
        st.builds("first({}, {})".format, parts, parts),
    )


EXPRESSIONS = st.recursive(ATOMS, grown, max_leaves=12)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(),
    st.sampled_from(sorted(SPECIAL.values())),
    st.lists(st.integers(0, 4)).map(tuple),
)
ANSWERS = st.dictionaries(st.sampled_from(sorted(EVERY)), VALUES)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.text() | st.text("ageusdrnk .\"'()[]<>=+-*/,0123456789_\\\n\r\x0c#{}:@fb"), ANSWERS)
def test_any_text_is_read_or_refused(text: str, answers: dict[str, object]) -> None:
    read_or_refused(text, answers)


@settings(derandomize=True, max_examples=1500, deadline=None)
@given(EXPRESSIONS, ANSWERS)
def test_anything_like_an_expression_is_read_or_refused(text: str, answers: dict[str, object]) -> None:
    read_or_refused(text, answers)


def read_or_refused(text: str, answers: dict[str, object]) -> None:
    for reader in (parse, parse_condition):
        try:
            tree = reader(text, EVERY)
        except ExpressionFault as fault:
            str(Problem(fault.code, Place("x.yaml"), fault.values)).encode()
        else:
            value = evaluate(tree, answers)
            assert (
                reader is parse or value is None or isinstance(value, bool) or tree[0] in ("answer", "first")
            )
            assert from_data(to_data(tree)) == tree and names(tree) <= set(EVERY)
