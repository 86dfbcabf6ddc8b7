"""People who work here, for tests: their accounts, and a browser that posts forms with their token."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from survey_app.storage.accounts import passwords, people, rights
from survey_app.storage.tables import audit

PASSWORD = "four words of an evening"


@cache
def hashed(password: str = PASSWORD) -> str:
    """Hashing is slow on purpose; most tests need one password only."""
    return passwords.hashed(password)


def make(
    engine: Engine,
    email: str,
    *,
    study: str = "",
    role: str = "",
    administrator: bool = False,
    name: str = "",
) -> str:
    """Make an account with PASSWORD and return its id."""
    called = name or email.partition("@")[0].title()
    key = people.add(engine, email, called, hashed(), 1_000, administrator=administrator)
    if study:
        rights.give_role(engine, key, study, role, 1_000, by=None)
    return key


def actions(engine: Engine) -> list[str]:
    """Return what stands in the log, oldest first."""
    with engine.connect() as connection:
        return list(connection.execute(select(audit.c.action).order_by(audit.c.id)).scalars())


class Colleague:
    """Someone who works here, with a browser."""

    def __init__(self, app: Flask, email: str = "") -> None:
        self.client: FlaskClient = app.test_client()
        self.response: TestResponse
        if email:
            self.sign_in(email)
            assert self.response.status_code == 303, self.text

    @property
    def text(self) -> str:
        return unescape(self.response.get_data(as_text=True))

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def location(self) -> str:
        return self.response.headers.get("Location", "")

    def open(self, address: str, **more: object) -> Colleague:
        self.response = self.client.get(address, **more)
        return self

    def post(self, address: str, **fields: object) -> Colleague:
        """Post fields with this browser's own token."""
        self.response = self.client.post(address, data={"csrf_token": self.token(), **fields})
        return self

    def sign_in(self, email: str, password: str = PASSWORD, **more: object) -> Colleague:
        return self.post("/sign-in", email=email, password=password, **more)

    def token(self) -> str:
        """Return the form token of whichever page this browser is let see."""
        for address in ("/sign-in", "/account/", "/sign-in/code"):
            found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(address).text)
            if found:
                return found[1]
        raise AssertionError("no page with a form")

    def cookie(self) -> dict[str, object]:
        with self.client.session_transaction() as kept:
            return dict(kept)
