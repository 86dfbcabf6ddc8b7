"""Erasing a response: everything of it leaves the database; its leaf stays, so that older roots still verify.

What has to follow in the snapshots' files is written down in the same transaction, so that a power cut between the
two forgets nothing; `survey_app.storage.snapshot.removal` does it. The data folder has a list of erased responses
beside the database: no restored backup may bring them back.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select

from survey_app.storage import sqlite
from survey_app.storage.database import InsertNew, forget_log, hold, writing
from survey_app.storage.disk import append_lines
from survey_app.storage.fieldwork import questionnaire_of, version_content
from survey_app.storage.leaves import canonical_row, data_id, leaf
from survey_app.storage.posts import key_hash
from survey_app.storage.rows import one_response, response_row
from survey_app.storage.tables import erasure, gone, post, response, resume, tombstone
from survey_app.storage.unusable import Unusable

DAY_MS = 24 * 3600 * 1000
LIST = "erased"
"""The file of the list: one SHA-256 of a response's key a line, in hexadecimal; only ever appended to."""
_LOG_TRIES = 20

Clearing = Callable[[], None]


class NotRecorded(Unusable):
    """The list cannot be written, so that nothing may be said to be deleted for good."""


class BadList(ValueError):
    """A file that is not such a list; the message says which line."""


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

    Its leaf becomes a tombstone, and its key waits in the table `erasure` until the snapshots' files are without
    it. That it was erased is also written into the list in `folder`, the data folder (None: where the SQLite file
    is). Raises sqlalchemy's errors where the database or the list cannot be written.
    """
    if folder is None and engine.dialect.name == "sqlite":
        file = sqlite.file_of(engine.url)
        folder = file.parent if file else None
    with writing(engine).begin() as connection:
        # Locked first: nothing can be added to the response after its last leaf is made.
        hold(connection, responses=[key])
        last = leaf_of(engine, key)
        if last is None:
            return None
        study, last_leaf, canonical = last
        bury(connection, key, study, last_leaf, str(json.loads(canonical)["_response"]), now_ms)
        # Before the commit: an erasure that is acknowledged must stand in the list.
        if folder is not None:
            record_erased(folder, [key_hash(key)])
    # Where someone is reading, the log stays for now; clearing the snapshots tries again.
    forget_log(engine)
    return study


def bury(
    connection: Connection, key: str, study: str, last_leaf: bytes, response_id: str, now_ms: int
) -> None:
    """Delete a response in a transaction that has it to itself; `response_id` is its name in the data files."""
    connection.execute(delete(post).where(post.c.response == key))
    connection.execute(delete(resume).where(resume.c.response == key))
    connection.execute(delete(response).where(response.c.key == key))
    row = {"leaf": last_leaf.hex(), "study": study, "erased_ms": now_ms - now_ms % DAY_MS}
    connection.execute(InsertNew(tombstone).values(**row))
    connection.execute(InsertNew(erasure).values(response=response_id, study=study))
    connection.execute(InsertNew(gone).values(key_hash=key_hash(key)))


def tombstones(engine: Engine, study: str) -> list[bytes]:
    """Return the leaves of a study's erased responses, sorted."""
    query = select(tombstone.c.leaf).where(tombstone.c.study == study).order_by(tombstone.c.leaf)
    with engine.connect() as connection:
        return [bytes.fromhex(digits) for digits in connection.execute(query).scalars()]


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


def forget_erasures(engine: Engine, response_ids: Collection[str]) -> None:
    """Forget the names of responses that no snapshot has any more, once the log is empty of their texts.

    Emptying it waits a little for those who read; people who post meanwhile never wait for this.
    """
    if not response_ids:
        return
    for _ in range(_LOG_TRIES):
        if forget_log(engine):
            break
        time.sleep(0.25)
    else:
        return
    with writing(engine).begin() as connection:
        for response_id in response_ids:
            connection.execute(delete(erasure).where(erasure.c.response == response_id))


def is_gone(engine: Engine, key: str) -> bool:
    """Tell whether a response was erased."""
    with engine.connect() as connection:
        query = select(gone.c.key_hash).where(gone.c.key_hash == key_hash(key))
        return connection.execute(query).first() is not None


def record_erased(folder: Path, hashes: Iterable[str]) -> None:
    """Append hashes to the list in a data folder; they are on the disk when this returns. Raises NotRecorded."""
    try:
        append_lines(folder / LIST, hashes)
    except OSError as error:
        raise NotRecorded(
            f"{folder / LIST} cannot be written ({error.strerror or error}); see that its disk has room"
        ) from None


def read_erased(path: Path) -> frozenset[str]:
    """Return the hashes of a list; raise OSError, and BadList for a line that is no hash.

    A line that was broken off is passed over: its erasure was never acknowledged.
    """
    hashes = set()
    with path.open(encoding="ascii", errors="replace") as file:
        for number, row in enumerate(file, start=1):
            line = row.rstrip("\n")
            if not re.fullmatch(r"[0-9a-f]{0,64}", line):
                raise BadList(f"{path}, line {number}: this is not a list of erased responses")
            if len(line) == 64:
                hashes.add(line)
    return frozenset(hashes)


def clearing(data: Path, database_url: str) -> Clearing:
    """Return what starts the clearing of a data folder's snapshots and does not wait for it.

    The clearing is a program of its own: the process that serves people stays small, and reading Parquet would make
    it several times as large. Only one runs at a time, and a single one clears for all who asked meanwhile.
    """
    due, turn = threading.Event(), threading.Lock()

    def run() -> None:
        while due.is_set():
            due.clear()
            clear(data, database_url)
        turn.release()
        # Someone may have asked after the last look and before the turn was given back.
        if due.is_set():
            start()

    def start() -> None:
        due.set()
        if turn.acquire(blocking=False):
            threading.Thread(target=run, name="clearing").start()

    return start


def clear(data: Path, database_url: str) -> None:
    """Run `earshot erase --pending`; what fails stays written down, and the next run does it."""
    environment = {**os.environ, "EARSHOT_DATA": str(data), "EARSHOT_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "survey_app.cli", "erase", "--pending"]
    program = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if program.returncode:
        logging.getLogger(__name__).error("snapshots are not cleared yet: %s", program.stderr.strip())
