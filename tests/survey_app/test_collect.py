"""The writer: grouped, durable, idempotent; and never a yes before the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, func, select, update

from questionnaires.study import Study
from survey_app.storage import fieldwork, posts
from survey_app.storage.collect import Collector
from survey_app.storage.current import current, fold
from survey_app.storage.database import check_durability, hold, writing
from survey_app.storage.erase import erase
from survey_app.storage.fielded import fielded
from survey_app.storage.opening import open_database
from survey_app.storage.posts import Changed, Finished, NotKept, NotOpen, PagePost
from survey_app.storage.tables import post, response, study
from survey_app.storage.unusable import BadAddress, WeakDatabase

pytestmark = pytest.mark.both_databases
POST = PagePost(
    submission_key="a" * 32,
    response="r" * 32,
    study="small",
    version="v",
    synthetic=False,
    page="start",
    answers={"age": 34},
    language="en",
    final=False,
    posted_ms=5,
)


@pytest.fixture
def collector(engine: Engine, small: Study) -> Iterator[Collector]:
    fieldwork.publish(engine, small, 0)
    collector = Collector(engine)
    yield collector
    collector.close()


def rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(post)).scalar_one()


def test_keep_and_fold(collector: Collector, engine: Engine) -> None:
    collector.keep(POST)
    collector.keep(replace(POST, submission_key="b" * 32, page="more", answers={"used": (1,)}, final=True))
    state = current(engine, POST.response)
    assert state is not None
    assert (state.answers, state.pages, state.submitted) == (
        {"age": 34, "used": (1,)},
        {"start", "more"},
        True,
    )


def test_fifty_threads_one_key_one_row(collector: Collector, engine: Engine) -> None:
    threads = [threading.Thread(target=collector.keep, args=(POST,)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(engine) == 1


def test_the_same_form_with_other_answers_is_a_new_post(collector: Collector, engine: Engine) -> None:
    """Back, change, send again: the last thing confirmed counts, whatever key the page had."""
    for age in (34, 35, 34):
        collector.keep(replace(POST, answers={"age": age}))
    assert rows(engine) == 3
    state = current(engine, POST.response)
    assert state is not None
    assert state.answers == {"age": 34}


def test_commits_are_grouped(engine: Engine, small: Study) -> None:
    fieldwork.publish(engine, small, 0)
    commits: list[int] = []
    event.listen(engine, "commit", lambda connection: commits.append(1))
    collector = Collector(engine)
    gate = threading.Event()
    waiting = [replace(POST, submission_key=f"{n:032x}", response=f"{n:032x}") for n in range(100)]
    original = collector._commit

    def held(group: list[object]) -> None:
        gate.wait(10)
        original(group)  # type: ignore[arg-type]

    collector._commit = held  # type: ignore[assignment,method-assign]
    threads = [threading.Thread(target=collector.keep, args=(one,)) for one in waiting]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    collector.close()
    assert rows(engine) == 100
    assert len(commits) < 60


def test_a_failed_commit_is_never_acknowledged(
    collector: Collector, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: object) -> None:
        raise OSError("disk full")

    event.listen(engine, "commit", broken)
    with pytest.raises(NotKept, match="disk full"):
        collector.keep(POST)
    event.remove(engine, "commit", broken)
    assert rows(engine) == 0
    collector.keep(POST)  # the writer goes on
    assert rows(engine) == 1


def test_one_bad_post_fails_alone(collector: Collector, engine: Engine) -> None:
    """A post that the database refuses takes nobody else's answers with it."""
    held_up, gate, original, groups = threading.Event(), threading.Event(), collector._append_group, []

    def held(group: list[tuple[PagePost, Future[None]]]) -> list[Exception | None]:
        held_up.set()
        gate.wait(10)
        groups.append(len(group))
        return original(group)

    collector._append_group = held  # type: ignore[method-assign]
    outcomes: dict[str, str] = {}

    def keep(one: PagePost) -> None:
        try:
            collector.keep(one)
            outcomes[one.submission_key] = "kept"
        except NotKept:
            outcomes[one.submission_key] = "not kept"

    good = [replace(POST, submission_key=f"{n:032x}", response=f"{n:032x}") for n in range(10)]
    bad = replace(POST, submission_key="bad", response="x", page=None)  # type: ignore[arg-type]
    threads = [threading.Thread(target=keep, args=(one,)) for one in (*good[:5], bad, *good[5:])]
    threads[0].start()
    held_up.wait(10)
    for thread in threads[1:]:
        thread.start()
    until = time.monotonic() + 10
    while collector.waiting() < 10 and time.monotonic() < until:  # one is held, the others stand behind it
        time.sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join()
    assert max(groups) >= 10, "the bad one was never in a group"
    assert outcomes.pop("bad") == "not kept"
    assert set(outcomes.values()) == {"kept"}
    assert rows(engine) == 10


