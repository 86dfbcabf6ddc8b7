"""The studies that a person may see, and the page of one: counts, jobs, files, closing."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.texts import LANGUAGES, in_language
from survey_app.accounts import door
from survey_app.accounts.showing import show, title_of
from survey_app.executive.shelf import Shelved, finished
from survey_app.researcher import files
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.respondent.visit import spoken
from survey_app.storage import counts, fieldwork
from survey_app.storage.accounts import audit, rights
from survey_app.storage.fielded import fielded
from survey_app.storage.jobs import Job, add_job, jobs_of

researcher = Blueprint("researcher", __name__, template_folder="templates", url_prefix="/desk")
door.keep_door(researcher)
JOBS_SHOWN = 20
PATIENCE_MS = 600_000
"""How long a page looks anew, every few seconds, for a worker that takes a job."""
DONE = ("closed", "job_begun")


@researcher.get("/")
@door.signed_in
def studies() -> Response:
    """The list: every study that this person has a role in."""
    me = door.me()
    own = rights.studies_of(door.engine(), me.account, me.administrator)
    listed = [(one, title_of(one.name), rights.RIGHTS[one.role]) for one in own if one.role in rights.RIGHTS]
    joined = request.args.get("joined", "")
    mine = any(one.name == joined for one in own)
    return show("researcher/studies.html", studies=listed, joined=title_of(joined) if mine else "")


@researcher.get("/<study>/")
@door.requires("study")
def one(study: str) -> Response:
    """One study: its state, who answered how far, and what this role may do or fetch."""
    served, state = _served(study)
    counted = counts.count(door.engine(), study)
    jobs = jobs_of(door.engine(), study, JOBS_SHOWN) if door.may("jobs") else []
    snapshots = files.snapshots(_snapshots(study)) if door.may("data") else []
    reports = [one for one in finished(_reports()) if one.study == study]
    done = request.args.get("done")
    return show(
        "researcher/study.html",
        study=study,
        title=title_of(study),
        field=fielded(door.engine(), study),
        state=state,
        counted=counted,
        pages=_pages(served, counted.pages),
        may=door.may,
        jobs=jobs,
        moving=any(_moves(job, door.now_ms()) for job in jobs),
        results=_results(study, jobs, {one.name for one in snapshots}, reports),
        snapshots=snapshots,
        reports=reports,
        done=done if done in DONE else "",
    )


@researcher.get("/<study>/close")
@door.requires("field")
def ask_close(study: str) -> Response:
    """A page of its own for what cannot be undone with a click: what ends, and what stays."""
    counted = fieldwork.counts(door.engine(), study)
    return show("researcher/close.html", study=study, title=title_of(study), counted=counted)


@researcher.post("/<study>/close")
@door.requires("field")
def close(study: str) -> Response:
    if fieldwork.close(door.engine(), study, door.now_ms()):
        audit.record(door.engine(), door.now_ms(), door.me().account, "closed", study)
    return redirect(url_for("researcher.one", study=study, done="closed"), 303)


@researcher.post("/<study>/jobs/snapshot")
@door.requires("take_snapshot")
def take_snapshot(study: str) -> Response:
    return _begin("snapshot", study, {})


@researcher.post("/<study>/jobs/report")
@door.requires("make_report")
def make_report(study: str) -> Response:
    """Begin a report of one snapshot of the study."""
    wanted = request.form.get("snapshot", "")
    if files.snapshot(_snapshots(study), wanted) is None:
        abort(404)
    return _begin("report", study, {"snapshot": wanted})


@researcher.get("/<study>/snapshots/<snapshot>")
@door.requires("data")
def snapshot(study: str, snapshot: str) -> Response:
    """The files of one snapshot."""
    found = files.snapshot(_snapshots(study), snapshot)
    if found is None:
        abort(404)
    return show("researcher/snapshot.html", study=study, title=title_of(study), snapshot=found)


@researcher.get("/<study>/snapshots/<snapshot>/<path:name>")
@door.requires("data")
def snapshot_file(study: str, snapshot: str, name: str) -> Response:
    """Hand out one file that the snapshot's manifest names, as a file to keep; nothing else of the disk."""
    found = files.snapshot(_snapshots(study), snapshot)
    if found is None or name not in found.files:
        abort(404)
    audit.record(
        door.engine(), door.now_ms(), door.me().account, "downloaded", study, snapshot=snapshot, file=name
    )
    called = f"{study}-{snapshot}-{name.replace('/', '-')}"
    handed = send_from_directory(_snapshots(study) / snapshot, name, as_attachment=True, download_name=called)
    handed.headers["Cache-Control"] = "no-store"  # answers stay in no cache
    return handed


def _begin(kind: str, study: str, arguments: dict[str, str]) -> Response:
    me, now = door.me(), door.now_ms()
    number = add_job(door.engine(), kind, study, arguments, me.account, now)
    audit.record(door.engine(), now, me.account, "job_begun", study, kind=kind, job=number)
    # No anchor: browsers do not load a page anew by themselves whose address has one.
    return redirect(url_for("researcher.one", study=study, done="job_begun"), 303)


def _moves(job: Job, now_ms: int) -> bool:
    """Tell whether a job may look different in a moment; one that has waited for long has no worker."""
    return job.state == "running" or (job.state == "waiting" and now_ms - job.made_ms < PATIENCE_MS)


def _results(study: str, jobs: list[Job], snapshots: set[str], reports: list[Shelved]) -> dict[int, str]:
    """Return where what a job left can be opened, by job; only what is still there and this role may open."""
    language = spoken(LANGUAGES)
    found: dict[int, str] = {}
    words = {one.snapshot: one.words for one in reports}
    for job in jobs:
        name = Path(job.result).name
        if job.state != "done":
            continue
        if job.kind == "snapshot" and name in snapshots:
            found[job.id] = url_for("researcher.snapshot", study=study, snapshot=name)
        elif job.kind == "report" and name in words:
            page = f"{language if language in words[name] else next(iter(words[name]))}.html"
            found[job.id] = url_for("executive.report_file", study=study, snapshot=name, name=page)
    return found


def _served(study: str) -> tuple[Served | None, str]:
    """Return a study as its form has it; one whose files this version cannot read still has its counts."""
    try:
        return shelf().study(study)
    except StudyFault:
        field = fielded(door.engine(), study)
        return None, field.status if field else ""


def _pages(served: Served | None, counted: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return (name, title, responses) by page in the order of the form; pages of earlier versions come last."""
    known = {page.name: page for page in served.pages(0)} if served else {}
    language = spoken(LANGUAGES)
    shown = [
        (
            name,
            in_language(page.section.title, language) if page.section.title else name,
            counted.get(name, 0),
        )
        for name, page in known.items()
    ]
    return shown + [(name, name, number) for name, number in sorted(counted.items()) if name not in known]


def _snapshots(study: str) -> Path:
    return Path(current_app.config["SNAPSHOTS"]) / study


def _reports() -> Path:
    return Path(current_app.config["REPORTS"])
