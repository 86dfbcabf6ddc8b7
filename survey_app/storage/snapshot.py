"""Rows in the database → a snapshot: a folder of files that analysis reads. The only way answers go out.

The folder is written aside and renamed when it is whole, so that a reader never sees half of one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from questionnaires.codebook import codebook, columns
from questionnaires.model import Questionnaire
from questionnaires.question_types import Column
from questionnaires.study import Study
from survey_app.storage.collect import Current
from survey_app.storage.erase import finished_erasure, pending, present, tombstones
from survey_app.storage.fieldwork import Fielded, fielded, questionnaire_of, versions
from survey_app.storage.leaves import HEAD, canonical_row, leaf, snapshots, write_leaves
from survey_app.storage.merkle import merkle_root
from survey_app.storage.removal import alone, keys_of, recover, remove_rows
from survey_app.storage.rows import Stored, post_rows, response_row, responses, status

SCHEMA_VERSION = 2
ROWS_PER_PART = 50_000
_TIME = pa.timestamp("ms", tz="UTC")
_ARROW = {
    "code": pa.int16(),
    "flag": pa.int8(),
    "number": pa.int32(),
    "decimal": pa.float64(),
    "value": pa.float64(),
    "date": pa.int32(),
    "rank": pa.int8(),
    "order": pa.string(),
    "text": pa.string(),
    "missing": pa.int8(),
}
_HEAD = {
    "_response": pa.string(),
    "_version": pa.string(),
    "_synthetic": pa.bool_(),
    "_status": pa.string(),
    "_started": _TIME,
    "_submitted": _TIME,
    "_language": pa.string(),
    "_end": pa.string(),
    "_consented": _TIME,
    "_seed": pa.int64(),
}
_PARADATA = pa.schema(
    {
        "_response": pa.string(),
        "page": pa.string(),
        "visit": pa.int16(),
        "shown": _TIME,
        "posted": _TIME,
        "seconds": pa.float64(),
        "language": pa.string(),
        "width": pa.string(),
    }
)
_COUNTS = ("disposition", "page", "language", "end", "break_off", "width")


class NothingToSnapshot(Exception):
    """The study was never published, so there is nothing to take."""


def take(engine: Engine, study: Study, folder: Path, now: datetime) -> Path:
    """Write a snapshot of a study below `folder` and return its own folder, named by the time (UTC).

    `folder` holds the snapshots of this study. What is erased while the snapshot is being written is not in it.
    """
    found = fielded(engine, study.name)
    if found is None:
        raise NothingToSnapshot(study.name)
    folder.mkdir(parents=True, exist_ok=True)
    contents = versions(engine, study.name)
    rows = _Rows({digest: questionnaire_of(content) for digest, content in contents.items()})
    target = folder / now.strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder / f".{target.name}.part"
    shutil.rmtree(aside, ignore_errors=True)
    gone = tombstones(engine, study.name)
    _write_parts(rows, engine, study.name, aside)
    _write_beside(study, found, contents, rows, aside, now)
    rows.leaves = sorted([*rows.leaves, *gone])
    write_leaves(aside, rows.leaves)
    _write_manifest(study, found.version, rows, len(gone), aside, now)
    aside.replace(target)
    if tombstones(engine, study.name) != gone:
        with alone(folder):
            remove_rows(target, keys_of(target) - present(engine, study.name))
    return target


def finish_erasures(engine: Engine, folder: Path, study: str) -> int:
    """Remove the rows of erased responses from the snapshots of a study in `folder`; return from how many.

    `folder` must be where all snapshots of the study are: the erased responses are forgotten afterwards.
    """
    with alone(folder):
        recover(folder)
        erased = pending(engine, study)
        cleared = sum(remove_rows(snapshot, erased) > 0 for snapshot in snapshots(folder)) if erased else 0
        finished_erasure(engine, erased)
    return cleared


def row_of(snapshot: Path, key: str) -> dict[str, Any] | None:
    """Return the row of a response as a snapshot's files have it, None where they have none."""
    for path in sorted((snapshot / "responses").glob("*.parquet")):
        found = pq.read_table(path, filters=[("_response", "==", key)]).to_pylist()
        if found:
            return dict(found[0])
    return None


