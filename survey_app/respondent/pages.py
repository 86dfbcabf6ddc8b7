"""The respondent's way: show a page, take a page, check the answers, thank. Conducts; decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from questionnaires.problems import StudyFault
from questionnaires.question_types import form_values
from questionnaires.routing import Page, first_open, head_of, on_path
from questionnaires.texts import in_language
from survey_app.respondent import ticket
from survey_app.respondent.beside import only_from_here
from survey_app.respondent.ending import check_page, end_page
from survey_app.respondent.fielded import Served, shelf
from survey_app.respondent.markup import STATIC
from survey_app.respondent.showing import fill, message
from survey_app.respondent.taking import still_typed, take, take_check
from survey_app.respondent.ticket import Ticket
from survey_app.respondent.visit import Visit, spoken
from survey_app.storage import fieldwork
from survey_app.storage.current import Current, current, ended
from survey_app.storage.erase import is_gone
from survey_app.storage.posts import NotKept

respondent = Blueprint(
    "respondent", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)


respondent.before_request(only_from_here)


@respondent.get("/")
def home() -> Response:
    links = []
    for field in fieldwork.all_fielded(shelf().engine):
        if not shelf().is_begun_here(field.name):
            continue
        try:
            served, status = shelf().study(field.name)
        except StudyFault:
            current_app.logger.error("the published files of %s cannot be read by this version", field.name)
            continue
        if served is not None and status == "open" and served.record.access == "open":
            language = spoken(served.questionnaire.languages)
            address = url_for("respondent.begin", study=served.name)
            links.append((in_language(served.record.title, language), address))
    return message("home", 200, studies=links)


@respondent.route("/s/<study>", methods=["GET", "POST"])
def begin(study: str) -> Response:
    """The open link: the first page. Viewing it writes nothing."""
    said = _said()
    version = said.version if said and said.study == study else ""
    served, status = shelf().study(study, version)
    if served is None or not shelf().is_begun_here(study):
        return message("not_found", 404)
    if status != "open":
        return _not_collecting(status, served)
    invited = ticket.is_invited(study)
    if served.record.access == "invitation" and not (invited or _begun_before(said, study)):
        return message("invitation_needed", 403, served)
    if request.method == "POST":
        key = said.response if said and said.study == study else ticket.response_key(study)
        return take(_first_visit(served, key), said)
    state = _state(ticket.response_key(study), study) if ticket.known() else None
    if state is not None and (state.screened or (state.submitted and invited)):
        # Who was screened out does not begin anew by the same link, and a personal one is good for one response.
        return redirect(url_for("respondent.end", key=state.key), 303)
    if state is not None and state.submitted:
        ticket.begin_again(study)
    elif (
        state is not None
    ):  # the browser's back button, or the link opened again: the first page, as it stands
        first = served.pages(ticket.seed(state.key))[0]
        return redirect(url_for("respondent.page", key=state.key, name=first.name), 303)
    elif ticket.known() and is_gone(shelf().engine, ticket.response_key(study)):
        if invited:
            return message("invitation_used", 410, served)
        ticket.begin_again(study)
    return fill(_first_visit(served, ticket.response_key(study)), {}, 200)


def _begun_before(said: Ticket | None, study: str) -> bool:
    """Tell whether a form is of a response that there is: one shown while the study was open begins none later."""
    return said is not None and said.study == study and current(shelf().engine, said.response) is not None


def _first_visit(served: Served, key: str) -> Visit:
    first = served.pages(ticket.seed(key))[0]
    return _visit(served, first, key, None)


@respondent.get("/a/<key>/next")
def go_on(key: str) -> Response:
    """Lead to the first page that is still open, or to the last one that was confirmed."""
    state, served, _ = _own(key)
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    if _first_open(served, state) is None and served.questionnaire.check_answers:
        return redirect(url_for("respondent.check", key=key), 303)
    return redirect(_open_address(served, state), 303)


@respondent.route("/a/<key>/<name>", methods=["GET", "POST"])
def page(key: str, name: str) -> Response:
    """A further page of a response that this browser began."""
    said = _said()
    try:
        state, served, status = _own(key, said)
    except NotKept as error:
        current_app.logger.error("a response could not be read: %s", error)
        return still_typed(key, name, said)
    if status != "open":
        return _not_collecting(status, served)
    cut = served.pages(ticket.seed(key))
    wanted = next((page for page in cut if page.name == name), None)
    if request.method == "POST":
        if wanted is None:
            return message("not_found", 404, served)
        return take(_visit(served, wanted, key, state), said)
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    open_page = _first_open(served, state)
    if wanted is None or (open_page and wanted.number > open_page.number):
        return redirect(_open_address(served, state), 303)
    if wanted.joined and _scripts():
        return redirect(url_for("respondent.page", key=key, name=head_of(cut, wanted).name), 303)
    return _show(_visit(served, wanted, key, state))


@respondent.route("/a/<key>/check", methods=["GET", "POST"])
def check(key: str) -> Response:
    """All answers on the path in words, each with a way to change it; sent from here where the study says so."""
    said = _said()
    state, served, status = _own(key, said)
    if status != "open":
        return _not_collecting(status, served)
    if state.submitted and request.method == "GET":
        return redirect(url_for("respondent.end", key=key), 303)
    visit = _visit(served, served.pages(ticket.seed(key))[-1], key, state)
    return take_check(visit, said) if request.method == "POST" else check_page(visit)


@respondent.get("/a/<key>/end")
def end(key: str) -> Response:
    """Thanks, once everything on the path was confirmed."""
    found = ended(shelf().engine, key) if ticket.known() else None
    if found is None or not ticket.is_own(key, found.study):
        raise NotTheirs
    if found.end is None:
        return redirect(url_for("respondent.go_on", key=key), 303)
    served, _ = shelf().study(found.study, found.version)
    assert served is not None  # a response has a study
    return end_page(served, found)


class NotTheirs(Exception):
    """There is no such response, or it is not this browser's: both look the same."""


