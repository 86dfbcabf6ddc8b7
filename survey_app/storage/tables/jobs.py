"""Work that the web process leaves to the worker."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from survey_app.storage.tables.base import metadata, word

job = Table(
    "job",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", word(40), nullable=False),
    Column("study", word(60), nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", word(10), nullable=False),  # waiting | running | done | failed
    Column("made_ms", BigInteger, nullable=False),
    Column("made_by", word(22)),  # an account; None for the console and the program itself
    Column("due_ms", BigInteger, nullable=False),  # not before
    Column("tries", Integer, nullable=False),
    Column("holder", word(32)),  # the worker that has it
    Column("beat_ms", BigInteger),  # when its worker last said that it is alive
    Column("finished_ms", BigInteger),
    Column("progress", Integer, nullable=False),  # thousandths
    Column("said", Text, nullable=False),  # what it is doing, or why it failed
    Column("result", Text, nullable=False),  # the file that it left, below the data folder
    Index("job_by_state", "state", "due_ms"),
    Index("job_by_study", "study", "kind", "id"),
    sqlite_autoincrement=True,
)
