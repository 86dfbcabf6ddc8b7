"""Accepting an invitation: a colleague sets name and password, or adds the study to an account that there is."""

from __future__ import annotations

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from questionnaires.texts import LANGUAGES
from survey_app.accounts import door
from survey_app.accounts.forms import JoinForm
from survey_app.accounts.showing import notice, show, title_of
from survey_app.respondent.visit import spoken
from survey_app.storage.accounts import invitations, passwords, people
from survey_app.storage.accounts.invitations import Invitation, NotGood
from survey_app.storage.accounts.people import EmailTaken

joining = Blueprint("joining", __name__, template_folder="templates", url_prefix="/join")
door.keep_door(joining)


@joining.errorhandler(NotGood)
def _not_good(error: NotGood) -> Response:
    """Unknown, used, withdrawn and old ones look the same."""
    return notice("invitation_over", 404)


@joining.get("/<token>")
@door.anyone
def invitation(token: str) -> Response:
    return _show(token, _good(token), 200)


@joining.post("/<token>")
@door.anyone
def accept(token: str) -> Response:
    found = _good(token)
    signed = door.who()
    if signed is not None and signed.complete and signed.email == found.email:
        accepted = invitations.accept_as_known(
            door.engine(), token, signed.account, signed.email, door.now_ms()
        )
        return redirect(door.home_of(signed.account, signed.administrator, joined=accepted.study), 303)
    if people.by_email(door.engine(), found.email) is not None:
        return _show(token, found, 200)
    return _as_new(token, found)


def _as_new(token: str, found: Invitation) -> Response:
    form = JoinForm()
    if not form.validate_for(found.email):
        return _show(token, found, 422, form.problems(), form.name.data)
    hashed = passwords.hashed(form.password.data or "")
    name = people.read_name(form.name.data or "") or ""
    language = spoken(LANGUAGES)
    try:
        who, started = invitations.accept_as_new(door.engine(), token, name, hashed, language, door.now_ms())
    except EmailTaken:
        return _show(token, found, 200)
    door.let_in(started)
    return redirect(door.home_of(who, False, joined=found.study), 303)


def _good(token: str) -> Invitation:
    found = invitations.find(door.engine(), token, door.now_ms())
    if found is None:
        raise NotGood
    return found


def _show(
    token: str, found: Invitation, status: int, problems: dict[str, str] | None = None, name: str | None = ""
) -> Response:
    signed = door.who()
    return show(
        "accounts/join.html",
        status,
        invitation=found,
        title=title_of(found.study),
        token=token,
        name=(name or "")[:200],
        problems=problems or {},
        mine=signed is not None and signed.complete and signed.email == found.email,
        known=people.by_email(door.engine(), found.email) is not None,
    )
