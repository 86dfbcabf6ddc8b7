"""Work that the web process leaves to a worker: rows of a table that workers take in turn.

A worker that has a job says every few seconds that it is alive. One that was killed does not, and its job is given
to the next; what a job leaves is written aside and renamed, so that a second run leaves one result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Engine, Row, Update, func, insert, or_, select, update

from survey_app.storage.database import hold, writing
from survey_app.storage.tables import job

LOST_MS = 30_000
"""After so long without a word its worker counts as gone."""
TRIES = 3
BACK_OFF_MS = (10_000, 60_000)
"""How long a job waits after its first failure, and after its second."""
LONGEST_WHY = 1_000
GONE = "its worker ended in the middle {tries} times; perhaps the machine has too little memory"

Arguments: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """A job as it stands; times in milliseconds, `progress` in thousandths.

    `state` is waiting, running, done or failed. `said` is what it is doing, or why it failed; `result` is what it
    left, a path below the data folder. `made_by` is an account, None for the console and the program itself.
    """

    id: int
    kind: str
    study: str
    arguments: Arguments
    state: str
    made_ms: int
    made_by: str | None
    due_ms: int
    tries: int
    holder: str | None
    beat_ms: int | None
    finished_ms: int | None
    progress: int
    said: str
    result: str


class Lost(Exception):
    """The job is not this worker's any more: it counted as gone, and another has it."""


def add_job(
    engine: Engine,
    kind: str,
    study: str,
    arguments: Arguments,
    by: str | None,
    now_ms: int,
    *,
    due_ms: int = 0,
) -> int:
    """Let a job wait for a worker and return its number; one that is equal and still waits is the same."""
    text = json.dumps(dict(arguments), sort_keys=True, ensure_ascii=False)
    equal = select(job.c.id).where(
        job.c.state == "waiting", job.c.kind == kind, job.c.study == study, job.c.arguments == text
    )
    with writing(engine).begin() as connection:
        # Nobody else adds a job of the study meanwhile; those who answer it do not wait for this.
        hold(connection, responses=[f"jobs of {study}"])
        waiting = connection.execute(equal.order_by(job.c.id).limit(1)).scalar()
        if waiting is not None:
            return int(waiting)
        row = {
            "kind": kind, "study": study, "arguments": text, "state": "waiting", "made_ms": now_ms,
            "made_by": by, "due_ms": max(now_ms, due_ms), "tries": 0, "progress": 0, "said": "", "result": "",
        }  # fmt: skip
        return int(connection.execute(insert(job).values(**row)).inserted_primary_key[0])


def claim(engine: Engine, holder: str, now_ms: int) -> Job | None:
    """Give the job that is longest due to a worker, None where there is none; no other gets the same.

    `holder` names the worker, at most 32 characters.
    """
    due = select(job.c.id).where(job.c.state == "waiting", job.c.due_ms <= now_ms)
    # Looking costs nobody anything: writers are only stopped to take one.
    with engine.connect() as connection:
        if connection.execute(due.limit(1)).first() is None:
            return None
    first = due.order_by(job.c.due_ms, job.c.id).limit(1).with_for_update(skip_locked=True)
    with writing(engine).begin() as connection:
        number = connection.execute(first).scalar()
        if number is None:
            return None
        claimed = {"state": "running", "holder": holder, "beat_ms": now_ms, "tries": job.c.tries + 1}
        connection.execute(
            update(job).where(job.c.id == number).values(**claimed, progress=0, said="", finished_ms=None)
        )
        return _job(connection.execute(select(job).where(job.c.id == number)).one())


def beat(engine: Engine, claimed: Job, now_ms: int) -> None:
    """Say that the worker of a job is alive; raise Lost where the job is not its any more."""
    _change(engine, _own(claimed).values(beat_ms=now_ms))


def progress(engine: Engine, claimed: Job, thousandths: int, activity: str) -> None:
    """Write down how far a job is and what it is doing; raise Lost."""
    _change(engine, _own(claimed).values(progress=min(max(thousandths, 0), 1000), said=activity))


