"""PostgreSQL: a server of its own, for several processes and machines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from survey_app.storage.unusable import BadAddress, WeakDatabase

MAKES_ITSELF = False
"""The tables of a server are made by `earshot upgrade`, not by whichever process comes first."""
OLDEST = 150_000
"""The first server version that is supported, as the server counts: 15."""
POOL = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 5.0, "pool_pre_ping": True}
"""Connections of a process: its threads and the writer. Each is tried before use: a server may have restarted."""
CONNECT = {
    "application_name": "earshot",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "options": "-c lock_timeout=5000",
}
"""Used where the address says nothing else: a lost server is given up before a person would give up."""
NEEDED = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write"),
}
"""What keeps an acknowledged answer through a power cut, and is read back at every connection."""
_REMEDIES = {
    "fsync": "set fsync = on in postgresql.conf and reload the server",
    "full_page_writes": "set full_page_writes = on in postgresql.conf and reload the server",
    "synchronous_commit": "ALTER DATABASE … SET synchronous_commit = on, for the role and the server too",
}
# Kept for the life of the connection: a later reload of weaker settings reaches new ones, which refuse it.
_SETTINGS = (
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'), "
    "current_setting('transaction_read_only'), current_setting('fsync'), current_setting('full_page_writes'), "
    "set_config('synchronous_commit', current_setting('synchronous_commit'), false)"
)
_NAMES = ("server_version_num", "server_encoding", "transaction_read_only", *NEEDED)
_SHARED = text("SELECT pg_advisory_xact_lock_shared(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")
_ALONE = text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")


def engine_of(url: URL) -> Engine:
    """Return an engine whose every connection was found durable; raise BadAddress or ImportError."""
    if not url.database and not {"dbname", "service"} & url.query.keys():
        raise BadAddress(
            "EARSHOT_DATABASE_URL names no database; write postgresql+psycopg://USER@HOST/DATABASE"
        )
    extra = {name: value for name, value in CONNECT.items() if name not in url.query}
    engine = create_engine(
        url,
        connect_args=extra,
        # Parameters are answers: they must never reach a log.
        hide_parameters=True,
        # A reader needs no transaction: each of its reads is one statement.
        isolation_level="AUTOCOMMIT",
        **POOL,
    )

    def check(connection: Any, record: object) -> None:
        try:
            with connection.cursor() as cursor:
                values = dict(zip(_NAMES, cursor.execute(_SETTINGS).fetchone(), strict=True))
            connection.commit()
            refuse_weak(values)
        except BaseException:
            connection.close()
            raise

    # Every connection is looked at: the server may have been changed since the last one.
    event.listen(engine, "connect", check)
    return engine


def settings(connection: Connection) -> dict[str, str]:
    """Return the settings that durability depends on, as they are now."""
    return dict(zip(_NAMES, connection.exec_driver_sql(_SETTINGS).one(), strict=True))


def refuse_weak(values: Mapping[str, str]) -> None:
    """Raise WeakDatabase where the server is too old, does not write, or would forget."""
    if int(values["server_version_num"]) < OLDEST:
        version = int(values["server_version_num"]) // 10_000
        raise WeakDatabase(f"the server is PostgreSQL {version}; 15 or later is needed")
    if values["server_encoding"] != "UTF8":
        raise WeakDatabase(
            f"the database is encoded in {values['server_encoding']} and cannot hold every answer; "
            "make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )
    if values["transaction_read_only"] != "off":
        raise WeakDatabase(
            "the database is read-only; name the primary server, not a standby, and see that "
            "default_transaction_read_only is off"
        )
    weak = [name for name, strong in NEEDED.items() if values[name] not in strong]
    if weak:
        state = ", ".join(f"{name} is {values[name]} ({NEEDED[name][0]} is needed)" for name in weak)
        remedy = ", and ".join(_REMEDIES[name] for name in weak)
        raise WeakDatabase(f"the database does not keep what it acknowledges: {state}; {remedy}")


def writing(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="READ COMMITTED")


def streaming(engine: Engine) -> Engine:
    """A cursor on the server lives in a transaction."""
    return engine.execution_options(isolation_level="REPEATABLE READ")


upgrading = writing


def hold(connection: Connection, shared: Iterable[str], alone: Iterable[str]) -> None:
    """Take the locks of names, always in the same order, so that no two processes wait for each other.

    The locks are the server's own and not those of rows: a response has one before its first row is there,
    and nothing is written for it.
    """
    for statement, names in ((_SHARED, shared), (_ALONE, alone)):
        # Two names may share the number of a lock, which costs a wait and nothing else.
        digests = (hashlib.sha256(f"earshot/{name}".encode()).digest() for name in names)
        numbers = sorted({int.from_bytes(digest[:8], "big", signed=True) for digest in digests})
        if numbers:
            connection.execute(statement, {"numbers": numbers})


def check_links(connection: Connection) -> None:
    """Nothing to do: the server watches the links between tables all the time."""


def forget_log(engine: Engine) -> bool:
    """Nothing to do from here: the server's log is the server's own, see docs/database.md."""
    return True
