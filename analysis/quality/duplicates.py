"""Texts that several people seem to have written: near-duplicates, found in time proportional to the texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

SIMILAR = 0.8
"""Share of common shingles (Jaccard) from which on two texts are near-duplicates."""
SHORTEST = 20
"""Letters, below which equal texts are nothing unusual ("no", "all good")."""
SHINGLE = 5
"""Letters in a row."""
_BANDS, _ROWS = 32, 4
"""Two texts alike in 0.8 share a band with a chance of 1 - 5e-8 (Broder 1997)."""
_LOOK_BACK = 25
"""Texts before it in its bucket that a text is held against."""
_SMALL = 300
"""Texts that are all held against each other."""

Shingles = NDArray[np.uint64]


def near_duplicates(
    texts: Sequence[str | None], similar: float = SIMILAR, shortest: int = SHORTEST
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return who wrote what another row has too, and the number of each row's group (-1: in none), (rows,).

    Texts are compared by letters and digits alone, in lower case; Jaccard similarity of shingles of five
    letters, candidates by MinHash (Broder 1997) and then compared exactly. The same texts give the same result.
    """
    plain = [_plain(text) for text in texts]
    distinct = [text for text in dict.fromkeys(plain) if len(text) >= shortest]
    groups = _Groups(len(distinct))
    shingles = [_shingles(text) for text in distinct]
    for first, second in _pairs(shingles):
        if groups.of(first) == groups.of(second):
            continue
        common = len(np.intersect1d(shingles[first], shingles[second], assume_unique=True))
        if common / (len(shingles[first]) + len(shingles[second]) - common) >= similar:
            groups.join(first, second)
    place = {text: groups.of(at) for at, text in enumerate(distinct)}
    group = np.array([place.get(text, -1) for text in plain], dtype=np.int64)
    size = np.bincount(group[group >= 0], minlength=len(distinct) or 1)
    alone = (group < 0) | (size[group] < 2)
    return ~alone, np.where(alone, -1, group)


def _plain(text: str | None) -> str:
    """Return the words of a text without case, marks and repeated space."""
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split())


def _shingles(text: str) -> Shingles:
    """Return the distinct runs of letters as numbers, ascending."""
    letters = np.array([ord(letter) for letter in text], dtype=np.uint64)
    width = min(SHINGLE, len(letters))
    runs = np.zeros(len(letters) - width + 1, dtype=np.uint64)
    for at in range(width):
        runs = runs * np.uint64(1_000_003) + letters[at : len(letters) - width + 1 + at]
    return np.unique(runs)


def _pairs(shingles: Sequence[Shingles]) -> Iterator[tuple[int, int]]:
    """Yield pairs that may be alike: all of a few texts, else those that share a band of their MinHash."""
    if len(shingles) <= _SMALL:
        yield from ((first, second) for second in range(len(shingles)) for first in range(second))
        return
    draw = np.random.Generator(np.random.PCG64(7))
    factor = draw.integers(1, 2**63, _BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
    shift = draw.integers(0, 2**63, _BANDS * _ROWS, dtype=np.uint64)
    least = np.stack([(own[:, None] * factor + shift).min(axis=0) for own in shingles])
    # a number for each text and band, shape (texts, bands), from the least of its hashed shingles
    joined = np.zeros((len(shingles), _BANDS), dtype=np.uint64)
    for row in range(_ROWS):
        joined = joined * np.uint64(0x9E3779B97F4A7C15) + least[:, row::_ROWS]
    for band in joined.T:
        order = np.argsort(band, kind="stable")
        begin = 0
        for end in [*(np.flatnonzero(np.diff(band[order])) + 1).tolist(), len(order)]:
            bucket = order[begin:end].tolist() if end - begin > 1 else []
            for at, second in enumerate(bucket):
                yield from ((first, second) for first in bucket[max(at - _LOOK_BACK, 0) : at])
            begin = end


class _Groups:
    """Texts joined into groups; a group is called by its first text."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def of(self, text: int) -> int:
        while self._above[text] != text:
            self._above[text] = self._above[self._above[text]]
            text = self._above[text]
        return text

    def join(self, first: int, second: int) -> None:
        leader, other = sorted((self.of(first), self.of(second)))
        self._above[other] = leader
