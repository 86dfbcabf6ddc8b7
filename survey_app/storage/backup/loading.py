"""The rows of a backup → the tables of an empty database, in the transaction of whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, exc, func, select, text
from sqlalchemy.exc import DBAPIError

from survey_app.storage.backup.archive import Backup
from survey_app.storage.backup.making import APART, SEQUENCE, numbered
from survey_app.storage.backup.manifest import TableEntry
from survey_app.storage.backup.refusals import BadBackup, NotEmpty
from survey_app.storage.backup.roots import Tick
from survey_app.storage.database import shown, told
from survey_app.storage.schema import begin, read, refuse_other
from survey_app.storage.tables import metadata

CACHE_KIB = 128 * 1024
"""Of an SQLite file while it is filled: the indexes, whose entries come in no order, should fit."""

COUNTS = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"


def claim(connection: Connection) -> None:
    """Keep others out of a database until the end of the transaction, and see that nothing is in it.

    A new SQLite file gets its tables. Raises NotEmpty, and Unusable for tables that are not of this version.
    """
    where = shown(connection.engine.url)
    refuse_other(begin(connection, metadata), metadata, where)
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
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
    members = backup.manifest.tables
    for name, member in members.items():
        if name in APART or {*member.columns} != there.get(name, frozenset()):
            raise BadBackup(
                f"{backup.path}: its table {name} is not one of revision {backup.manifest.revision}"
            )
    for name in _in_order(members, there):
        _fill(connection, backup, name, tick)
        last = members[name].last_id
        if last is not None:
            _go_on_after(connection, name, last)
    if connection.dialect.name == "postgresql":  # it would look for rows in the wrong way otherwise
        connection.exec_driver_sql(f"ANALYZE {_quoted([*members])}")


def _in_order(members: Iterable[str], there: Iterable[str]) -> list[str]:
    """Return the tables so that what a row refers to comes before it; all that this version knows must be there."""
    order = [table.name for table in metadata.sorted_tables]
    missing = [name for name in order if name in there and name not in APART and name not in {*members}]
    if missing:
        raise BadBackup(f"the backup has no table {missing[0]}; take another backup")
    return sorted(members, key=order.index)


def _fill(connection: Connection, backup: Backup, name: str, tick: Tick) -> None:
    member = backup.manifest.tables[name]
    put = _copy if connection.dialect.name == "postgresql" else _insert
    try:
        put(connection, name, member, _ticked(backup.rows(name), tick))
    except exc.OperationalError:
        raise  # of the database and not of what was written
    except (DBAPIError, ValueError, OverflowError) as error:
        raise BadBackup(f"{backup.path}: rows of {name} do not fit: {_in_short(error)}") from None


def _in_short(error: Exception) -> str:
    return told(error) if isinstance(error, DBAPIError) else type(error).__name__  # a value may be quoted


def _ticked(batches: Iterator[list[list[Any]]], tick: Tick) -> Iterator[list[list[Any]]]:
    for batch in batches:
        yield batch
        tick(len(batch))


def _insert(
    connection: Connection, name: str, member: TableEntry, batches: Iterator[list[list[Any]]]
) -> None:
    signs = ", ".join("?" * len(member.columns))
    statement = f'INSERT INTO "{name}" ({_quoted(member.columns)}) VALUES ({signs})'
    for batch in batches:
        if batch:
            connection.exec_driver_sql(statement, [tuple(row) for row in batch])


def _copy(connection: Connection, name: str, member: TableEntry, batches: Iterator[list[list[Any]]]) -> None:
    """Rows one by one would take the server several times as long."""
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    statement = f'COPY "{name}" ({_quoted(member.columns)}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for batch in batches:
                for row in batch:
                    copy.write_row(row)
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
        if not connection.execute(text(COUNTS)).first():  # the tables of the first revision
            return
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
        more = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(more, {"name": name, "last": last})
    elif last:
        connection.execute(text(f"SELECT setval(({SEQUENCE}), :last)"), {"name": name, "last": last})
