"""A personal link, good for one response whoever opens it and however often: its key follows from the link."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from survey_app.respondent import ticket
from survey_app.respondent.fielded import shelf
from survey_app.respondent.showing import message
from survey_app.storage.collect import current
from survey_app.storage.erase import is_gone
from survey_app.storage.invitations import invited_to

invited = Blueprint("invited", __name__)


@invited.get("/i/<token>")
def follow(token: str) -> Response:
    """Let this browser answer for the link; nothing is stored, because programs open links, too."""
    found = invited_to(shelf().engine, token)
    if found is None or not shelf().is_begun_here(found[1]):
        return message("invitation_unknown", 404)
    token, study = found
    key = ticket.invited_key(token)
    state = current(shelf().engine, key)
    if state is None and is_gone(shelf().engine, key):
        return message("invitation_used", 410)
    if state is not None and state.submitted:
        served, _ = shelf().study(state.study, state.version)
        return message("invitation_used", 410, served)
    ticket.come_invited(study, key)
    if state is None:
        return redirect(url_for("respondent.begin", study=study), 303)
    return redirect(url_for("respondent.go_on", key=key), 303)
