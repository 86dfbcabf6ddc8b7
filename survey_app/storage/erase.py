"""Erasing a response: everything of it leaves the database; its leaf stays, so that older roots still verify.

What has to follow in the snapshots' files is written down in the same transaction, so that a power cut
between the two forgets nothing; `survey_app.storage.removal` does it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, delete, select

from survey_app.storage import erased, sqlite
from survey_app.storage.database import InsertNew, forget_log, hold, writing
from survey_app.storage.fieldwork import questionnaire_of, version_content
from survey_app.storage.leaves import canonical_row, data_id, leaf
from survey_app.storage.posts import key_hash
from survey_app.storage.rows import one_response, response_row
from survey_app.storage.tables import erasure, gone, post, response, resume, tombstone

DAY_MS = 24 * 3600 * 1000
_LOG_TRIES = 20


def leaf_of(engine: Engine, key: str) -> tuple[str, bytes, bytes] | None:
    """Return the study of a response, its leaf and its canonical row as they are now; None without one."""
    stored = one_response(engine, key)
    if stored is None:
        return None
    with engine.connect() as connection:
        study = connection.execute(select(response.c.study).where(response.c.key == key)).scalar_one()
    questionnaire = questionnaire_of(version_content(engine, study, stored.version) or b"")
    canonical = canonical_row(questionnaire, response_row(questionnaire, stored, stored.current(study)))
    return study, leaf(stored.salt, canonical), canonical


def erase(engine: Engine, key: str, now_ms: int, folder: Path | None = None) -> str | None:
    """Delete a response from the database and return its study, None where there is no such response.

    Its leaf becomes a tombstone, and its key waits in the table `erasure` until the snapshots' files are
    without it. That it was erased is also written into a file in `folder`, the data folder (None: where the
    SQLite file is), so that no older backup brings it back. Raises sqlalchemy's errors where the database or
    that file cannot be written.
    """
    with writing(engine).begin() as connection:
        hold(connection, responses=[key])
        found = leaf_of(engine, key)  # as it stays: nothing can be added to the response any more
        if found is None:
            return None
        study, last_leaf, canonical = found
        bury(connection, key, study, last_leaf, str(json.loads(canonical)["_response"]), now_ms)
        place = folder or _folder_of(engine)
        if place is not None:  # before the commit: what was acknowledged must stand there
            erased.record(place, [key_hash(key)])
    forget_log(engine)  # where someone is reading, the clearing of the snapshots tries again
    return study


def bury(connection: Connection, key: str, study: str, last_leaf: bytes, called: str, now_ms: int) -> None:
    """Delete a response in a transaction that has it to itself; `called` is its name in the data files."""
    _delete(connection, post, key)
    _delete(connection, resume, key)
    connection.execute(delete(response).where(response.c.key == key))
    buried = {"leaf": last_leaf.hex(), "study": study, "erased_ms": now_ms - now_ms % DAY_MS}
    connection.execute(InsertNew(tombstone).values(**buried))
    connection.execute(InsertNew(erasure).values(response=called, study=study))
    connection.execute(InsertNew(gone).values(key_hash=key_hash(key)))


def _folder_of(engine: Engine) -> Path | None:
    file = sqlite.file_of(engine.url) if engine.dialect.name == "sqlite" else None
    return None if file is None else file.parent


def _delete(connection: Connection, table: Table, key: str) -> None:
    connection.execute(delete(table).where(table.c.response == key))


def tombstones(engine: Engine, study: str) -> list[bytes]:
    """Return the leaves of a study's erased responses, sorted."""
    query = select(tombstone.c.leaf).where(tombstone.c.study == study).order_by(tombstone.c.leaf)
    with engine.connect() as connection:
        return [bytes.fromhex(one) for one in connection.execute(query).scalars()]


def present(engine: Engine, study: str) -> set[str]:
    """Return how a study's responses are called in its snapshots."""
    query = select(response.c.salt, response.c.key).where(response.c.study == study)
    with engine.connect() as connection:
        return {data_id(*row) for row in connection.execute(query)}


def pending(engine: Engine, study: str) -> set[str]:
    """Return how the erased responses are called that may still stand in the study's snapshots."""
    with engine.connect() as connection:
        return set(connection.execute(select(erasure.c.response).where(erasure.c.study == study)).scalars())


def studies_pending(engine: Engine) -> list[str]:
    """Return the studies whose snapshots still have to be cleared of erased responses."""
    with engine.connect() as connection:
        return list(connection.execute(select(erasure.c.study).distinct()).scalars())


def finished_erasure(engine: Engine, keys: Collection[str]) -> None:
    """Forget the names of responses that no snapshot has any more, once the log is empty of their texts."""
    if not keys or not _forgotten(engine):
        return
    with writing(engine).begin() as connection:
        for key in keys:
            _delete(connection, erasure, key)


def _forgotten(engine: Engine) -> bool:
    """Empty the log, waiting a little for those who read; people who post meanwhile never wait for this."""
    for _ in range(_LOG_TRIES):
        if forget_log(engine):
            return True
        time.sleep(0.25)
    return False


def is_gone(engine: Engine, key: str) -> bool:
    """Tell whether a response was erased."""
    with engine.connect() as connection:
        query = select(gone.c.key_hash).where(gone.c.key_hash == key_hash(key))
        return connection.execute(query).first() is not None
