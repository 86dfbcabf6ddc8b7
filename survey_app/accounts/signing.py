"""Signing in, the second factor, signing out."""

from __future__ import annotations

import math

from flask import Blueprint, current_app, make_response, redirect, request, session, url_for
from werkzeug.wrappers import Response

from survey_app.accounts import door
from survey_app.accounts.backoff import Backoff, network
from survey_app.accounts.forms import CodeForm, SignInForm
from survey_app.accounts.showing import STATIC, notice, show
from survey_app.respondent.tickets import keyed
from survey_app.serving.buckets import Buckets
from survey_app.storage.accounts import audit, passwords, people, second_factor, sessions
from survey_app.storage.accounts.passwords import Crowded

BURST, A_SECOND = 30, 0.5
"""Attempts to sign in from one network, whatever accounts they name: so many at once, then so many a second."""

signing = Blueprint(
    "signing", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
)
door.keep_door(signing)


def backoff() -> Backoff:
    """Return the app's own count of failed attempts."""
    found: Backoff = current_app.extensions.setdefault("earshot-backoff", Backoff())
    return found


def too_many() -> float:
    """Count an attempt of a network, whatever account it names; return the seconds to wait, or 0."""
    found: Buckets = current_app.extensions.setdefault("earshot-sign-ins", Buckets(BURST, A_SECOND))
    return found.take(network(request.remote_addr))


@signing.app_errorhandler(Crowded)
def _crowded(error: Crowded) -> Response:
    """Too many passwords at once: nothing was looked at."""
    shown = notice("crowded", 503)
    shown.headers["Retry-After"] = "2"
    return shown


@signing.get("/sign-in")
@door.anyone
def sign_in() -> Response:
    signed = door.who()
    if signed is not None and signed.complete:
        home = door.home_of(signed.account, signed.administrator)
        return redirect(door.own_path(request.args.get("next"), home), 303)
    return _form(200, next=request.args.get("next", ""))


@signing.post("/sign-in")
@door.anyone
def take_sign_in() -> Response:
    """Let in who knows the password; unknown, known and disabled accounts take the same path otherwise."""
    form = SignInForm()
    if not form.validate():
        return _form(422, form.email.data, form.next.data, form.problems())
    email = people.read_email(form.email.data or "") or ""
    typed, address = email or (form.email.data or "").strip().lower(), request.remote_addr
    if wait := too_many() or backoff().attempt(typed, address):
        return later(_form, wait, form.email.data, form.next.data)
    try:
        found = people.stored_password(door.engine(), email)
        right = passwords.fits(found[1] if found else None, form.password.data or "")
    except Crowded:
        backoff().forgive(typed, address, right=False)
        raise
    if found is None or not right:
        audit.record(door.engine(), door.now_ms(), None, "sign_in_failed", who=keyed(f"email|{typed}")[:16])
        return _form(422, form.email.data, form.next.data, {"email": "sign_in_wrong"})
    backoff().forgive(typed, address)
    who, stored = found
    if passwords.is_weaker(stored):
        renewed = passwords.hashed(form.password.data or "")
        stored = renewed if people.renew_hash(door.engine(), who, stored, renewed) else stored
    return _begin(who, stored, form.next.data)


def _begin(who: str, stored: str, following: str | None) -> Response:
    account = people.by_id(door.engine(), who)
    if account is None or account.disabled_ms is not None:  # meanwhile
        return redirect(url_for("signing.sign_in"), 303)
    before = door.who()
    try:
        token = sessions.begin(
            door.engine(),
            who,
            door.now_ms(),
            complete=not account.second_factor,
            password=stored,
            instead=before.token_hash if before else "",
        )
    except sessions.Meanwhile:
        return redirect(url_for("signing.sign_in"), 303)
    door.let_in(token)
    session.setdefault("language", account.language)
    going = door.own_path(following, door.home_of(who, account.administrator))
    return redirect(url_for("signing.code", next=going) if account.second_factor else going, 303)


@signing.get("/sign-in/code")
@door.anyone
def code() -> Response:
    return _not_half() or _code_form(200, next=request.args.get("next", ""))


@signing.post("/sign-in/code")
@door.anyone
def take_code() -> Response:
    """Complete a session with a code that is good once; the session gets a new token."""
    if refused := _not_half():
        return refused
    half, form = door.who(), CodeForm()
    assert half is not None
    if not form.validate():
        return _code_form(422, form.next.data, form.problems())
    if wait := backoff().attempt(f"code|{half.account}", request.remote_addr):
        return later(_code_form, wait, form.next.data)
    if not second_factor.accept(door.engine(), half.account, form.code.data or "", door.now_ms()):
        audit.record(door.engine(), door.now_ms(), half.account, "code_failed", who=half.account)
        return _code_form(422, form.next.data, {"code": "code_wrong"})
    backoff().forgive(f"code|{half.account}", request.remote_addr)
    try:
        token = sessions.complete(door.engine(), half, door.now_ms())
    except sessions.Meanwhile:
        return redirect(url_for("signing.sign_in"), 303)
    door.let_in(token)
    return redirect(door.own_path(form.next.data, door.home_of(half.account, half.administrator)), 303)


@signing.post("/sign-out")
@door.anyone
def sign_out() -> Response:
    signed = door.who()
    if signed is not None:
        sessions.end(door.engine(), signed, door.now_ms())
    door.let_out()
    return redirect(url_for("signing.sign_in", done="signed_out"), 303)


def later(form: object, wait: float, *shown: str | None) -> Response:
    """Show a form again that says when to try again."""
    seconds = math.ceil(wait)
    minutes = math.ceil(wait / 60)
    words = ("wait_seconds", seconds) if seconds < 60 else ("wait_minutes", minutes)
    answer = make_response(form(429, *shown, wait=words))  # type: ignore[operator]
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _not_half() -> Response | None:
    half = door.who()
    if half is None:
        return redirect(url_for("signing.sign_in"), 303)
    return redirect(door.own_path(request.args.get("next")), 303) if half.complete else None


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
        nobody=not people.any_account(door.engine()),
    )


def _code_form(
    status: int,
    next: str | None = "",  # noqa: A002
    problems: dict[str, str] | None = None,
    wait: tuple[str, int] | None = None,
) -> Response:
    here = url_for("signing.code", next=next or None)
    return show("accounts/code.html", status, here=here, next=next or "", problems=problems or {}, wait=wait)
