"""Who works here: accounts, their rights in studies, their sessions, and what they did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from survey_app.storage.tables.base import metadata, word

account = Table(
    "account",
    metadata,
    Column("id", word(22), primary_key=True),  # random: it stands in addresses
    Column("email", word(254), nullable=False, unique=True),  # in lower case
    Column("name", word(200), nullable=False),
    Column("password", word(200), nullable=False),  # argon2id, with its parameters
    Column("administrator", Boolean, nullable=False),  # of everything here
    Column("disabled_ms", BigInteger),
    Column("totp_secret", word(64)),  # base32; None without a second factor
    Column("totp_last", BigInteger),  # the last time step that was used: a code is good once
    Column("language", word(35), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("account", word(22), ForeignKey("account.id"), primary_key=True),
    Column("study", word(60), ForeignKey("study.name"), primary_key=True),
    Column(
        "role", word(20), nullable=False
    ),  # researcher | field_manager | analyst | executive | administrator
    Index("membership_by_study", "study"),
)

sign_in = Table(
    "sign_in",  # the sessions: the cookie carries a random token, and only its hash is here
    metadata,
    Column("token_hash", word(64), primary_key=True),
    Column("account", word(22), ForeignKey("account.id"), nullable=False),
    Column("complete", Boolean, nullable=False),  # False until the second factor was given
    Column("totp_pending", word(64)),  # a second factor that is being set up, until its first code was given
    Column("made_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Index("sign_in_by_account", "account"),
)

recovery_code = Table(
    "recovery_code",  # good once each: a code that was used is gone
    metadata,
    Column("code_hash", word(64), primary_key=True),
    Column("account", word(22), ForeignKey("account.id"), nullable=False),
    Index("recovery_code_by_account", "account"),
)

account_invitation = Table(
    "account_invitation",
    metadata,
    Column("token_hash", word(64), primary_key=True),
    Column("email", word(254), nullable=False),
    Column("study", word(60), ForeignKey("study.name")),  # None: no study yet
    Column("role", word(20), nullable=False),
    Column("made_by", word(22), ForeignKey("account.id"), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Index("account_invitation_by_study", "study"),
)

audit = Table(
    "audit",  # only ever appended to
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("account", word(22)),  # no foreign key: the log outlives accounts; None for the console
    Column("action", word(40), nullable=False),
    Column("study", word(60)),
    Column("detail", Text, nullable=False),  # JSON; no answers, tokens, passwords or addresses of machines
    Index("audit_by_study", "study", "id"),
    sqlite_autoincrement=True,
)
