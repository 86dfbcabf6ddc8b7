"""A published small study behind the web app, with a database of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, make_url
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from questionnaires.study import Study
from survey_app.config import Settings, read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.database import connect
from survey_app.storage.opening import open_database
from survey_app.storage.tables import metadata
from survey_app.storage.upgrade import upgrade

from .postgres import NoServer, Server, server

DATABASES = ("sqlite", "postgresql")


@dataclass
class Field:
    """A study in the field: the app, its database and its settings."""

    app: Flask
    engine: Engine
    settings: Settings
    study: Study

    @property
    def environment(self) -> dict[str, str]:
        """What a verb finds in its environment to work on the same study."""
        return {
            "EARSHOT_DATA": str(self.settings.data),
            "EARSHOT_DATABASE_URL": self.settings.database_url,
        }


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "both_databases: what uses a database runs on SQLite and on PostgreSQL"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database", DATABASES, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; a test that needs one is skipped, with the reason, where there can be none."""
    try:
        with server() as running:
            yield running
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL for tests: {reason}")


@pytest.fixture(scope="session")
def shared_address(postgres: Server) -> str:
    """A PostgreSQL database with its tables, which is emptied after each test."""
    address = postgres.fresh()
    engine = connect(address)
    upgrade(engine)
    engine.dispose()
    return address


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without answers, "" for the file in the data folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    address = request.getfixturevalue("shared_address")
    yield address
    every = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
    request.getfixturevalue("postgres").say(every, str(make_url(address).database))


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    own = read_settings({}, data=tmp_path / "data")
    return replace(own, database_url=database or own.database_url, fresh=0)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_database(settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def field(settings: Settings, engine: Engine, small: Study) -> Iterator[Field]:
    fieldwork.publish(engine, small, 1_000)
    app = create_app(settings, engine)
    yield Field(app, engine, settings, small)
    app.extensions["earshot-collector"].close()


class Person:
    """Someone with a browser that shows pages and posts their forms; no scripts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.response: TestResponse

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def address(self) -> str:
        return self.response.request.path

    def open(self, address: str) -> Person:
        self.response = self.client.get(address, follow_redirects=True)
        return self

    def hidden(self) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.text))

    def post(self, answers: dict[str, object], **changes: str) -> Person:
        """Post the form on the page with these answers; follow the redirect if there is one."""
        form = re.search(r'<form id="page" method="post" action="([^"]+)"', self.text)
        assert form, self.text
        fields = {**self.hidden(), **answers, **changes}
        self.response = self.client.post(unescape(form[1]), data=MultiDict(fields), follow_redirects=True)
        return self


@pytest.fixture
def person(field: Field) -> Person:
    return Person(field.app.test_client())
