"""A disk that remembers every write and sync in its order, and what of it a crash may leave.

Files live in memory. What was written since a file's last sync may be there after a crash, or not, or in part; a
file that was deleted is gone for good with the next sync of any.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import apsw

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
POWERSAFE = apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE
"""What SQLite takes for granted of a Linux disk: bytes beside those that are written stay."""


@dataclass(frozen=True)
class Step:
    """One thing that SQLite asked of the disk: write, truncate, sync or delete."""

    what: str
    file: str
    offset: int = 0
    data: bytes = b""


@dataclass
class Journal:
    """The files as SQLite sees them, and the steps that made them."""

    files: dict[str, bytearray]
    steps: list[Step] = field(default_factory=list)

    def do(self, step: Step) -> None:
        self.steps.append(step)
        apply(self.files, step)


def apply(files: dict[str, bytearray], step: Step) -> None:
    """Carry out a step on files in memory."""
    if step.what == "delete":
        files.pop(step.file, None)
        return
    content = files.setdefault(step.file, bytearray())
    if step.what == "truncate":
        del content[step.offset :]
    elif step.what == "write":
        if len(content) < step.offset:
            content.extend(bytes(step.offset - len(content)))
        content[step.offset : step.offset + len(step.data)] = step.data


class Disk(apsw.VFS):
    """The journal as SQLite's file system, under a name of its own."""

    def __init__(self, name: str, journal: Journal) -> None:
        self._journal = journal
        super().__init__(name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        flags[1] = flags[0]
        called = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._journal.files.setdefault(called, bytearray())
        return File(self._journal, called)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._journal.do(Step("delete", name))

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        return name in self._journal.files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class File:
    """An open file; one connection has them all, so that locks are always granted."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal, self._name = journal, name

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._journal.files[self._name][offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._journal.do(Step("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._journal.do(Step("truncate", self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._journal.do(Step("sync", self._name))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._journal.files[self._name])

    def xLock(self, level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return int(POWERSAFE)

    def xClose(self) -> None:  # noqa: N802
        return


State = dict[str, bytes]


def crashes(
    image: dict[str, bytes], steps: list[Step], subsets: int, chance: random.Random
) -> Iterator[tuple[int, State]]:
    """Yield (steps done, files) for every number of steps, with what was pending dropped, kept, and in part."""
    synced = {name: bytearray(content) for name, content in image.items()}
    pending: list[Step] = []
    for done in range(len(steps) + 1):
        for kept in _kept(pending, subsets, chance):
            files = {name: bytearray(content) for name, content in synced.items()}
            for step in kept:
                apply(files, step)
            yield done, {name: bytes(content) for name, content in files.items()}
        if done < len(steps):
            pending = _next(synced, pending, steps[done])


def _next(synced: dict[str, bytearray], pending: list[Step], step: Step) -> list[Step]:
    if step.what != "sync":
        return [*pending, step]
    for one in pending:
        if one.file == step.file or one.what == "delete":
            apply(synced, one)
    synced.setdefault(step.file, bytearray())
    return [one for one in pending if one.file != step.file and one.what != "delete"]


def _kept(pending: list[Step], subsets: int, chance: random.Random) -> Iterator[list[Step]]:
    yield []
    if not pending:
        return
    yield pending
    for _ in range(subsets):
        yield [_torn(one, chance) for one in pending if chance.random() < 0.5]


def _torn(step: Step, chance: random.Random) -> Step:
    """Return a write, or one time in four its first sectors only."""
    if step.what != "write" or len(step.data) <= SECTOR or chance.random() > 0.25:
        return step
    whole = chance.randrange(1, -(-len(step.data) // SECTOR)) * SECTOR
    return Step(step.what, step.file, step.offset, step.data[:whole])
