"""The disk under a path: its kind and its room, and files that are whole on it, or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:
    # Not every system has it.
    fcntl = None  # type: ignore[assignment]

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
        "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "davfs", "ocfs2",
        "gfs2",
    }
)  # fmt: skip
"""File systems that several machines can have at once: SQLite's locks do not hold between machines."""
ASIDE = ".part"
"""Ending of a file that is not whole yet."""
_ESCAPES = {r"\040": " ", r"\011": "\t", r"\012": "\n", r"\134": "\\"}


def kind_of(path: Path) -> str | None:
    """Return the file system under a path (`ext4`, `nfs4`, …), None where the system does not tell."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    place, kind, longest = path.resolve(), None, -1
    for line in lines:
        before, _, after = line.partition(" - ")
        if not after:
            continue
        name = before.split()[4]
        for escape, sign in _ESCAPES.items():
            name = name.replace(escape, sign)
        mounted = Path(name)
        # Of two file systems on one folder the later is on top.
        if (mounted == place or mounted in place.parents) and len(mounted.parts) >= longest:
            kind, longest = after.split()[0], len(mounted.parts)
    return kind


def network_disk(path: Path) -> str | None:
    """Return the kind of the network disk that a path is on, None for a local one or where the system does not say."""
    kind = kind_of(path)
    return kind if kind in NETWORK else None


def free_bytes(path: Path) -> int:
    """Return the room that is left on the disk of a path, in bytes."""
    return shutil.disk_usage(path).free


def existing(path: Path) -> Path:
    """Return the nearest folder above a path, or the path itself, that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


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


def append_lines(path: Path, lines: Iterable[str]) -> None:
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
