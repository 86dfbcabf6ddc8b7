"""The door of every page that is not a respondent's: who is there, what they may do, and where a post came from."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask_wtf.csrf import validate_csrf
from sqlalchemy import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import ValidationError

from survey_app.accounts.showing import notice
from survey_app.respondent import tickets
from survey_app.respondent.plain_pages import only_from_here
from survey_app.respondent.shelf import shelf
from survey_app.storage.accounts import rights, sessions
from survey_app.storage.accounts.sessions import Signed

KEY = "account"
"""Where the session's token is in the cookie."""
OF_RESPONDENTS = frozenset({"person", "turns", "present", "adopted", "invited", "language", "scripts"})
"""What of the cookie outlives signing in and out: whoever works here may answer, too."""

View = TypeVar("View", bound=Callable[..., Any])


def engine() -> Engine:
    """Return the database of the running app."""
    return shelf().engine


def now_ms() -> int:
    return tickets.now_ms()


def who() -> Signed | None:
    """Return whose session this request belongs to, complete or not; looked up once a request."""
    if "signed" not in g:
        token = session.get(KEY)
        g.signed = sessions.find(engine(), token, now_ms()) if isinstance(token, str) else None
    found: Signed | None = g.signed
    return found


def me() -> Signed:
    """Return who is signed in, on pages that let nobody else in."""
    signed = who()
    if signed is None or not signed.complete:
        abort(403)
    return signed


def let_in(token: str) -> None:
    """Put a new session into the cookie; what an earlier one left there, its form token included, is gone."""
    let_out()
    session[KEY] = token


def let_out() -> None:
    for key in set(session) - OF_RESPONDENTS:
        session.pop(key)
    g.pop("signed", None)
    g.pop("csrf_token", None)


def signed_in(view: View) -> View:
    """Let in whoever is signed in, with the second factor where they have one."""

    @wraps(view)
    def guarded(*arguments: Any, **values: Any) -> Any:
        return _to_sign_in() or view(*arguments, **values)

    return _marked(guarded, "signed_in")


def administers(view: View) -> View:
    """Let in administrators of everything; for anyone else there is no such page."""

    @wraps(view)
    def guarded(*arguments: Any, **values: Any) -> Any:
        refused = _to_sign_in()
        if refused is not None:
            return refused
        if not me().administrator:
            abort(404)
        return view(*arguments, **values)

    return _marked(guarded, "administers")


def requires(right: str) -> Callable[[View], View]:
    """Let in whoever has a right in the study that the address names.

    Without any role there the answer is the same as where there is no such study.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **values: Any) -> Any:
            refused = _to_sign_in()
            if refused is not None:
                return refused
            g.role = rights.role_in(engine(), me().account, values["study"], me().administrator)
            if g.role is None:
                abort(404)
            if not rights.may(g.role, right):
                abort(403)
            return view(*arguments, **values)

        return _marked(guarded, right)

    return decorated


def anyone(view: View) -> View:
    """Say of a view that it is meant to be open to everyone."""
    return _marked(view, "anyone")


def may(right: str) -> bool:
    """Tell whether the role that opened this page has a right, too."""
    return rights.may(g.get("role"), right)


def keep_door(blueprint: Blueprint) -> None:
    """Let no post into a blueprint that another site sent, and none without the form's own token."""
    blueprint.before_request(only_from_here)
    blueprint.before_request(_see_who)
    blueprint.before_request(_only_our_forms)
    blueprint.register_error_handler(HTTPException, _refusal)


def home_of(account: str, administrator: bool, **values: str) -> str:
    """Return where somebody begins: who may read reports and nothing else, at the reports."""
    own = rights.studies_of(engine(), account, administrator)
    reads = own and all(rights.RIGHTS.get(one.role) == {"reports"} for one in own)
    return url_for("executive.reports" if reads else "researcher.studies", **values)


def own_path(address: str | None, home: str = "") -> str:
    """Return an address to go on to if it is a page of ours, else `home`, or the list of studies."""
    home = home or url_for("researcher.studies")
    if not address or not address.startswith("/") or address.startswith("//"):
        return home
    if "\\" in address or any(ord(sign) < 33 or ord(sign) == 127 for sign in address):
        return home
    try:
        parts = urlsplit(address)
    except ValueError:
        return home
    return home if parts.scheme or parts.netloc else address


def _to_sign_in() -> Response | None:
    """Return the way to the page where one signs in, None for who is in."""
    signed = who()
    if signed is not None and signed.complete:
        return None
    step = "signing.sign_in" if signed is None else "signing.code"  # half way in: the code is what is missing
    if request.method != "GET":
        return redirect(url_for(step), 303)
    return redirect(url_for(step, next=request.full_path.rstrip("?")), 303)


def _see_who() -> None:
    """Look the session up before anything is shown: refusals have the bar of who is signed in, too."""
    if request.endpoint is not None and not request.endpoint.endswith(".static"):
        who()


def _only_our_forms() -> Response | None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return notice("stale", 400)
    return None


def _refusal(error: HTTPException) -> Response:
    """Every refusal is a page, and tells nothing but its kind."""
    code = error.code or 500
    kinds = {403: "forbidden", 404: "not_found", 405: "not_found", 413: "too_large"}
    shown = notice(kinds.get(code, "bad_request" if code < 500 else "server_error"), code)
    for header, value in error.get_headers(request.environ):
        if header in ("Allow", "Retry-After"):
            shown.headers[header] = value
    return shown


def _marked(view: Any, door: str) -> Any:
    view.door = door
    return view
