"""The snapshots of a study, as their manifests describe them; nothing else of the disk is looked at."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of a study: its folder's name, what its manifest says, and the files named there."""

    name: str
    made_at: str
    n: int
    synthetic: bool
    files: tuple[str, ...]

    @property
    def moment(self) -> str:
        return self.made_at[:16].replace("T", " ") + " UTC"


def snapshots_in(folder: Path) -> list[Snapshot]:
    """Return the whole snapshots in a study's folder, newest first."""
    snapshots = []
    for path in folder.glob(f"*/{MANIFEST}"):
        # A name with a dot is a snapshot that is being written.
        if path.parent.name.startswith("."):
            continue
        # A damaged manifest cannot be shown.
        with suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            files = (MANIFEST, *sorted(manifest["files"]))
            snapshots.append(
                Snapshot(path.parent.name, manifest["made_at"], manifest["n"], manifest["synthetic"], files)
            )
    return sorted(snapshots, key=lambda snapshot: snapshot.name, reverse=True)


def snapshot_named(folder: Path, name: str) -> Snapshot | None:
    """Return one snapshot of a study, None where there is none of that name."""
    return next((snapshot for snapshot in snapshots_in(folder) if snapshot.name == name), None)
