"""How pages of the workplace look: the bar, the languages, and short notices."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal
from flask import g, make_response, render_template, request
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.texts import DIRECTIONS, LANGUAGES, OWN_NAMES, catalogue, in_language
from survey_app.respondent.markup import own_file
from survey_app.respondent.shelf import shelf
from survey_app.respondent.visit import spoken

STATIC = "/workplace"
"""Where the workplace's own files are."""
LOOK = "accounts.css"


def show(template: str, status: int = 200, *, here: str = "", **values: Any) -> Response:
    """Show a page of the workplace; `here` is where its languages lead, where that is not its own address.

    `problems` among the values maps the field to the key of a text that says what was wrong.
    """
    language = spoken(LANGUAGES)
    page = render_template(
        template,
        **_chrome(language),
        here=request.script_root + (here or request.path),
        csrf=generate_csrf(),
        **{"problems": {}, **values},
    )
    return make_response(page, status)


def notice(key: str, status: int, **values: Any) -> Response:
    """Show a short message; its words are `<key>_title` and `<key>_text`."""
    return show("accounts/notice.html", status, key=key, here="/desk/", **values)


def text(key: str, **values: Any) -> str:
    """Return a text in the language of this visit."""
    return catalogue("survey_app.accounts").text(spoken(LANGUAGES), key, **values)


def title_of(study: str) -> str:
    """Return a study's title in the language of this visit; its name where its files cannot be read."""
    try:
        served, _ = shelf().study(study)
    except StudyFault:
        return study
    return in_language(served.record.title, spoken(LANGUAGES)) if served else study


def moment(milliseconds: int | None, language: str) -> str:
    """Return a moment as the language writes it, in UTC; "" for none."""
    if milliseconds is None:
        return ""
    when = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    pattern = "d MMM y, HH:mm" if language == "en" else "dd.MM.y, HH:mm"
    return f"{format_datetime(when, pattern, locale=language)} UTC"


def _chrome(language: str) -> Mapping[str, Any]:
    texts = catalogue("survey_app.accounts")

    def say(key: str, **values: Any) -> str:
        return texts.text(language, key, **values)

    return {
        "language": language,
        "direction": DIRECTIONS.get(language, ""),
        "languages": LANGUAGES,
        "own_names": OWN_NAMES,
        "say": say,
        "moment": lambda milliseconds: moment(milliseconds, language),
        "number": lambda value: format_decimal(value, locale=language),
        "stylesheets": (own_file("respondent.css"), _own_file()),
        "signed": g.get("signed"),
    }


def _own_file() -> str:
    return f"{request.script_root}{STATIC}/{LOOK}?v={_digest()}"


@cache
def _digest() -> str:
    """The address changes with the contents, so that browsers may keep the file for ever."""
    return hashlib.sha256((Path(__file__).parent / "static" / LOOK).read_bytes()).hexdigest()[:12]
