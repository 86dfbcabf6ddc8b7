"""Files that are whole and on the disk, or not there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:
    # Not every system has it.
    fcntl = None  # type: ignore[assignment]

ASIDE = ".part"
"""Ending of a file that is not whole yet."""


@contextmanager
def whole_file(target: Path) -> Iterator[IO[bytes]]:
    """Yield a file that gets its name when it is whole and on the disk, and is gone where it never was.

    Nobody but its owner may read it. What a program that was killed has left is written over. Raises OSError,
    BlockingIOError while another program writes the same file.
    """
    aside = target.with_name(f".{target.name}{ASIDE}")
    with _opened_alone(aside) as file:
        try:
            yield file
            _sync(file)
            # On the disk before it has its name: a power cut leaves the whole file or none.
            aside.replace(target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                aside.unlink()
            raise
    sync_folder(target.absolute().parent)


def new_file(target: Path, content: bytes) -> None:
    """Write a small file that was not there, whole; raise FileExistsError where it is, and OSError."""
    aside = target.with_name(f".{target.name}{ASIDE}")
    with _opened_alone(aside) as file:
        try:
            file.write(content)
            _sync(file)
            # A link, unlike a rename, fails where the target is there already.
            os.link(aside, target)
        finally:
            aside.unlink()
    sync_folder(target.absolute().parent)


def append(path: Path, lines: Iterable[str]) -> None:
    """Append lines of ASCII to a file; they are on the disk when this returns. Raises OSError.

    One at a time, programs and threads: on a network disk, appending alone does not keep two apart, and a
    `lockf` would not keep threads apart.
    """
    text = "".join(f"{line}\n" for line in lines)
    if not text:
        return
    new = not path.exists()
    number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX)
        # A line that a power cut broke off was never acknowledged; the next one must not be glued to it.
        if os.fstat(number).st_size:
            os.lseek(number, -1, os.SEEK_END)
            if os.read(number, 1) != b"\n":
                text = f"\n{text}"
        left = text.encode("ascii")
        while left:
            left = left[os.write(number, left) :]
        os.fsync(number)
    finally:
        os.close(number)
    if new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See to it that the names of the files in a folder are on the disk."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _opened_alone(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write it anew; raise BlockingIOError where another program writes the same one."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(number, "r+b") as file:
        if fcntl is not None:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BlockingIOError(f"{path} is being written by another program") from None
        # Between opening and locking, another program may have finished the file and renamed it away.
        if not path.exists() or not os.path.samestat(os.fstat(number), path.stat()):
            raise BlockingIOError(f"{path} was finished by another program just now")
        file.truncate()
        yield file


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
