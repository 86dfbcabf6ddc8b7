"""A database with something in every table, and new ones to put a backup into: what tests of backups share."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from questionnaires.study import Study
from survey_app.storage import fieldwork
from survey_app.storage.backup.archive import Manifest, opened
from survey_app.storage.backup.making import make
from survey_app.storage.backup.restoring import Destination, Restored, restore
from survey_app.storage.collect import Collector
from survey_app.storage.database import connect, writing
from survey_app.storage.erase import erase
from survey_app.storage.posts import PagePost
from survey_app.storage.tables import metadata

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KEY = "5" * 64
ACCOUNT = {
    "id": "a" * 22, "email": "ann@example.org", "name": "Ann", "password": "argon", "administrator": True,
    "disabled_ms": None, "totp_secret": None, "totp_last": 5, "language": "en", "made_ms": 1,
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "account": ACCOUNT,
    "membership": {"account": "a" * 22, "study": "small", "role": "analyst"},
    "sign_in": {
        "token_hash": "t", "account": "a" * 22, "complete": True, "totp_pending": None, "made_ms": 1, "seen_ms": 2,
    },
    "recovery_code": {"code_hash": "c", "account": "a" * 22},
    "account_invitation": {
        "token_hash": "i", "email": "bob@example.org", "study": None, "role": "analyst", "made_by": "a" * 22,
        "made_ms": 3, "used_ms": None,
    },
    "audit": {"at_ms": 4, "account": None, "action": "published", "study": "small", "detail": '{"ж": "\\u0000"}'},
    "invitation": {"token_hash": "p", "study": "small", "made_ms": 5},
    "job": {
        "kind": "snapshot", "study": "small", "arguments": "{}", "state": "waiting", "made_ms": 1, "made_by": None,
        "due_ms": 1, "tries": 0, "holder": None, "beat_ms": None, "finished_ms": None, "progress": 0, "said": "",
        "result": "",
    },
}  # fmt: skip


def post_of(study: Study, number: int, page: str = "start", **more: Any) -> PagePost:
    values: dict[str, Any] = {
        "submission_key": f"{number:030x}{page}", "response": f"{number:032x}", "study": study.name,
        "version": study.version, "synthetic": number % 3 == 1, "page": page, "language": ("en", "uk")[number % 2],
        "answers": {"age": 20 + number % 70, "comment": f'слово "{number}"\n\u2028 end'},
        "final": page == "more", "posted_ms": 1_000 * number, "end": "end" * (page == "more"), "seed": number,
    }  # fmt: skip
    return PagePost(**(values | more))


def fill(engine: Engine, study: Study, folder: Path, count: int = 12) -> None:
    """Put something into every table: finished and unfinished responses, and erased ones, the newest among them."""
    fieldwork.publish(engine, study, 0)
    collector = Collector(engine)
    for number in range(count + 2):
        collector.keep(post_of(study, number))
        if number % 4:
            collector.keep(post_of(study, number, "more"))
    collector.close()
    for number in (count, count + 1):
        erase(engine, f"{number:032x}", 7_000, folder)
    with writing(engine).begin() as connection:
        for name, row in ROWS.items():
            connection.execute(metadata.tables[name].insert().values(**row))
        resumed = {"code_hash": "r", "response": f"{1:032x}", "made_ms": 6}
        connection.execute(metadata.tables["resume"].insert().values(**resumed))


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


@dataclass
class New:
    """A database without tables or rows, and a data folder of its own."""

    address: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"EARSHOT_DATA": str(self.folder), "EARSHOT_DATABASE_URL": self.address}

    @contextmanager
    def place(self) -> Iterator[Destination]:
        self.folder.mkdir(exist_ok=True)
        engine = connect(self.address)
        try:
            yield Destination(engine, self.folder, self.folder / "secret-key")
        finally:
            engine.dispose()

    def restore(self, file: Path, **options: Any) -> Restored:
        with opened(file) as backup, self.place() as place:
            return restore(backup, place, NOW, **options)

    def backup(self, file: Path) -> Manifest:
        with self.place() as place:
            return make(place.engine, file, NOW, key=KEY)

    def counts(self) -> dict[str, int]:
        with self.place() as place:
            return counts(place.engine)


Fresh = Callable[[str], New]


def rewritten(file: Path, to: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """Write a backup anew with its manifest and its members changed."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
        new.writestr("manifest.json", json.dumps(manifest))
    return to
