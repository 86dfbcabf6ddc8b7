"""Taking the rows of erased responses out of snapshots that were made before.

A snapshot is made anew aside, with hard links to the files that stay, and put in the place of the old one.
Between two renames there is a moment without the folder; a stop in that moment is put right by `recover`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ERASED = ".erased"
"""Ending of the folder that is on its way out."""
PATIENCE = 600.0
"""Seconds to wait for another program that is clearing the same snapshots."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other programs from clearing the snapshots in `folder` meanwhile; raise OSError if they do not end.

    Two at once could each put back the row that the other has removed. The lock is SQLite's, because it ends
    with its program however that ends, on every system.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.clearing")
    with closing(sqlite3.connect(lock, timeout=PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise OSError(f"{folder} is being cleared by another program ({error})") from error
        yield


def remove_rows(snapshot: Path, keys: Collection[str]) -> int:
    """Remove these responses from a snapshot's files and return how many it had.

    The leaves and the Merkle root stay as they are: the manifest counts the rows as erased.
    """
    parts = [
        path for kind in ("responses", "paradata") for path in sorted((snapshot / kind).glob("*.parquet"))
    ]
    holding = [path for path in parts if _has(path, keys)]
    if not holding:
        return 0
    aside = snapshot.with_name(f".{snapshot.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    shutil.copytree(snapshot, aside, copy_function=_link)
    removed = 0
    for path in holding:
        name = path.relative_to(snapshot).as_posix()
        gone = _rewrite(path, aside / name, keys)
        removed += gone if path.parent.name == "responses" else 0
        manifest["files"][name] = hashlib.sha256((aside / name).read_bytes()).hexdigest()
    manifest["n"] -= removed
    manifest["erased"] = manifest.get("erased", 0) + removed
    (aside / "manifest.json").unlink()  # it is a link: writing into it would change the old one
    (aside / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    _swap(snapshot, aside)
    return removed


def recover(folder: Path) -> None:
    """Put right what a stop between two renames left: the old snapshot comes back to be cleared again."""
    for old in folder.glob(f".*{ERASED}"):
        place = folder / old.name.removeprefix(".").removesuffix(ERASED)
        if place.exists():
            shutil.rmtree(old)
        else:
            old.rename(place)


def _swap(snapshot: Path, aside: Path) -> None:
    old = snapshot.with_name(f".{snapshot.name}{ERASED}")
    snapshot.rename(old)
    aside.rename(snapshot)
    shutil.rmtree(old)


def keys_of(snapshot: Path) -> set[str]:
    """Return the keys of the responses in a snapshot's files."""
    parts = (snapshot / "responses").glob("*.parquet")
    return {
        key for path in parts for key in pq.read_table(path, columns=["_response"])["_response"].to_pylist()
    }


def _has(path: Path, keys: Collection[str]) -> bool:
    found = pq.read_table(path, columns=["_response"])["_response"]
    return bool(pc.any(pc.is_in(found, value_set=pa.array(sorted(keys), pa.string()))).as_py())


def _rewrite(source: Path, target: Path, keys: Collection[str]) -> int:
    table = pq.read_table(source)
    theirs = pc.is_in(table["_response"], value_set=pa.array(sorted(keys), pa.string()))
    kept = table.filter(pc.invert(theirs))
    target.unlink()
    pq.write_table(kept, target, compression="zstd")
    return int(table.num_rows - kept.num_rows)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)
