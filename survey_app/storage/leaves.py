"""The leaf of a response: a hash that represents its row in the Merkle tree and reveals nothing about it.

leaf = SHA-256(salt ‖ canonical row). The salt is 13 characters of ASCII, the second half of the receipt.
The leaves of a snapshot stand in `leaves.txt`, one in hexadecimal a line, sorted: a leaf's place reveals
nothing about the row, and the leaf of an erased response is among the others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from questionnaires.codebook import ROW_COLUMNS, columns
from questionnaires.model import Questionnaire

FILE = "leaves.txt"
FRACTIONS = frozenset({"decimal", "value"})
"""The kinds of column that are written with a decimal point."""
HEAD = tuple(dict.fromkeys((*ROW_COLUMNS, "_end", "_consented", "_seed")))
"""The columns of a row that are not answers."""


def data_id(salt: str, key: str) -> str:
    """Return how a response is called in the data files, 32 hexadecimal characters.

    Its key stands in addresses, and so perhaps in the log of a server in front: without the salt, which only the
    database has, nobody can tell whose row belongs to which address.
    """
    return hashlib.sha256(f"{salt}|{key}".encode()).hexdigest()[:32]


def canonical_row(questionnaire: Questionnaire, row: Mapping[str, Any]) -> bytes:
    """Return a row of the responses table as the bytes that are hashed.

    A JSON object in UTF-8 with its keys sorted by code point, without blanks, and every character that JSON
    lets stand as it is. It holds the columns of HEAD and those of the response's own `questionnaire` version,
    so that a later version leaves it unchanged. Times are whole milliseconds since 1970 in UTC, columns of a
    kind in FRACTIONS are written with a decimal point, all else as stored (missing codes are negative
    numbers, what is not there is null). `row` comes from the database (times in milliseconds) or from a snapshot.
    """
    places = {name: place for place, name in enumerate(row)}
    values = [
        round(value.timestamp() * 1000) if isinstance(value, datetime) else value for value in row.values()
    ]
    return Canonical(questionnaire, places)(values)


class Canonical:
    """`canonical_row` for many rows of one version that are lists of values: what is the same is done once."""

    def __init__(self, questionnaire: Questionnaire, places: Mapping[str, int]) -> None:
        kinds = {column.name: column.kind for column in columns([questionnaire])}
        self._names = sorted({*HEAD, *kinds})
        self._values = itemgetter(*(places[name] for name in self._names))
        self._fractions = [n for n, name in enumerate(self._names) if kinds.get(name) in FRACTIONS]
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def __call__(self, row: Sequence[Any]) -> bytes:
        """Return a row as the bytes that are hashed; times in milliseconds."""
        values = self._values(row)
        if self._fractions:
            values = list(values)
            for place in self._fractions:
                values[place] = None if values[place] is None else float(values[place])
        return self._encode(dict(zip(self._names, values, strict=True))).encode()


def leaf(salt: str, canonical: bytes) -> bytes:
    """Return the leaf of a canonical row, 32 bytes."""
    return hashlib.sha256(salt.encode() + canonical).digest()


def write_leaves(folder: Path, leaves: Iterable[bytes]) -> None:
    """Write the leaves of a snapshot in the order they are given."""
    with (folder / FILE).open("w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{leaf.hex()}\n" for leaf in leaves)


def read_leaves(folder: Path) -> list[bytes]:
    """Return the leaves of a snapshot; raise OSError or ValueError where it has none to read."""
    with (folder / FILE).open(encoding="ascii") as file:
        return [bytes.fromhex(line) for line in file]


def snapshots(folder: Path) -> list[Path]:
    """Return the whole snapshots in a folder, oldest first."""
    manifests = folder.glob("*/manifest.json")
    return sorted(path.parent for path in manifests if not path.parent.name.startswith("."))
