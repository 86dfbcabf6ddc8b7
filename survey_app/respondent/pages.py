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
from survey_app.respondent import tickets
from survey_app.respondent.last_pages import check_page, end_page
from survey_app.respondent.markup import STATIC, saying
from survey_app.respondent.page_view import fill, message
from survey_app.respondent.plain_pages import only_from_here
from survey_app.respondent.posted_page import submit, take, unread
from survey_app.respondent.refusals import ListShownAgain, NotTheirs, PageShownAgain, Refused
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.respondent.tickets import Ticket
from survey_app.respondent.visit import Visit, spoken
from survey_app.storage.current import Current, current, ended
from survey_app.storage.fielded import all_fielded
from survey_app.storage.posts import NotKept, is_gone

respondent = Blueprint(
    "respondent", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)


respondent.before_request(only_from_here)


@respondent.get("/")
def home() -> Response:
    links = []
    for field in all_fielded(shelf().engine):
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
    ticket = _ticket()
    of_study = ticket if ticket and ticket.study == study else None
    served, status = shelf().study(study, of_study.version if of_study else "")
    if served is None or not shelf().is_begun_here(study):
        raise Refused("not_found", 404)
    _refuse_unless_open(status, served)
    invited = tickets.is_invited(study)
    by_invitation = served.record.access == "invitation"
    # a form that was shown while the study was open to everyone begins no response now, but goes on with one
    if by_invitation and not invited and not (of_study and current(shelf().engine, of_study.response)):
        raise Refused("invitation_needed", 403, served)
    if request.method == "POST":
        key = of_study.response if of_study else tickets.response_key(study)
        return take(_first_visit(served, key), ticket)
    state = _state(tickets.response_key(study), study) if tickets.known() else None
    if state is not None and (state.screened or (state.submitted and invited)):
        # Who was screened out does not begin anew by the same link, and a personal one is good for one response.
        return redirect(url_for("respondent.end", key=state.key), 303)
    if state is not None and state.submitted:
        tickets.begin_again(study)
    elif state is not None:
        # the browser's back button, or the link opened again: the first page, as it stands
        first = served.pages(tickets.seed(state.key))[0]
        return redirect(url_for("respondent.page", key=state.key, name=first.name), 303)
    elif tickets.known() and is_gone(shelf().engine, tickets.response_key(study)):
        if invited:
            raise Refused("invitation_used", 410, served)
        tickets.begin_again(study)
    return fill(_first_visit(served, tickets.response_key(study)), {}, 200)


def _first_visit(served: Served, key: str) -> Visit:
    first = served.pages(tickets.seed(key))[0]
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
    ticket = _ticket()
    try:
        state, served, status = _own(key, ticket)
    except NotKept as error:
        raise _unread_page(key, name, ticket, error) from error
    _refuse_unless_open(status, served)
    cut = served.pages(tickets.seed(key))
    target = next((page for page in cut if page.name == name), None)
    if request.method == "POST":
        if target is None:
            raise Refused("not_found", 404, served)
        return take(_visit(served, target, key, state), ticket)
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    open_page = _first_open(served, state)
    if target is None or (open_page and target.number > open_page.number):
        return redirect(_open_address(served, state), 303)
    if target.joined and _scripts():
        return redirect(url_for("respondent.page", key=key, name=head_of(cut, target).name), 303)
    visit = _visit(served, target, key, state)
    questions = {v.name: v for q in (*visit.questions, *visit.more) for v in q.variables}
    stored = {n: form_values(questions[n], a) for n, a in visit.given.items() if n in questions}
    return fill(visit, stored, 200)


def _unread_page(key: str, name: str, ticket: Ticket | None, error: NotKept) -> PageShownAgain | Refused:
    """The database cannot be read: a posted page comes back as it was typed, where its ticket says which it is."""
    served = shelf().study(ticket.study, ticket.version)[0] if ticket else None
    cut = served.pages(tickets.seed(key)) if served else ()
    target = next((page for page in cut if page.name == name), None)
    if ticket is None or served is None or target is None or ticket.response != key:
        current_app.logger.error("a response could not be read: %s", error)
        return Refused("server_error", 503)
    state = Current(key, served.name, served.version, {}, frozenset(), False)
    return unread(Visit(served, target, spoken(served.questionnaire.languages), key, state), error)


