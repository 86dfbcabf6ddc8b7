"""The statements that the app's own writer sends to SQLite, as SQLite was told them."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from survey_app.storage.collect import Collector
from survey_app.storage.opening import open_database
from tests.torture import stage
from tests.torture.writer import page_post

KEY = re.compile(r"INSERT INTO post .*? VALUES \('([0-9a-f]{32})'")


@dataclass(frozen=True)
class Recording:
    """A database before anyone answers, and the statements of its writer from its connection on.

    `posts` has, for each statement, the submission keys that are acknowledged once it has returned.
    """

    image: bytes
    statements: tuple[str, ...]
    posts: tuple[tuple[str, ...], ...]


def record(place: Path, people: int, pages: int) -> Recording:
    """Let people answer so many pages at once through the app's writer, and return what SQLite was told."""
    found = stage.settings(place)
    stage.publish(found, pages)
    image = Path(place, "earshot.db").read_bytes()
    told: dict[int, list[str]] = {}

    def listen(connection: Any, record: object) -> None:
        statements = told.setdefault(id(connection), [])
        connection.set_trace_callback(statements.append)

    event.listen(Pool, "connect", listen)  # before the app's own listener: its settings belong to it
    try:
        engine = open_database(found.database_url)
        _answer(engine, stage.study(pages).version, people, pages)
        engine.dispose()
    finally:
        event.remove(Pool, "connect", listen)
    statements = max(told.values(), key=lambda one: sum("INSERT INTO post" in s for s in one))
    assert "PRAGMA synchronous=FULL" in statements, statements[:6]
    return Recording(image, tuple(statements), _acknowledged(statements))


def _answer(engine: Engine, version: str, people: int, pages: int) -> None:
    collector = Collector(engine)

    def person(number: int) -> None:
        for page in range(1, pages + 1):
            post = page_post(version, f"{number:032x}", page, f"t{number * 1000 + page:024x}t", pages)
            collector.keep(post)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(1, people + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    collector.close()


def _acknowledged(statements: list[str]) -> tuple[tuple[str, ...], ...]:
    """Say for each statement which posts are acknowledged with it: those of its transaction, at the commit."""
    waiting: list[str] = []
    found: list[tuple[str, ...]] = []
    for statement in statements:
        if key := KEY.match(" ".join(statement.split())):
            waiting.append(key[1])
        done = statement == "COMMIT"
        found.append(tuple(waiting) if done else ())
        if done or statement == "ROLLBACK":
            waiting = []
    return tuple(found)
