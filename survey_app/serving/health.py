"""Whether people can be let in: the database readable and durable, its tables right, room on the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from survey_app.storage import sqlite
from survey_app.storage.database import check_durability
from survey_app.storage.disk import free_bytes
from survey_app.storage.schema import REVISION
from survey_app.storage.unusable import WeakDatabase

FRESH = 1.0
"""Seconds for which a finding is good."""
STALE = 5.0
"""Seconds after which a look that does not come back is a finding itself."""
LEAST_ROOM = 16 * 1024**2
"""Bytes of disk below which answers may soon not be kept."""


class Readiness:
    """Looks at most once a second, and never twice at the same time."""

    def __init__(self, engine: Engine, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._folders, self._clock = engine, _folders(engine, data), clock
        self._looking = threading.Lock()
        self._found, self._at = "database", float("-inf")

    def why_not(self) -> str:
        """Return what is in the way in a word: database, durability, schema or disk; "" for nothing."""
        if self._clock() - self._at < FRESH:
            return self._found
        if not self._looking.acquire(blocking=False):
            return self._found if self._clock() - self._at < STALE else "database"
        try:
            self._found = self._look()
            self._at = self._clock()
            return self._found
        finally:
            self._looking.release()

    def _look(self) -> str:
        try:
            check_durability(self._engine)
            with self._engine.connect() as connection:
                revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except WeakDatabase:
            return "durability"
        except SQLAlchemyError:
            return "database"
        if revision != REVISION:
            return "schema"
        try:
            return "disk" if any(free_bytes(folder) < LEAST_ROOM for folder in self._folders) else ""
        except OSError:
            return "disk"


def _folders(engine: Engine, data: Path) -> set[Path]:
    path = sqlite.file_of(engine.url) if engine.dialect.name == "sqlite" else None
    return {data, *([path.parent] if path else [])}
