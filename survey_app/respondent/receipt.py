"""The receipt: the code that a person gets at the end, and the page where it shows or deletes the answers.

A code is two halves: the lookup id finds the response (only its hash is stored, so it is derived anew from
the response's key whenever the end page is shown), the salt is stored with the response and nowhere else.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from survey_app.respondent import ticket
from survey_app.respondent.beside import CodeForm, beside, only_from_here, secret
from survey_app.respondent.fielded import Served, shelf
from survey_app.respondent.showing import message
from survey_app.storage import erase, receipts
from survey_app.storage.codes import LOOKUP, derived_code, grouped, hashed
from survey_app.storage.current import Ended
from survey_app.storage.receipts import Proof, Receipt

GROUPS = (4, 4, 5, 4, 4, 5)

receipt = Blueprint("receipt", __name__, template_folder="templates")
receipt.before_request(only_from_here)


def hash_of(served: Served, key: str) -> str:
    """Return what is stored of a response's lookup id with its last post; "" where a study gives no receipts."""
    return hashed(_lookup(key)) if getattr(served.record, "receipts", True) else ""


def code_of(ended: Ended) -> str:
    """Return the receipt of a finished response as it is shown; "" where it has none."""
    lookup = _lookup(ended.key)
    return grouped(lookup + ended.salt, GROUPS) if ended.receipt_hash == hashed(lookup) else ""


def _lookup(key: str) -> str:
    return derived_code(secret(), "receipt", key, LOOKUP)


@receipt.get("/receipt")
def ask() -> Response:
    return beside("receipt", state="form")


@receipt.post("/receipt")
def answer() -> Response:
    """Show what is known of a code; the code travels in the form, never in an address."""
    form = CodeForm()
    if not form.validate():
        return beside("receipt", 400, state="form", typed=form.typed, problem="stale_token")
    found = receipts.find(shelf().engine, form.code.data or "")
    if found is None:
        return beside("receipt", 404, state="form", typed=form.typed, problem="receipt_unknown")
    served, _ = shelf().study(found.study)
    action = request.form.get("_action")
    if action == "erase":
        return _erased(found, served)
    if action == "ask":
        return beside("receipt", 200, served, state="confirm", typed=form.typed)
    return beside("receipt", 200, served, state="shown", typed=form.typed, **_shown(found))


def _shown(found: Receipt) -> dict[str, Any]:
    folder = Path(current_app.config["SNAPSHOTS"]) / found.study
    return {
        "proofs": [_proof(one) for one in receipts.proofs(folder, found)],
        "leaf": found.leaf.hex(),
        "row": found.salt + found.row.decode(),
    }


def _proof(proof: Proof) -> dict[str, Any]:
    made_at = datetime.fromisoformat(proof.made_at)
    return {
        "time": made_at.strftime("%Y-%m-%d %H:%M UTC"),
        "root": proof.root,
        "path": [(side, one.hex()) for side, one in proof.path],
        "verified": proof.verified,
    }


def _erased(found: Receipt, served: Served | None) -> Response:
    engine = shelf().engine
    erase.erase(engine, found.key, ticket.now_ms(), Path(current_app.config["SNAPSHOTS"]).parent)
    if ticket.known() and ticket.response_key(found.study) == found.key:
        ticket.begin_again(found.study)  # the key must not come back with the next visit
    current_app.extensions["earshot-clearing"]()
    return message("erased", 200, served)
