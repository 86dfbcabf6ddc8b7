"""A personal link, good for one response whoever opens it and however often: its key follows from the link."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey_app.respondent import tickets
from survey_app.respondent.page_view import message
from survey_app.respondent.plain_pages import only_from_here, plain_page
from survey_app.respondent.shelf import shelf
from survey_app.storage.current import current
from survey_app.storage.invitations import invited_to
from survey_app.storage.posts import is_gone

invited = Blueprint("invited", __name__, template_folder="templates")
invited.before_request(only_from_here)


@invited.route("/i/<token>", methods=["GET", "POST"])
def follow(token: str) -> Response:
    """Let this browser answer for the link; nothing is stored, because programs open links, too.

    Where the link has answers already, or this browser may have begun others, it is asked for first: whoever goes on
    by a link shares its answers with everyone who has it.
    """
    invitation = invited_to(shelf().engine, token)
    if invitation is None or not shelf().is_begun_here(invitation[1]):
        return message("invitation_unknown", 404)
    token, study = invitation
    key = tickets.invited_key(token)
    state = current(shelf().engine, key)
    if state is None and is_gone(shelf().engine, key):
        return message("invitation_used", 410)
    served, _ = shelf().study(study, state.version if state else "")
    if state is not None and state.submitted:
        return message("invitation_used", 410, served)
    at_once = (state is None and not tickets.known()) or tickets.response_key(study) == key
    if not at_once and not (request.method == "POST" and FlaskForm().validate()):
        return plain_page("invited", 200, served, token=token, begun=state is not None)
    tickets.come_invited(study, key)
    if state is None:
        return redirect(url_for("respondent.begin", study=study), 303)
    return redirect(url_for("respondent.go_on", key=key), 303)
