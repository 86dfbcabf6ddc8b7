"""The studies that a person may see, and the page of one: counts, jobs, files, closing."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, abort, current_app, redirect, request, send_from_directory, url_for
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.study import Record
from questionnaires.texts import LANGUAGES, in_language
from survey_app.accounts import door
from survey_app.accounts.showing import show
from survey_app.executive.shelf import finished
from survey_app.researcher import files
from survey_app.respondent.fielded import Served, shelf
from survey_app.respondent.visit import spoken
from survey_app.storage import counts, fieldwork
from survey_app.storage.accounts import audit, rights
from survey_app.storage.jobs import add_job, jobs_of

researcher = Blueprint("researcher", __name__, template_folder="templates", url_prefix="/desk")
door.keep_door(researcher)
JOBS_SHOWN = 20
DONE = ("closed", "job_begun")


@researcher.get("/")
@door.signed_in
def studies() -> Response:
    """The list: every study that this person has a role in."""
    me = door.me()
    own = rights.studies_of(door.engine(), me.account, me.administrator)
    listed = [(one, title_of(one.name), rights.RIGHTS[one.role]) for one in own if one.role in rights.RIGHTS]
    joined = request.args.get("joined", "")
    return show(
        "researcher/studies.html", studies=listed, joined=any(one.name == joined for one in own) and joined
    )


@researcher.get("/<study>/")
@door.requires("study")
def one(study: str) -> Response:
    """One study: its state, who answered how far, and what this role may do or fetch."""
    served, state = _served(study)
    counted = counts.count(door.engine(), study)
    done = request.args.get("done")
    return show(
        "researcher/study.html",
        study=study,
        title=title_of(study),
        field=fieldwork.fielded(door.engine(), study),
        state=state,
        counted=counted,
        pages=_pages(served, counted.pages),
        may=door.may,
        jobs=jobs_of(door.engine(), study, JOBS_SHOWN) if door.may("jobs") else (),
        snapshots=files.snapshots(_snapshots(study)) if door.may("data") else (),
        reports=[one for one in finished(_reports()) if one.study == study],
        done=done if done in DONE else "",
        begun=request.args.get("job", ""),
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
    return redirect(url_for("researcher.one", study=study, done="job_begun", _anchor="jobs"), 303)


def _served(study: str) -> tuple[Served | None, str]:
    """Return a study as its form has it; one whose files this version cannot read still has its counts."""
    try:
        return shelf().study(study)
    except StudyFault:
        field = fieldwork.fielded(door.engine(), study)
        return None, field.status if field else ""


def title_of(study: str) -> str:
    """Return a study's title in the language of this visit; its name where its files cannot be read."""
    served, _ = _served(study)
    record: Record | None = served.record if served else None
    return in_language(record.title, spoken(LANGUAGES)) if record else study


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
