"""The tables, and a database that keeps what is put into them.

Times are whole milliseconds since 1970 in UTC. What is changed here needs a step in `migrations/versions`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from survey_app.storage.database import connect, writing
from survey_app.storage.schema import make_ready

__all__ = [
    "erasure",
    "gone",
    "metadata",
    "open_database",
    "post",
    "response",
    "resume",
    "study",
    "tombstone",
    "version",
    "writing",
]

metadata = MetaData()


def _word(length: int) -> String:
    """Ordered by code point everywhere: a server's own order changes with its operating system."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


study = Table(
    "study",
    metadata,
    Column("name", _word(60), primary_key=True),
    Column("status", _word(10), nullable=False),  # open | closed
    Column("version", _word(64), nullable=False),
    Column("record", LargeBinary, nullable=False),  # study.yaml as published
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
)

version = Table(
    "version",
    metadata,
    Column("hash", _word(64), primary_key=True),
    Column("study", _word(60), ForeignKey("study.name"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # questionnaire.yaml as published
    Column("published_ms", BigInteger, nullable=False),
)

response = Table(
    "response",
    metadata,
    Column("key", _word(32), primary_key=True),
    Column("study", _word(60), ForeignKey("study.name"), nullable=False),
    Column("version", _word(64), nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("language", _word(35), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("salt", _word(13), nullable=False),  # half of the receipt; goes nowhere else
    Column("receipt_hash", _word(64), unique=True),  # SHA-256 of the lookup half of the code
    Column("seed", BigInteger),  # what its random orders follow from
    Index("response_by_study", "study"),
)

post = Table(
    "post",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("submission_key", _word(40), nullable=False, unique=True),
    Column("response", _word(32), ForeignKey("response.key"), nullable=False),
    Column("page", _word(80), nullable=False),
    Column("answers", Text, nullable=False),  # JSON, questionnaires.answers.to_json
    Column("language", _word(35), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("posted_ms", BigInteger, nullable=False),
    Column("end", _word(80), nullable=False),  # name of the end page, with the final post
    Column("screened", Boolean, nullable=False),
    Column("shown_ms", BigInteger),
    Column("width", _word(10), nullable=False),  # phone | tablet | desktop, or nothing
    Index("post_by_response", "response", "id"),
)

resume = Table(
    "resume",
    metadata,
    Column("code_hash", _word(64), primary_key=True),
    Column("response", _word(32), ForeignKey("response.key"), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("resume_by_response", "response"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("leaf", _word(64), primary_key=True),
    Column("study", _word(60), ForeignKey("study.name"), nullable=False),
    Column("erased_ms", BigInteger, nullable=False),  # to the day, so that it does not tell whose it was
    Index("tombstone_by_study", "study"),
)

erasure = Table(
    "erasure",  # responses gone from here whose rows in earlier snapshots are still to be removed
    metadata,
    Column("response", _word(32), primary_key=True),  # as it stands in the snapshots, see leaves.data_id
    Column("study", _word(60), ForeignKey("study.name"), nullable=False),
)


gone = Table(
    "gone",  # erased responses: a form of one that is still open somewhere must not begin it again
    metadata,
    Column("key_hash", _word(64), primary_key=True),
)


def open_database(address: str) -> Engine:
    """Open a database with durable settings and the tables of this version; a new SQLite file gets them.

    Raises Unusable, which says what to do, and sqlalchemy's errors where the database cannot be reached.
    """
    engine = connect(address)
    try:
        make_ready(engine, metadata)
    except BaseException:
        engine.dispose()
        raise
    return engine
