"""Plain pages around the questionnaire, with at most one field: the receipt, leaving, coming back, a personal link."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import make_response, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from questionnaires.texts import LANGUAGES
from survey_app.respondent.markup import chrome
from survey_app.respondent.page_view import message
from survey_app.respondent.served import Served
from survey_app.respondent.token import token
from survey_app.respondent.visit import spoken

LONGEST_CODE = 100
"""Characters of what was typed that are shown again."""


class CodeForm(FlaskForm):
    """One code as a person typed it."""

    code = StringField()

    @property
    def typed(self) -> str:
        return (self.code.data or "")[:LONGEST_CODE]


def only_from_here() -> Response | None:
    """Refuse posts that another site sends, before anything of this person's session is touched."""
    if request.method != "POST":
        return None
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    try:
        # "null" is what pages send that hide where they are from
        ours = origin is None or urlsplit(origin).netloc == request.host
    except ValueError:
        ours = False
    return None if ours and site in (None, "same-origin", "none") else message("elsewhere", 403)


def plain_page(template: str, status: int = 200, served: Served | None = None, **values: Any) -> Response:
    """Show one of these pages; `problem` among the values is the key of a text that says what was wrong."""
    language = spoken(served.questionnaire.languages if served else LANGUAGES)
    page = render_template(
        f"respondent/{template}.html",
        **chrome(language, served.record if served else None),
        synthetic=served.synthetic if served else False,
        csrf=token(),
        **values,
    )
    return make_response(page, status)
