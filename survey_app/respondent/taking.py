"""Taking a posted page: judge it, keep it and go on, or show it again with everything typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import current_app, jsonify, redirect, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from questionnaires.answers import PageReading, first_invalid
from questionnaires.model import Answer, Missing
from questionnaires.routing import Page, Way, end_of, first_open, head_of, page_after, walk
from survey_app.respondent import receipt, ticket
from survey_app.respondent.ending import CHECK, answers_seen, check_page
from survey_app.respondent.fielded import shelf
from survey_app.respondent.form import PageForm
from survey_app.respondent.markup import saying
from survey_app.respondent.showing import fill, message
from survey_app.respondent.ticket import Ticket
from survey_app.respondent.visit import Visit, spoken
from survey_app.storage.collect import Collector
from survey_app.storage.current import Current, current
from survey_app.storage.posts import Begun, Changed, Finished, NotKept, NotOpen, PagePost


def take(visit: Visit, said: Ticket | None) -> Response:
    """Judge a posted page; keep it and go on, or show it again with everything typed."""
    served = visit.served
    if visit.state is not None or said is None or said.study != served.name:
        return _judge(visit, said)
    try:  # hardly ever is a first page not the first post: that is not asked before
        return _judge(visit, said)
    except Begun:
        pass
    try:
        state = current(shelf().engine, said.response)
    except NotKept as error:
        current_app.logger.error("a response could not be read: %s", error)
        return _unread(visit)
    if state is None:  # erased just now
        return message("finished", 409, served)
    if (state.study, state.version) != (served.name, served.version):
        return redirect(url_for("respondent.go_on", key=said.response), 303)  # begun on another version
    return _judge(replace(visit, state=state), said)


def _judge(visit: Visit, said: Ticket | None) -> Response:
    whole = request.form.get("_whole") == "1"
    if len(visit.shown) > 1 and whole != session.get("scripts", False):
        session["scripts"] = whole
    form = _bound(visit, whole)
    posted = request.form.get("_ticket", "") if _fits(said, visit) else ""
    changed = said is not None and said.seen != visit.seen
    say = saying(visit.language)
    if "_language" in request.form:
        session["language"] = visit.served.language(request.form["_language"])
        turned = replace(visit, language=session["language"])
        return fill(turned, form.typed(), 200, posted="" if changed else posted)
    reading = PageReading(visit.served.questionnaire, dict(visit.known), visit.seed)
    valid = form.judge(reading, request.form.get("_accepted", "").split())
    if "csrf_token" in form.errors or not posted or (said and said.renewed):
        return fill(visit, form.typed(), 400, message=say("stale_token"))
    if form.foreign(request.form) or request.files:
        off_path = _off_path(visit, form)
        known = "page_changed" if off_path else "foreign_fields"
        return fill(visit, form.typed(), 409 if off_path else 400, message=say(known))
    if changed:  # what is asked here has changed since: a question that was not seen must not be answered
        return fill(visit, form.typed(), 409, message=say("page_changed"))
    assert said is not None  # it fits
    leaving = request.form.get("_action") == "leave" and visit.state is not None
    problems = form.wrong() if leaving else form.faults()
    if problems or not (valid or leaving):
        answered = reading.answers | reading.computed
        return fill(visit, form.typed(), 422, problems=problems, answered=answered, posted=posted)
    if form.off_path(request.form) and not leaving:
        return fill(visit, form.typed(), 409, message=say("page_changed"))
    keep = _leave if leaving else _keep
    return _tried(
        visit,
        lambda: keep(visit, reading, said),
        lambda: fill(visit, form.typed(), 503, message=say("not_kept_text"), posted=posted),
        lambda: fill(_again(visit), form.typed(), 409, message=say("page_changed")),
    )


def _bound(visit: Visit, whole: bool) -> PageForm:
    """Return the form with what was sent, for the questions that were shown."""
    questions = visit.questions
    if not visit.fixed:
        seen = {question.name for question in visit.questions}
        if whole:
            seen |= {q.name for q in visit.page.questions if q.value is not None}
            seen |= {q.name for page in visit.shown[1:] for q in page.questions}
        questions = tuple(q for page in visit.shown for q in page.questions if q.name in seen)
    return PageForm(visit.page.section, questions, request.form)


def _off_path(visit: Visit, form: PageForm) -> bool:
    """Tell whether what does not belong is only answers to questions that are no longer asked."""
    here = {question.name for page in visit.shown for question in page.questions}
    return all(name.partition(".")[0] in here for name in form.foreign(request.form)) and not request.files


def _fits(said: Ticket | None, visit: Visit) -> bool:
    """Tell whether a ticket is for exactly this page of this response and version."""
    return said == Ticket(visit.served.name, visit.served.version, visit.page.name, visit.key)


def _tried(
    visit: Visit,
    keep: Callable[[], Response],
    again: Callable[[], Response],
    changed: Callable[[], Response],
) -> Response:
    """Keep what is valid and lead on, or answer why it is not kept.

    `again` shows it as it was typed; `changed`, too, with what another tab has changed meanwhile.
    """
    try:
        return keep()
    except NotOpen:
        return message("closed", 410, visit.served)
    except Finished:
        return message("finished", 409, visit.served)
    except Changed:  # in another tab, since this page was judged
        return changed()
    except NotKept as error:
        current_app.logger.error("a page could not be kept: %s", error)
        return again()


def _keep(visit: Visit, reading: PageReading, said: Ticket) -> Response:
    answers = {**visit.given, **reading.answers}
    way = walk(visit.served.questionnaire, answers)
    following = _following(visit, way, answers)
    ended = following is None and (way.screened or not visit.served.questionnaire.check_answers)
    keep_post(visit, said, visit.page.name, reading.answers, way if ended else None)
    if ended:
        return moved(url_for("respondent.end", key=visit.key))
    if following is None:
        return moved(url_for("respondent.check", key=visit.key))
    return moved(url_for("respondent.page", key=visit.key, name=following.name))


def _following(visit: Visit, way: Way, answers: dict[str, Answer]) -> Page | None:
    """Return where the person goes from here; None where nothing is left to ask.

    A screen-out ends the way only when everything before it was asked, with scripts or without.
    """
    whole = request.form.get("_whole") == "1"
    following = first_open(visit.cut, way.settled, answers)
    if "change" not in request.args:  # a change leads back to the list of answers
        here = visit.shown[-1] if whole else visit.page
        following = page_after(visit.cut, here.number, way.settled) or following
    if following is None:
        following = first_invalid(visit.served.questionnaire, visit.cut, answers, visit.seed)
    return head_of(visit.cut, following) if whole and following else following


def _leave(visit: Visit, reading: PageReading, said: Ticket) -> Response:
    """Keep what is valid of the page; what was left empty stays open for the day of coming back.

    What had been answered and is empty now was taken back: that is kept, too.
    """
    emptied = {problem.question for problem in reading.problems if not problem.check} & visit.given.keys()
    given = {**reading.answers, **dict.fromkeys(emptied, Missing.NOT_ANSWERED)}
    kept = {n: a for n, a in given.items() if a is not Missing.NOT_ANSWERED or n in visit.given}
    answers = {**visit.given, **kept}
    way = walk(visit.served.questionnaire, answers)
    ended = way.screened and first_open(visit.cut, way.settled, answers) is None
    keep_post(visit, said, visit.page.name, kept, way if ended else None)
    return moved(url_for("respondent.end" if ended else "resume.leave", key=visit.key))


def keep_post(visit: Visit, said: Ticket, page: str, answers: dict[str, Answer], ended: Way | None) -> None:
    """Make a post durable; `ended` is the whole way where this post ends the response."""
    served = visit.served
    end = end_of(served.questionnaire, ended) if ended else None
    collector: Collector = current_app.extensions["earshot-collector"]
    collector.keep(
        PagePost(
            submission_key=said.nonce,
            response=visit.key,
            study=served.name,
            version=served.version,
            synthetic=served.synthetic,
            page=page,
            answers=answers,
            language=visit.language,
            final=ended is not None,
            posted_ms=ticket.now_ms(),
            end=end.name if end else "",
            screened=ended is not None and ended.screened is not None,
            shown_ms=said.shown_ms,
            width=request.form.get("_width", ""),
            receipt_hash=receipt.hash_of(served, visit.key) if ended else "",
            seed=visit.seed,
            begins=visit.state is None,
            read=visit.state.last if visit.state else 0,
        )
    )


def take_check(visit: Visit, said: Ticket | None) -> Response:
    """Submit from the list of answers, once every question on the path was confirmed."""
    form = FlaskForm(formdata=request.form)
    say = saying(visit.language)
    fits = said == Ticket(visit.served.name, visit.served.version, CHECK, visit.key)
    if "_language" in request.form:
        session["language"] = visit.served.language(request.form["_language"])
        return check_page(replace(visit, language=session["language"]))
    if not fits or said is None or said.renewed or not form.validate():
        return check_page(visit, 400, say("stale_token"))
    if said.seen != answers_seen(visit):
        return check_page(visit, 409, say("page_changed"))
    answers = dict(visit.given)
    way = walk(visit.served.questionnaire, answers)
    still_open = first_open(visit.cut, way.settled, answers) or first_invalid(
        visit.served.questionnaire, visit.cut, answers, visit.seed
    )
    if still_open is not None:
        return redirect(url_for("respondent.page", key=visit.key, name=still_open.name), 303)

    def submit() -> Response:
        keep_post(visit, said, CHECK, {}, way)
        return moved(url_for("respondent.end", key=visit.key))

    return _tried(
        visit,
        submit,
        lambda: check_page(visit, 503, say("not_kept_text")),
        lambda: check_page(_again(visit), 409, say("page_changed")),
    )


def _again(visit: Visit) -> Visit:
    """Return the visit with the response as it stands now."""
    return replace(visit, state=current(shelf().engine, visit.key) or visit.state)


def moved(address: str) -> Response:
    """Lead on: a redirection, or for the script, which would follow it blindly, the address."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(to=address)
    return redirect(address, 303)


def still_typed(key: str, name: str, said: Ticket | None) -> Response:
    """The database cannot be read: a posted page is shown again as it was typed, for it was not kept."""
    served = shelf().study(said.study, said.version)[0] if said else None
    cut = served.pages(ticket.seed(key)) if served else ()
    wanted = next((page for page in cut if page.name == name), None)
    if said is None or served is None or wanted is None or said.response != key:
        return message("server_error", 503)
    state = Current(key, served.name, served.version, {}, frozenset(), False)
    return _unread(Visit(served, wanted, spoken(served.questionnaire.languages), key, state))


def _unread(visit: Visit) -> Response:
    questions = [question for page in visit.shown for question in page.questions]
    form = PageForm(visit.page.section, questions, request.form)
    say = saying(visit.language)
    return fill(
        replace(visit, blind=True),
        form.typed(),
        503,
        message=say("not_kept_text"),
        posted=request.form["_ticket"],
    )
