"""The tables, and a database that keeps what is put into them.

Times are whole milliseconds since 1970 in UTC. What is changed here needs a step in `migrations/versions`.
"""

from __future__ import annotations

from sqlalchemy import Engine

from survey_app.storage.database import connect, writing
from survey_app.storage.schema import make_ready
from survey_app.storage.tables.accounts import (
    account,
    account_invitation,
    audit,
    membership,
    recovery_code,
    sign_in,
)
from survey_app.storage.tables.base import metadata
from survey_app.storage.tables.collecting import (
    erasure,
    gone,
    invitation,
    post,
    response,
    resume,
    study,
    tombstone,
    version,
)
from survey_app.storage.tables.jobs import job

__all__ = [
    "account",
    "account_invitation",
    "audit",
    "erasure",
    "gone",
    "invitation",
    "job",
    "membership",
    "metadata",
    "open_database",
    "post",
    "recovery_code",
    "response",
    "resume",
    "sign_in",
    "study",
    "tombstone",
    "version",
    "writing",
]


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
