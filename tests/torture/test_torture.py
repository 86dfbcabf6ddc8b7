"""The torture itself: what it counts as lost, twice and broken, and which run it believes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from survey_app.storage.collect import Collector
from survey_app.storage.opening import open_database
from tests.torture import stage
from tests.torture.client import Ledger, filled_in
from tests.torture.journal import Journal, Step, crashes
from tests.torture.report import Control, Outcome
from tests.torture.soak import slope
from tests.torture.writer import page_post

WRONG = Control("weaker", True, "3 of 5 lost")
SOUND = Outcome("kill", 1, 300, 0, 0, 0, (WRONG,))


def test_a_run_passes_with_a_control_that_goes_wrong() -> None:
    assert SOUND.passed
    assert SOUND.bound == pytest.approx(0.01)
    assert "acknowledged 300  lost 0  duplicated 0  corrupt 0  bound 3/N 0.01  seed 1" in str(SOUND)


@pytest.mark.parametrize(
    "change",
    [
        {"lost": 1},
        {"duplicated": 1},
        {"corrupt": 1},
        {"faults": ("typed answers were gone",)},
        {"controls": ()},
        {"controls": (WRONG, replace(WRONG, went_wrong=False))},
    ],
)
def test_a_run_fails_with_any_fault_or_without_a_control(change: dict[str, object]) -> None:
    assert not replace(SOUND, **change).passed  # type: ignore[arg-type]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Engine, Ledger]]:
    """Two pages of one response, kept and written into the ledger."""
    found = stage.settings(tmp_path)
    stage.publish(found, 2)
    engine, ledger = open_database(found.database_url), Ledger()
    collector = Collector(engine)
    for page in (1, 2):
        token = f"t{page:024x}t"
        collector.keep(page_post(stage.study(2).version, "a" * 32, page, token, 2))
        ledger.acknowledged[token] = "a" * 32
    ledger.responses.add("a" * 32)
    collector.close()
    yield engine, ledger
    engine.dispose()


COLUMNS = 'response, page, answers, language, final, posted_ms, "end", screened, width'


@pytest.mark.parametrize(
    ("harm", "lost", "duplicated", "corrupt"),
    [
        ("SELECT 1", 0, 0, 0),
        ("DELETE FROM post WHERE page = 'page_1'", 1, 0, 0),
        (
            f"INSERT INTO post (submission_key, {COLUMNS}) SELECT 'b', {COLUMNS} FROM post WHERE id = 1",
            0,
            1,
            0,
        ),
        ("UPDATE post SET answers = substr(answers, 1, 20) WHERE id = 2", 1, 0, 1),
        ("DELETE FROM post", 2, 0, 1),
    ],
)
def test_what_is_counted(
    kept: tuple[Engine, Ledger], harm: str, lost: int, duplicated: int, corrupt: int
) -> None:
    engine, ledger = kept
    with engine.begin() as connection:
        connection.execute(text(harm))
    found = stage.examine(engine, ledger)
    assert (found.lost, found.duplicated, found.corrupt) == (lost, duplicated, corrupt)


def test_a_response_that_nobody_began_is_a_duplicate(kept: tuple[Engine, Ledger]) -> None:
    engine, ledger = kept
    assert stage.examine(engine, replace(ledger, responses=set())).duplicated == 1


def test_a_form_is_filled_in() -> None:
    page = (
        '<input type="hidden" name="_ticket" value="torture:v:page_1:key:nonce&amp;:s:1:h.sig">'
        '<template><input type="text" name="word_2"></template><input type="text" name="word_1">'
    )
    fields, token, key = filled_in(page)
    assert dict(fields)["_ticket"] == "torture:v:page_1:key:nonce&:s:1:h.sig"
    assert dict(fields)["word_1"] == token
    assert "word_2" not in dict(fields)
    assert key == "key"


def test_what_a_crash_may_leave() -> None:
    """Before a sync a write may be there or not; after it, it is; a deletion is for good with the next sync."""
    steps = [Step("write", "a", 0, b"new"), Step("sync", "a"), Step("delete", "a"), Step("sync", "b")]
    states: dict[int, list[dict[str, bytes]]] = {}
    for done, state in crashes({"a": b"old"}, steps, 0, random.Random(1)):
        states.setdefault(done, []).append(state)
    assert states == {
        0: [{"a": b"old"}],
        1: [{"a": b"old"}, {"a": b"new"}],
        2: [{"a": b"new"}],
        3: [{"a": b"new"}, {}],
        4: [{"b": b""}],
    }


def test_a_write_beyond_the_end_leaves_zeros() -> None:
    journal = Journal({})
    journal.do(Step("write", "a", 3, b"x"))
    journal.do(Step("truncate", "a", 2))
    assert journal.files == {"a": bytearray(b"\0\0")}


def test_slope() -> None:
    assert slope([0, 1, 2], [1, 3, 5]) == pytest.approx(2)
    assert slope([0, 1, 2], [4, 4, 4]) == 0
