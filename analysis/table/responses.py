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
from analysis.table.column import Codes, TextColumn
from questionnaires.bands import Band
from questionnaires.codebook import ROW_COLUMNS
from questionnaires.expressions import SPECIAL, Tree, evaluate, names
from questionnaires.expressions.trees import Kind, Kinds
from questionnaires.formats.study_folder import REQUIRED, study_from_files
from questionnaires.model import Missing, Question
from questionnaires.question_types import QUESTION_TYPES, ResponseColumn
from questionnaires.study import Study

SCHEMAS = (1, 2)
"""Schema versions that can be read; the first has no leaves."""
LEAVES = "leaves.txt"
FRACTIONS = frozenset({"decimal", "value"})
"""The kinds of column that hold numbers with a fraction."""
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
        # a computed value that is missing is 0 here: its state stands beside it, see `_answers`
        stored = [
            np.asarray(self.table[column.name].fill_null(0.0).to_numpy(), dtype=np.float64)
            if column.kind in FRACTIONS
            else self.stored(column.name)
            for question in involved
            for column in _numeric(question)
        ]
        keys = np.stack(stored, axis=1)
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        kinds = Kinds({question.name: question for question in self.study.questionnaire})
        truths = frozenset(q.name for q in involved if q.value and kinds.asked(q) is Kind.TRUTH)
        verdicts = [evaluate(condition, _answers(involved, row, truths)) is True for row in distinct.tolist()]
        return np.asarray(verdicts, dtype=bool)[place.reshape(-1)]


def read_snapshot(folder: Path) -> Responses:
    """Read and check a snapshot; raise DataProblem where it is not one or not whole."""
    manifest = _checked_manifest(folder)
    study = study_from_files(
        {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
        | {REQUIRED[0]: (folder / "questionnaires" / f"{manifest['version']}.yaml").read_bytes()}
    )
    table = pa.concat_tables(pq.read_table(path) for path in sorted((folder / "responses").glob("*.parquet")))
    absent = [c.name for q in study.questionnaire for c in QUESTION_TYPES[q.type].columns(q)]
    for column in (*ROW_COLUMNS, *absent):
        if column not in table.column_names:
            raise DataProblem("snapshot_column", value=str(folder), column=column)
    if table.num_rows != manifest["n"]:
        raise DataProblem("snapshot_altered", value=str(folder), file="responses")
    complete = table.filter(pa.compute.equal(table["_status"], "complete"))
    return Responses(study, _basis(folder, manifest, table), complete)


def _checked_manifest(folder: Path) -> Mapping[str, Any]:
    """Return a snapshot's manifest; raise DataProblem unless its files are those that it names.

    Its leaves must give its root, and there is one for each row, erased ones included.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise DataProblem("snapshot_missing", value=str(folder))
    manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    schema = manifest.get("schema_version")
    if schema not in SCHEMAS:
        raise DataProblem("snapshot_schema", value=str(folder), found=schema, known=SCHEMAS[-1])
    for name, digest in manifest["files"].items():
        file = folder / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise DataProblem("snapshot_altered", value=str(folder), file=name)
    if schema == 1:
        return manifest
    try:
        leaves = [bytes.fromhex(line) for line in (folder / LEAVES).read_text("ascii").splitlines()]
    except (OSError, ValueError):
        leaves = []
    rooted = _root(leaves).hex() == manifest["merkle_root"]
    if not rooted or len(leaves) != manifest["n"] + manifest["erased"]:
        raise DataProblem("snapshot_altered", value=str(folder), file=LEAVES)
    return manifest


def _root(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle root over leaves in their order, by the definition in RFC 6962 §2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _basis(folder: Path, manifest: Mapping[str, Any], table: pa.Table) -> Basis:
    by_status = Counter(table["_status"].to_pylist())
    fieldwork = json.loads((folder / "fieldwork.json").read_text(encoding="utf-8"))
    return Basis(
        folder=folder.name,
        n=manifest["n"],
        complete=by_status["complete"],
        partial=by_status["partial"],
        screened_out=by_status["screened_out"],
        erased=manifest.get("erased", 0),
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


def _numeric(question: Question) -> list[ResponseColumn]:
    return [c for c in QUESTION_TYPES[question.type].columns(question) if c.kind not in ("text", "order")]


def _answers(questions: Sequence[Question], row: Sequence[float], truths: frozenset[str]) -> dict[str, Any]:
    """Return stored codes as the condition language compares them; the unanswered are left out.

    `truths` are the computed values that are true or false; they are stored as 1 and 0.
    """
    answers: dict[str, Any] = {}
    place = 0
    for question in questions:
        columns = _numeric(question)
        values = row[place : place + len(columns)]
        place += len(columns)
        if not columns:
            continue
        state = values[1] if columns[0].kind == "value" else values[0]  # a value may be negative itself
        if state in (Missing.NOT_ASKED, Missing.NOT_ANSWERED):
            continue
        if state < 0:
            answers[question.name] = SPECIAL[Missing(int(state)).name.lower()]
        elif columns[0].kind == "flag":
            pairs = zip(columns, values, strict=True)
            answers[question.name] = tuple(
                sorted(c.choice for c, v in pairs if v == 1 and c.choice is not None)
            )
        elif columns[0].kind == "rank":
            places = sorted(zip(values, columns, strict=True), key=lambda pair: pair[0])
            answers[question.name] = tuple(c.choice for v, c in places if v > 0 and c.choice is not None)
        else:
            answers[question.name] = bool(values[0]) if question.name in truths else values[0]
    return answers


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
