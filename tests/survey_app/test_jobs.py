"""Jobs: each is done by one worker, and none is forgotten, whoever is killed."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine

from survey_app.storage import jobs
from survey_app.storage.jobs import Job, Lost, add_job, claim, job_of, jobs_of

pytestmark = pytest.mark.both_databases


def add(engine: Engine, kind: str = "snapshot", now_ms: int = 0, **arguments: object) -> int:
    return add_job(engine, kind, "small", arguments, None, now_ms)


def claimed(engine: Engine, now_ms: int = 0, holder: str = "w") -> Job:
    found = claim(engine, holder, now_ms)
    assert found is not None
    return found


def standing(engine: Engine, number: int) -> Job:
    found = job_of(engine, number)
    assert found is not None
    return found


def test_one_that_is_equal_and_waits_is_the_same(engine: Engine) -> None:
    first = add(engine, a=1, b="ї")
    assert add(engine, b="ї", a=1) == first
    assert len({first, add(engine), add(engine, a=2, b="ї"), add(engine, kind="report")}) == 4
    taken = claimed(engine)
    assert (taken.id, taken.arguments, taken.made_by) == (first, {"a": 1, "b": "ї"}, None)
    assert add(engine, a=1, b="ї") != first  # what runs may have begun before it was asked again
    listed = [one.id for one in jobs_of(engine, "small")]
    assert (len(listed), listed[-1]) == (5, first)
    assert listed == sorted(listed, reverse=True)
    assert jobs_of(engine, "other") == []


def test_the_longest_due_is_first_and_nothing_before_its_time(engine: Engine) -> None:
    late = add_job(engine, "report", "small", {}, "account", 5, due_ms=100)
    early = add(engine, now_ms=50)
    assert claim(engine, "w", 49) is None
    assert claimed(engine, 100).id == early
    found = claimed(engine, 100)
    assert (found.id, found.made_by, found.made_ms, found.state, found.tries) == (
        late,
        "account",
        5,
        "running",
        1,
    )
    assert claim(engine, "w", 100) is None


def test_each_is_given_to_one(engine: Engine) -> None:
    numbers = {add(engine, number=number) for number in range(40)}
    taken: list[int] = []
    start = threading.Barrier(4)

    def work(holder: str) -> None:
        start.wait()
        while (found := claim(engine, holder, 1)) is not None:
            taken.append(found.id)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert set(taken) <= numbers
    assert len(taken) == len(set(taken))
    while (found := claim(engine, "last", 1)) is not None:  # SKIP LOCKED may have let one stand
        taken.append(found.id)
    assert sorted(taken) == sorted(numbers)


def test_equal_ones_asked_at_once_are_one(engine: Engine) -> None:
    found: list[int] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        found.append(add(engine))

    people = [threading.Thread(target=ask) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_how_far_it_is_and_what_it_left(engine: Engine) -> None:
    number = add(engine)
    taken = claimed(engine)
    jobs.progress(engine, taken, 2_000, "5 of 10")
    assert (standing(engine, number).progress, standing(engine, number).said) == (1000, "5 of 10")
    jobs.finish(engine, taken, "snapshots/small/x", 7)
    done = standing(engine, number)
    assert (done.state, done.result, done.finished_ms, done.said, done.progress) == (
        "done", "snapshots/small/x", 7, "", 1000,
    )  # fmt: skip
    assert jobs.count_jobs(engine) == {"waiting": 0, "running": 0, "done": 1, "failed": 0}
    jobs.forget_done(engine, 7)
    assert job_of(engine, number) is not None
    jobs.forget_done(engine, 8)
    assert job_of(engine, number) is None


def test_what_fails_is_tried_three_times(engine: Engine) -> None:
    number, now = add(engine), 0
    for wait in (10_000, 60_000):
        jobs.fail(engine, claimed(engine, now), "the disk is full", now)
        assert standing(engine, number).state == "waiting"
        assert claim(engine, "w", now + wait - 1) is None
        now += wait
    jobs.fail(engine, claimed(engine, now), "the disk is full" + "!" * 2_000, now)
    failed = standing(engine, number)
    assert (failed.state, failed.tries, failed.finished_ms) == ("failed", 3, now)
    assert failed.said.startswith("the disk is full!") and len(failed.said) == jobs.LONGEST_WHY
    assert claim(engine, "w", now + 10**9) is None


def test_what_would_fail_the_same_way_is_not_tried_again(engine: Engine) -> None:
    number = add(engine)
    jobs.fail(engine, claimed(engine), "never published", 1, again=False)
    assert (standing(engine, number).state, standing(engine, number).said) == ("failed", "never published")


def test_the_job_of_a_worker_that_is_gone_is_given_to_another(engine: Engine) -> None:
    number = add(engine)
    gone = claimed(engine, 0, "gone")
    jobs.beat(engine, gone, 1_000)
    assert jobs.requeue_lost(engine, 1_000 + jobs.LOST_MS) == 0
    assert jobs.requeue_lost(engine, 1_001 + jobs.LOST_MS) == 1
    assert jobs.requeue_lost(engine, 1_001 + jobs.LOST_MS) == 0
    other = claimed(engine, 10**6, "other")
    assert (other.id, other.tries) == (number, 2)
    for change in (  # it was only asleep, and comes back
        lambda: jobs.beat(engine, gone, 2),
        lambda: jobs.progress(engine, gone, 1, ""),
        lambda: jobs.finish(engine, gone, "wrong", 2),
        lambda: jobs.fail(engine, gone, "wrong", 2),
        lambda: jobs.give_back(engine, gone, 2),
    ):
        with pytest.raises(Lost):
            change()
    jobs.finish(engine, other, "right", 3)
    assert standing(engine, number).result == "right"
    with pytest.raises(Lost):
        jobs.beat(engine, other, 4)


def test_a_worker_does_not_end_the_next_try_of_its_own_job(engine: Engine) -> None:
    number = add(engine)
    earlier = claimed(engine, 0, "slow")
    assert jobs.requeue_lost(engine, jobs.LOST_MS + 1) == 1
    later = claimed(engine, 10**6, "slow")
    with pytest.raises(Lost):
        jobs.finish(engine, earlier, "of the first try", 10**6)
    jobs.finish(engine, later, "of the second try", 10**6)
    assert standing(engine, number).result == "of the second try"


def test_one_that_kills_its_workers_ends(engine: Engine) -> None:
    number = add(engine)
    for now in range(3):
        claimed(engine, now * 10**6)
        assert jobs.requeue_lost(engine, now * 10**6 + jobs.LOST_MS + 1) == 1
    failed = standing(engine, number)
    assert failed.state == "failed"
    assert "its worker ended in the middle 3 times" in failed.said


def test_what_is_given_back_has_lost_no_try(engine: Engine) -> None:
    number = add(engine)
    jobs.give_back(engine, claimed(engine, 5), 6)
    waiting = standing(engine, number)
    assert (waiting.state, waiting.tries, waiting.due_ms) == ("waiting", 0, 6)
    assert claim(engine, "w", 5) is None
    assert claimed(engine, 6).tries == 1
