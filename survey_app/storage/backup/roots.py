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
Look = Callable[[str, Stored, bytes], None]
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


def roots(connection: Connection, tick: Tick, look: Look | None = None) -> dict[str, TimedRoot]:
    """Return the root of every study that a connection sees, by name.

    Of a response no more than its leaf is in memory.
    """
    rows: dict[str, Rows] = {}
    for name in connection.execute(select(study.c.name).order_by(study.c.name)).scalars().all():
        query = select(version.c.hash, version.c.content).where(version.c.study == name)
        contents = connection.execute(query.order_by(version.c.published_ms)).all()
        rows[name] = Rows({digest: questionnaire_of(content) for digest, content in contents})
    leaves: dict[str, list[bytes]] = {name: [] for name in rows}
    seconds: defaultdict[str, float] = defaultdict(float)
    for name, keys in _keys(connection):
        begun = time.perf_counter()
        for stored in read(connection, name, keys):
            _, leaf = rows[name].row(stored)
            leaves[name].append(leaf)
            if look is not None:
                look(name, stored, leaf)
        seconds[name] += time.perf_counter() - begun
        tick(len(keys))
    timed: dict[str, TimedRoot] = {}
    for name, own in leaves.items():
        count, begun = len(own), time.perf_counter()
        erased = connection.execute(select(tombstone.c.leaf).where(tombstone.c.study == name)).scalars()
        own.extend(bytes.fromhex(digits) for digits in erased)
        own.sort()
        unique = [leaf for leaf, _ in groupby(own)]
        root = Root(count, len(unique) - count, merkle_root(unique).hex())
        timed[name] = TimedRoot(root, seconds[name] + time.perf_counter() - begun)
    return timed


def _keys(connection: Connection) -> Iterator[tuple[str, list[str]]]:
    """Yield the keys of all responses, some hundreds of a study at a time: never all of them in memory."""
    last = ""
    while True:
        query = select(response.c.key, response.c.study).where(response.c.key > last)
        rows = connection.execute(query.order_by(response.c.key).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].key
        by_study: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_study[row.study].append(row.key)
        yield from sorted(by_study.items())
