"""Finished reports by study and snapshot: the list, the pages to read and the files to keep."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, request, send_from_directory
from werkzeug.wrappers import Response

from survey_app.accounts import door
from survey_app.accounts.showing import show, title_of
from survey_app.executive.shelf import Shelved, finished
from survey_app.storage.accounts import audit, rights

executive = Blueprint("executive", __name__, url_prefix="/reports", template_folder="templates")
door.keep_door(executive)


def readers(guard: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let in whom a door lets in; everyone where reports are open, as on the machine of a demonstration."""

    def decorated(view: Any) -> Any:
        guarded = guard(view)

        @wraps(guarded)
        def either(*arguments: Any, **values: Any) -> Any:
            return (view if _open() else guarded)(*arguments, **values)

        return either

    return decorated


@executive.get("/")
@readers(door.signed_in)
def reports() -> Response:
    """The list: each report that this person may read, with the one sentence that it found."""
    signed, joined = door.who(), request.args.get("joined", "")
    mine = signed and rights.role_in(door.engine(), signed.account, joined, signed.administrator)
    return show("executive/reports.html", reports=_readable(), joined=title_of(joined) if mine else "")


@executive.get("/<study>/<snapshot>/<path:name>")
@readers(door.requires("reports"))
def report_file(study: str, snapshot: str, name: str) -> Response:
    """Hand out one file of a report's pages; nothing else of the disk."""
    _shelved(study, snapshot)
    shown = send_from_directory(_folder() / study / snapshot / "page", name)
    if name.endswith(".html"):
        _note(study, snapshot, name)
    return _private(shown)


@executive.get("/<study>/<snapshot>/files/<name>")
@readers(door.requires("reports"))
def report_download(study: str, snapshot: str, name: str) -> Response:
    """Hand out one finished file to keep, such as the slides."""
    if name not in _shelved(study, snapshot).files:
        abort(404)
    _note(study, snapshot, name)
    handed = send_from_directory(
        _folder() / study / snapshot, name, as_attachment=True, download_name=f"{study}-{name}"
    )
    return _private(handed)


def _private(handed: Response) -> Response:
    """What one person may read is kept by no cache between; their own browser asks each time."""
    handed.headers["Cache-Control"] = "private, no-cache"
    return handed


def _readable() -> list[Shelved]:
    found = finished(_folder())
    if _open():
        return found
    me = door.me()
    own = rights.studies_of(door.engine(), me.account, me.administrator)
    mine = {one.name for one in own if rights.may(one.role, "reports")}
    return [report for report in found if report.study in mine]


def _shelved(study: str, snapshot: str) -> Shelved:
    found = [one for one in finished(_folder()) if (one.study, one.snapshot) == (study, snapshot)]
    if not found:
        abort(404)
    return found[0]


def _note(study: str, snapshot: str, name: str) -> None:
    """Write down who read what, where it is known who."""
    signed = door.who()
    if signed is not None:
        audit.record(
            door.engine(),
            door.now_ms(),
            signed.account,
            "report_downloaded",
            study,
            snapshot=snapshot,
            file=name,
        )


def _open() -> bool:
    return bool(current_app.config["REPORTS_OPEN"])


def _folder() -> Path:
    return Path(current_app.config["REPORTS"])
