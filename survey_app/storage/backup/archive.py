"""The file of a backup: a zip with a member of JSON lines for each table, the secret key, and a manifest.

Each line is the list of a row's values in the order that the manifest says; what is not text is in Base64. The
manifest has the SHA-256 of every member, and nothing is read that it does not name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from survey_app.storage.backup.roots import Root, Tick

FORMAT = 1
MANIFEST = "manifest.json"
KEY = "secret-key"
COMPRESSION = 1
"""6 takes three times as long and saves a fifth of the room."""
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a row: a questionnaire is the longest thing in a database, and far shorter."""
LARGEST_MANIFEST = 16 * 1024 * 1024
LARGEST_RATIO = 300
"""How many times larger than in the file a table may be: answers never come near it, traps do."""
SMALL = 1024 * 1024
"""Bytes below which that does not matter."""
Batches = Iterable[Sequence[Sequence[Any]]]
_BLOCK = 1024 * 1024
_PLAIN = frozenset({str, int, bool, type(None)})
_UNREADABLE = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What a damaged zip is met with."""
_NAME = re.compile(r"[a-z][a-z_]{0,59}")
_HASH = re.compile(r"[0-9a-f]{64}")


class BackupRefused(Exception):
    """No backup was made or put back, and nothing was changed; the message says why, and what to do."""


class BadBackup(BackupRefused):
    """The file is not a backup, not whole, or of a version that is not known here."""


class NotEmpty(BackupRefused):
    """The database holds something already."""


class OtherKey(BackupRefused):
    """The data folder has a secret key of its own."""


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

    def check(self) -> None:
        """Raise ValueError where a manifest that somebody has written says what cannot be."""
        names = all(isinstance(name, str) and _NAME.fullmatch(name) for name in self.columns)
        single = len({*self.columns}) == len(self.columns)
        last = self.last_id is None or _is_count(self.last_id)
        _need(names, self.columns, single, {*self.binary} <= {*self.columns})
        _need(last, _is_count(self.rows), _is_count(self.bytes), _HASH.fullmatch(self.sha256))


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
        return sum(entry.rows for entry in self.tables.values())

    @property
    def responses(self) -> int:
        return sum(root.responses for root in self.studies.values())

    @property
    def bytes(self) -> int:
        """What the tables take unpacked."""
        return sum(entry.bytes for entry in self.tables.values())

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Manifest:
        """Return the manifest that an object says, without its `format`; raise ValueError, KeyError or TypeError."""
        tables = {}
        for name, values in content["tables"].items():
            _need(_NAME.fullmatch(name))
            columns = {"columns": tuple(values["columns"]), "binary": tuple(values["binary"])}
            tables[name] = TableEntry(**(values | columns))
            tables[name].check()
        studies = {name: Root(**values) for name, values in content["studies"].items()}
        for root in studies.values():
            _need(_HASH.fullmatch(root.merkle_root), _is_count(root.responses), _is_count(root.erased))
        manifest = cls(**(content | {"tables": tables, "studies": studies}))
        words = (manifest.earshot, manifest.revision, manifest.database, manifest.made_at)
        _need(
            *(isinstance(word, str) for word in words), manifest.key is None or _HASH.fullmatch(manifest.key)
        )
        return manifest


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _need(*conditions: Any) -> None:
    if not all(conditions):
        raise ValueError


class Writer:
    """Writes the members of a backup, the manifest last."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)

    def table(
        self, name: str, columns: Sequence[str], binary: Sequence[str], batches: Batches, tick: Tick
    ) -> TableEntry:
        """Write a table and return what the manifest says of it; its last number is still to come."""
        digest, count, size = hashlib.sha256(), 0, 0
        places = [columns.index(column) for column in binary]
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        with self._zip.open(_member(name), "w", force_zip64=True) as file:
            for batch in batches:
                rows = [list(row) for row in batch]
                for row in rows if places else ():
                    for place in places:
                        if row[place] is not None:
                            row[place] = base64.b64encode(row[place]).decode("ascii")
                block = "".join([f"{encode(row)}\n" for row in rows]).encode()
                file.write(block)
                digest.update(block)
                count, size = count + len(batch), size + len(block)
                tick(len(batch))
        return TableEntry(tuple(columns), tuple(binary), count, None, size, digest.hexdigest())

    def abandon(self) -> None:
        """Let go of a file that is not going to be whole."""
        with suppress(OSError, ValueError):
            self._zip.close()

    def finish(self, manifest: Manifest, key: str | None) -> None:
        """Write the key and the manifest, and close the zip."""
        if key is not None:
            self._zip.writestr(KEY, key)
        content = {"format": FORMAT, **asdict(manifest)}
        self._zip.writestr(MANIFEST, json.dumps(content, ensure_ascii=False, indent=1))
        self._zip.close()


