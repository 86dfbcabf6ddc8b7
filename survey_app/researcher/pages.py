"""The studies that a person may see, and the page of one: counts, jobs, files, closing."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.texts import LANGUAGES, in_language
from survey_app.accounts import access
from survey_app.accounts.layout import show, title_of
from survey_app.executive.finished_reports import FinishedReport, finished
from survey_app.researcher.snapshots import snapshot_named, snapshots_in
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.respondent.visit import spoken
from survey_app.storage import counts, fieldwork
from survey_app.storage.accounts import audit, rights
from survey_app.storage.fielded import fielded
from survey_app.storage.jobs import Job, add_job, jobs_of

researcher = Blueprint("researcher", __name__, template_folder="templates", url_prefix="/desk")
access.guard(researcher)
JOBS_SHOWN = 20
PATIENCE_MS = 600_000
"""How long a page refreshes itself for a worker that takes a job."""
DONE = ("closed", "job_begun")


@researcher.get("/")
@access.signed_in
def studies() -> Response:
    """The list: every study that this person has a role in."""
    me = access.me()
    own = rights.studies_of(access.engine(), me.account, me.administrator)
    rows = [
        (study, title_of(study.name), rights.RIGHTS[study.role])
        for study in own
        if study.role in rights.RIGHTS
    ]
    joined = request.args.get("joined", "")
    mine = any(study.name == joined for study in own)
    return show("researcher/studies.html", studies=rows, joined=title_of(joined) if mine else "")


@researcher.get("/<study>/")
@access.requires("study")
def one(study: str) -> Response:
    """One study: its state, who answered how far, and what this role may do or fetch."""
    engine, now, done = access.engine(), access.now_ms(), request.args.get("done")
    field = fielded(engine, study)
    try:
        served, state = shelf().study(study)
    except StudyFault:
        # A study whose files this version cannot read still has its counts.
        served, state = None, field.status if field else ""
    counted = counts.count(engine, study)
    jobs = jobs_of(engine, study, JOBS_SHOWN) if access.may("jobs") else []
    snapshots = snapshots_in(_snapshots(study)) if access.may("data") else []
    reports = [report for report in finished(Path(current_app.config["REPORTS"])) if report.study == study]
    # A job that has waited for long has no worker: the page stops looking anew for it.
    waiting_since = now - PATIENCE_MS
    return show(
        "researcher/study.html",
        study=study,
        title=title_of(study),
        field=field,
        state=state,
        counted=counted,
        pages=_pages(served, counted.pages),
        may=access.may,
        jobs=jobs,
        moving=any(
            job.state == "running" or (job.state == "waiting" and job.made_ms > waiting_since) for job in jobs
        ),
        results=_results(study, jobs, {snapshot.name for snapshot in snapshots}, reports),
        snapshots=snapshots,
        reports=reports,
        done=done if done in DONE else "",
    )


@researcher.get("/<study>/close")
@access.requires("field")
def ask_close(study: str) -> Response:
    """A page of its own for what cannot be undone with a click: what ends, and what stays."""
    counted = fieldwork.counts(access.engine(), study)
    return show("researcher/close.html", study=study, title=title_of(study), counted=counted)


@researcher.post("/<study>/close")
@access.requires("field")
def close(study: str) -> Response:
    if fieldwork.close(access.engine(), study, access.now_ms()):
        audit.record(access.engine(), access.now_ms(), access.me().account, "closed", study)
    return redirect(url_for("researcher.one", study=study, done="closed"), 303)


@researcher.post("/<study>/jobs/snapshot")
@access.requires("take_snapshot")
def take_snapshot(study: str) -> Response:
    return _begin("snapshot", study, {})


@researcher.post("/<study>/jobs/report")
@access.requires("make_report")
def make_report(study: str) -> Response:
    """Begin a report of one snapshot of the study."""
    name = request.form.get("snapshot", "")
    if snapshot_named(_snapshots(study), name) is None:
        abort(404)
    return _begin("report", study, {"snapshot": name})


@researcher.get("/<study>/snapshots/<snapshot>")
@access.requires("data")
def snapshot(study: str, snapshot: str) -> Response:
    """The files of one snapshot."""
    description = snapshot_named(_snapshots(study), snapshot)
    if description is None:
        abort(404)
    return show("researcher/snapshot.html", study=study, title=title_of(study), snapshot=description)


@researcher.get("/<study>/snapshots/<snapshot>/<path:name>")
@access.requires("data")
def snapshot_file(study: str, snapshot: str, name: str) -> Response:
    """Hand out one file that the snapshot's manifest names, as a download; nothing else of the disk."""
    description = snapshot_named(_snapshots(study), snapshot)
    if description is None or name not in description.files:
        abort(404)
    audit.record(
        access.engine(),
        access.now_ms(),
        access.me().account,
        "downloaded",
        study,
        snapshot=snapshot,
        file=name,
    )
    file_name = f"{study}-{snapshot}-{name.replace('/', '-')}"
    folder = _snapshots(study) / snapshot
    download = send_from_directory(folder, name, as_attachment=True, download_name=file_name)
    # Answers of respondents stay in no cache.
    download.headers["Cache-Control"] = "no-store"
    return download


def _begin(kind: str, study: str, arguments: dict[str, str]) -> Response:
    me, now = access.me(), access.now_ms()
    number = add_job(access.engine(), kind, study, arguments, me.account, now)
    audit.record(access.engine(), now, me.account, "job_begun", study, kind=kind, job=number)
    # No anchor: browsers do not refresh a page by themselves whose address has one.
    return redirect(url_for("researcher.one", study=study, done="job_begun"), 303)


def _results(
    study: str, jobs: list[Job], snapshots: set[str], reports: list[FinishedReport]
) -> dict[int, str]:
    """Return by job where its result opens: only what is still there and this role may open."""
    language = spoken(LANGUAGES)
    addresses: dict[int, str] = {}
    words = {report.snapshot: report.words for report in reports}
    for job in jobs:
        name = Path(job.result).name
        if job.state != "done":
            continue
        if job.kind == "snapshot" and name in snapshots:
            addresses[job.id] = url_for("researcher.snapshot", study=study, snapshot=name)
        elif job.kind == "report" and name in words:
            page = f"{language if language in words[name] else next(iter(words[name]))}.html"
            addresses[job.id] = url_for("executive.report_file", study=study, snapshot=name, name=page)
    return addresses


def _pages(served: Served | None, counted: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return (name, title, responses) by page in the order of the form; pages of earlier versions come last."""
    language = spoken(LANGUAGES)
    titles = {page.name: page.section.title for page in served.pages(0)} if served else {}
    rows = [
        (name, in_language(title, language) if title else name, counted.get(name, 0))
        for name, title in titles.items()
    ]
    return rows + [(name, name, number) for name, number in sorted(counted.items()) if name not in titles]


def _snapshots(study: str) -> Path:
    return Path(current_app.config["SNAPSHOTS"]) / study
