"""Passwords: argon2id, and which ones are refused. No rules of composition: length is what counts."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
MEMORY_KIB = 19 * 1024
LONGEST_LINE = 2
"""How many may wait for their password to be looked at; more than that is not people."""

_hasher = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
_turns = threading.Lock()
_line = threading.BoundedSemaphore(LONGEST_LINE)


class Crowded(Exception):
    """Too many passwords are being looked at; say so and let them try again in a moment."""


def fault(password: str, email: str) -> str:
    """Return why a password is refused: "short", "long", "common", "email", or "" where it is taken."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    if plain.casefold() == email.casefold():
        return "email"
    return "common" if plain.casefold() in _common() or len(set(plain)) < 3 else ""


def hashed(password: str) -> str:
    """Return what is stored of a password. Raises Crowded."""
    with _turn():
        return _hasher.hash(_plain(password)[: LONGEST + 1])


def fits(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one; without a stored one it takes as long and is not. Raises Crowded."""
    with _turn():
        try:
            _hasher.verify(stored or _nobodys(), _plain(password)[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_weaker(stored: str) -> bool:
    """Tell whether a stored password was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


@contextmanager
def _turn() -> Iterator[None]:
    """Let one password be looked at at a time; raise Crowded where too many wait."""
    # Each takes 19 MiB, and respondents are served by the same process.
    if not _line.acquire(blocking=False):
        raise Crowded
    try:
        with _turns:
            yield
    finally:
        _line.release()


@cache
def _nobodys() -> str:
    """Return the hash of a made-up password, so that an unknown e-mail takes as long as a known one."""
    return _hasher.hash("nobody has this password")


# Made now: the first unknown e-mail must not take longer than the others.
_nobodys()


def _plain(password: str) -> str:
    """Return a password in one form: another keyboard may send the same letters in other code points."""
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if line and not line.startswith("#"))
