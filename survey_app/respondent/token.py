"""The token of a page's form: Flask-WTF's, made and checked by one signer.

Flask-WTF makes a signer for every token, which costs more than to sign; either takes what the other has made.
"""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from typing import Any

from flask import current_app, session
from itsdangerous import BadData
from wtforms import ValidationError
from wtforms.csrf.core import CSRF

from survey_app.cookie import Uncompressed

FIELD = "csrf_token"
SALT = "wtf-csrf-token"


def token() -> str:
    """Return a token for a form that is shown to this browser."""
    if FIELD not in session:
        session[FIELD] = secrets.token_hex(20)
    return str(_signer(str(current_app.secret_key)).dumps(session[FIELD]))


def is_of_this_browser(sent: str) -> bool:
    """Tell whether a token was made here for this browser, however long ago."""
    try:
        named = _signer(str(current_app.secret_key)).loads(sent)
    except BadData:
        return False
    return FIELD in session and hmac.compare_digest(str(named).encode(), str(session[FIELD]).encode())


class Checked(CSRF):
    """Checks the token that was sent; the page that is shown makes its own."""

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return ""

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        if not is_of_this_browser(field.data or ""):
            raise ValidationError("not a token of this browser")


@cache
def _signer(secret: str) -> Uncompressed:
    return Uncompressed(secret, salt=SALT)