def test_a_finished_response_takes_nothing_more(collector: Collector, engine: Engine) -> None:
    last = replace(POST, submission_key="b" * 32, final=True)
    collector.keep(last)
    collector.keep(last)  # the same again is the same answer
    with pytest.raises(Finished):
        collector.keep(replace(last, answers={"age": 99}))
    with pytest.raises(Finished):
        collector.keep(replace(POST, submission_key="c" * 32))
    assert rows(engine) == 1


def test_posts_of_one_group_are_judged_by_those_before_them(collector: Collector, engine: Engine) -> None:
    """They are written together, and yet nothing comes after the end, and a retry beside its first is one answer."""
    collector.keep(POST)
    last = replace(POST, submission_key="b" * 32, final=True)
    late = replace(POST, submission_key="c" * 32, answers={"channel": 8})
    verdicts = collector._append_group([(one, Future()) for one in (last, last, late)])
    assert verdicts[:2] == [None, None] and isinstance(verdicts[2], Finished)
    assert rows(engine) == 2


def test_a_study_closed_meanwhile_takes_nothing(collector: Collector, engine: Engine) -> None:
    """What the writer checks stays true until its commit: it takes its lock before it reads."""
    with writing(engine).begin() as connection:
        hold(connection, changed=["small"])
        connection.execute(update(study).values(status="closed"))
        outcome: list[BaseException] = []

        def keep() -> None:
            try:
                collector.keep(POST)
            except NotOpen as error:
                outcome.append(error)

        thread = threading.Thread(target=keep)
        thread.start()
        thread.join(0.3)
    thread.join()
    assert len(outcome) == 1
    assert rows(engine) == 0


def test_answers_never_reach_a_message(collector: Collector, engine: Engine) -> None:
    with pytest.raises(NotKept) as refused:
        collector.keep(replace(POST, page=None, answers={"comment": "my secret"}))  # type: ignore[arg-type]
    assert "my secret" not in str(refused.value)


