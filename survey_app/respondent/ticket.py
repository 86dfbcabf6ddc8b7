"""The ticket in a form: which page of whose response it is, signed for one browser.

A form shown to one person cannot be sent by another, for another page, or judged by another version of
the questionnaire than the one it was shown on. The nonce in it is the post's submission key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from flask import current_app, session
from itsdangerous import BadSignature, Signer

from survey_app.respondent.fielded import Served

DIVIDER = ":"
"""Stands in no name of a study or page, and in no key."""


@dataclass(frozen=True)
class Ticket:
    """What a form says of itself; only true if it was signed here for this browser."""

    study: str
    version: str
    page: str
    response: str
    nonce: str


def person() -> str:
    """Return the name that this browser has with us: random, in its cookie, and in no database."""
    if "person" not in session:
        session["person"] = secrets.token_hex(16)
    return str(session["person"])


def known() -> bool:
    """Tell whether this browser has a name with us already."""
    return "person" in session


def response_key(study: str, turn: int | None = None) -> str:
    """Return the key of this browser's response to a study: two tabs have the same.

    `turn` counts the responses this browser has finished before (none named: the present one).
    """
    number = turns(study) if turn is None else turn
    secret = str(current_app.secret_key).encode()
    return hmac.new(secret, f"{person()}|{study}|{number}".encode(), hashlib.sha256).hexdigest()[:32]


def turns(study: str) -> int:
    return int(session.get("turns", {}).get(study, 0))


def begin_again(study: str) -> None:
    """Let the next response of this browser to a study be a new one."""
    session["turns"] = {**session.get("turns", {}), study: turns(study) + 1}


def is_own(key: str, study: str) -> bool:
    """Tell whether a response was begun in this browser."""
    return known() and any(
        hmac.compare_digest(key, response_key(study, turn)) for turn in range(turns(study) + 1)
    )


def issue(served: Served, page: str, response: str) -> str:
    """Return a new signed ticket for a page of this browser's response."""
    fields = (served.name, served.version, page, response, secrets.token_hex(16))
    return _signer().sign(DIVIDER.join(fields)).decode()


def read(text: str) -> Ticket | None:
    """Return what a ticket says, None if it was not signed here for this browser."""
    if not known():
        return None
    try:
        return Ticket(*_signer().unsign(text).decode().split(DIVIDER))
    except (BadSignature, TypeError, UnicodeError):
        return None


def _signer() -> Signer:
    return Signer(str(current_app.secret_key), salt=f"ticket {person()}")
