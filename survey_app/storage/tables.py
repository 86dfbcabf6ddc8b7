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
    inspect,
    text,
)
from sqlalchemy.exc import OperationalError

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
    Column("salt", String(13), nullable=False),  # half of the receipt; goes nowhere else
    Column("receipt_hash", String(64), unique=True),  # SHA-256 of the lookup half of the code
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
    Column("end", String(80), nullable=False),  # name of the end page, with the final post
    Column("screened", Boolean, nullable=False),
    Column("shown_ms", Integer),
    Column("width", String(10), nullable=False),  # phone | tablet | desktop, or nothing
    Index("post_by_response", "response", "id"),
)

resume = Table(
    "resume",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("response", String(32), ForeignKey("response.key"), nullable=False),
    Column("made_ms", Integer, nullable=False),
    Index("resume_by_response", "response"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("leaf", String(64), primary_key=True),
    Column("study", String(60), ForeignKey("study.name"), nullable=False),
    Column("erased_ms", Integer, nullable=False),  # to the day, so that it does not tell whose it was
    Index("tombstone_by_study", "study"),
)

erasure = Table(
    "erasure",  # responses gone from here whose rows in earlier snapshots are still to be removed
    metadata,
    Column("response", String(32), primary_key=True),
    Column("study", String(60), ForeignKey("study.name"), nullable=False),
)


class WeakDatabase(Exception):
    """A database that would acknowledge what a power cut can take back."""


class OldDatabase(Exception):
    """A database of an earlier version, whose tables lack what this one writes."""


def open_database(url: str) -> Engine:
    """Open the database with durable settings and its tables.

    Raises WeakDatabase if the settings do not hold, OldDatabase if its tables are of an earlier version.
    """
    if not url.startswith("sqlite:///"):
        raise WeakDatabase(f"{url.split('://')[0]}: this version keeps answers in SQLite; use sqlite:///FILE")
    # Parameters are answers: they must never reach a log. Five seconds is as long as a person waits.
    engine = create_engine(url, connect_args={"timeout": 5}, hide_parameters=True)
    event.listen(engine, "connect", _make_durable)
    event.listen(engine, "begin", _begin)
    check_durability(engine)
    check_tables(engine)
    metadata.create_all(engine)
    return engine


def check_tables(engine: Engine) -> None:
    """Raise OldDatabase where a table is there without a column that this version needs."""
    found = inspect(engine)
    for table in metadata.sorted_tables:
        if not found.has_table(table.name):
            continue
        present = {column["name"] for column in found.get_columns(table.name)}
        lacking = [column.name for column in table.columns if column.name not in present]
        if lacking:
            raise OldDatabase(
                f"{engine.url.database} was made by an earlier version: its table {table.name} has no "
                f"{', '.join(lacking)}; take a snapshot with the version that made it, then start with a new "
                "data folder"
            )


def _make_durable(connection, record) -> None:  # type: ignore[no-untyped-def]
    """WAL with FULL loses nothing at a power cut; the usual advice NORMAL does.

    What is deleted is overwritten with zeros: an erased answer must not stay in the file's free pages.
    """
    connection.isolation_level = None  # transactions begin where we say, see _begin
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")
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


def forget_log(engine: Engine) -> bool:
    """Empty the write-ahead log, which still holds what was deleted; False if a reader is in the way."""
    with engine.connect() as connection:
        try:
            return connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar() == 0
        except OperationalError:
            return False


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
