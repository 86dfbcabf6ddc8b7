"""Waiting after failed attempts to sign in, counted in memory for an hour."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable, Mapping

FREE = 5
"""Failures of one account from one network that cost nothing."""
FREE_ANYWHERE = 20
"""Failures of one account from all networks: more than FREE, or anyone could keep a colleague out with a few posts."""
FIRST_SECONDS, LONGEST_SECONDS = 5.0, 900.0
FORGOTTEN_SECONDS = 3600.0
MOST_KEPT = 50_000
"""Keys in memory at most; beyond that the oldest are dropped."""


class Backoff:
    """Counts failures and says how long to wait. Nothing of it is stored or logged."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Keys are hashes under a secret of this process: memory holds no address and no e-mail.
        self._secret = secrets.token_bytes(32)
        self._failures: dict[bytes, tuple[int, float]] = {}
        # Account and network of somebody whose password was right.
        self._trusted: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def attempt(self, account: str, address: str | None) -> float:
        """Count an attempt and return 0, or return the seconds to wait before the next."""
        # Counted before its outcome is known: many at once get no more tries than one after the other.
        now, keys = self._clock(), self._keys(account, address)
        with self._lock:
            here = next(iter(keys))
            # Failures elsewhere keep nobody out of a network from which they signed in before.
            if here in self._trusted:
                keys = {here: keys[here]}
            wait = max(self._left(key, free, now) for key, free in keys.items())
            if wait > 0:
                return wait
            for key in keys:
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > FORGOTTEN_SECONDS else count + 1, now)
            # A key that is counted again moves to the end, so the oldest are at the beginning.
            while self._failures:
                key, (_, last) = next(iter(self._failures.items()))
                if now - last <= FORGOTTEN_SECONDS and len(self._failures) <= MOST_KEPT:
                    break
                del self._failures[key]
        return 0.0

    def forgive(self, account: str, address: str | None, *, right: bool = True) -> None:
        """Take back an attempt that was right, or that was never judged; failures from elsewhere still count."""
        here, _ = keys = self._keys(account, address)
        with self._lock:
            if right:
                self._failures.pop(here, None)
                self._trusted.pop(here, None)
                self._trusted[here] = None
                if len(self._trusted) > MOST_KEPT:
                    del self._trusted[next(iter(self._trusted))]
            for key in keys:
                count, last = self._failures.pop(key, (0, 0.0))
                if count > 1:
                    self._failures[key] = (count - 1, last)

    def _keys(self, account: str, address: str | None) -> Mapping[bytes, int]:
        texts = {f"{account}|{network(address)}": FREE, f"{account}|anywhere": FREE_ANYWHERE}
        return {hmac.digest(self._secret, text.encode(), "sha256"): free for text, free in texts.items()}

    def _left(self, key: bytes, free: int, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < free or now - last > FORGOTTEN_SECONDS:
            return 0.0
        pause = min(FIRST_SECONDS * 2.0 ** min(count - free, 20), LONGEST_SECONDS)
        return max(0.0, last + pause - now)


def network(address: str | None) -> str:
    """Return the /24 or /48 that an address is in, "" for none."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))
