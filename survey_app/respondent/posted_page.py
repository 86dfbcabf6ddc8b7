"""Taking a posted page: judge it, keep it and lead on; what is not kept is raised (`refusals`) and shown again."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, jsonify, redirect, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from questionnaires.answers import PageReading, first_invalid
from questionnaires.model import Answer, Missing
from questionnaires.routing import Page, Way, end_of, first_open, head_of, page_after, walk
from survey_app.respondent import tickets
from survey_app.respondent.form import PageForm
from survey_app.respondent.last_pages import CHECK, answers_seen, check_page
from survey_app.respondent.page_view import fill
from survey_app.respondent.receipt_code import hash_of
from survey_app.respondent.refusals import ListShownAgain, PageShownAgain, Refused
from survey_app.respondent.shelf import shelf
from survey_app.respondent.tickets import Ticket
from survey_app.respondent.visit import Visit
from survey_app.storage.collect import Collector
from survey_app.storage.current import current
from survey_app.storage.posts import Begun, Changed, Finished, NotKept, NotOpen, PagePost


def take(visit: Visit, ticket: Ticket | None) -> Response:
    """Judge a posted page, keep it and lead on. Raises Refused or PageShownAgain."""
    try:
        return _judge_and_keep(visit, ticket)
    except Begun:
        # A first page is hardly ever not the first post of its response, so that is not asked before.
        pass
    assert ticket is not None
    try:
        state = current(shelf().engine, ticket.response)
    except NotKept as error:
        raise unread(visit, error) from error
    if state is None:
        # erased just now
        raise Refused("finished", 409, visit.served)
    if (state.study, state.version) != (visit.served.name, visit.served.version):
        # begun on another version
        return redirect(url_for("respondent.go_on", key=ticket.response), 303)
    return _judge_and_keep(replace(visit, state=state), ticket)


def _judge_and_keep(visit: Visit, ticket: Ticket | None) -> Response:
    whole = request.form.get("_whole") == "1"
    if len(visit.shown) > 1 and whole != session.get("scripts", False):
        session["scripts"] = whole
    form = PageForm(visit.page.section, visit.posted_questions(whole), request.form)
    fits = ticket == Ticket(visit.served.name, visit.served.version, visit.page.name, visit.key)
    sent = request.form.get("_ticket", "") if fits else ""
    changed = ticket is not None and ticket.seen != visit.seen
    if "_language" in request.form:
        session["language"] = visit.served.language(request.form["_language"])
        turned = replace(visit, language=session["language"])
        return fill(turned, form.typed(), 200, posted="" if changed else sent)
    reading = PageReading(visit.served.questionnaire, dict(visit.known), visit.seed)
    valid = form.judge(reading, request.form.get("_accepted", "").split())
    if "csrf_token" in form.errors or not sent or ticket is None or ticket.renewed:
        raise PageShownAgain(visit, form.typed(), 400, "stale_token")
    foreign = form.foreign(request.form)
    if foreign or request.files:
        here = {question.name for page in visit.shown for question in page.questions}
        # a field of a question that is not asked any more is told apart from one that the page never had
        gone = not request.files and all(name.partition(".")[0] in here for name in foreign)
        raise PageShownAgain(
            visit, form.typed(), *((409, "page_changed") if gone else (400, "foreign_fields"))
        )
    # What is asked here has changed since it was shown: a question that was not seen must not be answered.
    if changed:
        raise PageShownAgain(visit, form.typed(), 409, "page_changed")
    leaving = request.form.get("_action") == "leave" and visit.state is not None
    problems = form.wrong() if leaving else form.faults()
    if problems or not (valid or leaving):
        answered = reading.answers | reading.computed
        raise PageShownAgain(visit, form.typed(), 422, problems=problems, answered=answered, ticket=sent)
    if form.off_path(request.form) and not leaving:
        raise PageShownAgain(visit, form.typed(), 409, "page_changed")
    try:
        return _leave(visit, reading, ticket) if leaving else _go_on(visit, reading, ticket, whole)
    except Changed:
        # in another tab, since this page was judged
        raise PageShownAgain(_as_it_stands(visit), form.typed(), 409, "page_changed") from None
    except NotKept as error:
        current_app.logger.error("a page could not be kept: %s", error)
        raise PageShownAgain(visit, form.typed(), 503, "not_kept_text", ticket=sent) from None


def _go_on(visit: Visit, reading: PageReading, ticket: Ticket, whole: bool) -> Response:
    """Keep the answers of the page and lead to the next one, to the list of answers, or to the end."""
    answers = {**visit.given, **reading.answers}
    way = walk(visit.served.questionnaire, answers)
    following = _following(visit, way, answers, whole)
    ended = following is None and (way.screened or not visit.served.questionnaire.check_answers)
    keep_post(visit, ticket, visit.page.name, reading.answers, way if ended else None)
    if ended:
        return moved(url_for("respondent.end", key=visit.key))
    if following is None:
        return moved(url_for("respondent.check", key=visit.key))
    return moved(url_for("respondent.page", key=visit.key, name=following.name))


def _following(visit: Visit, way: Way, answers: dict[str, Answer], whole: bool) -> Page | None:
    """Return where the person goes from here; None where nothing is left to ask.

    A screen-out ends the way only when everything before it was asked, with scripts or without.
    """
    following = first_open(visit.cut, way.settled, answers)
    # a change leads back to the list of answers
    if "change" not in request.args:
        here = visit.shown[-1] if whole else visit.page
        following = page_after(visit.cut, here.number, way.settled) or following
    if following is None:
        following = first_invalid(visit.served.questionnaire, visit.cut, answers, visit.seed)
    return head_of(visit.cut, following) if whole and following else following


def _leave(visit: Visit, reading: PageReading, ticket: Ticket) -> Response:
    """Keep what is valid of the page; what was left empty stays open for the day of coming back.

    What had been answered and is empty now was taken back: that is kept, too.
    """
    emptied = {problem.question for problem in reading.problems if not problem.check} & visit.given.keys()
    on_page = {**reading.answers, **dict.fromkeys(emptied, Missing.NOT_ANSWERED)}
    valid = {
        name: answer
        for name, answer in on_page.items()
        if answer is not Missing.NOT_ANSWERED or name in visit.given
    }
    answers = {**visit.given, **valid}
    way = walk(visit.served.questionnaire, answers)
    ended = way.screened and first_open(visit.cut, way.settled, answers) is None
    keep_post(visit, ticket, visit.page.name, valid, way if ended else None)
    return moved(url_for("respondent.end" if ended else "resume.leave", key=visit.key))


def keep_post(visit: Visit, ticket: Ticket, page: str, answers: dict[str, Answer], ended: Way | None) -> None:
    """Make a post durable; `ended` is the whole way where this post ends the response.

    Raises Refused for a study that is closed or a response that is finished; Begun, Changed and NotKept.
    """
    served = visit.served
    end = end_of(served.questionnaire, ended) if ended else None
    post = PagePost(
        submission_key=ticket.nonce,
        response=visit.key,
        study=served.name,
        version=served.version,
        synthetic=served.synthetic,
        page=page,
        answers=answers,
        language=visit.language,
        final=ended is not None,
        posted_ms=tickets.now_ms(),
        end=end.name if end else "",
        screened=ended is not None and ended.screened is not None,
        shown_ms=ticket.shown_ms,
        width=request.form.get("_width", ""),
        receipt_hash=hash_of(served, visit.key) if ended else "",
        seed=visit.seed,
        begins=visit.state is None,
        read=visit.state.last if visit.state else 0,
    )
    collector: Collector = current_app.extensions["earshot-collector"]
    try:
        collector.keep(post)
    except NotOpen:
        raise Refused("closed", 410, served) from None
    except Finished:
        raise Refused("finished", 409, served) from None


def submit(visit: Visit, ticket: Ticket | None) -> Response:
    """Submit from the list of answers, once every question on the path was confirmed.

    Raises Refused or ListShownAgain.
    """
    form = FlaskForm(formdata=request.form)
    fits = ticket == Ticket(visit.served.name, visit.served.version, CHECK, visit.key)
    if "_language" in request.form:
        session["language"] = visit.served.language(request.form["_language"])
        return check_page(replace(visit, language=session["language"]))
    if not fits or ticket is None or ticket.renewed or not form.validate():
        raise ListShownAgain(visit, 400, "stale_token")
    if ticket.seen != answers_seen(visit):
        raise ListShownAgain(visit, 409, "page_changed")
    questionnaire, answers = visit.served.questionnaire, dict(visit.given)
    way = walk(questionnaire, answers)
    still_open = first_open(visit.cut, way.settled, answers) or first_invalid(
        questionnaire, visit.cut, answers, visit.seed
    )
    if still_open is not None:
        return redirect(url_for("respondent.page", key=visit.key, name=still_open.name), 303)
    try:
        keep_post(visit, ticket, CHECK, {}, way)
    except Changed:
        raise ListShownAgain(_as_it_stands(visit), 409, "page_changed") from None
    except NotKept as error:
        current_app.logger.error("a page could not be kept: %s", error)
        raise ListShownAgain(visit, 503, "not_kept_text") from None
    return moved(url_for("respondent.end", key=visit.key))


def _as_it_stands(visit: Visit) -> Visit:
    """Return the visit with the response as it stands now."""
    return replace(visit, state=current(shelf().engine, visit.key) or visit.state)


def moved(address: str) -> Response:
    """Lead on: a redirection, or for the script, which would follow it blindly, the address."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(to=address)
    return redirect(address, 303)


def unread(visit: Visit, error: NotKept) -> PageShownAgain:
    """Return what shows a posted page again as it was typed, because the database cannot be read."""
    current_app.logger.error("a response could not be read: %s", error)
    questions = [question for page in visit.shown for question in page.questions]
    form = PageForm(visit.page.section, questions, request.form)
    return PageShownAgain(
        replace(visit, blind=True), form.typed(), 503, "not_kept_text", ticket=request.form["_ticket"]
    )
