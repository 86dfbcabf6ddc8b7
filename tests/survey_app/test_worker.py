"""The worker does each kind of job, says why one failed, and gives back what it cannot end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from survey_app import worker
from survey_app.cli import results
from survey_app.cli.results import worker as verb
from survey_app.storage import jobs
from survey_app.storage.database import writing
from survey_app.storage.erase import erase, studies_pending
from survey_app.storage.jobs import Job, add_job, jobs_of
from survey_app.storage.leaves import snapshots
from survey_app.storage.tables import job
from survey_app.worker import Doing, run

from .conftest import Field
from .receipted import finish, snapshot

pytestmark = pytest.mark.both_databases


def ask(field: Field, kind: str, study: str = "small", **arguments: Any) -> int:
    return add_job(field.engine, kind, study, arguments, None, 0)


def work(field: Field) -> Job:
    """Do what is due and return the newest job."""
    assert run(field.settings, field.engine, threading.Event(), once=True) == 1
    return jobs_of(field.engine, "small")[0]


def test_a_snapshot(field: Field) -> None:
    finish(field, 1)
    ask(field, "snapshot")
    done = work(field)
    assert (done.state, done.said) == ("done", "")
    made = field.settings.data / done.result
    assert made == snapshots(field.settings.snapshots / "small")[0]
    told = json.loads((made / "manifest.json").read_text())
    assert (told["n"], told["version"]) == (1, field.study.version)


def test_the_further_files_come_from_the_folder_or_the_newest_snapshot(
    field: Field, files: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "report.yaml").write_text("parts:\n  - {headline: channel}\n")
    for arguments in ({"folder": str(folder)}, {}):
        ask(field, "snapshot", **arguments)
        done = work(field)
        assert done.state == "done", done.said
        assert "headline" in (field.settings.data / done.result / "report.yaml").read_text()


@pytest.mark.parametrize("taken", [True, False])
def test_a_report(field: Field, taken: bool) -> None:
    for number in range(1, 4):
        finish(field, number)
    if taken:
        snapshot(field)
    ask(field, "report")
    done = work(field)
    assert done.state == "done", done.said
    (made,) = snapshots(field.settings.snapshots / "small")
    assert done.result == f"reports/small/{made.name}"
    assert (field.settings.reports / "small" / made.name / "page" / "about.json").is_file()


def test_what_was_erased_is_cleared_even_if_nobody_asks(field: Field) -> None:
    one = finish(field, 1)
    folder = snapshot(field)
    erase(field.engine, one.key, 0)
    done = work(field)
    assert (done.kind, done.state, done.result) == ("clearing", "done", "")
    assert studies_pending(field.engine) == []
    assert json.loads((folder / "manifest.json").read_text())["n"] == 0


def test_what_cannot_be_done_says_why(field: Field, library: Path) -> None:
    for kind, arguments, why in (
        ("report", {"snapshot": "20200101"}, "small has no snapshot 20200101; take one first"),
        ("nonsense", {}, 'knows no job of the kind "nonsense"; it knows: snapshot'),
        ("snapshot", {"folder": "/nowhere"}, "/nowhere: there is no such study folder"),
        ("snapshot", {"folder": str(library / "starter")}, "holds the study my_study, not small"),
    ):
        ask(field, kind, **arguments)
        failed = work(field)
        assert failed.state == "failed"
        assert why in failed.said
    ask(field, "snapshot", study="absent")
    assert run(field.settings, field.engine, threading.Event(), once=True) == 1
    (failed,) = jobs_of(field.engine, "absent")
    assert failed.said == "absent was never published, so it has no answers"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(28, "No space left on device"),
            "a file could not be written or read: No space left on device; see",
        ),
        (
            OperationalError("SELECT secret", {}, Exception("no connection")),
            "the database could not be used: no conn",
        ),
        (ValueError("an answer"), "it failed by a fault of the program (ValueError)"),
    ],
)
def test_what_may_pass_is_tried_again(
    field: Field, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails(doing: Doing) -> str:
        raise error

    monkeypatch.setattr(worker, "KINDS", {"snapshot": fails})
    ask(field, "snapshot")
    waiting = work(field)
    assert (waiting.state, waiting.tries) == ("waiting", 1)
    assert waiting.said.startswith(said)
    assert "secret" not in waiting.said
    assert "an answer" not in waiting.said


def test_it_tells_how_far_it_is_and_lives(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Job] = []

    def waits(doing: Doing) -> str:
        doing.progress(1, 4)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            seen.append(jobs_of(field.engine, "small")[0])
            if seen[-1].beat_ms != seen[0].beat_ms:
                break
            time.sleep(0.01)
        return "made"

    monkeypatch.setattr(worker, "KINDS", {"snapshot": waits})
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.02)
    ask(field, "snapshot")
    assert work(field).result == "made"
    assert (seen[0].progress, seen[0].said) == (250, "1 of 4")
    assert (seen[-1].beat_ms or 0) > (seen[0].beat_ms or 0)


def test_a_stop_gives_the_job_back(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def stopped(doing: Doing) -> str:
        stop.set()
        doing.progress(1, 2)
        raise AssertionError("it went on")

    monkeypatch.setattr(worker, "KINDS", {"snapshot": stopped})
    ask(field, "snapshot")
    assert run(field.settings, field.engine, stop) == 1
    (waiting,) = jobs_of(field.engine, "small")
    assert (waiting.state, waiting.tries) == ("waiting", 0)


def test_one_that_was_given_to_another_ends_without_a_word(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    def slept(doing: Doing) -> str:
        jobs.requeue_lost(field.engine, 10**16)
        if doing.lost.wait(10):
            ended.append("told")
        doing.progress(1, 2)
        ended.append("went on")
        return ""

    monkeypatch.setattr(worker, "KINDS", {"snapshot": slept})
    monkeypatch.setattr(worker, "BEAT_SECONDS", 0.02)
    number = ask(field, "snapshot")
    taken = jobs.claim(field.engine, "w", 10**15)
    assert taken is not None
    worker.do(field.settings, field.engine, taken, threading.Event())
    (waiting,) = jobs_of(field.engine, "small")
    assert (waiting.id, waiting.state, waiting.tries) == (number, "waiting", 1)
    assert ended == ["told"]


def test_without_a_database_it_waits(
    field: Field, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claim, failed = jobs.claim, threading.Event()

    def away(*arguments: Any) -> Job | None:
        if not failed.is_set():
            failed.set()
            raise OperationalError("SELECT", {}, Exception("no connection"))
        return claim(*arguments)

    monkeypatch.setattr(jobs, "claim", away)
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.01)
    stop = threading.Event()
    ask(field, "snapshot")
    running = threading.Thread(target=run, args=(field.settings, field.engine, stop))
    running.start()
    until = time.monotonic() + 10
    while jobs_of(field.engine, "small")[0].state != "done" and time.monotonic() < until:
        time.sleep(0.02)
    stop.set()
    running.join()
    assert jobs_of(field.engine, "small")[0].state == "done"
    assert "the worker waits for the database: no connection" in caplog.text


def test_the_verb(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_stop_event", threading.Event)  # the tests' own signals and priority stay
    monkeypatch.setattr(results, "step_back", lambda: None)
    finish(field, 1)
    ask(field, "snapshot")
    result = CliRunner().invoke(verb, ["--once", "--json"], env=field.environment)
    assert (result.exit_code, json.loads(result.output)) == (0, {"jobs": 1}), result.output
    assert CliRunner().invoke(verb, ["--once"], env=field.environment).output == "0 jobs done.\n"


def test_killed_in_the_middle_it_leaves_one_snapshot(field: Field) -> None:
    """A real worker is killed while it takes a snapshot; the next one takes it, and nothing half made stays."""
    finish(field, 1)
    slow = (
        "import time\nfrom survey_app.storage import snapshot\nfrom survey_app.cli import main\n"
        "write = snapshot._write_beside\n"
        "def wait(*a): write(*a); print('half', flush=True); time.sleep(60)\n"
        "snapshot._write_beside = wait\nmain(['worker'])"
    )
    ask(field, "snapshot")
    killed = subprocess.Popen(
        [sys.executable, "-c", slow], env={**os.environ, **field.environment}, stdout=subprocess.PIPE
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"half\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    killed.stdout.close()
    folder = field.settings.snapshots / "small"
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    jobs.requeue_lost(field.engine, time.time_ns() // 1_000_000 + jobs.LOST_MS + 1)
    _due_now(field)
    done = work(field)
    assert (done.state, done.tries) == ("done", 2)
    assert [path.name for path in folder.iterdir()] == [Path(done.result).name]


def _due_now(field: Field) -> None:
    with writing(field.engine).begin() as connection:
        connection.execute(job.update().values(due_ms=0))


def test_a_worker_ends_at_once_when_it_is_asked_to(field: Field) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "survey_app.cli", "worker"], env={**os.environ, **field.environment}
    )
    ask(field, "snapshot")
    until = time.monotonic() + 20
    while jobs_of(field.engine, "small")[0].state != "done" and time.monotonic() < until:
        time.sleep(0.05)
    running.terminate()
    assert running.wait(10) == 0
    assert jobs_of(field.engine, "small")[0].state == "done"


def test_it_knows_no_web() -> None:
    told = (
        "import sys, survey_app.worker, survey_app.cli.results\n"
        "print({'flask', 'werkzeug', 'pyarrow', 'numpy', 'analysis'} & {n.split('.')[0] for n in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
