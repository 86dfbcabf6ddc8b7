"""The respondent's way: show a page, take a page, thank. Conducts; decides nothing about answers."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from questionnaires.model import Answer
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, Raw, form_values
from questionnaires.routing import Page, asked, first_open, on_path, page_after, page_before
from questionnaires.texts import LANGUAGES, catalogue, in_language
from survey_app.respondent.fielded import Served, chrome, shelf
from survey_app.respondent.form import PageForm
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector, Current, NotKept, NotOpen, PagePost, current, response_key

respondent = Blueprint(
    "respondent", __name__, template_folder="templates", static_folder="static", static_url_path="/form"
)
REMEMBERED = 8
"""Responses that one browser may hold open at once."""

_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Visit:
    """One request to one page of one response; `state` is None until the first page is kept."""

    served: Served
    page: Page
    language: str
    state: Current | None

    @property
    def given(self) -> Mapping[str, Answer]:
        return self.state.answers if self.state else {}

    @property
    def settled(self) -> dict[str, Answer]:
        return on_path(self.served.questionnaire, self.given)

    @property
    def address(self) -> str:
        if self.state is None:
            return url_for("respondent.begin", study=self.served.name)
        return url_for("respondent.page", key=self.state.key, name=self.page.name)


@respondent.get("/")
def home() -> Response:
    language = _language(LANGUAGES)
    known = [shelf().study(field.name) for field in fieldwork.all_fielded(shelf().engine)]
    open_studies = [served for served, status in known if served and status == "open"]
    links = [
        (in_language(s.record.title, language), url_for("respondent.begin", study=s.name))
        for s in open_studies
    ]
    return _message("home", 200, language=language, studies=links)


@respondent.route("/s/<study>", methods=["GET", "POST"])
def begin(study: str) -> Response:
    """The open link: the first page. Viewing it writes nothing."""
    served, status = shelf().study(study)
    if served is None:
        return _message("not_found", 404)
    if status != "open":
        return _not_collecting(status, served)
    visit = Visit(served, served.pages[0], _language(served.questionnaire.languages), None)
    return _take(visit) if request.method == "POST" else _show(visit)


@respondent.route("/a/<key>/<name>", methods=["GET", "POST"])
def page(key: str, name: str) -> Response:
    """A further page of a response that this browser began."""
    state = current(shelf().engine, key) if key in session.get("responses", ()) else None
    if state is None:
        return _message("gone", 404, again=url_for("respondent.home"))
    served, status = shelf().study(state.study, state.version)
    assert served is not None  # a response has a study
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    if status != "open":
        return _not_collecting(status, served)
    wanted = served.page(name)
    visit = Visit(served, wanted or served.pages[0], _language(served.questionnaire.languages), state)
    next_open = first_open(served.pages, visit.settled, state.confirmed)
    if wanted is None or (next_open and wanted.number > next_open.number):
        target = next_open or served.pages[-1]
        return redirect(url_for("respondent.page", key=key, name=target.name), 303)
    return _take(visit) if request.method == "POST" else _show(visit)


@respondent.get("/a/<key>/end")
def end(key: str) -> Response:
    state = current(shelf().engine, key) if key in session.get("responses", ()) else None
    if state is None:
        return _message("gone", 404, again=url_for("respondent.home"))
    served, _ = shelf().study(state.study, state.version)
    assert served is not None  # a response has a study
    settled = on_path(served.questionnaire, state.answers)
    open_page = first_open(served.pages, settled, state.confirmed)
    if not state.submitted and open_page:
        return redirect(url_for("respondent.page", key=key, name=open_page.name), 303)
    return _message("thanks", 200, served)


def _not_collecting(status: str, served: Served) -> Response:
    return _message("not_open", 403, served) if status == "not_open" else _message("closed", 410, served)


def _show(visit: Visit) -> Response:
    stored = {
        name: form_values(visit.served.questionnaire.question(name), a) for name, a in visit.given.items()
    }
    return _filled(visit, stored, 200)


def _take(visit: Visit) -> Response:
    """Judge a posted page; keep it and go on, or show it again with everything typed."""
    questions = asked(visit.page, visit.settled)
    form = shelf().form(visit.served, questions)()
    if "language" in request.form:
        language = visit.served.language(request.form["language"])
        session["language"] = language
        turned = Visit(visit.served, visit.page, language, visit.state)
        return _filled(turned, form.raw, 200, key=_posted_key(form))
    valid = form.validate()
    say = chrome(visit.language)["say"]
    if "csrf_token" in form.errors or not _posted_key(form):
        return _filled(visit, form.raw, 400, message=say("stale_token"))
    if form.foreign(request.form):
        return _filled(visit, form.raw, 400, message=say("foreign_fields"))
    if not valid:
        return _filled(visit, form.raw, 422, problems=form.problems, key=_posted_key(form))
    try:
        return _keep(visit, form)
    except NotOpen:
        return _message("closed", 410, visit.served)
    except NotKept:
        current_app.logger.exception("a page could not be kept")
        return _filled(visit, form.raw, 503, message=say("not_kept_text"), key=_posted_key(form))


def _keep(visit: Visit, form: PageForm) -> Response:
    key = visit.state.key if visit.state else response_key(_posted_key(form))
    served = visit.served
    settled = on_path(served.questionnaire, {**visit.given, **form.answers})
    confirmed = (visit.state.confirmed if visit.state else frozenset()) | {visit.page.name}
    following = page_after(served.pages, visit.page.number, settled) or first_open(
        served.pages, settled, confirmed
    )
    collector: Collector = current_app.extensions["earshot-collector"]
    collector.keep(
        PagePost(
            submission_key=_posted_key(form),
            response=key,
            study=served.name,
            version=served.version,
            synthetic=served.synthetic,
            page=visit.page.name,
            answers=form.answers,
            language=visit.language,
            final=following is None,
            posted_ms=time.time_ns() // 1_000_000,
        )
    )
    if visit.state is None and key not in session.get("responses", ()):
        session["responses"] = [*session.get("responses", ()), key][-REMEMBERED:]
    if following is None:
        return redirect(url_for("respondent.end", key=key), 303)
    return redirect(url_for("respondent.page", key=key, name=following.name), 303)


def _filled(
    visit: Visit,
    raw: Mapping[str, Raw],
    status: int,
    *,
    problems: list[AnswerProblem] | None = None,
    message: str = "",
    key: str = "",
) -> Response:
    """Fill a compiled page with this person's values and, where there are any, the problems."""
    settled = visit.settled
    questions = asked(visit.page, settled)
    say = chrome(visit.language)["say"]
    values = {
        "action": str(escape(visit.address)),
        "csrf": generate_csrf(),
        "key": escape(key or secrets.token_hex(16)),
        "back": _back(visit, settled, say),
    }
    for question in questions:
        values |= _kept_slots(question.name, raw.get(question.name, Raw()))
    if problems or message:
        values["title-prefix"] = str(escape(say("error_prefix")))
        values |= _problem_slots(visit, problems or [], message, say)
    compiled = shelf().compiled(visit.served, visit.page, visit.language)
    return make_response(compiled.fill({q.name for q in questions}, values), status)


