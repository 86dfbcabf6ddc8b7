"""One's own account: name and language, password, second factor, other sessions."""

from __future__ import annotations

import re
from collections.abc import Callable

import segno
from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from questionnaires.texts import LANGUAGES
from survey_app.accounts import access
from survey_app.accounts.forms import ChangePasswordForm, OwnForm, PlainForm, SecondFactorForm
from survey_app.accounts.layout import show
from survey_app.accounts.sign_in import backoff, later
from survey_app.respondent.visit import spoken
from survey_app.storage.accounts import passwords, people, second_factor, sessions
from survey_app.storage.accounts.passwords import Crowded

own = Blueprint("own", __name__, template_folder="templates", url_prefix="/account")
access.guard(own)
DONE = ("saved", "password_changed", "others_signed_out", "second_factor_off")


@own.get("/")
@access.signed_in
def account() -> Response:
    return _account(200)


@own.post("/")
@access.signed_in
def save() -> Response:
    """Change name and language, and nothing else of what was sent."""
    form, me = OwnForm(), access.me()
    if not form.validate():
        return _account(422, form.problems())
    name = people.read_name(form.name.data or "") or me.name
    people.describe(access.engine(), me.account, name, form.language.data, access.now_ms())
    session["language"] = form.language.data
    return redirect(url_for("own.account", done="saved"), 303)


@own.post("/sessions")
@access.signed_in
def end_others() -> Response:
    sessions.end_others(access.engine(), access.me(), access.now_ms())
    return redirect(url_for("own.account", done="others_signed_out"), 303)


@own.get("/password")
@access.signed_in
def password() -> Response:
    return _password(200)


@own.post("/password")
@access.signed_in
def change_password() -> Response:
    """Change the password; every other session of the account ends, and this one gets a new token."""
    form, me = ChangePasswordForm(), access.me()
    if not form.validate_for(me.email):
        return _password(422, form.problems())
    if refused := _unless_password(form.now.data or "", _password):
        return refused
    hashed = passwords.hashed(form.password.data or "")
    people.set_password(
        access.engine(), me.account, hashed, access.now_ms(), by=me.account, stay=me.token_hash
    )
    _new_token()
    return redirect(url_for("own.account", done="password_changed"), 303)


@own.get("/second-factor")
@access.signed_in
def factor() -> Response:
    return _factor(200)


@own.post("/second-factor")
@access.signed_in
def change_factor() -> Response:
    """Begin to set the second factor up, turn it on or off, or make new recovery codes."""
    me, action = access.me(), request.form.get("_action")
    if action == "begin" and not me.second_factor:
        second_factor.prepare(access.engine(), me)
        return redirect(url_for("own.factor"), 303)
    if action not in (("off", "codes") if me.second_factor else ("on",)):
        return redirect(url_for("own.factor"), 303)
    form, engine, now = SecondFactorForm(), access.engine(), access.now_ms()
    if not form.validate():
        return _factor(422, form.problems())
    if refused := _unless_password(form.now.data or "", _factor):
        return refused
    if action == "off":
        people.second_factor_off(engine, me.account, now, by=me.account, stay=me.token_hash)
        _new_token()
        return redirect(url_for("own.account", done="second_factor_off"), 303)
    if action == "on":
        codes = second_factor.turn_on(engine, me, form.code.data or "", now)
        if codes is None:
            return _factor(422, {"code": "code_wrong"})
        _new_token()
    else:
        codes = second_factor.renew_codes(engine, me.account, now)
    return show("accounts/recovery.html", here=url_for("own.factor"), codes=codes)


def _unless_password(typed: str, form: Callable[..., Response]) -> Response | None:
    """Return the refusal of a typed password that is not the account's, None for the right one."""
    # A stolen session must not serve to guess the password: wrong ones are counted here as well.
    me = access.me()
    if wait := backoff().attempt(f"own|{me.account}", request.remote_addr):
        return later(form, wait, None)
    try:
        credentials = people.stored_password(access.engine(), me.email)
        right = passwords.fits(credentials[1] if credentials else None, typed)
    except Crowded:
        backoff().forgive(f"own|{me.account}", request.remote_addr, right=False)
        raise
    if not right:
        return form(422, {"now": "now_wrong"})
    backoff().forgive(f"own|{me.account}", request.remote_addr)
    return None


def _new_token() -> None:
    """Replace the session token, so that a stolen old one is useless."""
    me = access.me()
    access.let_in(sessions.renew(access.engine(), me, access.now_ms()))
    access.who()


def _account(status: int, problems: dict[str, str] | None = None) -> Response:
    me, done = access.me(), request.args.get("done")
    return show(
        "accounts/account.html",
        status,
        problems=problems or {},
        form=OwnForm(data={"name": me.name, "language": spoken(LANGUAGES)}) if not problems else OwnForm(),
        left=second_factor.codes_left(access.engine(), me.account) if me.second_factor else 0,
        others=sessions.count(access.engine(), me.account, access.now_ms()) - 1,
        done=done if done in DONE else "",
        plain=PlainForm(),
    )


def _password(
    status: int, problems: dict[str, str] | None = None, wait: tuple[str, int] | None = None
) -> Response:
    return show("accounts/password.html", status, problems=problems or {}, wait=wait, email=access.me().email)


def _factor(
    status: int, problems: dict[str, str] | None = None, wait: tuple[str, int] | None = None
) -> Response:
    me = access.me()
    picture = ""
    if me.pending and not me.second_factor:
        address = second_factor.address_of(me.pending, me.email)
        picture = segno.make(address, micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return show(
        "accounts/second_factor.html",
        status,
        problems=problems or {},
        wait=wait,
        picture=picture,
        secret=" ".join(re.findall(".{1,4}", me.pending or "")),
        left=second_factor.codes_left(access.engine(), me.account) if me.second_factor else 0,
    )
