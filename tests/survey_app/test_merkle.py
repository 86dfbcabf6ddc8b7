"""The tree over responses: a hand-made one, and for trees of any size every leaf has its path to the root."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.storage.merkle import merkle_path, merkle_root, verify_path

A, B, C = (hashlib.sha256(x).digest() for x in (b"a", b"b", b"c"))


def leaf(x: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + x).digest()


def node(x: bytes, y: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + x + y).digest()


def test_merkle_root() -> None:
    """Hand-made: leaves and nodes are hashed apart, an odd one is carried up."""
    assert merkle_root([]) == hashlib.sha256(b"").digest()
    assert merkle_root([A]) == leaf(A)
    assert merkle_root([A, B, C]) == node(node(leaf(A), leaf(B)), leaf(C))
    assert merkle_root([A, B]) != merkle_root([B, A])


def test_paths_of_a_hand_made_tree() -> None:
    assert merkle_path([A], 0) == ()
    assert merkle_path([A, B, C], 1) == (("left", leaf(A)), ("right", leaf(C)))
    assert merkle_path([A, B, C], 2) == (("left", node(leaf(A), leaf(B))),)
    for index in (-1, 3):
        with pytest.raises(IndexError):
            merkle_path([A, B, C], index)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True), st.data())
def test_every_leaf_and_no_other_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    root = merkle_root(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle_path(leaves, index)
    assert verify_path(leaves[index], path, root)
    assert not verify_path(bytes(32), path, root) or leaves[index] == bytes(32)
    assert not verify_path(leaves[index], path, bytes(32))
    if path:
        side, other = path[-1]
        turned = ("right" if side == "left" else "left", other)
        assert not verify_path(leaves[index], (*path[:-1], turned), root)  # type: ignore[arg-type]
        assert not verify_path(leaves[index], path[:-1], root)
