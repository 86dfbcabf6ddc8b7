"""The Merkle root of every study, from the rows in a database: what a whole snapshot taken now would have."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, select

from survey_app.storage.fieldwork import questionnaire_of
from survey_app.storage.merkle import merkle_root
from survey_app.storage.rows import AT_ONCE, Stored, read
from survey_app.storage.snapshot.table import Rows
from survey_app.storage.tables import response, study, tombstone, version

Tick = Callable[[int], None]
"""Told how many rows more are done."""
Seen = Callable[[str, Stored, bytes], None]
"""Told the study of a response, the response and its leaf."""


@dataclass(frozen=True)
class Root:
    """A study's responses, the leaves of erased ones beside them, and the root over all of these leaves."""

    responses: int
    erased: int
    merkle_root: str


class TimedRoot(NamedTuple):
    """A root, and how long it took."""

    root: Root
    seconds: float


def roots(connection: Connection, tick: Tick, seen: Seen | None = None) -> dict[str, TimedRoot]:
    """Return the root of every study that a connection sees, by name.

    Of a response no more than its leaf is in memory.
    """
    rows = _rows(connection)
    leaves: dict[str, list[bytes]] = {name: [] for name in rows}
    took: defaultdict[str, float] = defaultdict(float)
    for name, keys in _keys(connection):
        begun = time.perf_counter()
        for stored in read(connection, name, keys):
            _, leaf = rows[name].row(stored)
            leaves[name].append(leaf)
            if seen is not None:
                seen(name, stored, leaf)
        took[name] += time.perf_counter() - begun
        tick(len(keys))
    return {name: _root(connection, name, found, took[name]) for name, found in leaves.items()}


def _rows(connection: Connection) -> dict[str, Rows]:
    names = connection.execute(select(study.c.name).order_by(study.c.name)).scalars().all()
    found: dict[str, Rows] = {}
    for name in names:
        query = select(version.c.hash, version.c.content).where(version.c.study == name)
        contents = connection.execute(query.order_by(version.c.published_ms)).all()
        found[name] = Rows({digest: questionnaire_of(content) for digest, content in contents})
    return found


def _keys(connection: Connection) -> Iterator[tuple[str, list[str]]]:
    """Yield the keys of all responses, some hundreds of a study at a time: never all of them in memory."""
    last = ""
    while True:
        query = select(response.c.key, response.c.study).where(response.c.key > last)
        some = connection.execute(query.order_by(response.c.key).limit(AT_ONCE)).all()
        if not some:
            return
        last = some[-1].key
        for name, of_study in groupby(
            sorted(some, key=lambda row: str(row.study)), lambda row: str(row.study)
        ):
            yield name, [row.key for row in of_study]


def _root(connection: Connection, name: str, leaves: list[bytes], seconds: float) -> TimedRoot:
    count, begun = len(leaves), time.perf_counter()
    gone = connection.execute(select(tombstone.c.leaf).where(tombstone.c.study == name)).scalars()
    leaves.extend(bytes.fromhex(one) for one in gone)
    leaves.sort()
    unique = [one for one, _ in groupby(leaves)]
    reached = merkle_root(unique).hex()
    return TimedRoot(Root(count, len(unique) - count, reached), seconds + time.perf_counter() - begun)
