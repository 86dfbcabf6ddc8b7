"""Which of two is preferred."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Order, Question
from questionnaires.personal import as_seen

SIDE = "{{code: {n}, name: s{n}, text: S}}"


def pair(sides: int, more: str = "") -> str:
    choices = [SIDE.format(n=n) for n in range(1, sides + 1)]
    return "{name: q, type: pair, text: Q, choices: [" + ", ".join(choices) + more + "]}"


@pytest.mark.parametrize("sides", [1, 3])
def test_a_pair_has_two_sides(told: Callable[..., None], sides: int) -> None:
    told("pair-two", 7, f"a pair has {sides} sides; give it exactly two", pair(sides))


def test_no_difference_stands_apart(told: Callable[..., None], one: Callable[[str], Question]) -> None:
    told("pair-two", 7, "mark the others `apart: true`", pair(2, ", {code: 9, text: Same}"))
    question = one(pair(2, ", {code: 9, apart: true, text: Same}"))
    assert question.order is Order.RANDOM
    seen = {tuple(c.code for c in as_seen(question, {}, seed).choices) for seed in range(20)}
    assert seen == {(1, 2, 9), (2, 1, 9)}


def test_the_sides_may_keep_their_places(one: Callable[[str], Question]) -> None:
    question = one(pair(2).replace("type: pair", "type: pair, order: written"))
    assert {tuple(c.code for c in as_seen(question, {}, seed).choices) for seed in range(20)} == {(1, 2)}
    assert question.parts == ()
