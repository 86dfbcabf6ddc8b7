"""Rows in the database → a snapshot: a folder of files that analysis reads. The only way answers go out.

The folder is written aside and renamed when it is whole, so that a reader never sees half of one. What an earlier
snapshot has of finished responses is linked; only what came after it is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from questionnaires.codebook import codebook
from questionnaires.study import Study
from survey_app.storage.erase import forget_erasures, pending, present, tombstones
from survey_app.storage.fieldwork import Fielded, fielded, questionnaire_of, versions
from survey_app.storage.leaves import snapshots, write_leaves
from survey_app.storage.merkle import merkle_root
from survey_app.storage.rows import post_rows
from survey_app.storage.snapshot.earlier import Increment, newest_fitting, row_recipe
from survey_app.storage.snapshot.parts import KINDS, FieldworkCounts, Parts, number_after
from survey_app.storage.snapshot.removal import (
    ASIDE,
    alone,
    ids_beyond,
    recover,
    remove_rows,
    sha256_of,
    tidy,
)
from survey_app.storage.snapshot.selection import anchor, changed_keys, every_key, high_water, read_all
from survey_app.storage.snapshot.table import Rows

SCHEMA_VERSION = 2
Progress = Callable[[int, int], None]
"""Told how many responses were read, and of how many. What it raises ends the snapshot, and leaves none."""


class NothingToSnapshot(Exception):
    """The study was never published, so there is nothing to take."""


def take(
    engine: Engine,
    study: Study,
    folder: Path,
    now: datetime,
    progress: Progress | None = None,
    *,
    anew: bool = False,
) -> Path:
    """Write a snapshot of a study below `folder` and return its own folder, named by the time (UTC).

    `folder` holds the snapshots of this study. What is erased while the snapshot is being written is not in it.
    `anew` reads every response, whatever an earlier snapshot has. Raises NothingToSnapshot, and OSError where another
    program takes one of this study and does not end.
    """
    fieldwork = fielded(engine, study.name)
    if fieldwork is None:
        raise NothingToSnapshot(study.name)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / now.strftime("%Y%m%dT%H%M%S.%fZ")
    with alone(folder, "taking", "read"):
        making, gone = _begin(engine, study, folder, target, anew)
        making.read_posts(engine, study.name, progress)
        _write_beside(study, fieldwork, making, now)
        making.write_increment(engine)
        # Sorted and each once: the leaf of an erased response may come from two sides.
        leaves = sorted(making.leaves + making.changing + gone)
        making.leaves = [leaf for leaf, _ in groupby(leaves)]
        write_leaves(making.aside, making.leaves)
        _write_manifest(study, fieldwork.version, making, now)
        # Whoever is erased after the look at the tombstones is still pending when the snapshot can be found.
        with alone(folder):
            if tombstones(engine, study.name) != gone:
                here = pa.array(present(engine, study.name), pa.string())
                remove_rows(making.aside, ids_beyond(making.aside, here))
            making.aside.replace(target)
    return target


def finish_erasures(engine: Engine, folder: Path, study: str) -> int:
    """Remove the rows of erased responses from the snapshots of a study in `folder`; return from how many.

    `folder` must be where all snapshots of the study are: the erased responses are forgotten afterwards.
    """
    with alone(folder):
        recover(folder)
        erased = pending(engine, study)
        cleared = sum(remove_rows(snapshot, erased) > 0 for snapshot in snapshots(folder)) if erased else 0
        forget_erasures(engine, erased)
    return cleared


def row_of(snapshot: Path, response_id: str) -> dict[str, Any] | None:
    """Return the row of a response as a snapshot's files have it, None where they have none."""
    for path in sorted((snapshot / "responses").glob("*.parquet")):
        rows = pq.read_table(path, filters=[("_response", "==", response_id)]).to_pylist()
        if rows:
            return dict(rows[0])
    return None


