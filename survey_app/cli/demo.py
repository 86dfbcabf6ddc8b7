"""`earshot demo`: one study from the question to the report, on this machine, with synthetic respondents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.console import now_ms, open_engine, open_settings, open_study, print_json, refuse

if TYPE_CHECKING:
    import subprocess

    from analysis.evidence.synthetic import Person
    from questionnaires.study import Study
    from reports.publish import PublishedReport
    from survey_app.config import Settings

STUDY = "complaint_channels"
AT_ONCE = 16
MARK = ".earshot-demo"
"""A file that says a folder was made by the demo, and may be removed by the next one."""


@click.command(epilog="Example:  earshot demo --no-serve --json")
@click.option("--no-serve", is_flag=True, help="End after the table instead of serving form and report.")
@click.option("--json", "as_json", is_flag=True, help="Print the table and the paths as JSON.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--study", type=click.Path(path_type=Path), help="Another study folder with a synthetic.yaml.")
def demo(no_serve: bool, as_json: bool, port: int, study: Path | None) -> None:
    """Watch synthetic people answer a real questionnaire through the real form, and read the report.

    Starts the web app on this machine with an embedded database, sends the made-up respondents of the
    study through it over HTTP, takes the snapshot, weights it, estimates, and holds the result against
    the published figures.
    """
    from importlib.resources import files

    from survey_app.cli.serve import listen
    from survey_app.storage import fieldwork

    # Progress goes to standard error where standard output must stay JSON.
    say = partial(click.echo, err=as_json)
    opened = open_study(study or Path(str(files("questionnaires"))) / "library" / STUDY)
    if opened.truth is None or not opened.synthetic:
        refuse(f"{opened.name}: the demo needs a synthetic.yaml and `sample: synthetic` in study.yaml")
    listen("127.0.0.1", port).close()
    settings = _fresh_settings(say)
    folder = settings.data / "study" / opened.name
    folder.mkdir(parents=True)
    for name, content in opened.files.items():
        (folder / name).write_bytes(content)
    engine = open_engine(settings)
    fieldwork.publish(engine, opened, now_ms())
    engine.dispose()
    with _serving(settings, folder, opened.name, port) as server:
        _collect(opened, port, say)
        report = _report(settings, opened, say, as_json)
        if not no_serve:
            _keep_serving(server, report, port, say)


def _fresh_settings(say: Callable[[str], None]) -> Settings:
    """Return settings for an empty folder of the demo's own; an earlier demo's folder is removed."""
    import shutil

    data = open_settings().data / "demo"
    if (data / MARK).is_file():
        shutil.rmtree(data)
        say(f"Removed the earlier demo in {data}.")
    elif data.exists() and any(data.iterdir()):
        refuse(f"{data} holds files that no demo made; move them, or set EARSHOT_DATA to another folder")
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
    return open_settings(data, reports_open=True)


@contextmanager
def _serving(settings: Settings, folder: Path, name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `earshot serve` in a process of its own, so that form and analysis do not wait for each other."""
    import signal
    import subprocess
    import sys
    import time
    import urllib.error
    import urllib.request

    # By an exception, so that the server ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    command = [sys.executable, "-m", "survey_app.cli", "serve", str(folder), "--port", str(port)]
    command += ["--data", str(settings.data), "--with-reports", "--no-worker"]
    address, log = f"http://127.0.0.1:{port}/s/{name}", settings.data / "server.log"
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        for _ in range(600):
            if server.poll() is not None:
                refuse(f"the server did not start: {log.read_text(errors='replace').strip() or log}")
            try:
                with urllib.request.urlopen(address, timeout=5):
                    break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        else:
            refuse(f"the server did not answer at {address}; its log is {log}")
        yield server
    finally:
        server.terminate()
        server.wait(timeout=20)


def _collect(study: Study, port: int, say: Callable[[str], None]) -> None:
    """Send every made-up respondent through the form, sixteen at a time."""
    import sys
    import time
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from analysis.evidence.synthetic import respondents
    from questionnaires.problems import StudyFault
    from survey_app.respondent.visitor import Lost, Visitor

    try:
        people = respondents(study)
    except StudyFault as fault:
        refuse("\n".join(map(str, fault.problems)))
    say(f"{len(people):,} synthetic respondents fill in the form at http://127.0.0.1:{port}/s/{study.name}")
    started = time.monotonic()

    def visit(person: Person) -> int:
        return Visitor("127.0.0.1", port).fill_in(study.questionnaire, person.answers, person.language)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        visits = [pool.submit(visit, person) for person in people]
        with click.progressbar(
            as_completed(visits), length=len(visits), label="Answering", file=sys.stderr
        ) as bar:
            try:
                pages = sum(done.result() for done in bar)
            except Lost as lost:
                pool.shutdown(cancel_futures=True)
                refuse(f"a respondent got lost: {lost}")
    took = time.monotonic() - started
    say(f"{len(people):,} answered, {pages:,} pages kept, in {took:.0f} s.")


def _report(settings: Settings, study: Study, say: Callable[[str], None], as_json: bool) -> PublishedReport:
    """Make the report of what was collected, and print its table or its JSON."""
    from datetime import UTC, datetime

    from reports.publish import publish_report
    from reports.published_figures import as_rows, as_table
    from survey_app.storage.snapshot import take

    say("Snapshot, weighting, estimates, report …")
    engine = open_engine(settings)
    snapshot = take(engine, study, settings.snapshots / study.name, datetime.now(UTC))
    engine.dispose()
    report = publish_report(snapshot, settings.reports / study.name / snapshot.name)
    rows = as_rows(report.findings)
    if as_json:
        outcome = {
            "rows": rows,
            "report": str(report.files[0]),
            "reports": [str(path) for path in report.files],
            "snapshot": str(report.snapshot),
            "synthetic": report.findings.basis.synthetic,
        }
        print_json(outcome)
        return report
    click.echo()
    click.echo(as_table(report.findings))
    click.echo()
    click.echo(f"Snapshot  {report.snapshot}")
    for path in report.files:
        click.echo(f"Report    {path}")
    return report


def _keep_serving(
    server: subprocess.Popen[Any], report: PublishedReport, port: int, say: Callable[[str], None]
) -> None:
    name, language = report.findings.study.name, report.findings.study.questionnaire.languages[0]
    say("")
    say(f"The form    http://127.0.0.1:{port}/s/{name}")
    say(f"The report  http://127.0.0.1:{port}/reports/{name}/{report.snapshot.name}/{language}.html")
    say("Ctrl-C ends.")
    try:
        server.wait()
        refuse("the server has stopped")
    except KeyboardInterrupt:
        say("\nEnded. The files stay.")
