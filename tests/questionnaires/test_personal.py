"""What one person sees: filtered choices, random orders that can be made again, drawn by fair lots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.lots import heads, lot, seed_of, shuffled
from questionnaires.model import Order, Questionnaire
from questionnaires.personal import as_seen, block_order, draw, section_draws, seen_choices, seen_order

SEEDS = range(4000)
FIVE = (
    "{name: channel, type: single, order: random, text: Q, choices: [{code: 1, name: a, text: A}, "
    "{code: 2, name: b, text: B}, {code: 3, name: c, fixed: true, text: C}, {code: 4, name: d, text: D}, "
    "{code: 9, name: other, write: true, text: O}]}"
)
BLOCKS = """
  - {name: x, block: pairs, title: T, questions: [{name: qx, type: number, text: Q}]}
  - {name: y, block: pairs, title: T, questions: [{name: qy, type: number, text: Q}]}
  - {name: z, block: pairs, title: T, questions: [{name: qz, type: number, text: Q}]}
  - name: last
    title: T
    order: random
    questions: [{name: m, type: number, text: Q}, {name: n, type: number, text: Q}, {name: o, type: text, text: Q}]
""".lstrip("\n")


def nearly_equal(counts: Iterable[int], expected: float) -> bool:
    """Six standard deviations of a share of the seeds: hardly ever by chance, far below any unfairness."""
    share = expected / len(SEEDS)
    spread = 6 * (len(SEEDS) * share * (1 - share)) ** 0.5
    return all(abs(count - expected) < spread for count in counts)


def test_every_person_sees_a_permutation(read: Callable[..., Questionnaire]) -> None:
    channel = read(FIVE).questions[0]
    seen = Counter(tuple(choice.code for choice in as_seen(channel, {}, seed).choices) for seed in SEEDS)
    assert {tuple(sorted(order)) for order in seen} == {(1, 2, 3, 4, 9)}
    assert {(order[2], order[4]) for order in seen} == {(3, 9)}
    assert len(seen) == 6
    assert nearly_equal(seen.values(), 4000 / 6)
    for place in (0, 1, 3):
        assert nearly_equal(Counter(order[place] for order in seen.elements()).values(), 4000 / 3)


def test_the_same_seed_is_the_same_order(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(FIVE)
    channel, order = questionnaire.questions[0], questionnaire.question("channel.order")
    for seed in range(50):
        codes = tuple(choice.code for choice in as_seen(channel, {}, seed).choices)
        assert as_seen(channel, {}, seed) == as_seen(channel, {}, seed)
        assert draw(channel, order, {}, seed) == codes


def test_orders_stay_the_same_in_every_later_version() -> None:
    """These were drawn once; a change would turn stored orders into nonsense."""
    assert seed_of("response") == 6676868419829098260
    assert "".join(shuffled("abcdefgh", str, 7, "q")) == "badfgceh"
    assert [heads(seed, "flipped") for seed in range(8)] == [True, False, *[True] * 5, False]


def test_leaving_a_choice_out_moves_no_other(read: Callable[..., Questionnaire]) -> None:
    filtered = FIVE.replace("{code: 2,", "{code: 2, offer_if: age > 5,")
    channel = read("{name: age, type: number, text: Q}", filtered).question("channel")
    for seed in range(100):
        every = [c.code for c in as_seen(channel, {"age": 6}, seed).choices if not c.keeps_place]
        fewer = [c.code for c in as_seen(channel, {"age": 5}, seed).choices if not c.keeps_place]
        assert sorted(every) == [1, 2, 4]
        assert fewer == [code for code in every if code != 2]
        assert as_seen(channel, {}, seed) == as_seen(channel, {"age": 5}, seed)  # unknown is not true


def test_the_order_that_is_stored_is_of_what_was_offered(read: Callable[..., Questionnaire]) -> None:
    filtered = FIVE.replace("{code: 2,", "{code: 2, offer_if: age > 5,")
    questionnaire = read("{name: age, type: number, text: Q}", filtered)
    channel, order = questionnaire.question("channel"), questionnaire.question("channel.order")
    assert 2 not in draw(channel, order, {"age": 5}, 1)  # type: ignore[operator]
    assert 2 in draw(channel, order, {"age": 6}, 1)  # type: ignore[operator]


def test_a_question_without_anything_personal_is_itself(read: Callable[..., Questionnaire]) -> None:
    age = read("{name: age, type: number, minimum: 5, text: Q}").questions[0]
    assert as_seen(age, {}, 3) is age


def test_flipped_for_half_and_everything_alike(read: Callable[..., Questionnaire]) -> None:
    choices = "choices: [{{code: 1, text: A}}, {{code: 2, text: B}}]"
    line = "{{name: {name}, type: scale, order: flipped, text: Q, " + choices + "}}"
    one, two = read(line.format(name="one"), line.format(name="two")).questions
    turned = [as_seen(one, {}, seed).choices[0].code == 2 for seed in SEEDS]
    assert turned == [as_seen(two, {}, seed).choices[0].code == 2 for seed in SEEDS]
    assert nearly_equal([sum(turned)], 2000)


def test_neighbouring_questions_are_shuffled_apart(read: Callable[..., Questionnaire]) -> None:
    """Two questions with the same choices have orders that know nothing of each other."""
    one, two = read(FIVE, FIVE.replace("name: channel", "name: again")).questions
    pairs = Counter((as_seen(one, {}, s).choices[0].code, as_seen(two, {}, s).choices[0].code) for s in SEEDS)
    assert len(pairs) == 9
    assert nearly_equal(pairs.values(), 4000 / 9)


def test_blocks_and_sections(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read("{name: age, type: number, text: Q}", more=BLOCKS)
    start, x, _y, _z, last = questionnaire.sections
    orders = Counter(tuple(section.name for section in block_order(questionnaire, seed)) for seed in SEEDS)
    assert len(orders) == 6
    assert {(order[0], order[4]) for order in orders} == {("start", "last")}
    assert nearly_equal(orders.values(), 4000 / 6)
    shown = Counter(tuple(question.name for question in seen_order(last, seed)) for seed in SEEDS)
    assert len(shown) == 6
    assert nearly_equal(shown.values(), 4000 / 6)
    assert seen_order(start, 1) == start.questions
    for seed in range(50):
        names = [section.name for section in block_order(questionnaire, seed)]
        assert section_draws(questionnaire, x, seed) == {"x.place": names.index("x")}
        codes = {"m": 1, "n": 2, "o": 3}
        drawn = tuple(codes[question.name] for question in seen_order(last, seed))
        assert section_draws(questionnaire, last, seed) == {"last.order": drawn}
        assert section_draws(questionnaire, start, seed) == {}


def test_two_blocks_side_by_side_stay_two(read: Callable[..., Questionnaire]) -> None:
    second = BLOCKS.replace("pairs", "more").replace("name: x,", "name: u,").replace("name: y,", "name: v,")
    second = (
        second.replace("name: z,", "name: w,").replace("name: q", "name: r").partition("  - name: last")[0]
    )
    questionnaire = read(
        "{name: age, type: number, text: Q}", more=BLOCKS.partition("  - name: last")[0] + second
    )
    for seed in range(50):
        names = [section.name for section in block_order(questionnaire, seed)]
        assert (set(names[1:4]), set(names[4:])) == ({"x", "y", "z"}, {"u", "v", "w"})


def test_seeds_of_responses() -> None:
    seeds = [seed_of(str(n)) for n in range(2000)]
    assert len(set(seeds)) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert seed_of("a") == seed_of("a")
    assert nearly_equal([2 * sum(seed % 2 for seed in seeds)], 2000)


FIVE_READ, _ = read_questionnaire(
    "q.yaml",
    b"name: x\nlanguages: [en]\nsections:\n  - name: s\n    title: T\n    questions:\n      - "
    + FIVE.encode(),
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.integers(0, 2**63 - 1), st.sampled_from(list(Order)), st.text(max_size=5))
def test_no_order_loses_or_adds_a_choice(seed: int, order: Order, about: str) -> None:
    assert FIVE_READ is not None
    choices = FIVE_READ.questions[0].choices
    seen = seen_choices(choices, order, about, {}, seed)
    assert sorted(seen, key=lambda c: c.code) == sorted(choices, key=lambda c: c.code)
    assert all(seen[n] is choice for n, choice in enumerate(choices) if choice.keeps_place)
    if order in (Order.WRITTEN, Order.ALPHABET):
        assert seen == choices


@pytest.mark.parametrize("about", ["", "q", "ґ"])
def test_coins_and_lots_are_fair(about: str) -> None:
    assert nearly_equal([sum(heads(seed, about) for seed in SEEDS)], 2000)
    assert nearly_equal(Counter(lot(seed, "level", about) % 4 for seed in SEEDS).values(), 1000)
