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

from survey_app.storage.database import connect
from survey_app.storage.schema import make_ready

metadata = MetaData()


def word(length: int) -> String:
    """Return a type of text that sorts by code point; a server's own order changes with its system."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


# What is collected: studies and their versions, responses, and the page posts that they are a fold of.

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

# Who works here: accounts, their rights in studies, their sessions, and what they did.

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
    # researcher | field_manager | analyst | executive | administrator
    Column("role", word(20), nullable=False),
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

# Work that the web process leaves to the worker.

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
