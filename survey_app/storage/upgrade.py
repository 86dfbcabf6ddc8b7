"""Bringing a database up to the revision of this version: all of it in one transaction, or nothing.

The only module that needs alembic; the processes that serve people never import it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from survey_app.storage.database import database_name, dialect_of
from survey_app.storage.schema import begin, read, refuse_unknown
from survey_app.storage.tables import metadata

SCRIPTS = "survey_app.storage:migrations"
VERSIONS = Path(__file__).parent / "migrations" / "versions"


@dataclass(frozen=True)
class Upgraded:
    """The revision of a database before, None where it had no tables, and after."""

    before: str | None
    after: str


def upgrade(engine: Engine, more: Iterable[Path] = (), to: str = "head") -> Upgraded:
    """Upgrade a database to a revision, in one transaction; `more` are folders with further revisions.

    Raises OldDatabase, NewDatabase and ForeignDatabase, and sqlalchemy's errors where it cannot be written or is
    in use; then nothing has changed.
    """
    dialect = dialect_of(engine)
    folders = (*more,)
    config = Config()
    locations = os.pathsep.join(map(str, (VERSIONS, *folders)))
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", locations.replace("%", "%%"))
    try:
        with dialect.upgrading(engine).begin() as connection:
            dialect.hold(connection, (), ["schema"])
            schema = read(connection)
            if schema.revision is None and not schema.empty:
                schema = begin(connection, metadata)
            if not schema.empty and not folders:
                refuse_unknown(schema, database_name(engine.url))
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            dialect.check_links(connection)
            after = str(read(connection).revision)
    finally:
        # Its connections are set for an upgrade.
        engine.dispose()
    return Upgraded(schema.revision, after)
