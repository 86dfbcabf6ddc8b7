"""Which differences survive, against cases worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose, sqrt

from analysis.estimate import Estimate
from reports.ranking import difference, spread, standing

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
