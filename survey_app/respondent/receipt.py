"""The page of receipts, where a person's code shows their answers or deletes them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from survey_app.respondent import tickets
from survey_app.respondent.page_view import message
from survey_app.respondent.plain_pages import CodeForm, only_from_here, plain_page
from survey_app.respondent.shelf import shelf
from survey_app.storage import receipts
from survey_app.storage.erase import erase

receipt = Blueprint("receipt", __name__, template_folder="templates")
receipt.before_request(only_from_here)


@receipt.get("/receipt")
def ask() -> Response:
    return plain_page("receipt", state="form")


@receipt.post("/receipt")
def answer() -> Response:
    """Show what is known of a code; the code travels in the form, never in an address."""
    form, folder = CodeForm(), Path(current_app.config["SNAPSHOTS"])
    if not form.validate():
        return plain_page("receipt", 400, state="form", typed=form.typed, problem="stale_token")
    holder = receipts.find(shelf().engine, form.code.data or "")
    if holder is None:
        return plain_page("receipt", 404, state="form", typed=form.typed, problem="receipt_unknown")
    served, _ = shelf().study(holder.study)
    action = request.form.get("_action")
    if action == "ask":
        return plain_page("receipt", 200, served, state="confirm", typed=form.typed)
    if action == "erase":
        erase(shelf().engine, holder.key, tickets.now_ms(), folder.parent)
        # the key must not come back with the next visit
        if tickets.known() and tickets.response_key(holder.study) == holder.key:
            tickets.begin_again(holder.study)
        current_app.extensions["earshot-clearing"]()
        return message("erased", 200, served)
    proofs = [
        {
            "time": datetime.fromisoformat(proof.made_at).strftime("%Y-%m-%d %H:%M UTC"),
            "root": proof.root,
            "path": [(side, digest.hex()) for side, digest in proof.path],
            "verified": proof.verified,
        }
        for proof in receipts.proofs(folder / holder.study, holder)
    ]
    row = holder.salt + holder.row.decode()
    return plain_page(
        "receipt",
        200,
        served,
        state="shown",
        typed=form.typed,
        proofs=proofs,
        leaf=holder.leaf.hex(),
        row=row,
    )
