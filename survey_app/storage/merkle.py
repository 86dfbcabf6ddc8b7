"""A Merkle tree over responses: a report is tied to exactly the rows behind it, and one row can be shown in it.

RFC 6962 §2.1: leaves and nodes are hashed apart, an odd one is carried up. SHA-256, 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

Step: TypeAlias = tuple[Literal["left", "right"], bytes]
"""One step from a leaf towards the root: on which side the other hash stands, and the hash."""


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes in their order, 32 bytes; a million of them need no more room than one."""
    # Subtrees of falling size that stand beside each other.
    whole: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, reached = 1, _leaf(leaf)
        while whole and whole[-1][0] == size:
            reached, size = _node(whole.pop()[1], reached), 2 * size
        whole.append((size, reached))
    if not whole:
        return hashlib.sha256(b"").digest()
    root = whole.pop()[1]
    while whole:
        root = _node(whole.pop()[1], root)
    return root


def merkle_path(leaves: Sequence[bytes], index: int) -> tuple[Step, ...]:
    """Return what leads from leaf `index` to the root over `leaves`, the lowest step first.

    Raises IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level = [_leaf(leaf) for leaf in leaves]
    path: list[Step] = []
    while len(level) > 1:
        if index % 2:
            path.append(("left", level[index - 1]))
        elif index + 1 < len(level):
            path.append(("right", level[index + 1]))
        pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        # An odd one is carried up as it is.
        level, index = [*pairs, *level[len(pairs) * 2 :]], index // 2
    return tuple(path)


def verify_path(leaf: bytes, path: Sequence[Step], root: bytes) -> bool:
    """Tell whether a path leads from a leaf to a root."""
    reached = _leaf(leaf)
    for side, other in path:
        reached = _node(other, reached) if side == "left" else _node(reached, other)
    return reached == root


def _leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
