"""Vignettes: factors drawn by lot, the drawn cell stored with the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from questionnaires.answers import PageReading
from questionnaires.codebook import columns
from questionnaires.model import Questionnaire
from questionnaires.personal import draws
from questionnaires.piping import filled
from questionnaires.question_types import Raw
from questionnaires.routing import on_path

FACTORS = (
    "factors: {speed: [{code: 5, name: fast, text: in an hour}, {code: 7, name: slow, text: in a week}], "
    "result: [{code: 1, name: good, text: helped}, {code: 2, name: bad, text: refused}, "
    "{code: 3, name: none, text: did nothing}]}"
)
SHOP = "{name: shop, type: vignette, text: 'They replied {speed} and {result}.', " + FACTORS + "}"


def test_the_cell_and_its_levels_agree(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(SHOP)
    assert [column.name for column in columns([questionnaire])] == ["shop", "shop.speed", "shop.result"]
    cells = {
        (found["shop"], found["shop.speed"], found["shop.result"])
        for found in (draws(questionnaire, seed) for seed in range(200))
    }
    assert cells == {(1, 5, 1), (2, 5, 2), (3, 5, 3), (4, 7, 1), (5, 7, 2), (6, 7, 3)}
    names = [choice.name for choice in questionnaire.question("shop").choices]
    assert names == ["fast_good", "fast_bad", "fast_none", "slow_good", "slow_bad", "slow_none"]
    assert questionnaire.question("shop").choices[1].text == {"en": "in an hour, refused"}


def test_every_cell_is_as_likely(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(SHOP)
    counts = Counter(draws(questionnaire, seed)["shop"] for seed in range(3000))
    assert set(counts) == set(range(1, 7))
    # Chi-square with 5 degrees of freedom: above 20.5 in one set of seeds of a thousand.
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 20.5


def test_what_is_posted_does_not_choose_the_cell(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(SHOP)
    shop = questionnaire.questions[0]
    for seed in range(10):
        reading = PageReading(questionnaire, {}, seed)
        assert reading.read(shop, {"shop": Raw(("1",)), "shop.speed": Raw(("5",))}) == []
        assert reading.answers == draws(questionnaire, seed)


def test_the_text_says_what_was_drawn(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(SHOP)
    text = questionnaire.question("shop").text["en"]
    assert (
        filled(text, "en", questionnaire, {"shop.speed": 7, "shop.result": 1})
        == "They replied in a week and helped."
    )


def test_a_later_question_may_depend_on_the_level(read: Callable[..., Questionnaire]) -> None:
    why = """{name: why, type: text, ask_if: 'shop.speed == "slow" and shop in [4]', text: 'Why {shop.speed}?'}"""
    questionnaire = read(SHOP, why)
    assert on_path(questionnaire, {"shop": 4, "shop.speed": 7})["why"] == -2
    assert on_path(questionnaire, {"shop": 1, "shop.speed": 5})["why"] == -1


def test_a_factor_named_like_a_question_is_the_factor_in_its_own_text(
    read: Callable[..., Questionnaire],
) -> None:
    speed = "{name: speed, type: number, text: Q}"
    questionnaire = read(speed, SHOP, "{name: after, type: text, text: 'You said {speed}'}")
    settled = {"speed": 3, "shop.speed": 5, "shop.result": 1}
    assert "replied in an hour" in filled(
        questionnaire.question("shop").text["en"], "en", questionnaire, settled
    )
    assert filled(questionnaire.question("after").text["en"], "en", questionnaire, settled) == "You said 3"


def many(factors: int, levels: int) -> str:
    level = ", ".join(f"{{code: {n}, name: l{n}, text: L}}" for n in range(levels))
    return f"{{name: v, type: vignette, text: T, factors: {{{', '.join(f'f{n}: [{level}]' for n in range(factors))}}}}}"


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        ("factor-levels", 'the factor "f0" has fewer than two levels; give it two or more', many(1, 1)),
        ("factor-cells", "the factors make 128 cells; keep them at 64 or fewer", many(7, 2)),
        ("factor-cells", "the factors make 10000000000 cells", many(10, 10)),
        ("pipe-unknown", 'names the question "spede"', SHOP.replace("{speed}", "{spede}")),
        ("type-key", 'takes no "offer_if"', SHOP.replace("code: 5,", "code: 5, offer_if: 1 == 1,")),
        ("type-key", 'takes no "write"', SHOP.replace("code: 5,", "code: 5, write: true,")),
        ("type-key", 'takes no "required"', SHOP.replace("type: v", "required: true, type: v")),
        ("type-needs", 'needs "factors"', "{name: v, type: vignette, text: T}"),
        ("name-form", '"Speed" is no name', SHOP.replace("{speed: ", "{Speed: ").replace("{speed}", "x")),
        ("choice-repeated", "the code 5 is used twice", SHOP.replace("code: 7", "code: 5")),
    ],
)
def test_an_author_is_told(told: Callable[..., None], code: str, words: str, line: str) -> None:
    told(code, 7, words, line)


def test_two_cells_have_two_names(told: Callable[..., None]) -> None:
    line = (
        SHOP.replace("name: slow", "name: fast_x")
        .replace("name: good", "name: x_good")
        .replace("name: bad", "name: good")
    )
    told("choice-repeated", 7, 'the name "fast_x_good" is used twice', line)


def test_sixty_four_cells_are_not_too_many(read: Callable[..., Questionnaire]) -> None:
    assert len(read(many(6, 2)).questions[0].choices) == 64
