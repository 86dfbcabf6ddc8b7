"""What a person reads whose request never reached the app: a bare page, in a language that the browser names."""

from __future__ import annotations

from functools import cache
from html import escape

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from questionnaires.texts import LANGUAGES, catalogue

_OWN = {408: "too_slow"}
_AS_IN_THE_FORM = {413: "too_large"}


def refusal(code: int, accepted: str) -> bytes:
    """Return the page for a status; the form's script looks for the heading and the paragraph in it."""
    wanted = parse_accept_header(accepted, LanguageAccept)
    return _page(code, wanted.best_match(LANGUAGES) or LANGUAGES[0])


@cache
def _page(code: int, language: str) -> bytes:
    texts, key = catalogue("survey_app.serving"), _OWN.get(code, "")
    if not key:
        texts = catalogue("survey_app.respondent")
        key = _AS_IN_THE_FORM.get(code, "bad_request" if code < 500 else "server_error")
    title, why = (escape(texts.text(language, f"{key}_{part}")) for part in ("title", "text"))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n'
        f'<p class="lede">{why}</p>\n</main>\n</body>\n</html>\n'
    ).encode()
