"""What a backup says of itself: its tables with their sums, and the Merkle root of every study."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from survey_app.storage.backup.roots import Root

FORMAT = 1
_NAME = re.compile(r"[a-z][a-z_]{0,59}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TableEntry:
    """A table in a backup: its columns, which of them are Base64, its rows, and the file that they make up.

    `last_id` is the highest number that was ever given to a row, None where rows are not numbered.
    """

    columns: tuple[str, ...]
    binary: tuple[str, ...]
    rows: int
    last_id: int | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `key` is the SHA-256 of the secret key, None where it is left out."""

    earshot: str
    revision: str
    database: str
    made_at: str
    tables: dict[str, TableEntry]
    studies: dict[str, Root]
    key: str | None

    @property
    def rows(self) -> int:
        return sum(member.rows for member in self.tables.values())

    @property
    def responses(self) -> int:
        return sum(root.responses for root in self.studies.values())

    @property
    def bytes(self) -> int:
        """What the tables take unpacked."""
        return sum(member.bytes for member in self.tables.values())


def to_json(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as the object that stands in the file."""
    return {"format": FORMAT, **asdict(manifest)}


def from_json(told: dict[str, Any]) -> Manifest:
    """Return the manifest that an object says, without its `format`; raise ValueError, KeyError or TypeError."""
    tables = {}
    for name, one in told["tables"].items():
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        one |= {"columns": tuple(one["columns"]), "binary": tuple(one["binary"])}
        tables[name] = _checked(TableEntry(**one))
    studies = {name: Root(**one) for name, one in told["studies"].items()}
    for root in studies.values():
        _need(_HASH.fullmatch(root.merkle_root), _count(root.responses), _count(root.erased))
    manifest = Manifest(**(told | {"tables": tables, "studies": studies}))
    words = (manifest.earshot, manifest.revision, manifest.database, manifest.made_at)
    _need(*(isinstance(one, str) for one in words), manifest.key is None or _HASH.fullmatch(manifest.key))
    return manifest


def _checked(member: TableEntry) -> TableEntry:
    names = all(isinstance(name, str) and _NAME.fullmatch(name) for name in member.columns)
    last = member.last_id is None or _count(member.last_id)
    _need(
        names,
        member.columns,
        len({*member.columns}) == len(member.columns),
        {*member.binary} <= {*member.columns},
    )
    _need(last, _count(member.rows), _count(member.bytes), _HASH.fullmatch(member.sha256))
    return member


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _need(*conditions: Any) -> None:
    if not all(conditions):
        raise ValueError
