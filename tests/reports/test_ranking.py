"""Which differences survive, against cases worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose, sqrt

from analysis.estimate import Estimate
from reports.ranking import difference, none_differ, spread, standing

Maker = Callable[..., Estimate]


def test_two_answers_of_the_same_people_have_a_wider_difference(estimated: Maker) -> None:
    phone, email = estimated(0.31, 1000), estimated(0.23, 1000)
    gap = difference(phone, email, same_people=True)
    error = sqrt((0.31 + 0.23 - (0.31 - 0.23) ** 2) / 1000)  # multinomial, by hand
    assert isclose(gap.value, 0.08)
    assert isclose(gap.high - gap.value, 1.9623 * error, rel_tol=1e-3)  # t on 999 degrees of freedom
    apart = difference(phone, email, same_people=False)
    assert apart.high - apart.low < gap.high - gap.low


def test_more_comparisons_ask_for_more(estimated: Maker) -> None:
    one, other = estimated(0.31, 400), estimated(0.23, 400)
    alone = difference(one, other, same_people=False)
    among = difference(one, other, same_people=False, comparisons=15)
    assert alone.clear and not among.clear


def test_a_clear_first_place(estimated: Maker) -> None:
    answers = [estimated(p, 2030, choice=name) for name, p in (("a", 0.23), ("b", 0.31), ("c", 0.22))]
    where = standing(answers, same_people=True)
    assert where is not None and where.clear
    assert (where.first.choice, where.next.choice) == ("b", "a")


def test_a_tie_names_all_that_are_level(estimated: Maker) -> None:
    answers = [
        estimated(p, 300, choice=name) for name, p in (("a", 0.30), ("b", 0.29), ("c", 0.27), ("d", 0.05))
    ]
    where = standing(answers, same_people=True)
    assert where is not None and not where.clear
    assert [e.choice for e in where.level] == ["b", "c"]


def test_small_bases_are_not_ranked(estimated: Maker) -> None:
    assert standing([estimated(0.9, 20), estimated(0.1, 500)], same_people=False) is None
    assert standing([], same_people=False) is None


def test_the_spread_of_groups(estimated: Maker) -> None:
    groups = [estimated(p, 300, segment=name) for name, p in (("a", 0.14), ("b", 0.45), ("c", 0.49))]
    found = spread(groups, same_people=False)
    assert found is not None and [e.segment for e in found] == ["a", "c"]
    level = [estimated(p, 300, segment=name) for name, p in (("a", 0.45), ("b", 0.47), ("c", 0.49))]
    assert spread(level, same_people=False) is None


def test_an_unreliable_group_is_tested_too(estimated: Maker) -> None:
    groups = [estimated(p, 400, segment=name) for name, p in (("a", 0.60), ("b", 0.28))]
    near = standing([*groups, estimated(0.55, 20, segment="c")], same_people=False)
    assert near is not None and not near.clear and [e.segment for e in near.level] == ["c"]
    above = standing([*groups, estimated(0.95, 20, segment="c")], same_people=False)
    assert above is not None and not above.clear and above.first.segment == "a"
    below = standing([*groups, estimated(0.05, 20, segment="c")], same_people=False)
    assert below is not None and below.clear and len(below.others) == 2
    nobody = standing([*groups, estimated(0.0, 12, segment="c")], same_people=False)
    assert nobody is not None and nobody.clear
    hidden = standing([*groups, estimated(0.95, 9, segment="c")], same_people=False)
    assert hidden is not None and hidden.clear and len(hidden.others) == 1


def test_none_of_a_few_is_not_clearly_below(estimated: Maker) -> None:
    groups = [estimated(0.20, 400, segment="a"), estimated(0.08, 400, segment="b")]
    where = standing([*groups, estimated(0.0, 12, segment="c")], same_people=False)
    assert where is not None and [e.segment for e in where.level] == ["c"]


def test_answers_that_nobody_chose_cost_no_comparison(estimated: Maker) -> None:
    pair = [estimated(0.31, 300, choice="a"), estimated(0.21, 300, choice="b")]
    without = standing(pair, same_people=True)
    zeros = [estimated(0.0, 300, choice=f"zero {n}") for n in range(12)]
    among = standing([*pair, *zeros], same_people=True)
    assert without is not None and among is not None
    assert without.clear and among.clear and among.difference == without.difference


def test_none_differ_only_if_all_were_tested(estimated: Maker) -> None:
    level = [estimated(p, 300, segment=name) for name, p in (("a", 0.33), ("b", 0.35))]
    assert none_differ(level, same_people=False)
    assert none_differ([*level, estimated(0.4, 20)], same_people=False)
    assert not none_differ([*level, estimated(0.4, 9)], same_people=False)
    assert not none_differ([*level, estimated(None, 0)], same_people=False)
    assert not none_differ([*level, estimated(0.95, 20)], same_people=False)
