"""Waiting after failed attempts to sign in: in memory only, under a hash that nobody else can make, for an hour."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable, Mapping

FREE = 5
"""Failures of one account from one network that cost nothing."""
FREE_ANYWHERE = 20
"""Failures of one account from wherever: more, or anyone could keep a colleague out with a few posts."""
FIRST_SECONDS, LONGEST_SECONDS = 5.0, 900.0
FORGOTTEN_SECONDS = 3600.0
MOST_KEPT = 50_000
"""Keys that are kept; of more the oldest go, so that memory has a bound."""


class Backoff:
    """Counts failures and says how long to wait. Nothing of it is stored or logged."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._failures: dict[bytes, tuple[int, float]] = {}
        self._known: dict[bytes, None] = {}  # account and network of somebody who was right
        self._lock = threading.Lock()

    def attempt(self, account: str, address: str | None) -> float:
        """Count an attempt and return 0, or return the seconds to wait before one is let through.

        Counted before its outcome is known: of many at once no more get through than one after the other.
        """
        now, keys = self._clock(), self._keys(account, address)
        with self._lock:
            here = next(iter(keys))
            if here in self._known:  # failures from elsewhere keep nobody out where they were let in before
                keys = {here: keys[here]}
            wait = max(self._left(key, free, now) for key, free in keys.items())
            if wait > 0:
                return wait
            for key in keys:
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGOTTEN_SECONDS else count + 1, now)
            self._forget(now)
        return 0.0

    def forgive(self, account: str, address: str | None, *, right: bool = True) -> None:
        """Take an attempt back that was right, or that was not looked at; failures from elsewhere still count."""
        here, _ = keys = self._keys(account, address)
        with self._lock:
            if right:
                self._failures.pop(here, None)
                self._known.pop(here, None)
                self._known[here] = None
                if len(self._known) > MOST_KEPT:
                    del self._known[next(iter(self._known))]
            for key in keys:
                count, last = self._failures.pop(key, (0, 0.0))
                if count > 1:
                    self._failures[key] = (count - 1, last)

    def _keys(self, account: str, address: str | None) -> Mapping[bytes, int]:
        here = f"{account}|{network(address)}"
        return {self._hash(here): FREE, self._hash(f"{account}|anywhere"): FREE_ANYWHERE}

    def _left(self, key: bytes, free: int, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < free or now - last > FORGOTTEN_SECONDS:
            return 0.0
        pause = min(FIRST_SECONDS * 2.0 ** min(count - free, 20), LONGEST_SECONDS)
        return max(0.0, last + pause - now)

    def _forget(self, now: float) -> None:
        """A key that is counted again moves to the end, so the oldest are at the beginning."""
        while self._failures:
            key, (_, last) = next(iter(self._failures.items()))
            if now - last <= FORGOTTEN_SECONDS and len(self._failures) <= MOST_KEPT:
                return
            del self._failures[key]

    def _hash(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()


def network(address: str | None) -> str:
    """Return the /24 or /48 that an address is in, "" for none."""
    try:
        one = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(one, ipaddress.IPv6Address) and one.ipv4_mapped:
        one = one.ipv4_mapped
    return str(ipaddress.ip_network(f"{one}/{24 if one.version == 4 else 48}", strict=False))
