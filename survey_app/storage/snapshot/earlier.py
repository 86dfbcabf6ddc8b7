"""What a new snapshot takes over from the newest earlier one: what cannot have changed, and is found whole.

A response that is finished stays as it is until it is erased. So its part is linked, and only what was posted after
the earlier snapshot is read, with the responses that were unfinished then.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Engine

from survey_app.storage.leaves import FILE as LEAVES
from survey_app.storage.leaves import read_leaves, snapshots
from survey_app.storage.snapshot import parts
from survey_app.storage.snapshot.parts import KINDS, FieldworkCounts, Parts
from survey_app.storage.snapshot.removal import link, sha256_of, without
from survey_app.storage.snapshot.selection import Anchor, anchor
from survey_app.storage.snapshot.table import Rows

FILE = "increment.json"
"""What a later snapshot has to know of this one."""


@dataclass(frozen=True)
class Increment:
    """The state of a snapshot that a later one goes on from.

    `mark` is the number of the last post that may be in it, `parts` how many of the parts, from the first on, hold
    finished responses, `unfinished` the numbers of the last posts of all others, and `leaves` theirs, sorted.
    `made` is all that decides how rows come out: where it differs, every row is made anew.
    """

    mark: int
    anchor: Anchor | None
    parts: int
    unfinished: Sequence[int]
    leaves: Sequence[str]
    made: Mapping[str, Any]

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self)) + "\n", encoding="ascii")


@dataclass(frozen=True)
class Earlier:
    """An earlier snapshot that was found whole and fitting."""

    folder: Path
    files: Mapping[str, str]
    increment: Increment

    @property
    def names(self) -> list[str]:
        """The parts with finished responses."""
        return sorted(path.name for path in (self.folder / KINDS[0]).iterdir())[: self.increment.parts]

    def is_whole(self) -> bool:
        """Tell whether the files that would be taken over are as they were written."""
        names = [LEAVES, *(f"{kind}/{name}" for name in self.names for kind in KINDS)]
        try:
            return all(sha256_of(self.folder / name) == self.files.get(name) for name in names)
        except OSError:
            return False

    def leaves(self) -> list[bytes]:
        """Return the leaves of the finished responses, and of those that were erased."""
        changing = {bytes.fromhex(digits) for digits in self.increment.leaves}
        return [leaf for leaf in read_leaves(self.folder) if leaf not in changing]

    def hand_over(
        self, aside: Path, finished: Parts, counts: FieldworkCounts, erased: Collection[str]
    ) -> dict[str, str]:
        """Put its parts of finished responses into a new snapshot; return the SHA-256 of those that are links.

        A part that lost most of its rows, or never had many, is joined with what follows; `erased` responses that
        still stand in it are left out.
        """
        linked: dict[str, str] = {}
        for name in self.names:
            files = [self.folder / kind / name for kind in KINDS]
            rows = pq.read_metadata(files[0]).num_rows
            small = rows < parts.ROWS_PER_PART / 2
            tables = without(files, erased) if erased or small else None
            if tables is not None and (small or tables[0].num_rows < rows):
                finished.add_tables(*tables)
                continue
            new = finished.next_name()
            for kind, path in zip(KINDS, files, strict=True):
                link(str(path), str(aside / kind / new))
                linked[f"{kind}/{new}"] = self.files[f"{kind}/{name}"]
            counts.add_files(aside, new)
        return linked


def row_recipe(rows: Rows, schema_version: int, synthetic: bool) -> dict[str, Any]:
    """Return what decides how the rows of a snapshot come out."""
    return {
        "program": version("earshot"),
        "schema_version": schema_version,
        "synthetic": synthetic,
        "columns": [[column.name, column.kind] for column in rows.columns],
    }


def newest_fitting(engine: Engine, folder: Path, recipe: Mapping[str, Any]) -> Earlier | None:
    """Return the newest snapshot in a folder, None where everything has to be made anew."""
    newest = snapshots(folder)[-1:]
    if not newest:
        return None
    try:
        manifest = json.loads((newest[0] / "manifest.json").read_text(encoding="utf-8"))
        if sha256_of(newest[0] / FILE) != manifest["files"][FILE]:
            return None
        values = json.loads((newest[0] / FILE).read_text(encoding="ascii"))
    except (OSError, ValueError, KeyError):
        # It is damaged, or of a version that could not go on from it.
        return None
    known = Anchor(**values["anchor"]) if values["anchor"] else None
    increment = Increment(**(values | {"anchor": known}))
    # The same post in the database shows that it is the one of the snapshot, and was not set back since.
    if increment.made != recipe or known is None or anchor(engine, known.post) != known:
        return None
    earlier = Earlier(newest[0], manifest["files"], increment)
    return earlier if earlier.is_whole() else None
