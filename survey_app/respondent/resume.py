"""Leaving and coming back, on this device or another: by a code or a personal link, without an account."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from survey_app.respondent import tickets
from survey_app.respondent.page_view import message
from survey_app.respondent.plain_pages import LONGEST_CODE, CodeForm, only_from_here, plain_page
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.storage.codes import RESUME, derived_code, grouped
from survey_app.storage.current import Current, current
from survey_app.storage.resumes import find_resumed, remember

GROUPS = (4, 4, 4, 4)

resume = Blueprint("resume", __name__, template_folder="templates")
resume.before_request(only_from_here)


def code_for(key: str) -> str:
    """Return the code that opens a response, after making it durable; the same one every time.

    Raises NotKept where the database does not take it.
    """
    code = derived_code(str(current_app.secret_key), "resume", key, RESUME)
    remember(shelf().engine, code, key, tickets.now_ms())
    return code


@resume.get("/a/<key>/leave")
def leave(key: str) -> Response:
    """Say that the answers are kept, and how to come back to them."""
    state = current(shelf().engine, key) if tickets.known() else None
    if state is None or not tickets.is_own(key, state.study):
        return message("gone", 404, again=url_for("respondent.home"))
    if state.submitted:
        return redirect(url_for("respondent.end", key=key), 303)
    code = code_for(key)
    scheme = "https" if current_app.config["SESSION_COOKIE_SECURE"] else request.scheme
    served = _served(state)
    return plain_page(
        "leave",
        200,
        served,
        code=grouped(code, GROUPS),
        link=url_for("resume.offer", code=code, _external=True, _scheme=scheme),
        where=url_for("resume.ask", _external=True, _scheme=scheme),
        back=_go_on(state),
    )


@resume.get("/resume")
def ask() -> Response:
    return plain_page("resume", state="form")


@resume.get("/resume/<code>")
def offer(code: str) -> Response:
    """The personal link: shows a button and changes nothing, because programs open links, too."""
    state = _unfinished(code)
    if isinstance(state, Response):
        return state
    return plain_page("resume", 200, _served(state), state="ready", typed=code)


@resume.post("/resume")
def answer() -> Response:
    """Make the response this browser's own and go on with it."""
    form = CodeForm()
    if not form.validate():
        return plain_page("resume", 400, state="form", typed=form.typed, problem="stale_token")
    state = _unfinished(form.code.data or "")
    if isinstance(state, Response):
        return state
    tickets.adopt(state.study, state.key)
    return redirect(_go_on(state), 303)


def _unfinished(typed: str) -> Current | Response:
    """Return the response that a code opens, or the page that says why there is none to go on with."""
    state = find_resumed(shelf().engine, typed)
    if state is None:
        return plain_page("resume", 404, state="form", typed=typed[:LONGEST_CODE], problem="resume_unknown")
    return message("resume_finished", 409, _served(state)) if state.submitted else state


def _served(state: Current) -> Served:
    served, _ = shelf().study(state.study, state.version)
    # a response has a study
    assert served is not None
    return served


def _go_on(state: Current) -> str:
    """Return the address that leads to the first page of a response that is still open."""
    return url_for("respondent.go_on", key=state.key)
