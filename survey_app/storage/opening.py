"""A database opened with its tables, so that what is put into it is kept."""

from __future__ import annotations

from sqlalchemy import Engine

from survey_app.storage.database import connect
from survey_app.storage.schema import make_ready
from survey_app.storage.tables import metadata


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
