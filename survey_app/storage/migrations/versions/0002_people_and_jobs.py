"""Accounts, jobs and invitations; numbers of posts are never given twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MILLISECONDS = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def word(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("post", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
    _invitations()
    _accounts()
    _sessions()
    _jobs()


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("token_hash", word(64), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), nullable=False),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
    )
    op.create_index("invitation_by_study", "invitation", ["study"])


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", word(22), primary_key=True),
        sa.Column("email", word(254), nullable=False, unique=True),
        sa.Column("name", word(200), nullable=False),
        sa.Column("password", word(200), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("disabled_ms", MILLISECONDS),
        sa.Column("totp_secret", word(64)),
        sa.Column("totp_last", MILLISECONDS),
        sa.Column("language", word(35), nullable=False),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
    )
    op.create_table(
        "membership",
        sa.Column("account", word(22), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("study", word(60), sa.ForeignKey("study.name"), primary_key=True),
        sa.Column("role", word(20), nullable=False),
    )
    op.create_index("membership_by_study", "membership", ["study"])


def _sessions() -> None:
    op.create_table(
        "sign_in",
        sa.Column("token_hash", word(64), primary_key=True),
        sa.Column("account", word(22), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("totp_pending", word(64)),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
        sa.Column("seen_ms", MILLISECONDS, nullable=False),
    )
    op.create_index("sign_in_by_account", "sign_in", ["account"])
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", word(64), primary_key=True),
        sa.Column("account", word(22), sa.ForeignKey("account.id"), nullable=False),
    )
    op.create_index("recovery_code_by_account", "recovery_code", ["account"])
    _invitations_of_colleagues()
    _log()


def _invitations_of_colleagues() -> None:
    op.create_table(
        "account_invitation",
        sa.Column("token_hash", word(64), primary_key=True),
        sa.Column("email", word(254), nullable=False),
        sa.Column("study", word(60), sa.ForeignKey("study.name")),
        sa.Column("role", word(20), nullable=False),
        sa.Column("made_by", word(22), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
        sa.Column("used_ms", MILLISECONDS),
    )
    op.create_index("account_invitation_by_study", "account_invitation", ["study"])


def _log() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("at_ms", MILLISECONDS, nullable=False),
        sa.Column("account", word(22)),
        sa.Column("action", word(40), nullable=False),
        sa.Column("study", word(60)),
        sa.Column("detail", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_study", "audit", ["study", "id"])


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("kind", word(40), nullable=False),
        sa.Column("study", word(60), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", word(10), nullable=False),
        sa.Column("made_ms", MILLISECONDS, nullable=False),
        sa.Column("made_by", word(22)),
        sa.Column("due_ms", MILLISECONDS, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("holder", word(32)),
        sa.Column("beat_ms", MILLISECONDS),
        sa.Column("finished_ms", MILLISECONDS),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("job_by_state", "job", ["state", "due_ms"])
    op.create_index("job_by_study", "job", ["study", "kind", "id"])
