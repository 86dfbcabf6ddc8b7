"""The ticket in a form: which page of whose response it is, when it was issued, signed for one browser.

A form shown to one person cannot be sent by another, for another page, or judged by another version of
the questionnaire than the one it was shown on. The nonce in it is the post's submission key. A browser that
has lost its cookie and still shows a form gets its response back through the ticket in it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from functools import cache, lru_cache

from flask import current_app, session
from itsdangerous import BadSignature, Signer

from questionnaires.lots import seed_of
from survey_app.respondent.served import Served

DIVIDER = ":"
"""Stands in no name of a study or page, and in no key."""
RENEWABLE_MS = 7 * 24 * 3600 * 1000
"""How old a ticket may be that gives a browser its response back."""
MOST_ADOPTED = 8
"""Responses that a cookie remembers beside those begun in its browser; it travels with every request."""


@dataclass(frozen=True)
class Ticket:
    """What a form says of itself; only true if it was signed here for this browser.

    Two tickets are equal that are for the same page of the same response. `seen` stands for what the page
    showed: which questions, or which answers. `renewed` tells that the browser had no name any more and was
    given its response back: the page is to be shown once again.
    """

    study: str
    version: str
    page: str
    response: str
    nonce: str = field(default="", compare=False)
    seen: str = field(default="", compare=False)
    shown_ms: int = field(default=0, compare=False)
    renewed: bool = field(default=False, compare=False)


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

    `turn` counts the responses this browser has finished before (none named: the present one, which may
    have been begun elsewhere and adopted).
    """
    if turn is None and study in _present():
        return str(_present()[study])
    number = turns(study) if turn is None else turn
    return keyed(f"{person()}|{study}|{number}")


def turns(study: str) -> int:
    return int(session.get("turns", {}).get(study, 0))


def begin_again(study: str) -> None:
    """Let the next response of this browser to a study be a new one."""
    session["turns"] = {**session.get("turns", {}), study: turns(study) + 1}
    session["adopted"] = [key for key in session.get("adopted", []) if key != _present().get(study)]
    session["present"] = {name: key for name, key in _present().items() if name != study}


def adopt(study: str, key: str) -> None:
    """Let a response that was begun elsewhere be this browser's own, and its present one of the study."""
    person()
    if not _same(key, _begun(study)):
        others = [known_key for known_key in session.get("adopted", []) if known_key != key]
        session["adopted"] = [*others, key][-MOST_ADOPTED:]
    present = {name: one for name, one in _present().items() if name != study}
    session["present"] = dict([*present.items(), (study, key)][-MOST_ADOPTED:])


def invited_key(token: str) -> str:
    """Return the key of the one response that a personal link is good for."""
    return _hashed(_secret(), f"invited|{token}")  # not remembered: it opens a response


def come_invited(study: str, key: str) -> None:
    """Let the response of a personal link be this browser's own, and its present one of the study."""
    adopt(study, key)
    others = {name: one for name, one in session.get("invited", {}).items() if name != study}
    session["invited"] = dict([*others.items(), (study, key)][-MOST_ADOPTED:])


def is_invited(study: str) -> bool:
    """Tell whether this browser's present response to a study is that of a personal link."""
    return known() and session.get("invited", {}).get(study) == _present().get(study, "")


def is_own(key: str, study: str) -> bool:
    """Tell whether a response was begun in this browser, or adopted by it, since the last one was finished.

    On a shared device the next person must not come to the answers of the one before.
    """
    return known() and any(_same(key, own) for own in (_begun(study), *session.get("adopted", [])))


def issue(served: Served, page: str, response: str, seen: str) -> str:
    """Return a new signed ticket for a page of this browser's response; `seen` comes from `digest`."""
    nonce = secrets.token_hex(16)
    fields = (served.name, served.version, page, response, nonce, seen, str(now_ms()), _holder())
    return _signer().sign(DIVIDER.join(fields)).decode()


def read(text: str) -> Ticket | None:
    """Return what a ticket says, None if it was not signed here for this browser.

    A browser without a name that sends a ticket of the last days has lost its cookie: it is named anew and
    adopts the response of the ticket.
    """
    try:
        text = _signer().unsign(text).decode()
        study, version, page, response, nonce, seen, shown, holder = text.split(DIVIDER)
    except (BadSignature, ValueError):
        return None
    if known():
        own = _same(holder, _holder())
        return Ticket(study, version, page, response, nonce, seen, int(shown)) if own else None
    if now_ms() - int(shown) > RENEWABLE_MS:
        return None
    adopt(study, response)
    return Ticket(study, version, page, response, nonce, seen, int(shown), renewed=True)


def digest(shown: object) -> str:
    """Return what stands in a ticket for what its page showed."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def keyed(text: str) -> str:
    """Return the hash of a text under the server's key, 32 hexadecimal characters."""
    return _remembered(_secret(), text)


def _secret() -> str:
    return str(current_app.secret_key)


@lru_cache(maxsize=1024)
def _remembered(secret: str, text: str) -> str:
    """The requests of a person follow each other closely, and ask for the same hashes."""
    return _hashed(secret, text)


def _hashed(secret: str, text: str) -> str:
    # hmac.digest lets other threads run meanwhile, and taking turns costs more than the hash.
    hashing = _hashing(secret).copy()
    hashing.update(text.encode())
    return hashing.hexdigest()[:32]


@lru_cache(maxsize=4)
def _hashing(secret: str) -> hmac.HMAC:
    """Return a hash that has taken in the key, which is half of the work."""
    return hmac.new(secret.encode(), digestmod=hashlib.sha256)


def seed(key: str) -> int:
    """Return the seed of a response; from its key, which stands in addresses, nobody else can tell it."""
    return seed_of(keyed(f"seed|{key}"))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _holder() -> str:
    """Return what stands for this browser in a ticket: its name itself must not leave the cookie."""
    return keyed(f"holder|{person()}")[:16]


def _begun(study: str) -> str:
    """Return the key of the response that this browser begins, or began, since the last one was finished."""
    return response_key(study, turns(study))


def _same(one: str, other: str) -> bool:
    """Compare in constant time; as bytes, because an address may hold any letters."""
    return hmac.compare_digest(one.encode(), other.encode())


def _present() -> dict[str, str]:
    return dict(session.get("present", {}))


def _signer() -> Signer:
    return _signer_with(_secret())


@cache
def _signer_with(secret: str) -> Signer:
    """Making a signer costs more than signing."""
    return Signer(secret, salt="ticket")
