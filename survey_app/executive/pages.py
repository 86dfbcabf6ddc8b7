"""Finished reports by study and snapshot: the list, the pages to read and the files to keep."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, request, send_from_directory
from werkzeug.wrappers import Response

from survey_app.accounts import access
from survey_app.accounts.layout import show, title_of
from survey_app.executive.finished_reports import FinishedReport, finished
from survey_app.storage.accounts import audit, rights

executive = Blueprint("executive", __name__, url_prefix="/reports", template_folder="templates")
access.guard(executive)


def readers(guard: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let in whom a door lets in; everyone where reports are open, as on the machine of a demonstration."""

    def decorated(view: Any) -> Any:
        guarded = guard(view)

        @wraps(guarded)
        def either(*arguments: Any, **values: Any) -> Any:
            return (view if current_app.config["REPORTS_OPEN"] else guarded)(*arguments, **values)

        return either

    return decorated


@executive.get("/")
@readers(access.signed_in)
def reports() -> Response:
    """The list: each report that this person may read, with the one sentence that it found."""
    signed, joined = access.who(), request.args.get("joined", "")
    mine = signed and rights.role_in(access.engine(), signed.account, joined, signed.administrator)
    readable = finished(_folder())
    if not current_app.config["REPORTS_OPEN"]:
        me = access.me()
        own = rights.studies_of(access.engine(), me.account, me.administrator)
        names = {study.name for study in own if rights.may(study.role, "reports")}
        readable = [report for report in readable if report.study in names]
    return show("executive/reports.html", reports=readable, joined=title_of(joined) if mine else "")


@executive.get("/<study>/<snapshot>/<path:name>")
@readers(access.requires("reports"))
def report_file(study: str, snapshot: str, name: str) -> Response:
    """Hand out one file of a report's pages; nothing else of the disk."""
    _report(study, snapshot)
    page = send_from_directory(_folder() / study / snapshot / "page", name)
    if name.endswith(".html"):
        _note(study, snapshot, name)
    return _private(page)


@executive.get("/<study>/<snapshot>/files/<name>")
@readers(access.requires("reports"))
def report_download(study: str, snapshot: str, name: str) -> Response:
    """Hand out one finished file to keep, such as the slides."""
    if name not in _report(study, snapshot).files:
        abort(404)
    _note(study, snapshot, name)
    folder = _folder() / study / snapshot
    return _private(send_from_directory(folder, name, as_attachment=True, download_name=f"{study}-{name}"))


def _private(response: Response) -> Response:
    """Let no shared cache store a response, and the reader's browser ask each time."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _report(study: str, snapshot: str) -> FinishedReport:
    reports = {(report.study, report.snapshot): report for report in finished(_folder())}
    if (study, snapshot) not in reports:
        abort(404)
    return reports[study, snapshot]


def _note(study: str, snapshot: str, name: str) -> None:
    """Write the reader and the file to the audit log, where the reader is signed in."""
    signed, action = access.who(), "report_downloaded"
    if signed is not None:
        now = access.now_ms()
        audit.record(access.engine(), now, signed.account, action, study, snapshot=snapshot, file=name)


def _folder() -> Path:
    return Path(current_app.config["REPORTS"])
