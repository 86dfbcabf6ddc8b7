"""Stored responses → Arrow tables, with the leaf of each response made on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from questionnaires.codebook import columns
from questionnaires.model import Questionnaire
from questionnaires.question_types import QUESTION_TYPES, ResponseColumn
from questionnaires.routing import on_path
from survey_app.storage.leaves import HEAD, Canonical, leaf
from survey_app.storage.rows import Stored, consents, head_of

_TIME = pa.timestamp("ms", tz="UTC")
ARROW = {
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
"""How each kind of column is stored."""
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
PARADATA = pa.schema(
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


class Rows:
    """Makes rows of the union of some versions, which are named by their hashes, oldest first."""

    def __init__(self, questionnaires: Mapping[str, Questionnaire]) -> None:
        self.questionnaires = questionnaires
        self.columns: tuple[ResponseColumn, ...] = columns(questionnaires.values())
        self.schema = pa.schema(
            [*((name, _HEAD[name]) for name in HEAD), *((c.name, ARROW[c.kind]) for c in self.columns)]
        )
        places = {name: place for place, name in enumerate(self.schema.names)}
        blank = [*(None for _ in HEAD), *(not_asked(column) for column in self.columns)]
        self._versions = {
            digest: _Version(questionnaire, places, blank) for digest, questionnaire in questionnaires.items()
        }

    def row(self, stored: Stored) -> tuple[list[Any], bytes]:
        """Return a response as values in the order of the schema, times in milliseconds, and its leaf."""
        return self._versions[stored.version].row(stored)


class _Version:
    """How the responses of one version become rows: worked out once, not for every row."""

    def __init__(
        self, questionnaire: Questionnaire, places: Mapping[str, int], blank: Sequence[int | None]
    ) -> None:
        self._questionnaire, self._blank = questionnaire, list(blank)
        self._asking = consents(questionnaire)
        self._canonical = Canonical(questionnaire, places)
        self._questions = [
            (question, kind.cells, tuple(places[column.name] for column in kind.columns(question)))
            for question in questionnaire
            for kind in (QUESTION_TYPES[question.type],)
        ]

    def row(self, stored: Stored) -> tuple[list[Any], bytes]:
        current = stored.current(self._questionnaire.name)
        settled = on_path(self._questionnaire, current.answers)
        row = self._blank.copy()
        row[: len(HEAD)] = head_of(self._asking, stored, current)
        for question, cells, places in self._questions:
            for place, value in zip(places, cells(question, settled[question.name]), strict=True):
                row[place] = value
        return row, leaf(stored.salt, self._canonical(row))


def table_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Return rows, each with its values in the order of the schema, as a table."""
    by_column: Iterable[Any] = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(by_column, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def not_asked(column: ResponseColumn) -> int | None:
    """Return what stands in a column for a response whose version does not have its question."""
    return None if column.kind in ("text", "order", "value") else -1
