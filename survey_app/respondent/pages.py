"""The respondent's way: show a page, take a page, thank. Conducts; decides nothing about answers."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.question_types import form_values
from questionnaires.routing import Page, first_open, on_path, page_after
from questionnaires.texts import in_language
from survey_app.respondent import ticket
from survey_app.respondent.fielded import STATIC, Served, chrome, shelf
from survey_app.respondent.form import PageForm
from survey_app.respondent.showing import Visit, fill, message, spoken
from survey_app.respondent.ticket import Ticket
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector, Current, Finished, NotKept, NotOpen, PagePost, current

respondent = Blueprint(
    "respondent", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)


@respondent.before_request
def _only_from_here() -> Response | None:
    """Refuse posts that another site sends, before anything of this person's session is touched."""
    if request.method != "POST":
        return None
    origin = request.headers.get("Origin")
    foreign = origin not in (None, "null") and urlsplit(str(origin)).netloc != request.host
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        return message("elsewhere", 403)
    return None


@respondent.get("/")
def home() -> Response:
    links = []
    for field in fieldwork.all_fielded(shelf().engine):
        try:
            served, status = shelf().study(field.name)
        except StudyFault:
            current_app.logger.error("the published files of %s cannot be read by this version", field.name)
            continue
        if served is not None and status == "open":
            language = spoken(served.questionnaire.languages)
            links.append((in_language(served.record.title, language), _begin_address(served)))
    return message("home", 200, studies=links)


@respondent.route("/s/<study>", methods=["GET", "POST"])
def begin(study: str) -> Response:
    """The open link: the first page. Viewing it writes nothing."""
    said = ticket.read(request.form.get("_ticket", "")) if request.method == "POST" else None
    version = said.version if said and said.study == study else ""
    served, status = shelf().study(study, version)
    if served is None:
        return message("not_found", 404)
    if status != "open":
        return _not_collecting(status, served)
    if request.method == "POST":
        return _take(_first_visit(served), said)
    state = _state(ticket.response_key(study), study) if ticket.known() else None
    if state is not None and state.submitted:
        ticket.begin_again(study)
    elif state is not None:  # the browser's back button, or the link opened again: go on where we were
        return redirect(url_for("respondent.page", key=state.key, name=served.pages[0].name), 303)
    return fill(_first_visit(served), {}, 200)


def _first_visit(served: Served) -> Visit:
    key = ticket.response_key(served.name)
    language = spoken(served.questionnaire.languages)
    return Visit(served, served.pages[0], language, key, None)


@respondent.route("/a/<key>/<name>", methods=["GET", "POST"])
def page(key: str, name: str) -> Response:
    """A further page of a response that this browser began."""
    said = ticket.read(request.form.get("_ticket", "")) if request.method == "POST" else None
    try:
        state = _state(key, said.study if said else "")
    except NotKept:
        return _unreadable(key, name, said)
    if state is None:
        return message("gone", 404, again=url_for("respondent.home"))
    served, status = shelf().study(state.study, state.version)
    assert served is not None  # a response has a study
    if status != "open":
        return _not_collecting(status, served)
    wanted = served.page(name)
    if request.method == "POST":
        if wanted is None:
            return message("not_found", 404, served)
        return _take(_visit(served, wanted, state), said)
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    open_page = first_open(served.pages, on_path(served.questionnaire, state.answers), state.answers)
    if wanted is None or (open_page and wanted.number > open_page.number):
        target = open_page or served.pages[-1]
        return redirect(url_for("respondent.page", key=key, name=target.name), 303)
    return _show(_visit(served, wanted, state))


@respondent.get("/a/<key>/end")
def end(key: str) -> Response:
    """Thanks, once everything on the path was confirmed."""
    state = _state(key, "")
    if state is None:
        return message("gone", 404, again=url_for("respondent.home"))
    served, _ = shelf().study(state.study, state.version)
    assert served is not None  # a response has a study
    if not state.submitted:
        return redirect(url_for("respondent.page", key=key, name=served.pages[-1].name), 303)
    return message("thanks", 200, served)


def _state(key: str, study: str) -> Current | None:
    """Return a response of this browser; None where there is none, or where it is another's."""
    if not ticket.known() or (study and not ticket.is_own(key, study)):
        return None
    state = current(shelf().engine, key)
    return state if state is not None and ticket.is_own(key, state.study) else None


def _visit(served: Served, wanted: Page, state: Current) -> Visit:
    return Visit(served, wanted, spoken(served.questionnaire.languages), state.key, state)


def _begin_address(served: Served) -> str:
    return url_for("respondent.begin", study=served.name)


def _not_collecting(status: str, served: Served) -> Response:
    return message("not_open", 403, served) if status == "not_open" else message("closed", 410, served)


