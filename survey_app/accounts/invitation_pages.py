"""Accepting an invitation: a colleague sets name and password, or adds the study to an account that there is."""

from __future__ import annotations

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from questionnaires.texts import LANGUAGES
from survey_app.accounts import access
from survey_app.accounts.forms import JoinForm
from survey_app.accounts.layout import notice, show, title_of
from survey_app.respondent.visit import spoken
from survey_app.storage.accounts import invitations, passwords, people
from survey_app.storage.accounts.invitations import Invitation, NotGood
from survey_app.storage.accounts.people import EmailTaken

joining = Blueprint("joining", __name__, template_folder="templates", url_prefix="/join")
access.guard(joining)


@joining.errorhandler(NotGood)
def _not_good(error: NotGood) -> Response:
    """Answer unknown, used, withdrawn and old invitations alike, so that none can be told from another."""
    return notice("invitation_over", 404)


@joining.get("/<token>")
@access.anyone
def invitation(token: str) -> Response:
    return _show(token, _offer(token), 200)


@joining.post("/<token>")
@access.anyone
def accept(token: str) -> Response:
    """Add the study to the account that is signed in, or make an account for an e-mail that has none."""
    offer, signed = _offer(token), access.who()
    if signed is not None and signed.complete and signed.email == offer.email:
        invitations.accept_as_known(access.engine(), token, signed.account, signed.email, access.now_ms())
        return redirect(access.home_of(signed.account, signed.administrator, joined=offer.study), 303)
    # Whoever holds the link only must not get into an account that there is: its owner signs in first.
    if people.by_email(access.engine(), offer.email) is not None:
        return _show(token, offer, 200)
    form = JoinForm()
    if not form.validate_for(offer.email):
        return _show(token, offer, 422, form.problems(), form.name.data)
    hashed = passwords.hashed(form.password.data or "")
    name, language = people.read_name(form.name.data or "") or "", spoken(LANGUAGES)
    try:
        who, session = invitations.accept_as_new(
            access.engine(), token, name, hashed, language, access.now_ms()
        )
    except EmailTaken:
        return _show(token, offer, 200)
    access.let_in(session)
    return redirect(access.home_of(who, False, joined=offer.study), 303)


def _offer(token: str) -> Invitation:
    offer = invitations.find(access.engine(), token, access.now_ms())
    if offer is None:
        raise NotGood
    return offer


def _show(
    token: str, offer: Invitation, status: int, problems: dict[str, str] | None = None, name: str | None = ""
) -> Response:
    signed = access.who()
    return show(
        "accounts/join.html",
        status,
        invitation=offer,
        title=title_of(offer.study),
        token=token,
        name=(name or "")[:200],
        problems=problems or {},
        mine=signed is not None and signed.complete and signed.email == offer.email,
        known=people.by_email(access.engine(), offer.email) is not None,
    )
