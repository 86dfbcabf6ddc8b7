"""Rows in the database → a snapshot: a folder of files that analysis reads. The only way answers go out.

The folder is written aside and renamed when it is whole, so that a reader never sees half of one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, select

from questionnaires.codebook import ROW_COLUMNS, cells, codebook, columns
from questionnaires.model import Questionnaire
from questionnaires.question_types import Column
from questionnaires.routing import on_path
from questionnaires.study import Study
from survey_app.storage.collect import Current, fold
from survey_app.storage.fieldwork import Fielded, fielded, questionnaire_of, versions
from survey_app.storage.merkle import merkle_root
from survey_app.storage.tables import post, response

SCHEMA_VERSION = 1
ROWS_PER_PART = 50_000
_ARROW = {
    "code": pa.int16(),
    "flag": pa.int8(),
    "number": pa.int32(),
    "text": pa.string(),
    "missing": pa.int8(),
}
_ROW_SCHEMA = [
    pa.field("_response", pa.string()),
    pa.field("_version", pa.string()),
    pa.field("_synthetic", pa.bool_()),
    pa.field("_status", pa.string()),
    pa.field("_started", pa.timestamp("ms", tz="UTC")),
    pa.field("_submitted", pa.timestamp("ms", tz="UTC")),
    pa.field("_language", pa.string()),
]


class NothingToSnapshot(Exception):
    """The study was never published, so there is nothing to take."""


@dataclass(frozen=True)
class _Stored:
    """One response as read from the database, with its posts in order."""

    key: str
    version: str
    synthetic: bool
    started_ms: int
    posts: Sequence[tuple[str, str, bool, str, int]]  # page, answers, final, language, posted_ms


def take(engine: Engine, study: Study, folder: Path, now: datetime) -> Path:
    """Write a snapshot of a study below `folder` and return its own folder, named by the time (UTC)."""
    field = fielded(engine, study.name)
    if field is None:
        raise NothingToSnapshot(study.name)
    contents = versions(engine, study.name)
    questionnaires = {digest: questionnaire_of(content) for digest, content in contents.items()}
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / now.strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder / f".{target.name}.part"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "responses").mkdir(parents=True)
    rows = _Rows(questionnaires)
    _write_parts(rows, engine, study.name, aside / "responses")
    _write_beside(study, field, contents, questionnaires, rows, aside, now)
    _write_manifest(study, field.version, rows, aside, now)
    aside.replace(target)
    return target


class _Rows:
    """Turns stored responses into rows, counting and hashing on the way."""

    def __init__(self, questionnaires: Mapping[str, Questionnaire]) -> None:
        self.questionnaires = questionnaires
        self.columns: tuple[Column, ...] = columns(questionnaires.values())
        self.schema = pa.schema([*_ROW_SCHEMA, *(pa.field(c.name, _ARROW[c.kind]) for c in self.columns)])
        self.counts: dict[str, Counter[str]] = {k: Counter() for k in ("disposition", "page", "language")}
        self.leaves: list[bytes] = []
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.synthetic: set[bool] = set()

    def row(self, stored: _Stored) -> dict[str, Any]:
        questionnaire = self.questionnaires[stored.version]
        current = fold(stored.key, questionnaire.name, stored.version, [p[:3] for p in stored.posts])
        row = dict(zip(ROW_COLUMNS, self._head(stored, current), strict=True))
        row |= {column.name: _not_asked(column) for column in self.columns}
        row |= cells(questionnaire, on_path(questionnaire, current.answers))
        self._count(stored, current)
        self.leaves.append(hashlib.sha256(_canonical(row)).digest())
        return row

    def _head(self, stored: _Stored, current: Current) -> tuple[Any, ...]:
        submitted = next((p[4] for p in stored.posts if p[2]), None)
        status = "complete" if current.submitted else "partial"
        language = stored.posts[-1][3]
        return (
            stored.key, stored.version, stored.synthetic, status, stored.started_ms, submitted, language,
        )  # fmt: skip

    def _count(self, stored: _Stored, current: Current) -> None:
        self.counts["disposition"]["complete" if current.submitted else "partial"] += 1
        self.counts["language"][stored.posts[-1][3]] += 1
        self.counts["page"].update(current.pages)
        self.synthetic.add(stored.synthetic)
        times = [stored.started_ms, stored.posts[-1][4]]
        self.first_ms = min([*times, self.first_ms] if self.first_ms is not None else times)
        self.last_ms = max([*times, self.last_ms] if self.last_ms is not None else times)


def _write_parts(rows: _Rows, engine: Engine, name: str, folder: Path) -> None:
    part: list[dict[str, Any]] = []
    number = 0
    for stored in _responses(engine, name):
        part.append(rows.row(stored))
        if len(part) == ROWS_PER_PART:
            _write_part(part, rows.schema, folder, number)
            part, number = [], number + 1
    if part or number == 0:
        _write_part(part, rows.schema, folder, number)


def _write_part(part: list[dict[str, Any]], schema: pa.Schema, folder: Path, number: int) -> None:
    table = pa.Table.from_pylist(part, schema=schema)
    pq.write_table(table, folder / f"part-{number:05d}.parquet", compression="zstd")


def _responses(engine: Engine, name: str) -> Iterator[_Stored]:
    """Read the responses of a study one after the other, in the order of their keys."""
    query = (
        select(
            response.c.key, response.c.version, response.c.synthetic, response.c.started_ms,
            post.c.page, post.c.answers, post.c.final, post.c.language, post.c.posted_ms,
        )
        .join(post, post.c.response == response.c.key)
        .where(response.c.study == name)
        .order_by(response.c.key, post.c.id)
    )  # fmt: skip
    with engine.connect() as connection:
        head: tuple[Any, ...] | None = None
        posts: list[Any] = []
        for row in connection.execution_options(yield_per=2000).execute(query):
            if head is not None and row[0] != head[0]:
                yield _Stored(*head, posts)
                posts = []
            head = tuple(row[:4])
            posts.append(tuple(row[4:]))
        if head is not None:
            yield _Stored(*head, posts)


def _write_beside(
    study: Study,
    field: Fielded,
    contents: Mapping[str, bytes],
    questionnaires: Mapping[str, Questionnaire],
    rows: _Rows,
    aside: Path,
    now: datetime,
) -> None:
    (aside / "questionnaires").mkdir()
    for digest, content in contents.items():
        (aside / "questionnaires" / f"{digest}.yaml").write_bytes(content)
    for name, content in study.files.items():
        if name != "questionnaire.yaml":  # its published versions are in a folder of their own
            (aside / name).write_bytes(content)
    _write_json(aside / "codebook.json", codebook(questionnaires))
    fieldwork = {
        "study": study.name,
        "zone": study.record.zone,
        "opened": _time(field.opened_ms),
        "closed": _time(field.closed_ms),
        "first_answer": _time(rows.first_ms),
        "last_answer": _time(rows.last_ms),
        "taken": now.astimezone(UTC).isoformat(),
        "downtime": None,  # not recorded yet
        **{f"by_{key}": dict(sorted(count.items())) for key, count in rows.counts.items()},
    }
    _write_json(aside / "fieldwork.json", fieldwork)


def _write_manifest(study: Study, version: str, rows: _Rows, aside: Path, now: datetime) -> None:
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "study": study.name,
        "version": version,
        "n": len(rows.leaves),
        "synthetic": True in rows.synthetic or study.synthetic,
        "merkle_root": merkle_root(rows.leaves).hex(),
        "made_at": now.astimezone(UTC).isoformat(),
        "files": {
            path.relative_to(aside).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }
    _write_json(aside / "manifest.json", manifest)


def _canonical(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _not_asked(column: Column) -> int | None:
    return None if column.kind == "text" else -1


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
