"""The tables, and a database that keeps what it acknowledges.

Times are whole milliseconds since 1970 in UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)

metadata = MetaData()

study = Table(
    "study",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("status", String(10), nullable=False),  # open | closed
    Column("version", String(64), nullable=False),
    Column("record", LargeBinary, nullable=False),  # study.yaml as published
    Column("opened_ms", Integer, nullable=False),
    Column("closed_ms", Integer),
)

version = Table(
    "version",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("study", String(60), ForeignKey("study.name"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # questionnaire.yaml as published
    Column("published_ms", Integer, nullable=False),
)

response = Table(
    "response",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("study", String(60), ForeignKey("study.name"), nullable=False),
    Column("version", String(64), nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("language", String(8), nullable=False),
    Column("started_ms", Integer, nullable=False),
    Index("response_by_study", "study"),
)

post = Table(
    "post",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_key", String(40), nullable=False, unique=True),
    Column("response", String(32), ForeignKey("response.key"), nullable=False),
    Column("page", String(80), nullable=False),
    Column("answers", Text, nullable=False),  # JSON, questionnaires.answers.to_json
    Column("language", String(8), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("posted_ms", Integer, nullable=False),
    Index("post_by_response", "response", "id"),
)


class WeakDatabase(Exception):
    """A database that would acknowledge what a power cut can take back."""


def open_database(url: str) -> Engine:
    """Open the database with durable settings and its tables; raise WeakDatabase if they do not hold."""
    if not url.startswith("sqlite:///"):
        raise WeakDatabase(f"{url.split('://')[0]}: this version keeps answers in SQLite; use sqlite:///FILE")
    # Parameters are answers: they must never reach a log. Five seconds is as long as a person waits.
    engine = create_engine(url, connect_args={"timeout": 5}, hide_parameters=True)
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin)
    check_durability(engine)
    metadata.create_all(engine)
    return engine


def _make_durable(connection, record) -> None:  # type: ignore[no-untyped-def]
    """WAL with FULL loses nothing at a power cut; the usual advice NORMAL does."""
    connection.isolation_level = None  # transactions begin where we say, see _begin
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock before its first read, so that what it checks stays true.

    A reader needs no transaction: each of its reads is one statement.
    """
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write."""
    return engine.execution_options(writes=True)


def check_durability(engine: Engine) -> None:
    """Read the settings back, because a file system may refuse WAL without an error."""
    with engine.connect() as connection:
        journal = connection.execute(text("PRAGMA journal_mode")).scalar()
        synchronous = connection.execute(text("PRAGMA synchronous")).scalar()
    if journal != "wal" or synchronous != 2:
        raise WeakDatabase(
            f"the database does not keep what it acknowledges: journal_mode is {journal} (wal is needed), "
            f"synchronous is {synchronous} (2 is needed); put the data on a local disk"
        )
