"""A published small study behind the web app, with a database of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from questionnaires.study import Study
from survey_app.config import Settings, read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.tables import open_database


@dataclass
class Field:
    """A study in the field: the app, its database and its settings."""

    app: Flask
    engine: Engine
    settings: Settings
    study: Study


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({}, data=tmp_path / "data")


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