@dataclass
class _Rows:
    """Turns stored responses into rows, counting and hashing on the way."""

    questionnaires: Mapping[str, Questionnaire]
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {key: Counter() for key in _COUNTS})
    leaves: list[bytes] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    synthetic: bool = False

    def __post_init__(self) -> None:
        self.columns: tuple[Column, ...] = columns(self.questionnaires.values())
        head = [(name, _HEAD[name]) for name in HEAD]
        self.schema = pa.schema([*head, *((c.name, _ARROW[c.kind]) for c in self.columns)])
        self.not_asked = {column.name: _not_asked(column) for column in self.columns}

    def row(self, stored: Stored) -> dict[str, Any]:
        questionnaire = self.questionnaires[stored.version]
        current = stored.current(questionnaire.name)
        row = self.not_asked | response_row(questionnaire, stored, current)
        self._count(stored, current)
        self.leaves.append(leaf(stored.salt, canonical_row(questionnaire, row)))
        return row

    def _count(self, stored: Stored, current: Current) -> None:
        self.counts["disposition"][status(current)] += 1
        self.counts["language"][stored.last.language] += 1
        self.counts["page"].update(current.pages)
        self.counts["width"][stored.last.width or "unknown"] += 1
        if current.submitted:
            self.counts["end"][current.end] += 1
        else:
            self.counts["break_off"][stored.last.page] += 1
        self.synthetic |= stored.synthetic
        times = [*self.times, stored.started_ms, stored.last.posted_ms]
        self.times = [min(times), max(times)]


def _write_parts(rows: _Rows, engine: Engine, name: str, aside: Path) -> None:
    for kind in ("responses", "paradata"):
        (aside / kind).mkdir(parents=True)
    part: list[dict[str, Any]] = []
    posts: list[dict[str, Any]] = []
    number = 0
    for stored in responses(engine, name):
        part.append(rows.row(stored))
        posts.extend(post_rows(stored))
        if len(part) == ROWS_PER_PART:
            _write_part(part, posts, rows.schema, aside, number)
            part, posts, number = [], [], number + 1
    if part or number == 0:
        _write_part(part, posts, rows.schema, aside, number)


def _write_part(
    part: list[dict[str, Any]], posts: list[dict[str, Any]], schema: pa.Schema, aside: Path, number: int
) -> None:
    for kind, rows, columns_of in (("responses", part, schema), ("paradata", posts, _PARADATA)):
        table = pa.Table.from_pylist(rows, schema=columns_of)
        pq.write_table(table, aside / kind / f"part-{number:05d}.parquet", compression="zstd")


def _write_beside(
    study: Study, found: Fielded, contents: Mapping[str, bytes], rows: _Rows, aside: Path, now: datetime
) -> None:
    (aside / "questionnaires").mkdir()
    for digest, content in contents.items():
        (aside / "questionnaires" / f"{digest}.yaml").write_bytes(content)
    for name, content in study.files.items():
        if name != "questionnaire.yaml":  # its published versions are in a folder of their own
            (aside / name).write_bytes(content)
    _write_json(aside / "codebook.json", codebook(rows.questionnaires))
    fieldwork = {
        "study": study.name,
        "zone": study.record.zone,
        "opened": _time(found.opened_ms),
        "closed": _time(found.closed_ms),
        "first_answer": _time(rows.times[0] if rows.times else None),
        "last_answer": _time(rows.times[1] if rows.times else None),
        "taken": now.astimezone(UTC).isoformat(),
        "downtime": None,  # not recorded yet
        **{f"by_{key}": dict(sorted(count.items())) for key, count in rows.counts.items()},
    }
    _write_json(aside / "fieldwork.json", fieldwork)


def _write_manifest(study: Study, version: str, rows: _Rows, erased: int, aside: Path, now: datetime) -> None:
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "study": study.name,
        "version": version,
        "n": len(rows.leaves) - erased,
        "erased": erased,
        "synthetic": rows.synthetic or study.synthetic,
        "merkle_root": merkle_root(rows.leaves).hex(),
        "made_at": now.astimezone(UTC).isoformat(),
        "files": {
            path.relative_to(aside).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }
    _write_json(aside / "manifest.json", manifest)


def _not_asked(column: Column) -> int | None:
    return None if column.kind in ("text", "order", "value") else -1


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
