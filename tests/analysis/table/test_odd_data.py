"""What must not change a table, and what a table says of data there is little to say about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.files import parquet
from analysis.table.design import Design
from analysis.tabulate import Tabulation
from tests.analysis.by_path import Words, tabulate

DESIGN = Design("w", "s", "c")
REQUEST = Words(("q",), by=("age",), design=DESIGN, total=True, where=("here=1",))
SOME = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def survey(seed: int, rows: int = 150) -> pa.Table:
    chance = np.random.default_rng(seed)
    return pa.table(
        {
            "q": chance.integers(0, 4, rows),
            "age": chance.integers(0, 3, rows),
            "here": chance.integers(0, 2, rows),
            "w": chance.uniform(0.2, 5, rows),
            "s": np.arange(rows) % 4,
            "c": chance.integers(0, 6, rows),
        }
    )


def table_of(folder: Path, data: pa.Table, request: Words = REQUEST) -> Tabulation:
    pq.write_table(data, folder / "a.parquet", row_group_size=40)
    (found,) = tabulate(folder / "a.parquet", request)
    return found


def alike(one: Tabulation, other: Tabulation, *, same_base: bool = True) -> None:
    for mine, theirs in zip(one.estimates, other.estimates, strict=True):
        assert (mine.choice, mine.segment, mine.df) == (theirs.choice, theirs.segment, theirs.df)
        assert not same_base or mine.base == theirs.base
        assert (mine.share, mine.se) == pytest.approx((theirs.share, theirs.se), rel=1e-9)
        if same_base:
            assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


@given(seed=st.integers(0, 10_000))
@SOME
def test_the_order_of_rows_does_not_matter(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = survey(seed)
    mixed = data.take(pa.array(np.random.default_rng(seed).permutation(data.num_rows)))
    with monkeypatch.context() as patch:
        patch.setattr(parquet, "BATCH", 13)
        alike(table_of(tmp_path, mixed), table_of(tmp_path, data))


@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e6))
@SOME
def test_the_scale_of_weights_does_not_matter(seed: int, scale: float, tmp_path: Path) -> None:
    data = survey(seed)
    scaled = data.set_column(3, "w", [data["w"].to_numpy() * scale])
    alike(table_of(tmp_path, scaled), table_of(tmp_path, data))


@given(seed=st.integers(0, 10_000))
@SOME
def test_two_halves_of_a_person_in_one_cluster_are_the_person(seed: int, tmp_path: Path) -> None:
    data = survey(seed)
    half = data.set_column(3, "w", [data["w"].to_numpy() / 2])
    alike(table_of(tmp_path, pa.concat_tables([half, half])), table_of(tmp_path, data), same_base=False)


@given(seed=st.integers(0, 10_000))
@SOME
def test_names_of_clusters_do_not_matter(seed: int, tmp_path: Path) -> None:
    data = survey(seed)
    names = pa.array([f"{(number * 7919) % 101} street" for number in data["c"].to_pylist()])
    alike(table_of(tmp_path, data.set_column(5, "c", [names])), table_of(tmp_path, data))
    apart = data["s"].to_numpy() * 1000 + data["c"].to_numpy()  # nested in strata already
    alike(table_of(tmp_path, data.set_column(5, "c", [apart])), table_of(tmp_path, data))


# --- little to say -----------------------------------------------------------------------------------------


def numbers_in(told: Any) -> list[float]:
    if isinstance(told, dict):
        return [number for one in told.values() for number in numbers_in(one)]
    if isinstance(told, list):
        return [number for one in told for number in numbers_in(one)]
    return [told] if isinstance(told, float) else []


def small(**columns: Any) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({"w": [1.0] * rows, "s": [0] * rows, "c": list(range(rows)), **columns})


@pytest.mark.parametrize("design", [Design(), DESIGN])
@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (small(q=[1, 2, 1, 2], age=[1, 1, 1, 2]), {"low_base"}),  # a segment of one person
        (small(q=[1, 1, 1, 1], age=[1, 1, 2, 2]), {"low_base"}),  # everybody says the same
        (small(q=pa.array([None, None, 1, 2]), age=[1, 1, 2, 2]), {"low_base", "empty"}),  # nobody answered
        (
            small(q=[1, 2, 1, 2], age=[1, 1, 2, 2], w=[1e-40, 1e49, 1.0, 1e49]),
            {"low_base"},
        ),  # enormous weights
        (small(q=[1, 2, 1, 2], age=[1, 1, 2, 2], w=[0.0, 0.0, 1.0, 1.0]), {"low_base", "empty"}),
    ],
)
def test_no_figure_is_ever_not_a_number(
    data: pa.Table, statuses: set[str], design: Design, tmp_path: Path
) -> None:
    found = table_of(tmp_path, data, Words(("q",), by=("age",), design=design, total=True))
    if design.weight is None and "w" in data.column_names:
        statuses = statuses if data["w"].to_pylist() == [1.0] * 4 else {"low_base"}
    assert {one.status for one in found.estimates} == statuses
    json.dumps(found.as_json(), allow_nan=False)
    assert all(np.isfinite(numbers_in(found.as_json())))
    assert all(one.share is None for one in found.estimates if one.status == "empty")


def test_a_question_without_any_answer_has_no_choices(tmp_path: Path) -> None:
    found = table_of(tmp_path, small(q=pa.array([None, None], pa.int64())), Words(("q",)))
    assert found.estimates == ()
    assert [note.code for note in found.notes] == ["missing_question"]
