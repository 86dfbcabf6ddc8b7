"""What a snapshot reads from the database: how far it goes, and which responses it has to read.

Posts are only ever added, and their numbers never given twice: everything up to a number stays as it is, but for
what is erased. So a snapshot needs no long transaction: it takes a mark, and then reads in short statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine, Select, func, select

from survey_app.storage.database import hold, streaming, writing
from survey_app.storage.rows import AT_ONCE, Stored, read
from survey_app.storage.tables import post, response

_FETCHED = 10_000


@dataclass(frozen=True)
class Anchor:
    """A post by which a database is known again: another one, or an earlier state of it, has another or none."""

    post: int
    sha256: str


def high_water(engine: Engine, study: str) -> int:
    """Return the number up to which the posts of a study are all there, whoever is writing.

    A server gives numbers before it commits, so that a smaller one can appear later. Those who write to this study
    are waited for, and those who come next wait for this: both for no longer than one commit.
    """
    with writing(engine).begin() as connection:
        hold(connection, changed=[study])
        return connection.execute(select(func.max(post.c.id))).scalar() or 0


def every_key(engine: Engine, study: str) -> pa.Array:
    """Return the keys of all responses of a study; compact, since there may be millions."""
    return _streamed(engine, select(response.c.key).where(response.c.study == study))


def changed_keys(engine: Engine, after: int, mark: int, unfinished: Sequence[int]) -> pa.Array:
    """Return the keys of responses with posts numbered `after` < n ≤ `mark`, and those of some posts.

    `unfinished` are numbers of posts. Responses of other studies may be among the keys.
    """
    newer = select(post.c.response).where(post.c.id > after, post.c.id <= mark).distinct()
    fresh = _streamed(engine, newer)
    groups = (unfinished[start : start + AT_ONCE] for start in range(0, len(unfinished), AT_ONCE))
    with engine.connect() as connection:
        older = _compact(
            connection.execute(select(post.c.response).where(post.c.id.in_(group))).scalars().all()
            for group in groups
        )
    return pc.unique(pa.concat_arrays([older, fresh]))


def read_all(engine: Engine, study: str, keys: pa.Array, mark: int) -> Iterator[tuple[int, list[Stored]]]:
    """Read the responses of a study behind some keys as they stood at a mark, some hundreds at a time.

    With them comes how many of the keys are done.
    """
    with engine.connect() as connection:
        for start in range(0, len(keys), AT_ONCE):
            group = keys.slice(start, AT_ONCE).to_pylist()
            yield start + len(group), read(connection, study, group, mark)


def anchor(engine: Engine, number: int) -> Anchor | None:
    """Return the anchor at a post, None where there is no such post."""
    query = (
        select(response.c.salt, post.c.submission_key)
        .join(post, post.c.response == response.c.key)
        .where(post.c.id == number)
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return Anchor(number, hashlib.sha256(f"{row.salt}|{row.submission_key}".encode()).hexdigest())


def _streamed(engine: Engine, query: Select[Any]) -> pa.Array:
    with streaming(engine).connect() as connection:
        keys = connection.execution_options(yield_per=_FETCHED).execute(query).scalars()
        return _compact(keys.partitions())


def _compact(groups: Iterable[Sequence[str]]) -> pa.Array:
    return pa.chunked_array([pa.array(group, pa.string()) for group in groups], pa.string()).combine_chunks()
