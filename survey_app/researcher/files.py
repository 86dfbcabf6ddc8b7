"""The files of a study: its snapshots, by what their manifests say and by nothing else of the disk."""

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


def snapshots(folder: Path) -> list[Snapshot]:
    """Return the whole snapshots in a study's folder, newest first."""
    found = []
    for path in folder.glob(f"*/{MANIFEST}"):
        if not path.parent.name.startswith("."):  # one that is being written
            with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged one cannot be shown
                found.append(_read(path))
    return sorted(found, key=lambda snapshot: snapshot.name, reverse=True)


def snapshot(folder: Path, name: str) -> Snapshot | None:
    """Return one snapshot of a study, None where there is none of that name."""
    return next((one for one in snapshots(folder) if one.name == name), None)


def _read(path: Path) -> Snapshot:
    said = json.loads(path.read_text(encoding="utf-8"))
    files = (MANIFEST, *sorted(said["files"]))
    return Snapshot(path.parent.name, said["made_at"], said["n"], said["synthetic"], files)
