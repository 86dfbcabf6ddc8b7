"""Taking the rows of erased responses out of snapshots that were made before.

A snapshot is made anew aside, with hard links to the files that stay, and put in the place of the old one. Between
two renames there is a moment without the folder; a stop in that moment is put right by `recover`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ERASED = ".erased"
"""Ending of the folder that is on its way out."""
ASIDE = ".part"
"""Ending of a folder that is not whole yet."""
PATIENCE = 600.0
"""Seconds to wait for another program that is clearing the same snapshots."""


@contextmanager
def alone(folder: Path, doing: str = "clearing", done: str = "cleared") -> Iterator[None]:
    """Keep other programs from clearing the snapshots in `folder` meanwhile; raise OSError if they do not end.

    Two at once could each put back the row that the other has removed. The lock is SQLite's, because it ends with
    its program however that ends, on every system. There is one for each thing that one can be `doing`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.{doing}")
    with closing(sqlite3.connect(lock, timeout=PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise OSError(f"{folder} is being {done} by another program ({error})") from error
        yield


def remove_rows(snapshot: Path, ids: Collection[str]) -> int:
    """Remove these responses from a snapshot's files and return how many it had.

    The leaves and the Merkle root stay as they are: the manifest counts the rows as erased.
    """
    parts = [*sorted(snapshot.glob("responses/*.parquet")), *sorted(snapshot.glob("paradata/*.parquet"))]
    holding = [
        part
        for part in parts
        if pc.any(_is_of(pq.read_table(part, columns=["_response"])["_response"], ids)).as_py()
    ]
    if not holding:
        return 0
    aside = snapshot.with_name(f".{snapshot.name}{ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    shutil.copytree(snapshot, aside, copy_function=link)
    removed = 0
    for part in holding:
        name = part.relative_to(snapshot).as_posix()
        remaining = without([part], ids)[0]
        # Each file aside is a link to the old one: it is replaced, never written into.
        (aside / name).unlink()
        pq.write_table(remaining, aside / name, compression="zstd")
        if part.parent.name == "responses":
            removed += pq.read_metadata(part).num_rows - remaining.num_rows
        manifest["files"][name] = sha256_of(aside / name)
    manifest["n"] -= removed
    manifest["erased"] = manifest.get("erased", 0) + removed
    (aside / "manifest.json").unlink()
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (aside / "manifest.json").write_text(text, encoding="utf-8")
    # A folder cannot replace a folder that holds something: the old one moves out of the way first.
    old = snapshot.with_name(f".{snapshot.name}{ERASED}")
    snapshot.rename(old)
    aside.rename(snapshot)
    shutil.rmtree(old)
    return removed


def recover(folder: Path) -> None:
    """Put right what a stop between two renames left: the old snapshot comes back to be cleared again."""
    for old in folder.glob(f".*{ERASED}"):
        place = folder / old.name.removeprefix(".").removesuffix(ERASED)
        if place.exists():
            shutil.rmtree(old)
        else:
            old.rename(place)


def tidy(folder: Path) -> None:
    """Remove what programs that were stopped have left half made; call it where no other can be at work."""
    for left in folder.glob(f".*{ASIDE}"):
        shutil.rmtree(left)


def ids_beyond(snapshot: Path, present: pa.Array) -> list[str]:
    """Return the names of the responses in a snapshot's files that are not among those present."""
    parts = sorted(snapshot.glob("responses/*.parquet"))
    ids = pa.concat_tables(pq.read_table(part, columns=["_response"]) for part in parts)["_response"]
    beyond: list[str] = ids.filter(pc.invert(pc.is_in(ids, value_set=present))).to_pylist()
    return beyond


def without(paths: Sequence[Path], ids: Collection[str]) -> list[pa.Table]:
    """Read files of a snapshot without the rows of some responses."""
    tables = [pq.read_table(path) for path in paths]
    if not ids:
        return tables
    return [table.filter(pc.invert(_is_of(table["_response"], ids))) for table in tables]


def _is_of(names: pa.ChunkedArray, ids: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(names, value_set=pa.array(sorted(ids), pa.string()))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link(source: str, target: str) -> None:
    """Let a file stand in a second place; a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
