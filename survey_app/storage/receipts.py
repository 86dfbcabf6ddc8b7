"""From a receipt to its response, and to the paths that lead from its leaf to the roots printed in reports."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from survey_app.storage.codes import LOOKUP, SALT, hashed, read_code
from survey_app.storage.erase import leaf_of
from survey_app.storage.leaves import read_leaves, snapshots
from survey_app.storage.merkle import Step, merkle_path, verify_path
from survey_app.storage.tables import response

GRACE_MS = 10_000
"""A snapshot begun so soon after the answers were submitted may rightly be without them."""


@dataclass(frozen=True)
class Receipt:
    """A response found by its code: its key and study, its leaf, and the row that the leaf stands for."""

    key: str
    study: str
    leaf: bytes
    row: bytes
    salt: str

    @property
    def data_id(self) -> str:
        """How the response is called in the data files."""
        return str(json.loads(self.row)["_response"])

    @property
    def submitted_ms(self) -> int:
        return int(json.loads(self.row)["_submitted"])


@dataclass(frozen=True)
class Proof:
    """What one snapshot says of a leaf; `verified` is false where it ought to be there and is not."""

    snapshot: Path
    made_at: str
    root: str
    path: tuple[Step, ...]
    verified: bool


def find(engine: Engine, typed: str) -> Receipt | None:
    """Return what a code stands for; None for a code that is malformed, unknown or of an erased response."""
    code = read_code(typed, LOOKUP + SALT)
    if code is None:
        return None
    query = select(response.c.key, response.c.salt).where(response.c.receipt_hash == hashed(code[:LOOKUP]))
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or not hmac.compare_digest(row.salt, code[LOOKUP:]):
        return None
    last = leaf_of(engine, row.key)
    return Receipt(row.key, *last, row.salt) if last else None


def proofs(folder: Path, receipt: Receipt) -> list[Proof]:
    """Return what the snapshots of a study in `folder` say of a receipt, oldest first.

    Those that were made before the answers were submitted say nothing, nor do those without leaves, which
    earlier versions made.
    """
    every = []
    for snapshot in snapshots(folder):
        try:
            manifest: dict[str, Any] = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if manifest.get("schema_version", 0) < 2:
            continue
        root, made_at = manifest["merkle_root"], manifest["made_at"]
        try:
            leaves = read_leaves(snapshot)
        except (OSError, ValueError):
            leaves = []
        if receipt.leaf in leaves:
            path = merkle_path(leaves, leaves.index(receipt.leaf))
            verified = verify_path(receipt.leaf, path, bytes.fromhex(root))
            every.append(Proof(snapshot, made_at, root, path, verified))
        elif datetime.fromisoformat(made_at).timestamp() * 1000 >= receipt.submitted_ms + GRACE_MS:
            every.append(Proof(snapshot, made_at, root, (), False))
    return every
