"""Token buckets in memory: how fast somebody comes. Who it is, is kept as a keyed hash, and soon forgotten.

The key of the hash is random, of this process alone and never written down, so that nothing that could be found
in memory leads back to an address, a session or an invitation.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
import time
from collections.abc import Callable

_MAPPED, _LOOPBACK = b"\0" * 10 + b"\xff\xff", b"\0" * 15 + b"\x01"
FORGETTING = 10.0
"""Seconds between two looks for buckets that are full again: they say no more than none at all."""


class Buckets:
    """A bucket for everyone: `capacity` tokens, refilled by `rate` a second; `debt` is how far it may be overdrawn."""

    def __init__(
        self, capacity: float, rate: float, debt: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity, self._rate, self._debt, self._clock = capacity, rate, debt, clock
        self._levels: dict[bytes, tuple[float, float]] = {}
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._look_at = clock() + FORGETTING

    def take(self, who: str) -> float:
        """Take a token and return 0, or return for how many seconds there is none.

        Where debt is allowed the token is taken all the same, and the seconds are what it takes to pay it back.
        """
        name = hmac.digest(self._key, who.encode(), "sha256")[:16]
        with self._lock:
            now = self._clock()
            if now >= self._look_at:
                self._look_at = now + FORGETTING
                self._levels = {
                    known: (level, at)
                    for known, (level, at) in self._levels.items()
                    if level + (now - at) * self._rate < self._capacity
                }
            level, at = self._levels.get(name, (self._capacity, now))
            level = min(self._capacity, level + (now - at) * self._rate)
            if level < 1 and not self._debt:
                self._levels[name] = (level, now)
                return (1 - level) / self._rate
            level = max(level - 1, -self._debt)
            self._levels[name] = (level, now)
        return max(0.0, -level / self._rate)

    def __len__(self) -> int:
        return len(self._levels)


def network(address: str) -> str:
    """Return the network of an address, by which open links are told apart: the bytes of its /24, or /48.

    "" for this machine itself, and for what is no address.
    """
    packed = _packed(address)
    if packed.startswith(_MAPPED):
        packed = packed[len(_MAPPED) :]
    if (packed.startswith(b"\x7f") and len(packed) == 4) or packed == _LOOPBACK:
        return ""
    return packed[: 3 if len(packed) == 4 else 6].hex()


def _packed(address: str) -> bytes:
    """Return the bytes of an address, b"" for what is none: by the system, for every request comes by here."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, address.partition("%")[0])
        except (OSError, ValueError):
            continue
    return b""


def sender(peer: str, forwarded: str, hops: int) -> str:
    """Return who sent a request: the peer, or the one whom `hops` proxies of ours have handed it on for.

    `forwarded` is X-Forwarded-For: each proxy adds at its right end the address that it saw. What is further
    left than our own proxies is what the sender claims.
    """
    addresses = [address.strip() for address in forwarded.split(",")] if hops else []
    if not hops or len(addresses) < hops:
        return peer
    address = addresses[-hops]
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    return address if _packed(address) else peer
