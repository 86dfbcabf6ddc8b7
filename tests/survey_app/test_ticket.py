"""Tickets: signed for one browser, refused to another, and the way back for one that lost its cookie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import session
from sqlalchemy import select

from survey_app.respondent import tickets
from survey_app.respondent.served import Served
from survey_app.respondent.shelf import shelf
from survey_app.storage.current import current
from survey_app.storage.tables import response

from .conftest import Field, Person

FIRST = {"age": "34", "channel": "8"}


@contextmanager
def browser(field: Field, cookie: dict[str, Any] | None = None) -> Iterator[Served]:
    """A request of a browser with this cookie."""
    with field.app.test_request_context("/"):
        session.update(cookie or {})
        served, _ = shelf().study("small")
        assert served is not None
        yield served


@pytest.fixture
def issued(field: Field, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ticket that was issued to Ann's browser at 1,000 ms."""
    monkeypatch.setattr(tickets, "now_ms", lambda: 1_000)
    with browser(field, {"person": "ann"}) as served:
        return tickets.issue(served, "start", "k" * 32, "seen")


def test_its_own_browser_reads_it(field: Field, issued: str) -> None:
    with browser(field, {"person": "ann"}) as served:
        said = tickets.read(issued)
        assert said == tickets.Ticket("small", served.version, "start", "k" * 32)
        assert (said.shown_ms, said.renewed, len(said.nonce)) == (1_000, False, 32)
        assert "adopted" not in session


def test_the_name_of_a_browser_is_not_in_it(field: Field, issued: str) -> None:
    assert "ann" not in issued


def test_another_browser_is_refused(field: Field, issued: str) -> None:
    with browser(field, {"person": "bob"}):
        assert tickets.read(issued) is None
        assert not tickets.is_own("k" * 32, "small")


def test_a_browser_that_lost_its_cookie_gets_its_response_back(field: Field, issued: str) -> None:
    with browser(field) as served:
        said = tickets.read(issued)
        assert said is not None
        assert said.renewed
        assert tickets.known()
        assert tickets.is_own("k" * 32, "small")
        assert tickets.response_key("small") == "k" * 32
        fresh = tickets.read(tickets.issue(served, "start", "k" * 32, "seen"))
        assert fresh is not None
        assert not fresh.renewed


def test_an_old_ticket_gives_nothing_back(field: Field, issued: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "now_ms", lambda: 1_000 + tickets.RENEWABLE_MS + 1)
    with browser(field):
        assert tickets.read(issued) is None
        assert not tickets.known()
    with browser(field, {"person": "ann"}):  # with its cookie it is as good as ever
        assert tickets.read(issued) is not None


@pytest.mark.parametrize("cookie", [{}, {"person": "ann"}])
def test_forged_and_cut_tickets_say_nothing(field: Field, issued: str, cookie: dict[str, Any]) -> None:
    head, _, tail = issued.rpartition(".")
    forged = [
        "", ".", "x", issued[:-1], issued[1:], issued + "A", head, tail, issued.replace("small", "other"),
        issued.replace(":1000:", ":9000:"), issued.replace("start", "more"), issued + "\ud800",
    ]  # fmt: skip
    for text in forged:
        with browser(field, dict(cookie)):
            assert tickets.read(text) is None, text
            assert not tickets.is_own("k" * 32, "small")


def test_an_adopted_response_is_the_present_one_until_the_next(field: Field) -> None:
    with browser(field, {"person": "bob"}):
        own = tickets.response_key("small")
        tickets.adopt("small", "k" * 32)
        assert tickets.response_key("small") == "k" * 32
        assert tickets.is_own(own, "small")
        tickets.begin_again("small")
        assert tickets.response_key("small") not in (own, "k" * 32)
        assert not tickets.is_own("k" * 32, "small")  # the next person here must not come to it
        assert not tickets.is_own(own, "small")
        tickets.adopt("small", own)  # its own response, back by a code
        assert tickets.response_key("small") == own
        assert session["adopted"] == [own]


def test_a_cookie_remembers_only_so_many(field: Field) -> None:
    with browser(field):
        for number in range(20):
            tickets.adopt(f"study{number}", f"{number:032x}")
            tickets.adopt(f"study{number}", f"{number:032x}")
        assert len(session["adopted"]) == len(session["present"]) == tickets.MOST_ADOPTED
        assert tickets.is_own(f"{19:032x}", "study19")
        assert not tickets.is_own(f"{0:032x}", "study0")


def test_a_key_of_any_letters_is_no_fault(field: Field) -> None:
    with browser(field, {"person": "bob"}):
        assert not tickets.is_own("ключ", "small")


def test_a_lost_cookie_loses_nothing_typed(field: Field, person: Person) -> None:
    """The session ended in the middle: the page comes back as it was typed, and the next post is taken."""
    person.open("/s/small").post(FIRST)
    person.client.delete_cookie(field.settings.cookie)
    person.post({"comment": "typed for an hour"})
    assert person.response.status_code == 400
    assert "typed for an hour" in person.text
    person.post({"comment": "typed for an hour"})
    assert person.address.endswith("/end")
    with field.engine.connect() as connection:
        key = connection.execute(select(response.c.key)).scalar_one()
    state = current(field.engine, key)
    assert state is not None
    assert state.answers["comment"] == "typed for an hour"
    assert state.answers["age"] == 34


def test_a_lost_cookie_on_the_first_page(field: Field, person: Person) -> None:
    person.open("/s/small")
    person.client.delete_cookie(field.settings.cookie)
    person.post(FIRST)
    assert 'value="34"' in person.text
    person.post(FIRST)
    assert person.address.endswith("/more")
