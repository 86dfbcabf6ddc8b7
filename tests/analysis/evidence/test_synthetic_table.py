"""Synthetic tables: exact shares in whole people, contradictions explained, bounds told, the mark kept."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.evidence.feasible import (
    CellShare,
    can_hold,
    cell_bounds,
    nearest,
    people_of,
    share_range,
    smallest_contradiction,
)
from analysis.evidence.marked import synthetic_reason
from analysis.evidence.stated import Stated, counts
from analysis.evidence.synthetic_table import SyntheticTable, TableFigure, synthetic_table
from analysis.files.formats import open_file
from analysis.problems import DataProblem

AGES = ("18-23", "24-34", "35-44", "45-54", "55-64", "65+")
AXES = {"age": AGES, "channel": ("online", "other")}
SHARES = (0.12, 0.18, 0.17, 0.19, 0.17, 0.17)
ONLINE = {"channel": ["online"]}
POPULATION = [
    TableFigure(age, Stated(share), {"age": [age]}, {}) for age, share in zip(AGES, SHARES, strict=True)
]
PUBLISHED = [
    TableFigure("online", Stated(0.34), ONLINE, {}),
    TableFigure("online 24-34", Stated(0.60), ONLINE, {"age": ["24-34"]}),
]


@pytest.fixture(scope="module")
def table() -> SyntheticTable:
    return synthetic_table(AXES, [*PUBLISHED, *POPULATION], 2030)


def test_every_share_prints_as_published(table: SyntheticTable) -> None:
    online = table.counts[:, 0]
    assert table.counts.sum() == 2030
    assert counts(Stated(0.34), 2030) == (681, 700)
    assert 681 <= online.sum() <= 700
    assert round(100 * online[1] / table.counts[1].sum()) == 60
    assert [round(100 * row.sum() / 2030) for row in table.counts] == [12, 18, 17, 19, 17, 17]
    assert all(one.low <= one.share <= one.high for one in table.reached)


def test_what_is_not_said_stays_even(table: SyntheticTable) -> None:
    """The other ages share the remainder, 28.3 % at 18 %: no association is invented."""
    rest = [0, 2, 3, 4, 5]
    share = table.counts[rest, 0] / table.counts[rest].sum(axis=1)
    assert share == pytest.approx(np.full(5, (0.34 - 0.18 * 0.6) / 0.82), abs=0.004)


def test_bounds_tell_what_is_open(table: SyntheticTable) -> None:
    assert (table.counts >= table.fewest).all()
    assert (table.counts <= table.most).all()
    assert (table.fewest[0, 0], table.most[1, 0] < 230) == (0, True)
    assert (table.most > table.fewest).sum() == 12
    # 24-34: 17.5 to 18.5 % of 2,030, of whom 59.5 to 60.5 %
    assert table.fewest[1, 0] == int(np.ceil(0.175 * 2030 * 0.595))
    assert table.most[1, 0] == int(np.floor(0.185 * 2030 * 0.605))


def test_the_same_figures_give_the_same_table(table: SyntheticTable) -> None:
    again = synthetic_table(AXES, [*PUBLISHED, *POPULATION], 2030)
    assert (again.counts == table.counts).all()


def test_a_table_to_start_from_keeps_its_associations() -> None:
    start = np.array([[30.0, 10.0], [10.0, 30.0]])
    axes = {"a": ("x", "y"), "b": ("u", "v")}
    figure = [TableFigure("x", Stated(0.5), {"a": ["x"]}, {})]
    found = synthetic_table(axes, figure, 80, cells=start).counts
    assert found.tolist() == [[30, 10], [10, 30]]
    assert synthetic_table(axes, figure, 80).counts.tolist() == [[20, 20], [20, 20]]


def test_a_share_of_a_part_moves_as_little_as_it_can() -> None:
    """The least change in entropy: meant cells by r^(1-t), the others of the base by r^-t, then all to n."""
    axes = {"a": ("x", "y"), "b": ("u", "v")}
    figure = [TableFigure("u of x", Stated(0.9), {"b": ["u"]}, {"a": ["x"]})]
    found = synthetic_table(axes, figure, 1000).counts
    raw = np.array([9**0.1, 9**-0.9, 1.0, 1.0])
    assert found.ravel() == pytest.approx(1000 * raw / raw.sum(), abs=1.5)


def test_the_file_carries_the_mark(table: SyntheticTable, tmp_path: Path) -> None:
    table.write(tmp_path / "made.parquet")
    opened = open_file(tmp_path / "made.parquet")
    assert synthetic_reason(opened)
    people = table.people()
    assert people.num_rows == 2030
    about = json.loads(people.schema.metadata[b"earshot.synthetic"])
    assert about["n"] == 2030
    assert about["generator"].startswith("earshot")
    assert about["figures"][0]["published"] == "34%"
    assert str(table).startswith("SYNTHETIC")
    online = [row["channel"] == "online" for row in people.to_pylist()]
    assert sum(online) == table.counts[:, 0].sum()


# --- contradictions ----------------------------------------------------------------------------------------


def refused(figures: list[TableFigure], n: int = 2030) -> DataProblem:
    with pytest.raises(DataProblem) as caught:
        synthetic_table(AXES, figures, n)
    return caught.value


def test_the_smallest_contradiction_is_explained() -> None:
    low = TableFigure("online", Stated(0.05), ONLINE, {})
    found = refused([low, PUBLISHED[1], *POPULATION])
    assert found.code == "figures_contradict"
    # 60 % of 18 % are 10.4 % at least: these three alone, no other age is to blame
    assert found.value == "online, online 24-34, 24-34"
    assert "'online' is 5.0% where 10.4% to 93.1% is left" in found.message
    assert "'24-34' is 18.0% where 0.0% to 9.2% is left" in found.message


def test_ages_that_do_not_make_up_everyone() -> None:
    found = refused([TableFigure(age, Stated(0.1), {"age": [age]}, {}) for age in AGES])
    assert found.code == "figures_contradict"
    assert "'65+' is 10.0% where" in found.message


def test_too_few_people_for_the_shares() -> None:
    found = refused([*PUBLISHED, *POPULATION], 7)
    assert found.code == "figures_not_whole"


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (TableFigure("f", Stated(0.5), {"region": ["a"]}, {}), "unknown_column"),
        (TableFigure("f", Stated(0.5), {"age": ["99+"]}, {}), "unknown_choice"),
    ],
)
def test_names_that_are_not_there(figure: TableFigure, code: str) -> None:
    assert refused([figure]).code == code


def test_sizes_that_cannot_be_made() -> None:
    assert refused(PUBLISHED, 0).code == "invented_size"
    with pytest.raises(DataProblem, match="2,601 cells"):
        synthetic_table({"a": [str(n) for n in range(51)], "b": [str(n) for n in range(51)]}, [], 100)


# --- programmes against tables counted one by one ----------------------------------------------------------


def share_of(name: str, meant: list[bool], base: list[bool], low: float, high: float) -> CellShare:
    return CellShare(name, np.array(meant) & np.array(base), np.array(base), low, high)


def all_tables(n: int, size: int) -> list[np.ndarray]:
    return [np.array(one) for one in itertools.product(range(n + 1), repeat=size) if sum(one) == n]


MASK = st.lists(st.booleans(), min_size=4, max_size=4)


@given(st.lists(st.tuples(MASK, MASK, st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0])), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_what_some_table_of_eight_people_meets_is_feasible(
    told: list[tuple[list[bool], list[bool], float]],
) -> None:
    figures = [
        share_of(str(at), m, b, max(s - 0.13, 0), min(s + 0.13, 1)) for at, (m, b, s) in enumerate(told)
    ]
    totals = people_of(8, 4)
    met = [table for table in all_tables(8, 4) if all((one.rows() @ table <= 1e-9).all() for one in figures)]
    worst = smallest_contradiction(totals, figures)
    if met:
        assert can_hold(totals, figures)
        assert worst == ()
        low, high = cell_bounds(totals, figures)
        assert all((low - 1e-6 <= table).all() and (table <= high + 1e-6).all() for table in met)
        near = nearest(totals, figures, [0.5] * len(figures))
        assert near is not None
        assert all((one.rows() @ near <= 1e-6).all() for one in figures)
    if worst:
        assert not can_hold(totals, worst)
        for one in worst:
            assert can_hold(totals, [other for other in worst if other is not one])


def test_the_range_that_is_left_is_reached_at_its_ends() -> None:
    totals = people_of(100, 4)
    young = share_of("young", [True, True, False, False], [True] * 4, 0.3, 0.3)
    online = share_of("online", [True, False, True, False], [True] * 4, 0.34, 0.34)
    among = share_of("online of young", [True, False, False, False], [True, True, False, False], 0, 1)
    # all of the 34 may be young, of whom there are 30; at least 34 - 70 < 0 are
    assert share_range(totals, [young, online], among) == pytest.approx((0.0, 1.0))
    few = share_of("online", [True, False, True, False], [True] * 4, 0.12, 0.12)
    assert share_range(totals, [young, few], among) == pytest.approx((0.0, 0.4))
    nobody = share_of("young", [True, True, False, False], [True] * 4, 0.0, 0.0)
    assert share_range(totals, [nobody], among) is None


def test_contradicting_figures_have_no_bounds() -> None:
    totals = people_of(10, 2)
    both = [share_of(str(at), [at == 0, at == 1], [True, True], 0.7, 0.8) for at in range(2)]
    with pytest.raises(ValueError, match="contradict"):
        cell_bounds(totals, both)
    assert nearest(totals, both, [0.7, 0.7]) is None
