"""Personal links: each is good for one response, whoever opens it and however often."""

from __future__ import annotations

import csv
import io
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from questionnaires.formats.study_folder import study_from_files
from survey_app.cli import main
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.erase import erase
from survey_app.storage.invitations import invitations, invite
from survey_app.storage.tables import invitation, post, response

from .conftest import Field, Person

pytestmark = pytest.mark.both_databases

FIRST = {"age": "34", "channel": "8"}
SECOND: dict[str, str] = {}


def count(field: Field, table: object) -> int:
    with field.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar() or 0  # type: ignore[arg-type]


@pytest.fixture
def token(field: Field) -> str:
    return invite(field.engine, "small", 1, 5)[0]


def by_invitation(field: Field) -> None:
    """Publish the study anew, for those with a link."""
    files = dict(field.study.files)
    files["study.yaml"] += b"access: invitation\n"
    fieldwork.publish(field.engine, study_from_files(files), 2_000)


def test_a_link_leads_to_one_response_on_every_device(field: Field, person: Person, token: str) -> None:
    person.open(f"/i/{token}").post(FIRST)
    key = person.address.split("/")[2]
    other = Person(field.app.test_client())
    other.open(f"/i/{token.lower()}")
    assert "Some answers were given by it already" in other.text
    assert 'value="34"' not in other.text
    other.post({})
    assert other.address == f"/a/{key}/more"
    other.post(SECOND)
    assert other.address == f"/a/{key}/end"
    assert count(field, response) == 1
    for late in (person, other, Person(field.app.test_client())):
        late.open(f"/i/{token}")
        assert late.response.status_code == 410
        assert "already submitted" in late.text
    other.open("/s/small")
    assert other.address == f"/a/{key}/end"  # the study's own link is no way round


def test_opening_a_link_stores_nothing(field: Field, token: str) -> None:
    for _ in range(3):
        Person(field.app.test_client()).open(f"/i/{token}")
    assert (count(field, response), count(field, post)) == (0, 0)


def test_a_study_by_invitation_asks_for_a_link(field: Field, person: Person, token: str) -> None:
    by_invitation(field)
    person.open("/s/small")
    assert person.response.status_code == 403
    assert "by invitation" in person.text
    assert "small" not in person.open("/").text
    person.open(f"/i/{token}").post(FIRST).post(SECOND)
    assert person.address.endswith("/end")


def test_a_forged_post_without_a_link_is_refused(field: Field, person: Person) -> None:
    person.open("/s/small")
    by_invitation(field)
    person.client.delete_cookie("earshot")
    form = {"_ticket": "small:forged", "age": "34", "channel": "8"}
    assert person.client.post("/s/small", data=form).status_code == 403
    assert count(field, response) == 0


@pytest.mark.parametrize("wrong", ["0" * 26, "nonsense", "%00", "A" * 300])
def test_a_link_that_is_not_ours(person: Person, wrong: str) -> None:
    person.open(f"/i/{wrong}")
    assert person.response.status_code == 404
    assert "not one of ours" in person.text


def test_fifty_at_once_are_one_response(field: Field, token: str) -> None:
    """Fifty browsers open one link before anyone answers; each then sends a first page of its own."""
    people = [Person(field.app.test_client()) for _ in range(50)]
    for one in people:
        one.open(f"/i/{token}")

    def answer(one: Person, number: int) -> None:
        one.post({**FIRST, "age": str(20 + number)})

    threads = [threading.Thread(target=answer, args=(one, n)) for n, one in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(field, response) == 1
    last = people[0].open(f"/i/{token}").post(SECOND)
    assert last.address.endswith("/end")
    with field.engine.connect() as connection:
        assert connection.execute(select(func.count()).where(post.c.final)).scalar() == 1


def test_a_browser_that_was_here_before_is_asked_first(field: Field, person: Person, token: str) -> None:
    """A link that somebody else has sent must not take over the answers of a form that is open."""
    person.open("/s/small")
    person.open(f"/i/{token}")
    assert "Answer by this personal link?" in person.text
    person.open("/s/small").post(FIRST)
    assert field.app.test_client().get(f"/i/{token}").status_code == 303  # nothing was begun by the link
    foreign = person.client.post(f"/i/{token}", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert person.client.post(f"/i/{token}", data={"csrf_token": "forged"}).status_code == 200


def test_a_form_from_when_the_study_was_open_begins_nothing(field: Field, person: Person) -> None:
    person.open("/s/small")
    begun = Person(field.app.test_client()).open("/s/small").post(FIRST)
    by_invitation(field)
    person.post(FIRST)
    assert person.response.status_code == 403
    assert begun.post(SECOND).address.endswith("/end")
    assert count(field, response) == 1


def test_an_erased_response_is_not_begun_again(field: Field, person: Person, token: str) -> None:
    by_invitation(field)
    person.open(f"/i/{token}").post(FIRST)
    erase(field.engine, person.address.split("/")[2], 9_000)
    assert field.app.test_client().get(f"/i/{token}").status_code == 410
    for address in (f"/i/{token}", "/s/small"):
        assert person.open(address).response.status_code == 410
    assert count(field, response) == 0


def test_only_the_hash_is_kept(field: Field, token: str) -> None:
    with field.engine.connect() as connection:
        row = connection.execute(select(invitation)).one()
    assert token not in str(row)
    assert re.fullmatch(r"[0-9a-f]{64}", row.token_hash)
    assert invitations(field.engine, "small") == 1


def test_the_verb_writes_links(field: Field, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for name, content in field.study.files.items():
        (folder / name).write_bytes(content)
    environment = {
        "EARSHOT_DATA": str(field.settings.data),
        "EARSHOT_DATABASE_URL": field.settings.database_url,
    }
    command = ["invite", str(folder), "--count", "3", "--at", "https://ask.example.org/"]
    done = CliRunner().invoke(main, command, env=environment)
    assert done.exit_code == 0, done.output
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["number", "link"]
    assert len({link for _, link in rows[1:]}) == 3
    assert all(link.startswith("https://ask.example.org/i/") for _, link in rows[1:])
    assert "can answer, too" in done.stderr
    wrong = CliRunner().invoke(main, [*command[:-1], "ask.example.org"], env=environment)
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "--at ask.example.org is no address; begin it with https://\n",
    )


def test_a_link_of_a_study_that_is_not_served_here(field: Field, token: str) -> None:
    app = create_app(replace(field.settings, studies=("another",)), field.engine)
    assert app.test_client().get(f"/i/{token}").status_code == 404
    app.extensions["earshot-collector"].close()
