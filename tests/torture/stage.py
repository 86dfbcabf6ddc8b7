"""A study in the field of a database, and what is found in that database afterwards."""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine, select, text

from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study
from survey_app.config import Settings, read_settings
from survey_app.storage import fieldwork
from survey_app.storage.database import connect
from survey_app.storage.opening import open_database
from survey_app.storage.tables import post, response
from survey_app.storage.upgrade import upgrade
from tests.survey_app.postgres import NoServer, Server, server
from tests.torture.client import Ledger
from tests.torture.report import Skipped

NAME = "torture"
RECORD = """
title: {en: Torture}
mode: web
frame: Programs
sample: nonprobability
zone: Europe/Kyiv
retention: 2099-12-31
"""
Fresh = Callable[[], str]
"""Makes a new database and returns its address, "" for the file in the data folder."""
TOKEN = re.compile(r"t[0-9a-f]{24}t")


def files(pages: int, more: str = "") -> dict[str, bytes]:
    """Return the files of a study of so many pages, each with a word to write and a choice; `more` is record."""
    sections = "".join(
        f"""
  - name: page_{n}
    title: {{en: Page {n}}}
    questions:
      - name: word_{n}
        type: text
        required: true
        max_length: 60
        text: {{en: Word {n}}}
      - name: pick_{n}
        type: single
        required: true
        text: {{en: Pick {n}}}
        choices:
          - {{code: 1, name: one, text: {{en: One}}}}
          - {{code: 2, name: two, text: {{en: Two}}}}"""
        for n in range(1, pages + 1)
    )
    questionnaire = f"name: {NAME}\nlanguages: [en]\nsections:{sections}\n"
    return {"study.yaml": (RECORD + more).encode(), "questionnaire.yaml": questionnaire.encode()}


def study(pages: int, more: str = "") -> Study:
    return study_from_files(files(pages, more))


def folder(parent: Path, pages: int, more: str = "") -> Path:
    """Write the study as a folder, as `earshot serve` takes it."""
    made = parent / NAME
    made.mkdir(parents=True)
    for name, content in files(pages, more).items():
        (made / name).write_bytes(content)
    return made


def settings(data: Path, address: str = "") -> Settings:
    """Return the settings of a data folder, with the study's database in it or at an address."""
    own = read_settings({}, data=data)
    return replace(own, database_url=address or own.database_url)


def publish(found: Settings, pages: int, more: str = "") -> None:
    """Open the database, with its tables, and let the study collect."""
    engine = open_database(found.database_url)
    fieldwork.publish(engine, study(pages, more), 0)
    engine.dispose()


@contextmanager
def postgres(**more: str) -> Iterator[Server]:
    """A PostgreSQL server of the tests' own; raise Skipped where there can be none."""
    try:
        with server() as running:
            if more:
                running.stop()
                running.start(**more)
            yield running
    except NoServer as reason:
        raise Skipped(f"no PostgreSQL for tests: {reason}") from None


def fresh(running: Server) -> str:
    """Return the address of a new database with its tables."""
    address = running.fresh()
    engine = connect(address)
    upgrade(engine)
    engine.dispose()
    return address


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Found:
    """What a database holds of what was acknowledged."""

    lost: int
    duplicated: int
    corrupt: int
    rows: int


def examine(engine: Engine, ledger: Ledger) -> Found:
    """Hold a database against a ledger.

    Lost is an acknowledged page that is in no row; duplicated a page in several rows, a submission key with
    several rows, or a response that nobody began; corrupt a row that is not whole, a response without a row, and
    what the database says of itself.
    """
    with engine.connect() as connection:
        rows = connection.execute(select(post.c.submission_key, post.c.response, post.c.answers)).all()
        begun = set(connection.execute(select(response.c.key)).scalars())
        corrupt = _faults_of_file(connection) if engine.dialect.name == "sqlite" else 0
    seen = Counter(token for row in rows for token in TOKEN.findall(row.answers))
    keys = Counter(row.submission_key.partition("~")[0] for row in rows)
    corrupt += sum(not _is_whole(row.answers) for row in rows)
    corrupt += len(begun - {row.response for row in rows})
    return Found(
        lost=sum(token not in seen for token in ledger.acknowledged),
        duplicated=_more(seen) + _more(keys) + len(begun - ledger.responses),
        corrupt=corrupt,
        rows=len(rows),
    )


def _more(counted: Counter[str]) -> int:
    return sum(count - 1 for count in counted.values())


def _is_whole(answers: str) -> bool:
    try:
        read = json.loads(answers)
    except ValueError:
        return False
    return len(read) == 2 and len(TOKEN.findall(answers)) == 1


def _faults_of_file(connection: object) -> int:
    say = connection.execute  # type: ignore[attr-defined]
    sound = say(text("PRAGMA integrity_check")).scalar() == "ok"
    return (not sound) + len(say(text("PRAGMA foreign_key_check")).all())
