"""One of many: countries, or a list of one's own."""

from __future__ import annotations

from collections.abc import Callable

from questionnaires.model import Order, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw, read_answer
from questionnaires.texts import NO_COUNTRIES, alphabetical

COUNTRY = "{name: country, type: list, text: {en: Q, uk: Q, ru: Q}, choices: countries}"


def test_countries(read: Callable[..., Questionnaire]) -> None:
    country = read(COUNTRY, languages="en, uk, ru").question("country")
    by_name = {choice.name: choice for choice in country.choices}
    assert by_name["ua"].text == {"en": "Ukraine", "uk": "Україна", "ru": "Украина"}
    assert by_name["ua"].code == 26 * 20 + 0
    assert 240 < len(by_name) < 270
    assert len({choice.code for choice in country.choices}) == len(by_name)
    assert not {code.lower() for code in NO_COUNTRIES} & set(by_name)
    assert read_answer(country, Raw(("520",))) == 520
    assert isinstance(read_answer(country, Raw(("675",))), AnswerProblem)  # ZZ


def test_a_list_keeps_its_order_until_a_language_is_chosen(read: Callable[..., Questionnaire]) -> None:
    country = read(COUNTRY, languages="en, uk, ru").question("country")
    assert country.order is Order.ALPHABET
    assert as_seen(country, {}, 7) is country
    assert country.parts == ()


def test_the_alphabet_is_that_of_the_language() -> None:
    ukrainian = ["Ґана", "Єгипет", "Ірак", "Їжак", "Йорданія", "Гана", "Іран", "Ефіопія", "Жак", "Зет"]
    assert sorted(ukrainian, key=lambda word: alphabetical(word, "uk")) == [
        "Гана", "Ґана", "Ефіопія", "Єгипет", "Жак", "Зет", "Ірак", "Іран", "Їжак", "Йорданія",
    ]  # fmt: skip
    assert sorted(["Zaire", "Åland", "Austria"], key=lambda word: alphabetical(word, "en"))[0] == "Åland"


def test_an_own_list_may_be_filtered_and_fixed(read: Callable[..., Questionnaire]) -> None:
    own = "{name: city, type: list, text: Q, choices: [{code: 1, text: A}, {code: 2, offer_if: age > 5, text: B}]}"
    city = read("{name: age, type: number, text: Q}", own).question("city")
    assert [c.code for c in as_seen(city, {}, 0).choices] == [1]
    assert [c.code for c in as_seen(city, {"age": 6}, 0).choices] == [1, 2]
