"""Codes that people copy: Crockford's base 32, five bits a character, without the letters I, L, O and U.

Read back tolerantly: case, blanks, dashes and the letters that are mistaken for a digit do not matter, nor
does a Cyrillic letter that looks like the Latin one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SALT = LOOKUP = 13
"""Characters of the two halves of a receipt: 65 bits each."""
RESUME = 16
"""Characters of a code to continue with: 80 bits."""

_READ_AS = str.maketrans("OILОІАВСЕНКМРТХУ", "011" + "01ABCEHKMPTXY")
_BETWEEN = frozenset("-‐‑‒–—−.·")


def random_code(length: int) -> str:
    """Return a random code."""
    return _spelt(secrets.randbits(5 * length), length)


def derived_code(secret: str, purpose: str, key: str, length: int) -> str:
    """Return the code that a secret gives to a key for a purpose: always the same, and not to be guessed."""
    digest = hmac.new(secret.encode(), f"{purpose}|{key}".encode(), hashlib.sha256).digest()
    return _spelt(int.from_bytes(digest, "big"), length)


def _spelt(number: int, length: int) -> str:
    """Return the last bits of a number, five a character."""
    return "".join([ALPHABET[number >> 5 * place & 31] for place in range(length)])


def read_code(typed: str, length: int) -> str | None:
    """Return the code that a person typed, None where it cannot be one."""
    signs = "".join(sign for sign in typed.upper() if sign not in _BETWEEN and not sign.isspace())
    code = signs.translate(_READ_AS)
    return code if len(code) == length and all(sign in ALPHABET for sign in code) else None


def grouped(code: str, sizes: Sequence[int]) -> str:
    """Return a code as it is shown: groups of these sizes with dashes between."""
    groups, place = [], 0
    for size in sizes:
        groups.append(code[place : place + size])
        place += size
    return "-".join(groups)


def hashed(code: str) -> str:
    """Return what is stored of a code: its SHA-256, in hexadecimal."""
    return hashlib.sha256(code.encode()).hexdigest()
