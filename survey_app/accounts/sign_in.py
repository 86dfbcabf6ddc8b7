"""Signing in, the second factor, signing out."""

from __future__ import annotations

import math
from collections.abc import Callable

from flask import Blueprint, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from survey_app.accounts import access
from survey_app.accounts.forms import SignInCodeForm, SignInForm
from survey_app.accounts.layout import STATIC, notice, show
from survey_app.accounts.sign_in_limits import Backoff, network
from survey_app.respondent.tickets import keyed
from survey_app.serving.buckets import Buckets
from survey_app.storage.accounts import audit, passwords, people, second_factor, sessions
from survey_app.storage.accounts.passwords import Crowded

BURST, A_SECOND = 30, 0.5
"""Attempts to sign in from one network, whatever accounts they name: so many at once, then so many a second."""

signing = Blueprint(
    "signing", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)
access.guard(signing)


def backoff() -> Backoff:
    """Return the app's own count of failed attempts."""
    attempts: Backoff = current_app.extensions.setdefault("earshot-backoff", Backoff())
    return attempts


@signing.app_errorhandler(Crowded)
def _crowded(error: Crowded) -> Response:
    """Ask to try again: too many passwords came at once, and this one was not judged."""
    page = notice("crowded", 503)
    page.headers["Retry-After"] = "2"
    return page


@signing.get("/sign-in")
@access.anyone
def sign_in() -> Response:
    signed = access.who()
    if signed is not None and signed.complete:
        home = access.home_of(signed.account, signed.administrator)
        return redirect(access.own_path(request.args.get("next"), home), 303)
    return _form(200, next=request.args.get("next", ""))


@signing.post("/sign-in")
@access.anyone
def take_sign_in() -> Response:
    """Let in whoever knows the password of an account."""
    form = SignInForm()
    if not form.validate():
        return _form(422, form.email.data, form.next.data, form.problems())
    email = people.read_email(form.email.data or "") or ""
    typed, address = email or (form.email.data or "").strip().lower(), request.remote_addr
    buckets: Buckets = current_app.extensions.setdefault("earshot-sign-ins", Buckets(BURST, A_SECOND))
    if wait := buckets.take(network(address)) or backoff().attempt(typed, address):
        return later(_form, wait, form.email.data, form.next.data)
    try:
        credentials = people.stored_password(access.engine(), email)
        # Unknown and disabled accounts cost a hash as well: the time of the answer tells nothing about them.
        right = passwords.fits(credentials[1] if credentials else None, form.password.data or "")
    except Crowded:
        backoff().forgive(typed, address, right=False)
        raise
    if credentials is None or not right:
        audit.record(
            access.engine(), access.now_ms(), None, "sign_in_failed", who=keyed(f"email|{typed}")[:16]
        )
        return _form(422, form.email.data, form.next.data, {"email": "sign_in_wrong"})
    backoff().forgive(typed, address)
    who, stored = credentials
    if passwords.is_weaker(stored):
        renewed = passwords.hashed(form.password.data or "")
        stored = renewed if people.renew_hash(access.engine(), who, stored, renewed) else stored
    return _begin(who, stored, form.next.data)


def _begin(who: str, stored: str, following: str | None) -> Response:
    """Begin a session for an account whose password was right, complete where it has no second factor."""
    account = people.by_id(access.engine(), who)
    # The account may have been disabled while the password was hashed.
    if account is None or account.disabled_ms is not None:
        return redirect(url_for("signing.sign_in"), 303)
    before = access.who()
    try:
        # A new token each time: one that somebody planted in this browser before is never signed in.
        token = sessions.begin(
            access.engine(),
            who,
            access.now_ms(),
            complete=not account.second_factor,
            password=stored,
            instead=before.token_hash if before else "",
        )
    except sessions.Meanwhile:
        return redirect(url_for("signing.sign_in"), 303)
    access.let_in(token)
    session.setdefault("language", account.language)
    going = access.own_path(following, access.home_of(who, account.administrator))
    return redirect(url_for("signing.code", next=going) if account.second_factor else going, 303)


@signing.get("/sign-in/code")
@access.anyone
def code() -> Response:
    return _not_half() or _code_form(200, next=request.args.get("next", ""))


@signing.post("/sign-in/code")
@access.anyone
def take_code() -> Response:
    """Complete a session with a code, which works once, and replace the session's token."""
    if refused := _not_half():
        return refused
    half, form = access.who(), SignInCodeForm()
    assert half is not None
    if not form.validate():
        return _code_form(422, form.next.data, form.problems())
    if wait := backoff().attempt(f"code|{half.account}", request.remote_addr):
        return later(_code_form, wait, form.next.data)
    if not second_factor.accept(access.engine(), half.account, form.code.data or "", access.now_ms()):
        audit.record(access.engine(), access.now_ms(), half.account, "code_failed", who=half.account)
        return _code_form(422, form.next.data, {"code": "code_wrong"})
    backoff().forgive(f"code|{half.account}", request.remote_addr)
    try:
        token = sessions.complete(access.engine(), half, access.now_ms())
    except sessions.Meanwhile:
        return redirect(url_for("signing.sign_in"), 303)
    access.let_in(token)
    return redirect(access.own_path(form.next.data, access.home_of(half.account, half.administrator)), 303)


@signing.post("/sign-out")
@access.anyone
def sign_out() -> Response:
    signed = access.who()
    if signed is not None:
        sessions.end(access.engine(), signed, access.now_ms())
    access.let_out()
    return redirect(url_for("signing.sign_in", done="signed_out"), 303)


def later(form: Callable[..., Response], wait: float, *fields: str | None) -> Response:
    """Show a form again with the time after which to try again."""
    seconds = math.ceil(wait)
    text = ("wait_seconds", seconds) if seconds < 60 else ("wait_minutes", math.ceil(wait / 60))
    answer = form(429, *fields, wait=text)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_half() -> Response | None:
    """Return where to go on for whoever has no session that waits for a code."""
    half = access.who()
    if half is None:
        return redirect(url_for("signing.sign_in"), 303)
    return redirect(access.own_path(request.args.get("next")), 303) if half.complete else None


def _form(
    status: int,
    email: str | None = "",
    next: str | None = "",  # noqa: A002  # as the field is called
    problems: dict[str, str] | None = None,
    wait: tuple[str, int] | None = None,
) -> Response:
    return show(
        "accounts/sign_in.html",
        status,
        here=url_for("signing.sign_in", next=next or None),
        email=(email or "")[:254],
        next=next or "",
        problems=problems or {},
        wait=wait,
        done=request.args.get("done") == "signed_out",
        nobody=not people.any_account(access.engine()),
    )


def _code_form(
    status: int,
    next: str | None = "",  # noqa: A002
    problems: dict[str, str] | None = None,
    wait: tuple[str, int] | None = None,
) -> Response:
    here = url_for("signing.code", next=next or None)
    return show("accounts/code.html", status, here=here, next=next or "", problems=problems or {}, wait=wait)
