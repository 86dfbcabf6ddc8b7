"""Accepting an invitation in the browser: a link that is good once, for one e-mail, and changes nothing else."""

from __future__ import annotations

import re

import pytest

from survey_app.respondent import tickets
from survey_app.storage.accounts import invitations, people, rights

from .conftest import Field
from .workplace import PASSWORD, Colleague, actions, make

GOOD = {"name": "Анна Коваль", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def boss(field: Field) -> str:
    return make(field.engine, "boss@example.org", study="small", role="administrator")


@pytest.fixture
def link(field: Field, boss: str) -> str:
    """The address of an invitation as the administrator of the study was shown it."""
    page = Colleague(field.app, "boss@example.org").post(
        "/desk/small/people/invite", email=" Anna@Example.org ", role="analyst"
    )
    found = re.search(r"<code>http://localhost(/join/[\w-]{43})</code>", page.text)
    assert found, page.text
    return found[1]


def test_a_colleague_sets_name_and_password_and_is_in(field: Field, link: str) -> None:
    anna = Colleague(field.app).open(link)
    assert "anna@example.org" in anna.text
    assert "analysis" in anna.text
    assert "“Small study”" in anna.text
    assert f'<form method="post" action="{link}"' in anna.text
    anna.post(link, **GOOD)
    assert (anna.status, anna.location) == (303, "/desk/?joined=small")
    assert "You now have a role in “Small study”" in anna.open(anna.location).text
    assert anna.open("/desk/small/").status == 200
    account = people.by_email(field.engine, "anna@example.org")
    assert account is not None and account.name == "Анна Коваль" and not account.administrator
    assert actions(field.engine)[-3:] == ["account_made", "invitation_accepted", "signed_in"]
    assert Colleague(field.app, "anna@example.org").status == 303
    assert Colleague(field.app).open(link).status == 404


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": " "}, "Enter your name"),
        ({"password": "short", "again": "short"}, "too short: at least 12"),
        ({"password": "password12345", "again": "password12345"}, "tried first"),
        ({"password": "anna@example.org", "again": "anna@example.org"}, "must not be your e-mail"),
        ({"again": "other words of an evening"}, "two passwords differ"),
        ({"again": ""}, "once more"),
        ({"password": "x" * 1001, "again": "x" * 1001}, "too long"),
    ],
)
def test_what_is_wrong_is_told_and_the_link_stays_good(
    field: Field, link: str, changed: dict[str, str], told: str
) -> None:
    anna = Colleague(field.app).post(link, **{**GOOD, **changed})
    assert anna.status == 422
    assert told in anna.text
    assert PASSWORD not in anna.text
    assert people.by_email(field.engine, "anna@example.org") is None
    assert anna.post(link, **GOOD).status == 303


def test_nothing_else_that_is_sent_is_taken(field: Field, link: str) -> None:
    more = {
        "email": "eve@example.org",
        "administrator": "1",
        "role": "administrator",
        "study": "other",
        "id": "x",
    }
    Colleague(field.app).post(link, **GOOD, **more)
    account = people.by_email(field.engine, "anna@example.org")
    assert account is not None and not account.administrator
    assert people.by_email(field.engine, "eve@example.org") is None
    assert rights.role_in(field.engine, account.id, "small", False) == "analyst"


def test_who_has_an_account_signs_in_and_gets_the_role(field: Field, link: str) -> None:
    who = make(field.engine, "anna@example.org")
    anna = Colleague(field.app).open(link)
    assert 'name="password"' not in anna.text
    anna.post(link, **GOOD)  # and nobody sets a password for them
    assert rights.role_in(field.engine, who, "small", False) is None
    anna.sign_in("anna@example.org", next=link)
    assert anna.location == link
    assert "Accept" in anna.open(link).text
    assert anna.post(link).location == "/desk/?joined=small"
    assert rights.role_in(field.engine, who, "small", False) == "analyst"


def test_someone_else_who_is_signed_in_does_not_get_the_role(field: Field, link: str) -> None:
    who = make(field.engine, "anna@example.org")
    borys = make(field.engine, "borys@example.org")
    Colleague(field.app, "borys@example.org").post(link)
    assert rights.role_in(field.engine, borys, "small", False) is None
    assert rights.role_in(field.engine, who, "small", False) is None


def test_an_invitation_is_for_its_own_e_mail_whatever_page_asks(field: Field, link: str) -> None:
    borys = make(field.engine, "borys@example.org")
    token = link.rpartition("/")[2]
    with pytest.raises(invitations.NotGood):
        invitations.accept_as_known(field.engine, token, borys, "borys@example.org", tickets.now_ms())
    assert rights.role_in(field.engine, borys, "small", False) is None
    assert invitations.find(field.engine, token, tickets.now_ms()) is not None


def test_unknown_used_withdrawn_and_old_links_look_the_same(
    field: Field, boss: str, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anyone = Colleague(field.app)
    unknown = anyone.open("/join/nothing").text
    again = Colleague(field.app, "boss@example.org")
    page = again.open("/desk/small/people").text
    withdraw = re.search(r'action="(/desk/small/people/invitations/\w+/withdraw)"', page)
    assert withdraw
    assert again.post(withdraw[1]).location == "/desk/small/people?done=invitation_withdrawn"
    assert again.post(withdraw[1]).status == 404
    assert anyone.open(link).text == unknown
    token = invitations.invite(
        field.engine, "anna@example.org", "small", "analyst", tickets.now_ms(), by=boss
    )
    assert anyone.open(f"/join/{token}").status == 200
    later = tickets.now_ms() + invitations.GOOD_MS + 1
    monkeypatch.setattr(tickets, "now_ms", lambda: later)
    assert anyone.open(f"/join/{token}").text == unknown
    assert anyone.post(f"/join/{token}", **GOOD).status == 404