def _show(visit: Visit) -> Response:
    questions = {question.name: question for question in visit.questions}
    stored = {n: form_values(questions[n], a) for n, a in visit.given.items() if n in questions}
    return fill(visit, stored, 200)


def _take(visit: Visit, said: Ticket | None) -> Response:
    """Judge a posted page; keep it and go on, or show it again with everything typed."""
    if visit.state is None and said is not None:  # a first page sent again: its response may be there
        try:
            state = current(shelf().engine, said.response)
        except NotKept:
            return _still_typed(replace(visit, key=said.response))
        visit = replace(visit, key=said.response, state=state)
    form = shelf().form(visit.served, visit.page)(formdata=request.form)
    form.ask_only({question.name for question in visit.questions})
    whole = request.form.get("_ticket", "") if _fits(said, visit) else ""
    if "_language" in request.form:
        session["language"] = visit.served.language(request.form["_language"])
        turned = replace(visit, language=session["language"])
        return fill(turned, form.typed(), 200, posted=whole)
    valid = form.validate()
    say = chrome(visit.language)["say"]
    if "csrf_token" in form.errors or not whole:
        return fill(visit, form.typed(), 400, message=say("stale_token"))
    foreign = form.foreign(request.form)
    if foreign or request.files:
        off_path = {question.name for question in visit.page.questions} & set(foreign)
        known = "page_changed" if off_path else "foreign_fields"
        return fill(visit, form.typed(), 409 if off_path else 400, message=say(known))
    if not valid:
        return fill(visit, form.typed(), 422, problems=form.faults(), posted=whole)
    assert said is not None  # it fits
    try:
        return _keep(visit, form, said)
    except NotOpen:
        return message("closed", 410, visit.served)
    except Finished:
        return message("finished", 409, visit.served)
    except NotKept as error:
        current_app.logger.error("a page could not be kept: %s", error)
        return fill(visit, form.typed(), 503, message=say("not_kept_text"), posted=whole)


def _fits(said: Ticket | None, visit: Visit) -> bool:
    """Tell whether a ticket is for exactly this page of this response and version."""
    return said is not None and replace(said, nonce="") == Ticket(
        visit.served.name, visit.served.version, visit.page.name, visit.key, ""
    )


def _keep(visit: Visit, form: PageForm, said: Ticket) -> Response:
    served = visit.served
    answers = {**visit.given, **form.given()}
    settled = on_path(served.questionnaire, answers)
    following = page_after(served.pages, visit.page.number, settled) or first_open(
        served.pages, settled, answers
    )
    collector: Collector = current_app.extensions["earshot-collector"]
    collector.keep(
        PagePost(
            submission_key=said.nonce,
            response=visit.key,
            study=served.name,
            version=served.version,
            synthetic=served.synthetic,
            page=visit.page.name,
            answers=form.given(),
            language=visit.language,
            final=following is None,
            posted_ms=time.time_ns() // 1_000_000,
        )
    )
    if following is None:
        return redirect(url_for("respondent.end", key=visit.key), 303)
    return redirect(url_for("respondent.page", key=visit.key, name=following.name), 303)


def _unreadable(key: str, name: str, said: Ticket | None) -> Response:
    """The database cannot be read: a posted page is shown again as it was typed, for it was not kept."""
    served = shelf().study(said.study, said.version)[0] if said else None
    wanted = served.page(name) if served else None
    if said is None or served is None or wanted is None or said.response != key:
        return message("server_error", 503)
    return _still_typed(
        _visit(served, wanted, Current(key, served.name, served.version, {}, frozenset(), False))
    )


def _still_typed(visit: Visit) -> Response:
    posted = tuple(question for question in visit.page.questions if question.name in request.form)
    form = shelf().form(visit.served, visit.page)(formdata=request.form)
    say = chrome(visit.language)["say"]
    return fill(
        replace(visit, shown=posted),
        form.typed(),
        503,
        message=say("not_kept_text"),
        posted=request.form["_ticket"],
    )


_MESSAGES = {404: "not_found", 405: "not_found", 413: "too_large"}


@respondent.app_errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    """Every refusal is a page in the person's language."""
    code = error.code or 500
    shown = message(_MESSAGES.get(code, "bad_request" if code < 500 else "server_error"), code)
    for header, value in error.get_headers(request.environ):
        if header in ("Allow", "Retry-After"):
            shown.headers[header] = value
    return shown


@respondent.app_errorhandler(NotKept)
@respondent.app_errorhandler(SQLAlchemyError)
def _no_database(error: Exception) -> Response:
    current_app.logger.error("the database cannot be read: %s", error)
    return message("server_error", 503)
