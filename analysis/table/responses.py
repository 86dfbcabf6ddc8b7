"""A snapshot folder → the responses table, checked against its manifest and its codebook.

The only door by which answers reach analysis. Nothing here knows how they were collected.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis.findings import Basis
from analysis.problems import DataProblem
from analysis.table.categories import categories
from analysis.table.columns import Codes, TextColumn
from questionnaires.bands import Band
from questionnaires.codebook import ROW_COLUMNS
from questionnaires.expressions import SPECIAL, Tree, evaluate, names
from questionnaires.formats.study_folder import REQUIRED, study_from_files
from questionnaires.model import Missing, Question
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.study import Study

SCHEMA_VERSION = 1
SHIFT = -min(Missing)
"""Added to stored codes so that sums see codes of 0 and more; the missing ones come first."""


@dataclass(frozen=True)
class Responses:
    """The complete responses of a snapshot: the study in its own words, the rows, and where they are from."""

    study: Study
    basis: Basis
    table: pa.Table

    @property
    def rows(self) -> int:
        return int(self.table.num_rows)

    def stored(self, column: str) -> NDArray[np.int64]:
        """Return a column of codes or numbers as stored, shape (rows,); missing ones are negative."""
        return np.asarray(self.table[column].to_numpy(zero_copy_only=False), dtype=np.int64)

    def answer(self, question: Question) -> Codes:
        """Return a question's answer codes for sums, shape (rows,): the stored code plus SHIFT."""
        return self.stored(question.name) + SHIFT

    def category(self, question: Question, bands: Sequence[Band]) -> TextColumn:
        """Return a question as named categories, in bands if it is a number; what is in none is missing."""
        return categories(question, bands, self.stored(question.name))

    def where(self, condition: Tree | None) -> NDArray[np.bool_]:
        """Return which rows a condition is true for, shape (rows,); decided once per distinct row."""
        if condition is None:
            return np.ones(self.rows, dtype=bool)
        involved = [self.study.questionnaire.question(name) for name in sorted(names(condition))]
        keys = np.stack([self.stored(c.name) for q in involved for c in QUESTION_TYPES[q.type].columns(q)
                         if c.kind != "text"], axis=1)  # fmt: skip
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        verdicts = [evaluate(condition, _answers(involved, row)) is True for row in distinct.tolist()]
        return np.asarray(verdicts, dtype=bool)[place.reshape(-1)]


def read_snapshot(folder: Path) -> Responses:
    """Read and check a snapshot; raise DataProblem where it is not one or not whole."""
    manifest = _manifest(folder)
    for name, digest in manifest["files"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise DataProblem("snapshot_altered", value=str(folder), file=name)
    study = study_from_files(
        {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
        | {REQUIRED[0]: (folder / "questionnaires" / f"{manifest['version']}.yaml").read_bytes()}
    )
    table = pa.concat_tables(pq.read_table(path) for path in sorted((folder / "responses").glob("*.parquet")))
    absent = [c.name for q in study.questionnaire for c in QUESTION_TYPES[q.type].columns(q)]
    for column in (*ROW_COLUMNS, *absent):
        if column not in table.column_names:
            raise DataProblem("snapshot_column", value=str(folder), column=column)
    complete = table.filter(pa.compute.equal(table["_status"], "complete"))
    return Responses(study, _basis(folder, manifest, table, complete.num_rows), complete)


def _manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise DataProblem("snapshot_missing", value=str(folder))
    manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise DataProblem("snapshot_schema", value=str(folder), found=manifest.get("schema_version"),
                          known=SCHEMA_VERSION)  # fmt: skip
    return manifest


def _basis(folder: Path, manifest: Mapping[str, Any], table: pa.Table, complete: int) -> Basis:
    fieldwork = json.loads((folder / "fieldwork.json").read_text(encoding="utf-8"))
    return Basis(
        folder=folder.name,
        n=manifest["n"],
        complete=complete,
        partial=manifest["n"] - complete,
        synthetic=manifest["synthetic"],
        merkle_root=manifest["merkle_root"],
        made_at=datetime.fromisoformat(manifest["made_at"]),
        first_answer=_time(fieldwork["first_answer"]),
        last_answer=_time(fieldwork["last_answer"]),
        zone=fieldwork["zone"],
        opened=_time(fieldwork["opened"]),
        closed=_time(fieldwork["closed"]),
        versions=tuple(dict.fromkeys(table["_version"].to_pylist())),
        by_language=dict(Counter(table["_language"].to_pylist())),
    )


def _answers(questions: Sequence[Question], row: Sequence[int]) -> dict[str, Any]:
    """Return stored codes as the condition language compares them; the unanswered are left out."""
    answers: dict[str, Any] = {}
    place = 0
    for question in questions:
        columns = [c for c in QUESTION_TYPES[question.type].columns(question) if c.kind != "text"]
        values = row[place : place + len(columns)]
        place += len(columns)
        if values[0] in (Missing.NOT_ASKED, Missing.NOT_ANSWERED):
            continue
        if values[0] < 0:
            answers[question.name] = SPECIAL[Missing(values[0]).name.lower()]
        elif columns[0].kind == "flag":
            pairs = zip(columns, values, strict=True)
            answers[question.name] = tuple(
                sorted(c.choice for c, v in pairs if v == 1 and c.choice is not None)
            )
        else:
            answers[question.name] = values[0]
    return answers


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
