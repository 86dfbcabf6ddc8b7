"""The worker: takes jobs one after the other and leaves their results as files.

It runs beside the web processes, or on a machine of its own, and knows no web. What a kind of job needs is
imported when one runs, so that a worker without work stays small.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from survey_app.config import Settings
from survey_app.storage import jobs
from survey_app.storage.database import error_line
from survey_app.storage.erase import studies_pending
from survey_app.storage.jobs import Job, Lost

if TYPE_CHECKING:
    from questionnaires.study import Study

POLL_SECONDS = 1.0
BEAT_SECONDS = 5.0
CARE_SECONDS = 60.0
"""How often a worker looks for jobs that were lost and for erasures that were interrupted."""
KEPT_MS = 30 * 24 * 3600 * 1000
"""How long the rows of jobs that are done stay."""
_log = logging.getLogger(__name__)


class JobRefused(Exception):
    """The job cannot be done, and would fail again; the text says why, and what to do."""


class Stopped(Exception):
    """The worker is to stop; the job goes back."""


@dataclass
class Doing:
    """A job that is being done, and what it may use."""

    job: Job
    engine: Engine
    settings: Settings
    stop: threading.Event
    lost: threading.Event
    _last: float = 0.0

    def progress(self, done: int, of: int) -> None:
        """Write down how far it is, at most once a second; raise Stopped or Lost where it has to end here."""
        if self.lost.is_set():
            raise Lost
        if self.stop.is_set():
            raise Stopped
        if time.monotonic() - self._last >= 1.0:
            self._last = time.monotonic()
            jobs.progress(self.engine, self.job, 1000 * done // max(of, 1), f"{done:,} of {of:,}")

    def result(self, path: Path) -> str:
        """Return how a result is written down: its path below the data folder."""
        return path.relative_to(self.settings.data).as_posix()


def run(settings: Settings, engine: Engine, stop: threading.Event, *, once: bool = False) -> int:
    """Do jobs until `stop` is set, or until none is due where `once`; return how many were begun.

    A database that is away for a while is waited for.
    """
    holder, count, cared = secrets.token_hex(8), 0, -CARE_SECONDS
    while not stop.is_set():
        try:
            if time.monotonic() - cared >= CARE_SECONDS:
                cared = time.monotonic()
                care(engine, _now_ms())
            job = jobs.claim(engine, holder, _now_ms())
            if job is not None:
                count += 1
                do(settings, engine, job, stop)
                continue
        except SQLAlchemyError as error:
            _log.error("the worker waits for the database: %s", error_line(error))
        if once:
            break
        stop.wait(POLL_SECONDS)
    return count


def care(engine: Engine, now_ms: int) -> None:
    """Take lost jobs back, let interrupted erasures be finished, and forget old jobs."""
    jobs.requeue_lost(engine, now_ms)
    for study in studies_pending(engine):
        jobs.add_job(engine, "clearing", study, {}, None, now_ms)
    jobs.forget_done(engine, now_ms - KEPT_MS)


def do(settings: Settings, engine: Engine, job: Job, stop: threading.Event) -> None:
    """Do one job, and write down how it ended: done, failed with a reason, or given back."""
    lost = threading.Event()
    doing = Doing(job, engine, settings, stop, lost)
    try:
        try:
            if job.kind not in KINDS:
                kinds = ", ".join(KINDS)
                raise JobRefused(f'this version knows no job of the kind "{job.kind}"; it knows: {kinds}')
            with _beating(engine, job, lost):
                result = KINDS[job.kind](doing)
            jobs.finish(engine, job, result, _now_ms())
        except Stopped:
            jobs.give_back(engine, job, _now_ms())
        except JobRefused as refusal:
            jobs.fail(engine, job, str(refusal), _now_ms(), again=False)
        except SQLAlchemyError as error:
            jobs.fail(engine, job, f"the database could not be used: {error_line(error)}", _now_ms())
        except OSError as error:
            # Without the path: people read this who have no business there.
            why = error.strerror or type(error).__name__
            remedy = "see that the data folder has room and can be written"
            jobs.fail(engine, job, f"a file could not be written or read: {why}; {remedy}", _now_ms())
        # A fault of ours must not end the worker; the job is tried again.
        except Exception as error:
            _log.exception("job %s (%s) failed", job.id, job.kind)
            jobs.fail(engine, job, f"it failed by a fault of the program ({type(error).__name__})", _now_ms())
    except Lost:
        _log.warning("job %s (%s) counted as lost; another worker has it", job.id, job.kind)


@contextmanager
def _beating(engine: Engine, job: Job, lost: threading.Event) -> Iterator[None]:
    """Say all the while that the worker is alive; set `lost` where the job was given to another."""
    ended = threading.Event()

    def beats() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                jobs.beat(engine, job, _now_ms())
            except Lost:
                lost.set()
                return
            except SQLAlchemyError as error:
                _log.error("a sign of life could not be given: %s", error_line(error))

    thread = threading.Thread(target=beats, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _snapshot(doing: Doing) -> str:
    """Take a snapshot of a study."""
    return doing.result(_take(doing))


def _report(doing: Doing) -> str:
    """Make the report of a snapshot: of the one that is named, else of the newest, else of one taken now."""
    from analysis.problems import DataProblem
    from reports.publish import publish_report
    from survey_app.storage.leaves import snapshots

    study, name = doing.job.study, doing.job.arguments.get("snapshot")
    by_name = {path.name: path for path in snapshots(doing.settings.snapshots / study)}
    if name is None:
        snapshot = by_name[max(by_name)] if by_name else _take(doing)
    elif name in by_name:
        snapshot = by_name[name]
    else:
        raise JobRefused(f"{study} has no snapshot {name}; take one first")
    doing.progress(900, 1000)
    target = doing.settings.reports / study / snapshot.name
    try:
        publish_report(snapshot, target)
    except DataProblem as problem:
        raise JobRefused(str(problem)) from problem
    return doing.result(target)


def _clearing(doing: Doing) -> str:
    """Take what was erased out of the study's snapshots."""
    from survey_app.storage.snapshot import finish_erasures

    finish_erasures(doing.engine, doing.settings.snapshots / doing.job.study, doing.job.study)
    return ""


