"""The disk under a path: its kind and its room."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs",
        "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "davfs", "ocfs2",
        "gfs2",
    }
)  # fmt: skip
"""File systems that several machines can have at once: SQLite's locks do not hold between machines."""
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
