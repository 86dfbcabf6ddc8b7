"""The code of a receipt: two halves that are never stored together.

The lookup half finds the response: only its hash is stored, so it is derived anew from the response's key whenever the
end page is shown. The salt is stored with the response and nowhere else.
"""

from __future__ import annotations

from flask import current_app

from survey_app.respondent.served import Served
from survey_app.storage.codes import LOOKUP, derived_code, grouped, hashed
from survey_app.storage.current import Ended

GROUPS = (4, 4, 5, 4, 4, 5)


def hash_of(served: Served, key: str) -> str:
    """Return what is stored of a response's lookup half with its last post; "" where a study gives no receipts."""
    return hashed(lookup_half(key)) if getattr(served.record, "receipts", True) else ""


def code_of(ended: Ended) -> str:
    """Return the receipt of a finished response as it is shown; "" where it has none."""
    lookup = lookup_half(ended.key)
    return grouped(lookup + ended.salt, GROUPS) if ended.receipt_hash == hashed(lookup) else ""


def lookup_half(key: str) -> str:
    """Return the half that finds a response, derived from its key."""
    return derived_code(str(current_app.secret_key), "receipt", key, LOOKUP)
