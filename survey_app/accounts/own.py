"""One's own account: name and language, password, second factor, other sessions."""

from __future__ import annotations

import re
from collections.abc import Callable

import segno
from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from questionnaires.texts import LANGUAGES
from survey_app.accounts import door
from survey_app.accounts.forms import ChangePasswordForm, OwnForm, PlainForm, SecondFactorForm
from survey_app.accounts.showing import show
from survey_app.accounts.signing import backoff, later
from survey_app.respondent.visit import spoken
from survey_app.storage.accounts import passwords, people, second_factor, sessions
from survey_app.storage.accounts.passwords import Crowded

own = Blueprint("own", __name__, template_folder="templates", url_prefix="/account")
door.keep_door(own)
DONE = ("saved", "password_changed", "others_signed_out", "second_factor_off")


@own.get("/")
@door.signed_in
def account() -> Response:
    return _account(200)


@own.post("/")
@door.signed_in
def save() -> Response:
    """Change name and language; nothing else that is sent is looked at."""
    form, me = OwnForm(), door.me()
    if not form.validate():
        return _account(422, form.problems())
    name = people.read_name(form.name.data or "") or me.name
    people.describe(door.engine(), me.account, name, form.language.data, door.now_ms())
    session["language"] = form.language.data
    return redirect(url_for("own.account", done="saved"), 303)


@own.post("/sessions")
@door.signed_in
def end_others() -> Response:
    sessions.end_others(door.engine(), door.me(), door.now_ms())
    return redirect(url_for("own.account", done="others_signed_out"), 303)


@own.get("/password")
@door.signed_in
def password() -> Response:
    return _password(200)


@own.post("/password")
@door.signed_in
def change_password() -> Response:
    """Change the password; every other session of the account ends, and this one gets a new token."""
    form, me = ChangePasswordForm(), door.me()
    if not form.validate_for(me.email):
        return _password(422, form.problems())
    if refused := _unless_password(form.now.data or "", _password):
        return refused
    hashed = passwords.hashed(form.password.data or "")
    people.set_password(door.engine(), me.account, hashed, door.now_ms(), by=me.account, stay=me.token_hash)
    _new_token()
    return redirect(url_for("own.account", done="password_changed"), 303)


@own.get("/second-factor")
@door.signed_in
def factor() -> Response:
    return _factor(200)


@own.post("/second-factor")
@door.signed_in
def change_factor() -> Response:
    """Begin to set the second factor up, turn it on or off, or make new recovery codes."""
    me, action = door.me(), request.form.get("_action")
    if action == "begin" and not me.second_factor:
        second_factor.prepare(door.engine(), me)
        return redirect(url_for("own.factor"), 303)
    actions = {True: {"off": _off, "codes": _codes}, False: {"on": _on}}[me.second_factor]
    if action not in actions:
        return redirect(url_for("own.factor"), 303)
    form = SecondFactorForm()
    if not form.validate():
        return _factor(422, form.problems())
    if refused := _unless_password(form.now.data or "", _factor):
        return refused
    return actions[action](form)


def _on(form: SecondFactorForm) -> Response:
    codes = second_factor.turn_on(door.engine(), door.me(), form.code.data or "", door.now_ms())
    if codes is None:
        return _factor(422, {"code": "code_wrong"})
    _new_token()
    return show("accounts/recovery.html", here=url_for("own.factor"), codes=codes)


def _off(form: SecondFactorForm) -> Response:
    me = door.me()
    people.second_factor_off(door.engine(), me.account, door.now_ms(), by=me.account, stay=me.token_hash)
    _new_token()
    return redirect(url_for("own.account", done="second_factor_off"), 303)


def _codes(form: SecondFactorForm) -> Response:
    codes = second_factor.renew_codes(door.engine(), door.me().account, door.now_ms())
    return show("accounts/recovery.html", here=url_for("own.factor"), codes=codes)


def _unless_password(typed: str, form: Callable[..., Response]) -> Response | None:
    """Return what to show where a typed password is not the account's; None where it is."""
    me = door.me()
    if wait := backoff().attempt(f"own|{me.account}", request.remote_addr):
        return later(form, wait, None)
    try:
        found = people.stored_password(door.engine(), me.email)
        right = passwords.fits(found[1] if found else None, typed)
    except Crowded:
        backoff().forgive(f"own|{me.account}", request.remote_addr, right=False)
        raise
    if not right:
        return form(422, {"now": "now_wrong"})
    backoff().forgive(f"own|{me.account}", request.remote_addr)
    return None


def _new_token() -> None:
    """Whoever has seen the token of before has nothing."""
    me = door.me()
    door.let_in(sessions.renew(door.engine(), me, door.now_ms()))
    door.who()


def _account(status: int, problems: dict[str, str] | None = None) -> Response:
    me, done = door.me(), request.args.get("done")
    return show(
        "accounts/account.html",
        status,
        problems=problems or {},
        form=OwnForm(data={"name": me.name, "language": spoken(LANGUAGES)}) if not problems else OwnForm(),
        left=second_factor.codes_left(door.engine(), me.account) if me.second_factor else 0,
        others=sessions.count(door.engine(), me.account, door.now_ms()) - 1,
        done=done if done in DONE else "",
        plain=PlainForm(),
    )


def _password(
    status: int, problems: dict[str, str] | None = None, wait: tuple[str, int] | None = None
) -> Response:
    return show("accounts/password.html", status, problems=problems or {}, wait=wait, email=door.me().email)


def _factor(
    status: int, problems: dict[str, str] | None = None, wait: tuple[str, int] | None = None
) -> Response:
    me = door.me()
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
        left=second_factor.codes_left(door.engine(), me.account) if me.second_factor else 0,
    )