def _kept_slots(name: str, raw: Raw) -> dict[str, str]:
    slots = {f"checked/{name}/{value}": " checked" for value in raw.values}
    if raw.special:
        slots[f"checked/{name}.special/{raw.special}"] = " checked"
    slots[f"value/{name}"] = str(escape("".join(raw.values[:1])))
    return slots


def _problem_slots(visit: Visit, problems: list[AnswerProblem], message: str, say: Any) -> dict[str, str]:
    slots: dict[str, str] = {}
    links = []
    for problem in problems:
        name, text = problem.question, _problem_text(problem, visit.language)
        links.append((_first_input(visit, name), text))
        prefix = Markup('<span class="visually-hidden">{}</span>').format(say("error_prefix"))
        slots[f"error/{name}"] = Markup('<p class="error" id="{}-error">{}{}</p>').format(name, prefix, text)
        slots[f"bad/{name}"] = " bad"
        slots[f"invalid/{name}"] = ' aria-invalid="true"'
        slots[f"described/{name}"] = f" {name}-error"
        slots[f"described-alone/{name}"] = f' aria-describedby="{name}-error"'
    slots["summary"] = render_template(
        "respondent/summary.html", heading=say("error_heading"), message=message, links=links
    )
    return slots


def _problem_text(problem: AnswerProblem, language: str) -> str:
    values = {
        key: in_language(value, language) if isinstance(value, Mapping) else value
        for key, value in problem.values.items()
    }
    if "special" in values:
        values["special"] = catalogue("survey_app.respondent").text(language, f"special_{values['special']}")
    return catalogue("questionnaires").text(language, problem.code, **values)


def _first_input(visit: Visit, name: str) -> str:
    question = visit.served.questionnaire.question(name)
    if QUESTION_TYPES[question.type].special_apart:
        return name
    return f"{name}-{question.choices[0].code if question.choices else 1}"


def _back(visit: Visit, settled: Mapping[str, Answer], say: Any) -> str:
    before = page_before(visit.served.pages, visit.page.number, settled)
    if before is None or visit.state is None:
        return ""
    address = url_for("respondent.page", key=visit.state.key, name=before.name)
    return Markup('<a class="button" href="{}">{}</a>').format(address, say("back"))


def _posted_key(form: PageForm) -> str:
    key = str(form.submission_key.data or "")
    return key if _KEY.fullmatch(key) else ""


def _language(offered: tuple[str, ...]) -> str:
    """Return the language of this visit: asked for, chosen before, the browser's, or the first."""
    asked_for = request.args.get("language")
    if asked_for in offered and session.get("language") != asked_for:
        session["language"] = asked_for
    if session.get("language") in offered:
        return str(session["language"])
    return request.accept_languages.best_match(offered) or offered[0]


def _message(
    key: str,
    status: int,
    served: Served | None = None,
    *,
    language: str = "",
    again: str = "",
    **more: Any,
) -> Response:
    spoken = served.questionnaire.languages if served else LANGUAGES
    language = language or _language(spoken)
    around = chrome(language, served.record if served else None)
    return make_response(
        render_template(
            "respondent/message.html",
            **around,
            heading=around["say"](f"{key}_title"),
            text=around["say"](f"{key}_text"),
            synthetic=served.synthetic if served else False,
            again=again,
            **more,
        ),
        status,
    )


@respondent.app_errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    """Every refusal is a page in the person's language."""
    if isinstance(error, RequestEntityTooLarge):
        return _message("too_large", 413)
    known = error.code is not None and 400 <= error.code < 500
    return _message("not_found" if known else "server_error", error.code or 500)


@respondent.app_errorhandler(NotKept)
def _unreadable(error: NotKept) -> Response:
    current_app.logger.error("the database cannot be read: %s", error)
    return _message("server_error", 503)