@dataclass
class _Making:
    """A snapshot that is being made: up to which post, on which versions, and what it has so far."""

    aside: Path
    mark: int
    contents: Mapping[str, bytes]
    rows: Rows
    recipe: Mapping[str, Any]
    before: Increment | None = None
    counts: FieldworkCounts = field(default_factory=FieldworkCounts)
    leaves: list[bytes] = field(default_factory=list)
    changing: list[bytes] = field(default_factory=list)
    """The leaves of unfinished responses."""
    unfinished: list[int] = field(default_factory=list)
    newest: int = 0
    linked: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        schema = self.rows.schema
        self.parts = {end: Parts(self.aside, schema, self.counts, finished=end) for end in (True, False)}

    def read_posts(self, engine: Engine, name: str, progress: Progress | None) -> None:
        """Read the responses of a study that are not taken over, and write their parts."""
        if self.before is None:
            keys = every_key(engine, name)
        else:
            after = self.before.anchor.post if self.before.anchor else 0
            keys = changed_keys(engine, after, self.mark, self.before.unfinished)
        for done, responses in read_all(engine, name, keys, self.mark):
            for stored in responses:
                end = any(post.final for post in stored.posts)
                row, leaf = self.rows.row(stored)
                self.parts[end].add(row, post_rows(stored))
                (self.leaves if end else self.changing).append(leaf)
                if not end:
                    self.unfinished.append(stored.last.id)
                self.newest = max(self.newest, stored.last.id)
            if progress is not None:
                progress(done, len(keys))
        # There is always a first part, even without a row.
        finished, unfinished = self.parts[True], self.parts[False]
        finished.flush()
        unfinished.flush(empty=not finished.names)
        number_after(self.aside, finished.names, unfinished.names)

    def write_increment(self, engine: Engine) -> None:
        """Write what the next snapshot goes on from."""
        known = self.before.anchor if self.before else None
        newest = max(self.newest, known.post if known else 0)
        Increment(
            mark=self.mark,
            anchor=anchor(engine, newest) if newest else None,
            parts=len(self.parts[True].names),
            unfinished=sorted(self.unfinished),
            leaves=[leaf.hex() for leaf in sorted(self.changing)],
            made=self.recipe,
        ).write(self.aside)


def _begin(
    engine: Engine, study: Study, folder: Path, target: Path, anew: bool
) -> tuple[_Making, list[bytes]]:
    """Begin a snapshot, with what is taken over from an earlier one; return the leaves of erased responses, too."""
    with alone(folder):
        tidy(folder)
        # What is erased is read before anything else: whatever follows is seen at the end.
        gone, erased = tombstones(engine, study.name), pending(engine, study.name)
        mark = high_water(engine, study.name)
        contents = versions(engine, study.name)
        rows = Rows({digest: questionnaire_of(content) for digest, content in contents.items()})
        recipe = row_recipe(rows, SCHEMA_VERSION, study.synthetic)
        making = _Making(folder / f".{target.name}{ASIDE}", mark, contents, rows, recipe)
        for kind in KINDS:
            (making.aside / kind).mkdir(parents=True)
        earlier = None if anew else newest_fitting(engine, folder, recipe)
        if earlier is not None:
            making.before = earlier.increment
            making.linked = earlier.hand_over(making.aside, making.parts[True], making.counts, erased)
            making.leaves = earlier.leaves()
    return making, gone


def _write_beside(study: Study, published: Fielded, making: _Making, now: datetime) -> None:
    aside, times = making.aside, making.counts.times
    (aside / "questionnaires").mkdir()
    for digest, content in making.contents.items():
        (aside / "questionnaires" / f"{digest}.yaml").write_bytes(content)
    for name, content in study.files.items():
        # The published versions of the questionnaire are in a folder of their own.
        if name != "questionnaire.yaml":
            (aside / name).write_bytes(content)
    _write_json(aside / "codebook.json", codebook(making.rows.questionnaires))
    fieldwork = {
        "study": study.name,
        "zone": study.record.zone,
        "opened": _time(published.opened_ms),
        "closed": _time(published.closed_ms),
        "first_answer": _time(times[0] if times else None),
        "last_answer": _time(times[1] if times else None),
        "taken": now.astimezone(UTC).isoformat(),
        # Not recorded yet.
        "downtime": None,
        **making.counts.sorted(),
    }
    _write_json(aside / "fieldwork.json", fieldwork)


def _write_manifest(study: Study, version: str, making: _Making, now: datetime) -> None:
    aside = making.aside
    names = sorted(path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file())
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "study": study.name,
        "version": version,
        "n": making.counts.rows,
        "erased": len(making.leaves) - making.counts.rows,
        "synthetic": making.counts.synthetic or study.synthetic,
        "merkle_root": merkle_root(making.leaves).hex(),
        "made_at": now.astimezone(UTC).isoformat(),
        "files": {name: making.linked.get(name) or sha256_of(aside / name) for name in names},
    }
    _write_json(aside / "manifest.json", manifest)


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
