"""The real app behind a real server, with its database within reach of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import waitress
from flask import Flask
from sqlalchemy import Engine, func, select

from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Answer
from questionnaires.study import Study
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.current import Current, current
from survey_app.storage.opening import open_database
from survey_app.storage.tables import post


@dataclass(frozen=True)
class Stand:
    """A running server: `root` is its address, without a slash at the end."""

    root: str
    app: Flask
    engine: Engine

    def link(self, study: str, language: str = "en") -> str:
        return f"{self.root}/s/{study}?language={language}"

    @property
    def collector(self) -> Collector:
        return self.app.extensions["earshot-collector"]

    def response(self, url: str) -> Current:
        """Return the response that an address of the form `/a/<key>/…` is about, as it is stored."""
        found = current(self.engine, key_of(url))
        assert found is not None, f"nothing is stored of {url}"
        return found

    def answers(self, url: str) -> Mapping[str, Answer]:
        return self.response(url).answers

    def posts(self, url: str) -> list[str]:
        """Return the pages that were stored of a response, in their order; a page sent anew stands twice."""
        with self.engine.connect() as connection:
            kept = select(post.c.page).where(post.c.response == key_of(url)).order_by(post.c.id)
            return list(connection.scalars(kept))

    def all_posts(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(post)) or 0


def key_of(url: str) -> str:
    return url.split("/a/")[1].split("/")[0]


def closing(library: Path) -> Study:
    """Return a study like the showcase, which a test may close without being in the way of others."""
    folder = {path.name: path.read_bytes() for path in (library / "showcase").iterdir()}
    folder["questionnaire.yaml"] = folder["questionnaire.yaml"].replace(
        b"name: showcase", b"name: closing", 1
    )
    return study_from_files(folder)


@contextmanager
def serving(studies: list[Study], data: Path) -> Iterator[Stand]:
    """Serve studies as `earshot serve` does, on a free port of this machine."""
    settings = read_settings({}, data=data)
    engine = open_database(settings.database_url)
    for study in studies:
        fieldwork.publish(engine, study, 0)
    app = create_app(settings, engine)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Stand(f"http://127.0.0.1:{server.effective_port}", app, engine)
    server.close()
    app.extensions["earshot-collector"].close()
    engine.dispose()
