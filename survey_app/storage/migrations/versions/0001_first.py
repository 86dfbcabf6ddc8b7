"""The tables as they were when revisions began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MILLISECONDS = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def word(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    _fieldwork()
    _answers()
    _beside()


def _fieldwork() -> None:
    op.create_table(
        "study",
        sa.Column("name", word(60), primary_key=True),
        sa.Column("status", word(10), nullable=False),
        sa.Column("version", word(64), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("opened_ms", MILLISECONDS, nullable=False),
        sa.Column("closed_ms", MILLISECONDS),
    )
    op.create_table(
        "version",
        sa.Column("hash", word(64), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("published_ms", MILLISECONDS, nullable=False),
    )


def _answers() -> None:
    op.create_table(
        "response",
        sa.Column("key", word(32), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), nullable=False),
        sa.Column("version", word(64), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("language", word(35), nullable=False),
        sa.Column("started_ms", MILLISECONDS, nullable=False),
        sa.Column("salt", word(13), nullable=False),
        sa.Column("receipt_hash", word(64), unique=True),
        sa.Column("seed", sa.BigInteger()),
    )
    op.create_index("response_by_study", "response", ["study"])
    op.create_table(
        "post",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("submission_key", word(40), nullable=False, unique=True),
        sa.Column("response", word(32), sa.ForeignKey("response.key"), nullable=False),
        sa.Column("page", word(80), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("language", word(35), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("posted_ms", MILLISECONDS, nullable=False),
        sa.Column("end", word(80), nullable=False),
        sa.Column("screened", sa.Boolean(), nullable=False),
        sa.Column("shown_ms", MILLISECONDS),
        sa.Column("width", word(10), nullable=False),
    )
    op.create_index("post_by_response", "post", ["response", "id"])


def _beside() -> None:
    op.create_table(
        "resume",
        sa.Column("code_hash", word(64), primary_key=True),
        sa.Column("response", word(32), sa.ForeignKey("response.key"), nullable=False),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
    )
    op.create_index("resume_by_response", "resume", ["response"])
    op.create_table(
        "tombstone",
        sa.Column("leaf", word(64), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), nullable=False),
        sa.Column("erased_ms", MILLISECONDS, nullable=False),
    )
    op.create_index("tombstone_by_study", "tombstone", ["study"])
    op.create_table(
        "erasure",
        sa.Column("response", word(32), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), nullable=False),
    )
    op.create_table("gone", sa.Column("key_hash", word(64), primary_key=True))
