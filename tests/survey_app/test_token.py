"""The token of a form: Flask-WTF's, of this browser and no other; and what every answer carries besides."""

from __future__ import annotations

import pytest
from flask import session
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from survey_app.respondent.token import FIELD, is_of_this_browser, token
from survey_app.security import headers

from .conftest import Field, Person


def test_flask_wtf_and_we_take_what_the_other_has_made(field: Field) -> None:
    with field.app.test_request_context("/"):
        ours = token()
        validate_csrf(ours)
        assert is_of_this_browser(generate_csrf())


def test_a_token_of_another_browser_is_none_of_this_one(field: Field) -> None:
    with field.app.test_request_context("/"):
        session[FIELD] = "ann"
        of_ann = token()
        session[FIELD] = "bob"
        assert not is_of_this_browser(of_ann)
        with pytest.raises(ValidationError):
            validate_csrf(of_ann)


@pytest.mark.parametrize("sent", ["", "a.b.c", "é", "x" * 5_000])
def test_what_was_not_signed_here_is_no_token(field: Field, sent: str) -> None:
    with field.app.test_request_context("/"):
        session[FIELD] = "ann"
        assert not is_of_this_browser(sent)
        session.clear()
        assert not is_of_this_browser(sent)


def test_a_browser_without_a_name_has_no_token(field: Field) -> None:
    """Nothing in its cookie must not be the same as nothing in the form."""
    with field.app.test_request_context("/"):
        session[FIELD] = "None"
        made = token()
        session.clear()
        assert not is_of_this_browser(made)


@pytest.mark.parametrize("address", ["/s/small", "/", "/nowhere", "/form/respondent.css"])
def test_every_answer_carries_each_header_once(field: Field, person: Person, address: str) -> None:
    person.open(address)
    found = person.response.headers
    for name, value in headers(False).items():
        assert found.getlist(name) == [value] or name == "Cache-Control"
    assert len(found.getlist("Cache-Control")) == 1
    person.response.close()
    assert ("no-store" in found["Cache-Control"]) == (not address.endswith(".css"))


def test_a_page_that_knows_the_browser_says_that_it_depends_on_it(field: Field, person: Person) -> None:
    assert "Set-Cookie" in person.open("/s/small").response.headers
    again = person.open("/s/small").response.headers
    assert "Set-Cookie" not in again
    assert "Cookie" in again.getlist("Vary")