def _own(key: str, said: Ticket | None = None) -> tuple[Current, Served, str]:
    """Return a response of this browser, its study and the study's status; raise NotTheirs."""
    state = _state(key, said.study if said else "")
    if state is None:
        raise NotTheirs
    served, status = shelf().study(state.study, state.version)
    assert served is not None  # a response has a study
    return state, served, status


def _said() -> Ticket | None:
    """Return the ticket that came with a posted page."""
    return ticket.read(request.form.get("_ticket", "")) if request.method == "POST" else None


def _state(key: str, study: str) -> Current | None:
    """Return a response of this browser; None where there is none, or where it is another's."""
    if not ticket.known() or (study and not ticket.is_own(key, study)):
        return None
    state = current(shelf().engine, key)
    return state if state is not None and ticket.is_own(key, state.study) else None


def _visit(served: Served, wanted: Page, key: str, state: Current | None) -> Visit:
    return Visit(served, wanted, spoken(served.questionnaire.languages), key, state, _scripts())


def _scripts() -> bool:
    """Tell whether scripts were seen to run in this browser."""
    return bool(session.get("scripts"))


def _first_open(served: Served, state: Current) -> Page | None:
    return first_open(
        served.pages(ticket.seed(state.key)), on_path(served.questionnaire, state.answers), state.answers
    )


def _open_address(served: Served, state: Current) -> str:
    cut = served.pages(ticket.seed(state.key))
    target = _first_open(served, state) or cut[-1]
    target = head_of(cut, target) if _scripts() else target
    return url_for("respondent.page", key=state.key, name=target.name)


def _not_collecting(status: str, served: Served) -> Response:
    return message("not_open", 403, served) if status == "not_open" else message("closed", 410, served)


def _show(visit: Visit) -> Response:
    questions = {v.name: v for q in (*visit.questions, *visit.more) for v in q.variables}
    stored = {n: form_values(questions[n], a) for n, a in visit.given.items() if n in questions}
    return fill(visit, stored, 200)


_MESSAGES = {404: "not_found", 405: "not_found", 413: "too_large"}


@respondent.app_errorhandler(NotTheirs)
def _gone(error: NotTheirs) -> Response:
    return message("gone", 404, again=url_for("respondent.home"))


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