KINDS: Mapping[str, Callable[[Doing], str]] = {
    "snapshot": _snapshot,
    "report": _report,
    "clearing": _clearing,
}
"""What each kind of job does; it returns the path of what it left, below the data folder, or nothing."""


def _take(doing: Doing) -> Path:
    from datetime import UTC, datetime

    from questionnaires.problems import StudyFault
    from survey_app.storage.snapshot import NothingToSnapshot, take

    name = doing.job.study
    folder = doing.settings.snapshots / name
    try:
        try:
            study = _study(doing, folder)
        except StudyFault as fault:
            raise JobRefused("; ".join(map(str, fault.problems))) from None
        return take(doing.engine, study, folder, datetime.now(UTC), doing.progress)
    except NothingToSnapshot:
        raise JobRefused(f"{name} was never published, so it has no answers") from None


def _study(doing: Doing, snapshots_folder: Path) -> Study:
    """Return a study as it was published, with the further files of its folder.

    The folder is the one that the job names; without one, the files are those kept when it was published.
    """
    from questionnaires.formats.study_folder import read_study, study_from_files
    from survey_app.storage.fieldwork import fielded, version_content
    from survey_app.storage.leaves import snapshots
    from survey_app.storage.snapshot import NothingToSnapshot
    from survey_app.storage.study_files import files_of

    name, folder = doing.job.study, doing.job.arguments.get("folder")
    if folder is not None:
        if not Path(folder).is_dir():
            raise JobRefused(f"{Path(folder)}: there is no such study folder on this machine")
        study = read_study(Path(folder))
        if study.name != name:
            raise JobRefused(f"{Path(folder)} holds the study {study.name}, not {name}")
        return study
    published = fielded(doing.engine, name)
    if published is None:
        raise NothingToSnapshot(name)
    files = files_of(doing.settings.data, name)
    if files is None:
        # Published by an earlier version, which kept no files; the newest snapshot has them.
        newest = snapshots(snapshots_folder)[-1:]
        files = {path.name: path.read_bytes() for snapshot in newest for path in snapshot.glob("*.yaml")}
    content = version_content(doing.engine, name, published.version) or b""
    return study_from_files(files | {"study.yaml": published.record, "questionnaire.yaml": content})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
