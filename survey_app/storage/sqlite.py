"""SQLite: one file on a local disk, one writer at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from survey_app.storage.disk import network_disk
from survey_app.storage.unusable import DamagedDatabase, WeakDatabase

MAKES_ITSELF = True
"""The first program that opens a new file makes its tables."""
PATIENCE = 5
"""Seconds to wait for another writer: as long as a person waits."""
CACHE_KIB = 1024
"""Of each connection; the system keeps the file in memory anyway, once for all of them."""
NEEDED = {"journal_mode": ("wal",), "synchronous": ("2",)}
"""What keeps an acknowledged answer through a power cut, and is read back."""


def engine_of(url: URL) -> Engine:
    """Return an engine whose connections are durable; raise WeakDatabase for a file on a network disk."""
    path = file_of(url)
    kind = network_disk(path) if path else None
    if kind:
        raise WeakDatabase(
            f"{path} is on a network disk ({kind}), where SQLite cannot keep two programs apart; "
            "put EARSHOT_DATA on a local disk, or use PostgreSQL"
        )
    # Parameters are answers: they must never reach a log.
    engine = create_engine(url, connect_args={"timeout": PATIENCE}, hide_parameters=True)
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin)
    if path:
        _watch(engine, path)
    return engine


def _watch(engine: Engine, path: Path) -> None:
    """See before each use that the file is still the one that was opened: what goes into a removed one is lost."""

    def opened(connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    def begun(connection: Connection) -> None:
        if connection.info.get("file") != _identity(path):
            connection.engine.dispose()
            connection.invalidate()
            raise DamagedDatabase(
                f"{path} was removed, or another file was put in its place, while it was open; nothing was kept; "
                "stop earshot before a database file is replaced"
            )

    event.listen(engine, "connect", opened)
    event.listen(engine, "begin", begun, insert=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def file_of(url: URL) -> Path | None:
    """Return the database file, None for one in memory or named as a URI."""
    name = url.database
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)


def _make_durable(connection: Any, record: object) -> None:
    """Set a new connection so that what it commits is on the disk, and what it deletes is gone."""
    # Transactions begin where `_begin` says, not where the driver would begin them.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # WAL with FULL loses nothing at a power cut; with NORMAL, the usual advice, it does.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Overwritten with zeros: an erased answer must not stay in the file's free pages.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock before its first read, so that what it checks stays true.

    A reader needs no transaction: each of its reads is one statement. An upgrade may have to make a table
    anew, which SQLite only lets it do while nothing watches the links between tables.
    """
    options = connection.get_execution_options()
    if options.get("upgrades", False):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    if options.get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def settings(connection: Connection) -> dict[str, str]:
    """Return the settings that durability depends on, as they are now."""
    return {name: str(connection.execute(text(f"PRAGMA {name}")).scalar()) for name in NEEDED}


def refuse_weak(values: Mapping[str, str]) -> None:
    """Raise WeakDatabase where a setting does not hold: a file system may refuse WAL without an error."""
    if any(values[name] not in strong for name, strong in NEEDED.items()):
        needed = ", ".join(
            f"{name} is {values[name]} ({strong[0]} is needed)" for name, strong in NEEDED.items()
        )
        raise WeakDatabase(
            f"the database does not keep what it acknowledges: {needed}; put the data on a local disk"
        )


def writing(engine: Engine) -> Engine:
    return engine.execution_options(writes=True)


def streaming(engine: Engine) -> Engine:
    return engine


def upgrading(engine: Engine) -> Engine:
    return engine.execution_options(writes=True, upgrades=True)


def hold(connection: Connection, shared: Iterable[str], alone: Iterable[str]) -> None:
    """Nothing to do: a writer is alone with the whole file."""


def check_links(connection: Connection) -> None:
    """Raise ValueError where an upgrade has left a row that refers to nothing."""
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise ValueError(f"{len(broken)} rows of {broken[0][0]} would refer to nothing")


def forget_log(engine: Engine) -> bool:
    """Empty the write-ahead log, which still holds what was deleted; False if a reader is in the way."""
    with engine.connect() as connection:
        # Waiting for a reader here would keep everyone who posts from writing as long.
        before = connection.execute(text("PRAGMA busy_timeout")).scalar()
        connection.execute(text("PRAGMA busy_timeout=0"))
        try:
            return connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar() == 0
        except OperationalError:
            return False
        finally:
            connection.execute(text(f"PRAGMA busy_timeout={int(before or 0)}"))
