"""One database behind one address: SQLite or PostgreSQL, with what differs between them behind the same names."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, exc, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.compiler import compiles

from survey_app.storage import postgresql, sqlite
from survey_app.storage.unusable import BadAddress, MissingDriver, Unusable

DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""How an address may begin, and the driver that is used for it."""
FORMS = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"


def connect(address: str) -> Engine:
    """Return the engine of a database that keeps what it acknowledges; its tables are not looked at.

    Raises Unusable (BadAddress, MissingDriver, WeakDatabase), or sqlalchemy's errors where it cannot be reached.
    """
    url = parse_address(address)
    dialect = DIALECTS[url.get_backend_name()]
    try:
        engine: Engine = dialect.engine_of(url)
    except ImportError:
        raise MissingDriver(
            'the driver for PostgreSQL is not installed; install it with: pip install "earshot[postgres]"'
        ) from None
    try:
        check_durability(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def parse_address(address: str) -> URL:
    """Return an address as its parts; raise BadAddress, which never quotes it: a password may stand in it."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise BadAddress(f"EARSHOT_DATABASE_URL cannot be read; write {FORMS}") from None
    if url.drivername not in DRIVERS:
        raise BadAddress(f"EARSHOT_DATABASE_URL begins with {url.drivername}; write {FORMS}")
    if "@" in (url.host or ""):
        raise BadAddress("the password in EARSHOT_DATABASE_URL holds an @; write it as %40")
    return url.set(drivername=DRIVERS[url.drivername])


def database_name(url: URL) -> str:
    """Return how a message names a database: without user, password and parameters."""
    if url.get_backend_name() == "sqlite":
        return url.database or "a database in memory"
    place = f"{url.host or 'this machine'}{f':{url.port}' if url.port else ''}"
    return f"the database {url.database} on {place}"


def dialect_of(bind: Engine | Connection) -> ModuleType:
    """Return the module of the kind of database behind an engine or a connection."""
    return DIALECTS[bind.dialect.name]


def check_durability(engine: Engine) -> None:
    """Read the settings back; raise WeakDatabase where answers would not be safe."""
    dialect = dialect_of(engine)
    with engine.connect() as connection:
        dialect.refuse_weak(dialect.settings(connection))


def prove_writable(engine: Engine) -> None:
    """Write one row for good, and change nothing by it: a full or read-only disk shows before anyone answers."""
    with writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write."""
    changed: Engine = dialect_of(engine).writing(engine)
    return changed


def streaming(engine: Engine) -> Engine:
    """Return the engine for reading more rows than memory should hold."""
    changed: Engine = dialect_of(engine).streaming(engine)
    return changed


def hold(
    connection: Connection,
    *,
    studies: Iterable[str] = (),
    changed: Iterable[str] = (),
    responses: Iterable[str] = (),
) -> None:
    """Keep what a transaction checks true until its end, whichever other process writes.

    `studies` are read and stay as they are, `changed` are studies that this transaction changes, `responses`
    are those that it appends to or deletes. One call a transaction: with two, transactions could wait in a circle.
    """
    alone = [*(f"study/{name}" for name in changed), *(f"response/{key}" for key in responses)]
    dialect_of(connection).hold(connection, [f"study/{name}" for name in studies], alone)


def forget_log(engine: Engine) -> bool:
    """Empty the log that still holds what was deleted, where that can be done from here; False if not yet."""
    return bool(dialect_of(engine).forget_log(engine))


def error_line(error: BaseException) -> str:
    """Return what an error says in one line and without values: answers must never reach a message."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None)
    # Such an error quotes the value that does not fit.
    if state and state.startswith("22"):
        return f"{type(cause).__name__} ({state})"
    return (str(cause).splitlines() or [type(cause).__name__])[0]


def is_lost(error: BaseException) -> bool:
    """Tell whether an error is of the database as a whole and not of what was written."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, Unusable | exc.TimeoutError)
    unspoken = getattr(error.orig, "sqlstate", None) is None
    return error.connection_invalidated or (unspoken and type(error).__name__ == "OperationalError")


class InsertNew(Insert):
    """An insert that leaves a row as it is that is there already."""

    inherit_cache = True


@compiles(InsertNew)
def _insert_new(statement: InsertNew, compiler: Any, **options: Any) -> str:
    """Both databases have the same words for it, and SQLAlchemy one insert for each."""
    return f"{compiler.visit_insert(statement, **options)} ON CONFLICT DO NOTHING"