@respondent.route("/a/<key>/check", methods=["GET", "POST"])
def check(key: str) -> Response:
    """All answers on the path in words, each with a way to change it; sent from here where the study says so."""
    ticket = _ticket()
    state, served, status = _own(key, ticket)
    _refuse_unless_open(status, served)
    if state.submitted and request.method == "GET":
        return redirect(url_for("respondent.end", key=key), 303)
    visit = _visit(served, served.pages(tickets.seed(key))[-1], key, state)
    return submit(visit, ticket) if request.method == "POST" else check_page(visit)


@respondent.get("/a/<key>/end")
def end(key: str) -> Response:
    """Thanks, once everything on the path was confirmed."""
    outcome = ended(shelf().engine, key) if tickets.known() else None
    if outcome is None or not tickets.is_own(key, outcome.study):
        raise NotTheirs
    if outcome.end is None:
        return redirect(url_for("respondent.go_on", key=key), 303)
    served, _ = shelf().study(outcome.study, outcome.version)
    # a response has a study
    assert served is not None
    return end_page(served, outcome)


def _own(key: str, ticket: Ticket | None = None) -> tuple[Current, Served, str]:
    """Return a response of this browser, its study and the study's status; raise NotTheirs."""
    state = _state(key, ticket.study if ticket else "")
    if state is None:
        raise NotTheirs
    served, status = shelf().study(state.study, state.version)
    # a response has a study
    assert served is not None
    return state, served, status


def _ticket() -> Ticket | None:
    """Return the ticket that came with a posted page."""
    return tickets.read(request.form.get("_ticket", "")) if request.method == "POST" else None


def _state(key: str, study: str) -> Current | None:
    """Return a response of this browser; None where there is none, or where it is another's."""
    if not tickets.known() or (study and not tickets.is_own(key, study)):
        return None
    state = current(shelf().engine, key)
    return state if state is not None and tickets.is_own(key, state.study) else None


def _visit(served: Served, target: Page, key: str, state: Current | None) -> Visit:
    return Visit(served, target, spoken(served.questionnaire.languages), key, state, _scripts())


def _scripts() -> bool:
    """Tell whether scripts were seen to run in this browser."""
    return bool(session.get("scripts"))


def _first_open(served: Served, state: Current) -> Page | None:
    return first_open(
        served.pages(tickets.seed(state.key)), on_path(served.questionnaire, state.answers), state.answers
    )


def _open_address(served: Served, state: Current) -> str:
    cut = served.pages(tickets.seed(state.key))
    target = _first_open(served, state) or cut[-1]
    target = head_of(cut, target) if _scripts() else target
    return url_for("respondent.page", key=state.key, name=target.name)


def _refuse_unless_open(status: str, served: Served) -> None:
    if status == "not_open":
        raise Refused("not_open", 403, served)
    if status != "open":
        raise Refused("closed", 410, served)


# --- refusals ----------------------------------------------------------------------------------------------


@respondent.app_errorhandler(NotTheirs)
def _gone(error: NotTheirs) -> Response:
    return message("gone", 404, again=url_for("respondent.home"))


@respondent.app_errorhandler(Refused)
def _short_message(refusal: Refused) -> Response:
    return message(refusal.key, refusal.status, refusal.served)


@respondent.app_errorhandler(PageShownAgain)
def _page_again(refusal: PageShownAgain) -> Response:
    return fill(
        refusal.visit,
        refusal.typed,
        refusal.status,
        problems=refusal.problems,
        message=saying(refusal.visit.language)(refusal.key) if refusal.key else "",
        answered=refusal.answered,
        posted=refusal.ticket,
    )


@respondent.app_errorhandler(ListShownAgain)
def _list_again(refusal: ListShownAgain) -> Response:
    return check_page(refusal.visit, refusal.status, saying(refusal.visit.language)(refusal.key))


_MESSAGES = {404: "not_found", 405: "not_found", 413: "too_large"}


@respondent.app_errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    """Every refusal is a page in the person's language."""
    code = error.code or 500
    response = message(_MESSAGES.get(code, "bad_request" if code < 500 else "server_error"), code)
    for header, value in error.get_headers(request.environ):
        if header in ("Allow", "Retry-After"):
            response.headers[header] = value
    return response


@respondent.app_errorhandler(NotKept)
@respondent.app_errorhandler(SQLAlchemyError)
def _no_database(error: Exception) -> Response:
    current_app.logger.error("the database cannot be read: %s", error)
    return message("server_error", 503)
