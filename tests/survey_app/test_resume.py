"""Leaving and coming back: on another device, by code or link, and nobody else's way in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from sqlalchemy import Engine, func, select

from survey_app.storage import fieldwork
from survey_app.storage.codes import ALPHABET, grouped, read_code
from survey_app.storage.current import current
from survey_app.storage.database import writing
from survey_app.storage.posts import NotKept
from survey_app.storage.resumes import find_resumed, remember
from survey_app.storage.tables import resume

from .conftest import Field, Person

pytestmark = pytest.mark.both_databases
FIRST = {"age": "34", "channel": "8"}


def key_of(person: Person) -> str:
    return person.address.split("/")[2]


def leave(person: Person) -> str:
    """Leave in the middle and return the code that is shown."""
    person.open(f"/a/{key_of(person)}/leave")
    assert person.response.status_code == 200, person.text
    found = re.search(r"<code>([0-9A-Z-]+)</code>", person.text)
    assert found
    return found[1]


def other(field: Field) -> Person:
    return Person(field.app.test_client())


def enter(person: Person, code: str, address: str = "/resume") -> Person:
    """Open the page of the field, or a personal link, and post its form; follow where it leads."""
    person.open(address)
    form = re.search(r'action="([^"]+)"', person.text)
    assert form
    fields = {**person.hidden(), **({"code": code} if code else {})}
    person.response = person.client.post(unescape(form[1]), data=fields, follow_redirects=True)
    return person


@pytest.fixture
def left(field: Field, person: Person) -> tuple[Person, str, str]:
    """A person who answered the first page and left, their code and their response's key."""
    person.open("/s/small").post(FIRST)
    key = key_of(person)
    return person, leave(person), key


def test_the_code_is_the_same_every_time_and_stored_as_its_hash(
    field: Field, left: tuple[Person, str, str]
) -> None:
    person, code, key = left
    person.open(f"/a/{key}/more")
    assert leave(person) == code
    plain = read_code(code, 16)
    assert plain is not None
    with field.engine.connect() as connection:
        rows = connection.execute(select(resume.c.code_hash, resume.c.response)).all()
    assert [row.response for row in rows] == [key]
    assert plain not in str(rows)


def test_going_on_elsewhere_by_code_and_both_devices_count(
    field: Field, left: tuple[Person, str, str]
) -> None:
    first, code, key = left
    second = enter(other(field), code.lower().replace("-", " "))
    assert key_of(second) == key
    second.open(f"/a/{key}/more").post({"comment": "from the second"})
    assert second.address.endswith("/end")
    state = current(field.engine, key)
    assert state is not None
    assert (state.answers["age"], state.answers["comment"]) == (34, "from the second")
    first.open(f"/a/{key}/more")
    assert first.address.endswith("/end")


def test_both_devices_are_kept(field: Field, left: tuple[Person, str, str]) -> None:
    first, code, key = left
    second = enter(other(field), code)
    first.open(f"/a/{key}/more")
    second.open(f"/a/{key}/start").post({"age": "35", "channel": "8"})
    first.post({"comment": "from the first"})
    state = current(field.engine, key)
    assert state is not None
    assert (state.answers["age"], state.answers["comment"], state.submitted) == (35, "from the first", True)


def test_the_personal_link_changes_nothing_until_the_button(
    field: Field, left: tuple[Person, str, str]
) -> None:
    person, _, key = left
    link = re.search(r'<a href="http://localhost(/resume/[^"]+)"', person.text)
    assert link
    second = other(field)
    second.open(link[1])
    assert second.response.status_code == 200
    assert second.response.headers["Cache-Control"] == "no-store"
    assert second.response.headers["Referrer-Policy"] == "same-origin"
    assert second.client.get(f"/a/{key}/more").status_code == 404
    assert key_of(enter(second, "", link[1])) == key


def test_an_adopted_response_goes_on_by_the_open_link(field: Field, left: tuple[Person, str, str]) -> None:
    _, code, key = left
    second = enter(other(field), code)
    assert key_of(second.open("/s/small")) == key