class Backup:
    """A backup that is open; its manifest was read, and its members are of the sizes that it says."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self.path, self._zip = path, archive
        self.manifest = self._read_manifest()
        self._refuse_strange_members()

    def verify(self, tick: Tick) -> None:
        """Read everything once; raise BadBackup, which names the first member that is not as it was written."""
        for name, entry in self.manifest.tables.items():
            digest, lines = hashlib.sha256(), 0
            for block in self._blocks(_member(name)):
                digest.update(block)
                count = block.count(b"\n")
                lines += count
                tick(count)
            if digest.hexdigest() != entry.sha256:
                raise self._damaged(_member(name), "its SHA-256 is not that of the manifest")
            if lines != entry.rows:
                raise self._damaged(_member(name), f"it has {lines} rows, not {entry.rows}")
        self.key()

    def rows(self, table: str) -> Iterator[list[list[Any]]]:
        """Yield the rows of a table, some thousands at a time; raise BadBackup for a line that is no row."""
        entry, name = self.manifest.tables[table], _member(table)
        places = [entry.columns.index(column) for column in entry.binary]
        wide, number = len(entry.columns), 0
        for lines in self._lines(name):
            batch = []
            for line in lines:
                number += 1
                try:
                    row = json.loads(line)
                    if type(row) is not list or len(row) != wide or not _PLAIN.issuperset(map(type, row)):
                        raise ValueError
                    for place in places:
                        if row[place] is not None:
                            row[place] = base64.b64decode(str(row[place]), validate=True)
                    batch.append(row)
                except (ValueError, RecursionError):
                    raise self._damaged(name, f"line {number} is not a row") from None
            yield batch

    def key(self) -> str | None:
        """Return the secret key, None where it was left out."""
        if self.manifest.key is None:
            return None
        key = b"".join(self._blocks(KEY))
        if hashlib.sha256(key).hexdigest() != self.manifest.key:
            raise self._damaged(KEY, "its SHA-256 is not that of the manifest")
        if not key.isascii():
            raise self._damaged(KEY, "it is not a key")
        return key.decode("ascii")

    def _lines(self, name: str) -> Iterator[list[bytes]]:
        rest = b""
        for block in self._blocks(name):
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise self._damaged(name, "a line is too long")
            yield lines
        if rest:
            yield [rest]

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as file:
                while block := file.read(_BLOCK):
                    yield block
        except _UNREADABLE as error:
            raise self._damaged(name, str(error) or type(error).__name__) from None

    def _read_manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError:
            raise BadBackup(f"{self.path} is not a backup of earshot: it has no {MANIFEST}") from None
        if info.file_size > LARGEST_MANIFEST:
            raise self._damaged(MANIFEST, "it is too long")
        text = b"".join(self._blocks(MANIFEST))
        try:
            content = json.loads(text)
            form = content.pop("format")
            if form == FORMAT:
                return Manifest.from_json(content)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._damaged(MANIFEST, f"it does not read ({type(error).__name__})") from None
        raise BadBackup(
            f"{self.path} is a backup of form {form!r}, and this version reads {FORMAT}; run the newer one"
        )

    def _refuse_strange_members(self) -> None:
        sizes = {_member(name): entry.bytes for name, entry in self.manifest.tables.items()}
        expected = {MANIFEST, *sizes, *([KEY] if self.manifest.key else [])}
        there: set[str] = set()
        for info in self._zip.infolist():
            if info.filename not in expected:
                raise self._damaged(repr(info.filename)[:100], "the manifest does not name it")
            if info.filename in there:
                raise self._damaged(info.filename, "it is there twice")
            there.add(info.filename)
            # All of this before a byte is unpacked: the file may be a trap.
            size = sizes.get(info.filename, info.file_size)
            if info.flag_bits & 1 or info.compress_type not in (ZIP_DEFLATED, ZIP_STORED):
                raise self._damaged(info.filename, "it is packed in another way")
            if info.file_size != size:
                raise self._damaged(info.filename, f"it has {info.file_size} bytes, not {size}")
            if info.filename == KEY and size > SMALL:
                raise self._damaged(info.filename, "it is too long")
            if size > SMALL and size > LARGEST_RATIO * info.compress_size:
                raise self._damaged(info.filename, f"{info.compress_size} bytes would become {size}")
        for name in sorted(expected - there):
            raise self._damaged(name, "it is not there")

    def _damaged(self, name: str, what: str) -> BadBackup:
        return BadBackup(f"{self.path}: {name} is not as it was written: {what}; take another backup")


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Open a backup; raise BadBackup for what is none, and OSError where it cannot be read."""
    with path.open("rb") as file:
        try:
            archive = ZipFile(file)
        except _UNREADABLE as error:
            raise BadBackup(
                f"{path} is not a backup, or its end is cut off or damaged ({error}); take another backup"
            ) from None
        with archive:
            yield Backup(path, archive)


def _member(table: str) -> str:
    return f"{table}.jsonl"