def test_a_slow_database_is_no_yes(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(posts.Appending, "take", lambda *arguments: gate.wait(10))
    with pytest.raises(NotKept, match="in time"):
        collector.keep(POST, patience=0.05)
    gate.set()


def test_what_was_told_not_to_be_kept_does_not_come_later(
    collector: Collector, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer is busy, the person is told to try again, and answers something else by another process."""
    gate, own = threading.Event(), Collector._append_group

    def slow(self: Collector, group: Any) -> Any:
        if self is collector:
            gate.wait(10)
        return own(self, group)

    monkeypatch.setattr(Collector, "_append_group", slow)
    with pytest.raises(NotKept, match="in time"):
        collector.keep(replace(POST, answers={"channel": 1}), patience=0.05)
    other = Collector(engine)
    other.keep(replace(POST, answers={"channel": 8}))
    other.close()
    gate.set()
    collector.keep(replace(POST, submission_key="last", answers={}))  # the writer lives
    found = current(engine, POST.response)
    assert found is not None and found.answers == {"channel": 8}


def test_a_closed_study_takes_nothing(collector: Collector, engine: Engine) -> None:
    fieldwork.close(engine, "small", 9)
    with pytest.raises(NotOpen):
        collector.keep(POST)
    assert rows(engine) == 0


def test_durability_is_read_back(tmp_path: Path, engine: Engine) -> None:
    check_durability(engine)
    weak = create_engine(f"sqlite:///{tmp_path / 'weak.db'}")
    event.listen(weak, "connect", lambda connection, record: connection.execute("PRAGMA synchronous=NORMAL"))
    with pytest.raises(WeakDatabase, match=r"journal_mode is delete .* synchronous is 1"):
        check_durability(weak)
    weak.dispose()


def test_memory_is_no_place_for_answers() -> None:
    with pytest.raises(WeakDatabase, match="journal_mode is memory"):
        open_database("sqlite:///:memory:")
    with pytest.raises(BadAddress, match="begins with mysql; write sqlite:///FILE or postgresql"):
        open_database("mysql://somewhere/else")


def test_fold_takes_the_last_word() -> None:
    state = fold(
        "k",
        "s",
        "v",
        [
            ("a", '{"x": 1, "y": 2}', False, "", False),
            ("a", '{"x": {"missing": "dont_know"}}', False, "", False),
        ],
    )
    assert state.answers == {"x": -3, "y": 2}
    assert not state.submitted


def test_how_a_response_ended(collector: Collector, engine: Engine) -> None:
    collector.keep(POST)
    before = current(engine, POST.response)
    assert before is not None
    assert (before.submitted, before.end, before.screened) == (False, "", False)
    last = replace(POST, submission_key="b" * 32, final=True, end="too_young", screened=True)
    collector.keep(last)
    after = current(engine, POST.response)
    assert after is not None
    assert (after.submitted, after.end, after.screened) == (True, "too_young", True)


@pytest.mark.parametrize(("sent", "kept"), [("tablet", "tablet"), ("", ""), ("1024x768", ""), ("PHONE", "")])
def test_only_classes_of_width_are_kept(collector: Collector, engine: Engine, sent: str, kept: str) -> None:
    collector.keep(replace(POST, width=sent, shown_ms=3))
    with engine.connect() as connection:
        assert connection.execute(select(post.c.width, post.c.shown_ms)).one() == (kept, 3)


def test_every_response_has_a_salt_of_its_own(collector: Collector, engine: Engine) -> None:
    for name in "abc":
        collector.keep(replace(POST, submission_key=name * 32, response=name * 32))
    with engine.connect() as connection:
        salts = connection.execute(select(response.c.salt)).scalars().all()
    assert len(set(salts)) == 3
    assert {len(salt) for salt in salts} == {13}


def test_the_receipt_comes_with_the_last_post(collector: Collector, engine: Engine) -> None:
    collector.keep(replace(POST, receipt_hash="f" * 64))
    with engine.connect() as connection:
        assert connection.execute(select(response.c.receipt_hash)).scalar_one() is None
    last = replace(POST, submission_key="b" * 32, final=True, receipt_hash="f" * 64)
    collector.keep(last)
    collector.keep(last)
    with engine.connect() as connection:
        assert connection.execute(select(response.c.receipt_hash)).scalar_one() == "f" * 64


def test_publish_and_close(engine: Engine, small: Study) -> None:
    assert fieldwork.publish(engine, small, 1)
    assert not fieldwork.publish(engine, small, 2)
    assert fieldwork.close(engine, "small", 3)
    assert not fieldwork.close(engine, "small", 4)
    closed = fielded(engine, "small")
    assert closed is not None
    assert (closed.status, closed.opened_ms, closed.closed_ms) == ("closed", 1, 3)
    assert fieldwork.publish(engine, small, 5)
    assert list(fieldwork.versions(engine, "small")) == [small.version]
    assert fielded(engine, "none") is None


def test_an_old_retry_does_not_undo_what_another_tab_confirmed(collector: Collector, engine: Engine) -> None:
    collector.keep(POST)
    collector.keep(replace(POST, submission_key="b" * 32, answers={"age": 35}))
    collector.keep(POST)  # its reply was lost, and the script tries again
    assert rows(engine) == 2
    state = current(engine, POST.response)
    assert state is not None
    assert state.answers == {"age": 35}


def test_a_post_of_another_study_or_version_is_not_added(collector: Collector, engine: Engine) -> None:
    collector.keep(POST)
    for other in (replace(POST, version="w"), replace(POST, study="other")):
        with pytest.raises((Finished, NotOpen)):
            collector.keep(replace(other, submission_key="b" * 32, answers={"age": 1}))
    assert rows(engine) == 1


def test_an_end_judged_on_answers_that_changed_meanwhile_is_judged_anew(
    collector: Collector, engine: Engine
) -> None:
    collector.keep(POST)
    state = current(engine, POST.response)
    assert state is not None
    final = replace(POST, submission_key="f" * 32, page="more", final=True, begins=False, read=state.last)
    collector.keep(replace(POST, submission_key="b" * 32, answers={"age": 35}, begins=False, read=state.last))
    with pytest.raises(Changed):
        collector.keep(final)
    now = current(engine, POST.response)
    assert now is not None
    assert not now.submitted
    collector.keep(replace(final, read=now.last))
    assert rows(engine) == 3


def test_an_erased_response_is_not_begun_again(collector: Collector, engine: Engine, small: Study) -> None:
    first = replace(POST, version=small.version)
    collector.keep(first)
    assert erase(engine, POST.response, 0) == "small"
    for late in (first, replace(first, submission_key="b" * 32, page="more", begins=False)):
        with pytest.raises(Finished):
            collector.keep(late)
    assert current(engine, POST.response) is None


def test_a_later_page_never_begins_a_response(collector: Collector, engine: Engine) -> None:
    with pytest.raises(Finished):
        collector.keep(replace(POST, page="more", begins=False))
    assert rows(engine) == 0


def test_a_program_that_posts_without_end_is_stopped(
    collector: Collector, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "MOST_POSTS", 3)
    for number in range(3):
        collector.keep(replace(POST, submission_key=f"{number:032x}"))
    with pytest.raises(NotKept):
        collector.keep(replace(POST, submission_key="c" * 32))
    assert rows(engine) == 3
