"""What is collected: studies and their versions, responses, and the page posts that they are a fold of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from survey_app.storage.tables.base import metadata, word

study = Table(
    "study",
    metadata,
    Column("name", word(60), primary_key=True),
    Column("status", word(10), nullable=False),  # open | closed
    Column("version", word(64), nullable=False),
    Column("record", LargeBinary, nullable=False),  # study.yaml as published
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
)

version = Table(
    "version",
    metadata,
    Column("hash", word(64), primary_key=True),
    Column("study", word(60), ForeignKey("study.name"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # questionnaire.yaml as published
    Column("published_ms", BigInteger, nullable=False),
)

response = Table(
    "response",
    metadata,
    Column("key", word(32), primary_key=True),
    Column("study", word(60), ForeignKey("study.name"), nullable=False),
    Column("version", word(64), nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("language", word(35), nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("salt", word(13), nullable=False),  # half of the receipt; goes nowhere else
    Column("receipt_hash", word(64), unique=True),  # SHA-256 of the lookup half of the code
    Column("seed", BigInteger),  # what its random orders follow from
    Index("response_by_study", "study"),
)

post = Table(
    "post",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("submission_key", word(40), nullable=False, unique=True),
    Column("response", word(32), ForeignKey("response.key"), nullable=False),
    Column("page", word(80), nullable=False),
    Column("answers", Text, nullable=False),  # JSON, questionnaires.answers.to_json
    Column("language", word(35), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("posted_ms", BigInteger, nullable=False),
    Column("end", word(80), nullable=False),  # name of the end page, with the final post
    Column("screened", Boolean, nullable=False),
    Column("shown_ms", BigInteger),
    Column("width", word(10), nullable=False),  # phone | tablet | desktop, or nothing
    Index("post_by_response", "response", "id"),
    # A number that was given is never given again, not even after an erasure: snapshots go by "newer than".
    sqlite_autoincrement=True,
)

resume = Table(
    "resume",
    metadata,
    Column("code_hash", word(64), primary_key=True),
    Column("response", word(32), ForeignKey("response.key"), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("resume_by_response", "response"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("leaf", word(64), primary_key=True),
    Column("study", word(60), ForeignKey("study.name"), nullable=False),
    Column("erased_ms", BigInteger, nullable=False),  # to the day, so that it does not tell whose it was
    Index("tombstone_by_study", "study"),
)

erasure = Table(
    "erasure",  # responses gone from here whose rows in earlier snapshots are still to be removed
    metadata,
    Column("response", word(32), primary_key=True),  # as it stands in the snapshots, see leaves.data_id
    Column("study", word(60), ForeignKey("study.name"), nullable=False),
)

gone = Table(
    "gone",  # erased responses: a form of one that is still open somewhere must not begin it again
    metadata,
    Column("key_hash", word(64), primary_key=True),
)

invitation = Table(
    "invitation",  # links that are each good for one response; to whom one was sent is not known here
    metadata,
    Column("token_hash", word(64), primary_key=True),
    Column("study", word(60), ForeignKey("study.name"), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("invitation_by_study", "study"),
)
