"""Drawing lots: every random choice of a response follows from its seed, so that it can be made again.

A lot is the SHA-256 of the seed and what is drawn for. No library's generator is involved, so that the same
seed means the same order in every later version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def seed_of(response: str) -> int:
    """Return the seed of a response from its key: a whole number from 0 to 2**63 - 1."""
    return lot(0, "seed", response) >> 1


def lot(seed: int, *about: str) -> int:
    """Return a whole number from 0 to 2**64 - 1, evenly distributed over seeds."""
    text = "|".join((str(seed), *about))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def shuffled(items: Iterable[Item], name: Callable[[Item], str], seed: int, about: str) -> tuple[Item, ...]:
    """Return items in random order: sorted by the lot of each, so that leaving one out moves no other."""
    return tuple(sorted(items, key=lambda item: lot(seed, "order", about, name(item))))


def heads(seed: int, about: str) -> bool:
    """Toss a coin."""
    return lot(seed, "coin", about) % 2 == 1
