"""A change on an earlier page may forbid what was answered later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.answers import first_invalid
from questionnaires.model import Answer, Missing, Questionnaire
from questionnaires.routing import pages

AGE = "{name: age, type: number, required: true, text: Q}"
LATER = """
  - name: second
    title: T
    questions:
      - {name: work, type: number, maximum: age, text: Q}
      - name: kind
        type: single
        ask_if: work > 0
        text: Q
        choices:
          - {code: 1, name: a, text: A}
          - {code: 2, name: b, offer_if: age > 17, text: B}
          - {code: 9, name: o, write: true, text: O}
    checks:
      - {check: work != 13, text: X}
      - {check: work < 50, soft: true, text: X}
  - name: third
    title: T
    questions:
      - name: ranks
        type: ranking
        text: Q
        choices: [{code: 1, name: a, text: A}, {code: 2, name: b, offer_if: age > 17, text: B}]
      - {name: born, type: date, text: Q}
      - {name: used, type: several, text: Q, choices: [{code: 1, name: a, text: A}]}
      - {name: ways, type: computed, value: count(used) + work}
    checks:
      - {check: ways != 41, at: used, text: X}
""".lstrip("\n")
VALID: dict[str, Answer] = {
    "age": 40, "work": 20, "kind": 2, "kind.o_text": "kept", "ranks": (1, 2), "born": 19860229 - 1, "used": (1,),
}  # fmt: skip


@pytest.fixture
def made(read: Callable[..., Questionnaire]) -> Questionnaire:
    return read(AGE, more=LATER)


def invalid(made: Questionnaire, **changed: Answer) -> str:
    page = first_invalid(made, pages(made), {**VALID, **changed}, 5)
    return page.name if page else ""


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        ({}, ""),
        ({"age": 30}, ""),
        ({"age": 19}, "second"),  # more years of work than of life
        ({"age": 17, "work": 5}, "second-2"),  # the choice is no longer offered
        ({"age": 17, "work": 5, "kind": 1}, "third"),  # nor is the one that was ranked
        ({"age": 17, "work": 5, "kind": 1, "ranks": (1,)}, ""),
        ({"work": 13}, "second"),
        ({"work": 39, "age": 60}, ""),
        ({"work": 40, "age": 60}, "third"),  # a check of a computed value: 40 + 1
        ({"work": 60, "age": 70}, ""),  # a soft check was seen and passed
        ({"age": Missing.NOT_ANSWERED}, "start"),
        ({"work": Missing.NOT_ANSWERED}, ""),
        ({"work": 0, "kind": 77}, ""),  # off the path, and so of no account
        ({"born": 20250229}, "third"),
        ({"kind.o_text": "x" * 300}, ""),
    ],
)
def test_first_invalid(made: Questionnaire, changed: dict[str, Answer], page: str) -> None:
    assert invalid(made, **changed) == page


def test_the_first_of_several(made: Questionnaire) -> None:
    assert invalid(made, age=17, work=13, ranks=(2, 1)) == "second"


def test_nothing_is_changed_by_looking(made: Questionnaire) -> None:
    answers = dict(VALID)
    first_invalid(made, pages(made), answers, 5)
    assert answers == VALID