@pytest.mark.parametrize("code", ["", "x", "0" * 16, "0" * 15, "UUUU-UUUU-UUUU-UUUU", "<b>", "9" * 5000])
def test_unknown_codes_are_told_alike(field: Field, left: tuple[Person, str, str], code: str) -> None:
    stranger = other(field)
    stranger.open("/resume")
    stranger.response = stranger.client.post("/resume", data={**stranger.hidden(), "code": code})
    assert stranger.response.status_code == 404
    assert "There are no unfinished answers with this code" in stranger.text
    assert "<b>" not in stranger.text
    assert len(stranger.text) < 5000
    if code and "/" not in code:
        assert stranger.client.get(f"/resume/{code}").status_code == 404


def test_leaving_is_for_the_own_response_only(field: Field, left: tuple[Person, str, str]) -> None:
    _, _, key = left
    assert other(field).open(f"/a/{key}/leave").response.status_code == 404
    stranger = other(field).open("/s/small").post(FIRST)
    assert stranger.open(f"/a/{key}/leave").response.status_code == 404
    assert stranger.open("/a/ключ/leave").response.status_code == 404


def test_finished_answers_are_not_opened_again(field: Field, left: tuple[Person, str, str]) -> None:
    person, code, key = left
    person.open(f"/a/{key}/more").post({})
    assert person.open(f"/a/{key}/leave").address.endswith("/end")
    second = enter(other(field), code)
    assert second.response.status_code == 409
    assert "These answers were already submitted" in second.text
    assert second.client.get(f"/a/{key}/end").status_code == 404


def test_a_study_closed_meanwhile_says_so(field: Field, left: tuple[Person, str, str]) -> None:
    _, code, _ = left
    fieldwork.close(field.engine, "small", 9_000)
    assert enter(other(field), code).response.status_code == 410


def test_posts_from_elsewhere_and_without_a_token(field: Field, left: tuple[Person, str, str]) -> None:
    _, code, _ = left
    stranger = other(field)
    refused = stranger.client.post("/resume", data={"code": code}, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    again = stranger.client.post("/resume", data={"code": code})
    assert again.status_code == 400
    assert code in again.get_data(as_text=True)  # what was typed stays


def test_a_code_that_cannot_be_kept_is_not_shown(field: Field, left: tuple[Person, str, str]) -> None:
    with pytest.raises(NotKept):
        remember(field.engine, "Z" * 16, "nobody", 1)
    person, _, key = left
    with away(field.engine, "resume"):
        assert person.open(f"/a/{key}/leave").response.status_code == 503
        with pytest.raises(NotKept):
            find_resumed(field.engine, "Z" * 16)


@contextmanager
def away(engine: Engine, table: str) -> Iterator[None]:
    """Take a table away for a while: the database answers, and not as it should."""
    _rename(engine, table, "elsewhere")
    yield
    _rename(engine, "elsewhere", table)


def _rename(engine: Engine, old: str, new: str) -> None:
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


def test_codes_are_read_back_as_people_write_them() -> None:
    code = "01ABCDEFGHJKMNPQ"
    assert read_code(" o1ab-cdef ghjk—mnpq\n", 16) == code
    assert read_code("OIABCDEFGHJKMNPQ", 16) == code
    assert read_code("0lABCDEFGHJKMNPQ", 16) == code
    assert (
        read_code("О1АВСDEFGНJКМNРQ".replace("C", "С"), 16) == "01ABCDEFGHJKMNPQ"
    )  # Cyrillic О А В С Н К М Р
    assert read_code("U" + code[1:], 16) is None
    assert read_code(code + "0", 16) is None
    assert read_code("٠1ABCDEFGHJKMNPQ", 16) is None
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert grouped(code, (4, 4, 4, 4)) == "01AB-CDEF-GHJK-MNPQ"


def test_pages_in_every_language(field: Field, left: tuple[Person, str, str]) -> None:
    person, _, key = left
    assert "Ваші відповіді збережено" in person.open(f"/a/{key}/leave?language=uk").text
    assert "Продолжить с того же места" in other(field).open("/resume?language=ru").text


def test_rows_do_not_pile_up(field: Field, left: tuple[Person, str, str]) -> None:
    person, _, key = left
    for _ in range(3):
        person.open(f"/a/{key}/leave")
    with field.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(resume)).scalar_one() == 1
