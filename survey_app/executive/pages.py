"""Finished reports by study and snapshot: the list and the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, abort, current_app, render_template, request, send_from_directory, session
from werkzeug.wrappers import Response

from questionnaires.texts import LANGUAGES
from survey_app.respondent.markup import chrome

executive = Blueprint("executive", __name__, url_prefix="/reports", template_folder="templates")


@dataclass(frozen=True)
class Shelved:
    """One finished report: where it is, and what it says of itself in each language."""

    study: str
    snapshot: str
    synthetic: bool
    words: Mapping[str, Mapping[str, str]]

    def in_language(self, language: str) -> Mapping[str, str]:
        return self.words.get(language) or next(iter(self.words.values()))


def finished(folder: Path) -> list[Shelved]:
    """Return the finished reports below a folder, newest first."""
    found = []
    for path in folder.glob("*/*/page/about.json"):
        about = json.loads(path.read_text(encoding="utf-8"))
        study, snapshot = path.parts[-4:-2]
        found.append(Shelved(study, snapshot, about["synthetic"], about["words"]))
    return sorted(found, key=lambda report: (report.snapshot, report.study), reverse=True)


@executive.get("/")
def reports() -> str:
    """The list: each report with the one sentence that it found."""
    wanted = session.get("language") or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    shelved = finished(Path(current_app.config["REPORTS"]))
    return render_template("executive/reports.html", **chrome(wanted), reports=shelved, synthetic=False)


@executive.get("/<study>/<snapshot>/<path:name>")
def report_file(study: str, snapshot: str, name: str) -> Response:
    """Hand out one file of a report that is on the list; nothing else of the disk."""
    shelved = {(r.study, r.snapshot) for r in finished(Path(current_app.config["REPORTS"]))}
    if (study, snapshot) not in shelved:
        abort(404)
    folder = Path(current_app.config["REPORTS"]) / study / snapshot / "page"
    return send_from_directory(folder, name)