def finish(engine: Engine, claimed: Job, result: str, now_ms: int) -> None:
    """Write down that a job is done, and the path of what it left; raise Lost."""
    done = {"state": "done", "progress": 1000, "said": "", "result": result, "finished_ms": now_ms}
    _change(engine, _own(claimed).values(**done))


def fail(engine: Engine, claimed: Job, why: str, now_ms: int, *, again: bool = True) -> None:
    """Write down why a job failed; it is tried again after a while, unless it was the last try. Raises Lost.

    `why` is one sentence that a person understands. `again` is False where another try would fail the same way.
    """
    _change(engine, _own(claimed).values(**_failure(claimed.tries, why, now_ms, again)))


def give_back(engine: Engine, claimed: Job, now_ms: int) -> None:
    """Let a job wait for the next worker: this one stops, and it was not the job's fault. Raises Lost."""
    _change(engine, _own(claimed).values(state="waiting", due_ms=now_ms, tries=max(claimed.tries - 1, 0)))


def requeue_lost(engine: Engine, now_ms: int) -> int:
    """Take the jobs of workers that are gone back, and return how many there were."""
    gone = job.c.state == "running", or_(job.c.beat_ms.is_(None), job.c.beat_ms < now_ms - LOST_MS)
    with engine.connect() as connection:
        orphans = [_job(row) for row in connection.execute(select(job).where(*gone))]
    if not orphans:
        return 0
    count = 0
    with writing(engine).begin() as connection:
        for orphan in orphans:
            values: dict[str, Any] = {"state": "waiting", "due_ms": now_ms}
            if orphan.tries >= TRIES:
                values = _failure(orphan.tries, GONE.format(tries=orphan.tries), now_ms, again=False)
            # A worker that gave a sign of life meanwhile keeps its job.
            own = _own(orphan).where(job.c.beat_ms.is_not_distinct_from(orphan.beat_ms))
            count += connection.execute(own.values(**values)).rowcount
    return count


def jobs_of(engine: Engine, study: str, limit: int = 50) -> list[Job]:
    """Return the jobs of a study, the newest first."""
    query = select(job).where(job.c.study == study).order_by(job.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_job(row) for row in connection.execute(query)]


def job_of(engine: Engine, number: int) -> Job | None:
    """Return one job, None where there is none."""
    with engine.connect() as connection:
        row = connection.execute(select(job).where(job.c.id == number)).first()
    return None if row is None else _job(row)


def count_jobs(engine: Engine) -> dict[str, int]:
    """Return how many jobs there are by state."""
    counts = dict.fromkeys(("waiting", "running", "done", "failed"), 0)
    with engine.connect() as connection:
        query = select(job.c.state, func.count()).group_by(job.c.state)
        return counts | {row[0]: row[1] for row in connection.execute(query)}


def forget_done(engine: Engine, before_ms: int) -> None:
    """Delete the jobs that were done before a moment; those that failed stay."""
    with writing(engine).begin() as connection:
        connection.execute(job.delete().where(job.c.state == "done", job.c.finished_ms < before_ms))


def _failure(tries: int, why: str, now_ms: int, again: bool) -> dict[str, Any]:
    reason = why if len(why) <= LONGEST_WHY else f"{why[: LONGEST_WHY - 1]}…"
    if again and tries < TRIES:
        return {"state": "waiting", "due_ms": now_ms + BACK_OFF_MS[tries - 1], "said": reason}
    return {"state": "failed", "finished_ms": now_ms, "said": reason}


def _own(claimed: Job) -> Update:
    """Only the worker that holds a job, and only in the same try, may change it."""
    return update(job).where(
        job.c.id == claimed.id,
        job.c.state == "running",
        job.c.holder == claimed.holder,
        job.c.tries == claimed.tries,
    )


def _change(engine: Engine, change: Update) -> None:
    with writing(engine).begin() as connection:
        if connection.execute(change).rowcount != 1:
            raise Lost


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "arguments": json.loads(row.arguments)})
