"""The layout of the workplace's pages: the bar, the languages, and short notices."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache, partial
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
        language=language,
        direction=DIRECTIONS.get(language, ""),
        languages=LANGUAGES,
        own_names=OWN_NAMES,
        say=partial(catalogue("survey_app.accounts").text, language),
        moment=partial(_moment, language=language),
        number=partial(format_decimal, locale=language),
        stylesheets=(own_file("respondent.css"), f"{request.script_root}{STATIC}/{LOOK}?v={_digest()}"),
        signed=g.get("signed"),
        here=request.script_root + (here or request.path),
        csrf=generate_csrf(),
        **{"problems": {}, **values},
    )
    return make_response(page, status)


def notice(key: str, status: int, **values: Any) -> Response:
    """Show a short message; its words are `<key>_title` and `<key>_text`."""
    return show("accounts/notice.html", status, key=key, here="/desk/", **values)


def title_of(study: str) -> str:
    """Return a study's title in the language of this visit; its name where its files cannot be read."""
    try:
        served, _ = shelf().study(study)
    except StudyFault:
        return study
    return in_language(served.record.title, spoken(LANGUAGES)) if served else study


def _moment(milliseconds: int | None, language: str) -> str:
    """Return a moment as the language writes it, in UTC; "" for none."""
    if milliseconds is None:
        return ""
    when = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    pattern = "d MMM y, HH:mm" if language == "en" else "dd.MM.y, HH:mm"
    return f"{format_datetime(when, pattern, locale=language)} UTC"


@cache
def _digest() -> str:
    """Return a digest of the style sheet, so that browsers may keep each edition for ever."""
    return hashlib.sha256((Path(__file__).parent / "static" / LOOK).read_bytes()).hexdigest()[:12]
