"""The rows of a backup → the tables of an empty database, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, exc, func, select, text
from sqlalchemy.exc import DBAPIError

from survey_app.storage.backup.archive import Backup, BadBackup, NotEmpty
from survey_app.storage.backup.making import APART, SEQUENCE, numbered
from survey_app.storage.backup.roots import Tick
from survey_app.storage.database import database_name, error_line
from survey_app.storage.schema import begin, read, refuse_other
from survey_app.storage.tables import metadata

CACHE_KIB = 128 * 1024
"""Of an SQLite file while it is filled: the indexes, whose entries come in no order, should fit."""
COUNTS = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"


def claim(connection: Connection) -> None:
    """Keep others out of a database until the end of the transaction, and see that nothing is in it.

    A new SQLite file gets its tables. Raises NotEmpty, and Unusable for tables that are not of this version.
    """
    where = database_name(connection.engine.url)
    refuse_other(begin(connection, metadata), metadata, where)
    # SQLite's writer is alone with the whole file; on a server only a lock of the tables keeps others out.
    if connection.dialect.name == "postgresql":
        names = _quoted([table.name for table in metadata.sorted_tables])
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    for table in metadata.sorted_tables:
        if connection.execute(select(1).select_from(table).limit(1)).first():
            raise NotEmpty(
                f"{where} is not empty: its table {table.name} has rows; name a new database, or move "
                "this one away"
            )


def load(connection: Connection, backup: Backup, tick: Tick) -> None:
    """Put the rows of a backup into empty tables of its own revision.

    Raises BadBackup for rows that do not fit, and sqlalchemy's errors where the database cannot be written.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KIB}")
    there = read(connection).columns
    entries = backup.manifest.tables
    for name, entry in entries.items():
        if name in APART or {*entry.columns} != there.get(name, frozenset()):
            raise BadBackup(
                f"{backup.path}: its table {name} is not one of revision {backup.manifest.revision}"
            )
    # What a row refers to comes before it; all that this version knows must be there.
    order = [table.name for table in metadata.sorted_tables]
    for name in order:
        if name in there and name not in APART and name not in entries:
            raise BadBackup(f"the backup has no table {name}; take another backup")
    for name in sorted(entries, key=order.index):
        _fill(connection, backup, name, tick)
        last = entries[name].last_id
        if last is not None:
            _go_on_after(connection, name, last)
    # Without the statistics the server would look for rows in the wrong way.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {_quoted([*entries])}")


def _fill(connection: Connection, backup: Backup, name: str, tick: Tick) -> None:
    columns = backup.manifest.tables[name].columns
    signs = ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{name}" ({_quoted(columns)}) VALUES ({signs})'
    try:
        if connection.dialect.name == "postgresql":
            _copy(connection, name, columns, backup, tick)
            return
        for batch in backup.rows(name):
            if batch:
                connection.exec_driver_sql(statement, [tuple(row) for row in batch])
            tick(len(batch))
    except exc.OperationalError:
        # It is of the database and not of what was written.
        raise
    except (DBAPIError, ValueError, OverflowError) as error:
        # The words of another error may quote a value.
        why = error_line(error) if isinstance(error, DBAPIError) else type(error).__name__
        raise BadBackup(f"{backup.path}: rows of {name} do not fit: {why}") from None


def _copy(connection: Connection, name: str, columns: Sequence[str], backup: Backup, tick: Tick) -> None:
    """Fill a server's table; rows one by one would take it several times as long."""
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    statement = f'COPY "{name}" ({_quoted(columns)}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for batch in backup.rows(name):
                for row in batch:
                    copy.write_row(row)
                tick(len(batch))
    except errors.OperationalError as error:
        raise exc.OperationalError("COPY", None, error) from None
    except errors.Error as error:
        raise exc.DBAPIError("COPY", None, error) from None


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _go_on_after(connection: Connection, name: str, last: int) -> None:
    """Let the next row have a number that no row had before, those included that were erased since."""
    table = metadata.tables.get(name)
    if table is None or not numbered(table):
        return
    last = max(last, connection.execute(select(func.max(table.c.id))).scalar() or 0)
    if connection.dialect.name == "sqlite":
        # The tables of the first revision do not remember the numbers that were given.
        if not connection.execute(text(COUNTS)).first():
            return
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
        more = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(more, {"name": name, "last": last})
    elif last:
        connection.execute(text(f"SELECT setval(({SEQUENCE}), :last)"), {"name": name, "last": last})
