"""The database → one file: everything as it is at one moment, while people go on answering."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Integer, LargeBinary, Table, func, select, text

from survey_app.storage.backup.archive import BackupRefused, Manifest, TableEntry, Writer
from survey_app.storage.backup.roots import roots
from survey_app.storage.database import streaming
from survey_app.storage.disk import whole_file
from survey_app.storage.schema import read
from survey_app.storage.tables import metadata, response

Progress = Callable[[int, int], None]
"""Told how many steps are done, and of how many. What it raises ends the work and leaves nothing."""
APART = frozenset({"sign_in", "job"})
"""Tables that are no part of a backup: who is signed in, and work that waits, belong to the day."""
SEQUENCE = "SELECT pg_get_serial_sequence(:name, 'id')"
_FETCHED = 2_000


class Steps:
    """Counts what is done and passes it on."""

    def __init__(self, progress: Progress | None, of: int) -> None:
        self._progress, self._of, self._done = progress, of, 0

    def __call__(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(min(self._done, self._of), self._of)


def make(
    engine: Engine, target: Path, now: datetime, *, key: str | None, progress: Progress | None = None
) -> Manifest:
    """Write a backup of a database and return its manifest; `key` is the secret key, None to leave it out.

    The file appears when it is whole and on the disk. Raises BackupRefused where it is there already or being
    written by another program, OSError where it cannot be written, and sqlalchemy's errors.
    """
    if target.exists():
        raise BackupRefused(f"{target} is there already; name a file that is not")
    try:
        with whole_file(target) as file, one_moment(engine) as connection:
            writer = Writer(file)
            try:
                manifest = _write_tables(connection, writer, now, key, progress)
                writer.finish(manifest, key)
            except BaseException:
                writer.abandon()
                raise
            return manifest
    except BlockingIOError:
        raise BackupRefused(
            f"{target} is being written by another program; wait for it, or name another file"
        ) from None


def _write_tables(
    connection: Connection, writer: Writer, now: datetime, key: str | None, progress: Progress | None
) -> Manifest:
    tables = [table for table in metadata.sorted_tables if table.name not in APART]
    counts = (select(func.count()).select_from(table) for table in (*tables, response))
    steps = Steps(progress, sum(connection.execute(count).scalar_one() for count in counts))
    entries: dict[str, TableEntry] = {}
    for table in tables:
        columns = [column.name for column in table.columns]
        binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
        # In the order of their key: so they are put back faster than in any other.
        query = select(table).order_by(*table.primary_key.columns)
        rows = connection.execute(query, execution_options={"yield_per": _FETCHED})
        entry = writer.table(table.name, columns, binary, rows.partitions(), steps)
        last_id = _last_id(connection, table) if numbered(table) else None
        entries[table.name] = replace(entry, last_id=last_id)
    return Manifest(
        earshot=version("earshot"),
        revision=str(read(connection).revision),
        database=connection.dialect.name,
        made_at=now.astimezone(UTC).isoformat(),
        tables=entries,
        studies={name: timed.root for name, timed in roots(connection, steps).items()},
        key=None if key is None else hashlib.sha256(key.encode()).hexdigest(),
    )


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose every read sees the database as it was at its first one; nobody waits for it."""
    with streaming(engine).connect() as connection:
        # SQLite's readers have no transaction otherwise.
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection


def numbered(table: Table) -> bool:
    """Tell whether the database numbers the rows of a table."""
    column = table.autoincrement_column
    return column is not None and isinstance(column.type, Integer)


def _last_id(connection: Connection, table: Table) -> int:
    """Return the highest number that was ever given to a row: it may be of one that was erased since."""
    if connection.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar() or 0
    sequence = connection.execute(text(SEQUENCE), {"name": table.name}).scalar_one()
    row = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
    return int(row.last_value) if row.is_called else 0


def summary(manifest: Manifest) -> dict[str, Any]:
    """Return what a backup holds, for programs."""
    return {
        "earshot": manifest.earshot,
        "revision": manifest.revision,
        "made_at": manifest.made_at,
        "secret_key": manifest.key is not None,
        "rows": {name: entry.rows for name, entry in manifest.tables.items()},
        "studies": {name: asdict(root) for name, root in manifest.studies.items()},
    }
