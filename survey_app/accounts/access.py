"""Who may open a page that is not a respondent's: the session, the right that a page asks for, and forged posts."""

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

from survey_app.accounts.layout import notice
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
    """Return the session of this request, complete or not; it is looked up once a request."""
    if "signed" not in g:
        token = session.get(KEY)
        g.signed = sessions.find(engine(), token, now_ms()) if isinstance(token, str) else None
    signed: Signed | None = g.signed
    return signed


def me() -> Signed:
    """Return who is signed in, on pages that let nobody else in."""
    signed = who()
    if signed is None or not signed.complete:
        abort(403)
    return signed


def let_in(token: str) -> None:
    """Put a new session into the cookie, without anything of an earlier one."""
    let_out()
    session[KEY] = token


def let_out() -> None:
    """Empty the cookie of all that signing in left there."""
    # The form token goes too: one that was seen before signing in must not be good afterwards.
    for key in set(session) - OF_RESPONDENTS:
        session.pop(key)
    g.pop("signed", None)
    g.pop("csrf_token", None)


def requires(right: str) -> Callable[[View], View]:
    """Let in whoever has a right in the study that the address names.

    Two doors name no study: `signed_in`, and `administers` for administrators of everything.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(*arguments: Any, **values: Any) -> Any:
            signed = who()
            if signed is None or not signed.complete:
                # Somebody whose password was right, but whose code is missing, goes on to the code.
                step = "signing.sign_in" if signed is None else "signing.code"
                following = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for(step, next=following), 303)
            if right == "administers":
                if not signed.administrator:
                    abort(404)
            elif right != "signed_in":
                g.role = rights.role_in(engine(), signed.account, values["study"], signed.administrator)
                # Without a role the answer is the same as for a study that does not exist.
                if g.role is None:
                    abort(404)
                if not rights.may(g.role, right):
                    abort(403)
            return view(*arguments, **values)

        return _marked(guarded, right)

    return decorated


signed_in = requires("signed_in")
administers = requires("administers")


def anyone(view: View) -> View:
    """Mark a view as open to everyone, so that a test can tell it from one whose door was forgotten."""
    return _marked(view, "anyone")


def may(right: str) -> bool:
    """Tell whether the role that opened this page has a right, too."""
    return rights.may(g.get("role"), right)


def guard(blueprint: Blueprint) -> None:
    """Refuse posts to a blueprint that another site sent, and those without the form's own token."""
    blueprint.before_request(only_from_here)
    blueprint.before_request(_check_token)
    blueprint.register_error_handler(HTTPException, _refusal)


def home_of(account: str, administrator: bool, **values: str) -> str:
    """Return the first page of an account: the reports for whoever may only read reports, else the studies."""
    own = rights.studies_of(engine(), account, administrator)
    reads = own and all(rights.RIGHTS.get(study.role) == {"reports"} for study in own)
    return url_for("executive.reports" if reads else "researcher.studies", **values)


def own_path(address: str | None, home: str = "") -> str:
    """Return an address to go on to if it is a page of ours, else `home`, or the list of studies."""
    home = home or url_for("researcher.studies")
    # Browsers read "//host" and "/\\host" as another site, and drop control characters before they look.
    if not address or not address.startswith("/") or address.startswith("//"):
        return home
    if "\\" in address or any(ord(sign) < 33 or ord(sign) == 127 for sign in address):
        return home
    try:
        parts = urlsplit(address)
    except ValueError:
        return home
    return home if parts.scheme or parts.netloc else address


def _check_token() -> Response | None:
    """Refuse a post without the form's own token."""
    # The session is looked up first: refusals, too, show the bar of whoever is signed in.
    if request.endpoint is not None and not request.endpoint.endswith(".static"):
        who()
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return notice("stale", 400)
    return None


def _refusal(error: HTTPException) -> Response:
    """Show a refusal as a page that tells nothing but its kind."""
    code = error.code or 500
    kinds = {403: "forbidden", 404: "not_found", 405: "not_found", 413: "too_large"}
    page = notice(kinds.get(code, "bad_request" if code < 500 else "server_error"), code)
    for header, value in error.get_headers(request.environ):
        if header in ("Allow", "Retry-After"):
            page.headers[header] = value
    return page


def _marked(view: Any, door: str) -> Any:
    view.door = door
    return view
