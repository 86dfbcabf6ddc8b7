"""The form as a person meets it: good answers lead to thanks; bad posts lose nothing and store nothing."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, text
from werkzeug.datastructures import MultiDict

from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Missing
from survey_app.factory import create_app
from survey_app.security import HEADERS
from survey_app.storage import current as current_module
from survey_app.storage import fielded as fielded_module
from survey_app.storage import fieldwork
from survey_app.storage import posts as posts_module
from survey_app.storage.current import current
from survey_app.storage.tables import post, response

from .conftest import Field, Person

FIRST = {"age": "34", "channel": "2"}
SECOND = {"platform": "1", "used": ["1", "2"], "wait": "3", "comment": "<b>=1+1 {{7*7}}</b>"}


def stored(field: Field) -> dict[str, Any]:
    """The answers of the only response."""
    with field.engine.connect() as connection:
        key = connection.execute(select(response.c.key)).scalar_one()
    state = current(field.engine, key)
    assert state is not None
    return dict(state.answers)


def posts(field: Field) -> int:
    with field.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(post)).scalar_one()


def test_from_the_link_to_thanks(field: Field, person: Person) -> None:
    person.open("/s/small")
    assert posts(field) == 0  # viewing writes nothing
    person.post(FIRST)
    assert person.address.endswith("/more")
    person.post(SECOND)
    assert person.address.endswith("/end")
    assert stored(field) == {
        "age": 34,
        "channel": 2,
        "platform": 1,
        "used": (1, 2),
        "wait": 3,
        "comment": "<b>=1+1 {{7*7}}</b>",
    }
    assert fieldwork.counts(field.engine, "small") == {"started": 1, "finished": 1}


def test_off_path_questions_are_not_shown_and_not_taken(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"})
    assert 'name="platform"' not in person.text
    person.post({"platform": "1"})  # the other tab has taken it off the path
    assert person.response.status_code == 409
    assert stored(field) == {"age": 34, "channel": 8}


def test_errors_keep_everything_typed(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "17", "channel": "2"})
    assert person.response.status_code == 422
    assert "<title>Error: Start" in person.text
    assert 'role="alert" tabindex="-1" autofocus' in person.text
    assert re.search(r'<a href="#age">The number must be from 18 to 120', person.text)
    assert re.search(
        r'id="age"[^>]* value="17"[^>]* aria-invalid="true"[^>]*aria-describedby="age-error"', person.text
    )
    assert re.search(r'id="channel-2" value="2" checked', person.text)
    assert posts(field) == 0


def test_every_problem_of_the_page_is_in_the_summary(person: Person) -> None:
    person.open("/s/small").post({})
    assert re.findall(r'<li><a href="#([^"]+)">', person.text) == ["age", "channel-1"]


def test_stored_answers_are_shown_again(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age.special": "prefer_not", "channel": "2"})
    person.open(person.address.replace("/more", "/start"))
    assert re.search(r'name="age.special" id="age-prefer_not" value="prefer_not" checked', person.text)
    assert re.search(r'value="2" checked', person.text)


def test_going_back_and_changing_the_branch(field: Field, person: Person) -> None:
    """An answer off the path is kept but does not count; coming back restores it."""
    person.open("/s/small").post(FIRST).post({**SECOND, "platform": ""})
    assert person.response.status_code == 422  # platform is required: still on the page
    start = person.address.replace("/more", "/start")
    person.open(start).post({"age": "34", "channel": "8"})
    assert 'name="platform"' not in person.text
    person.post({"used": "9"})
    assert person.address.endswith("/end")
    assert stored(field)["used"] == (9,)


def test_text_is_shown_verbatim_and_escaped(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST)
    person.post({**SECOND, "platform": "99"})
    assert "&lt;b&gt;=1+1 {{7*7}}&lt;/b&gt;</textarea>" in person.text
    assert "<b>" not in person.text


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({**FIRST, "channel": "99"}, 422),
        ({**FIRST, "channel": "' OR 1=1"}, 422),
        ({**FIRST, "age": "34\x00"}, 422),
        ({**FIRST, "weight": "1000"}, 400),
        ({**FIRST, "completed_at": "2020"}, 400),
        ({**FIRST, "csrf_token": "wrong"}, 400),
        ({**FIRST, "csrf_token": ""}, 400),
        ({**FIRST, "_ticket": "../../etc"}, 400),
        ({**FIRST, "_ticket": ""}, 400),
        ({**FIRST, "age.special": ["prefer_not", "bogus"]}, 422),
    ],
)
def test_a_bad_post_stores_nothing_and_keeps_what_was_typed(
    field: Field, person: Person, answers: dict[str, object], status: int
) -> None:
    person.open("/s/small").post(answers)
    assert person.response.status_code == status
    assert posts(field) == 0
    assert 'role="alert"' in person.text
    if str(answers["age"]).isdecimal():
        assert 'value="34"' in person.text


def test_a_post_without_cookies_is_told_so(field: Field, person: Person) -> None:
    person.open("/s/small")
    person.client.delete_cookie("earshot")
    person.post(FIRST)
    assert person.response.status_code == 400
    assert 'value="34"' in person.text
    person.post(FIRST)  # the page that came back has a fresh token
    assert person.address.endswith("/more")


def test_ten_megabytes_are_refused_in_the_persons_language(field: Field, person: Person) -> None:
    person.open("/s/small?language=uk")
    person.client.post("/s/small", data={"_language": "uk", **person.hidden()})
    person.response = person.client.post("/s/small", data={"age": "x" * 10_000_000})
    assert person.response.status_code == 413
    assert '<html lang="uk">' in person.text
    assert posts(field) == 0


def test_a_closed_study(field: Field, person: Person) -> None:
    """What was sent before stays; what comes after is refused with a page that says so."""
    person.open("/s/small").post(FIRST)
    page = person.text
    fieldwork.close(field.engine, "small", 2_000)
    person.post(SECOND)
    assert person.response.status_code == 410
    assert stored(field) == {"age": 34, "channel": 2}
    assert "age" not in re.findall(r'name="([^"]+)"', person.text)
    assert page != person.text
    assert person.open("/s/small").response.status_code == 410


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ("open: 2999-01-01T08:00", 403),
        ("close: 2020-01-01T20:00", 410),
        ("open: 2020-01-01T08:00\nclose: 2999-01-01T20:00", 200),
        ("close: 2020-01-01T20:00+02:00", 410),
    ],
)
def test_field_dates_of_the_record_hold(
    field: Field, files: dict[str, bytes], person: Person, dates: str, status: int
) -> None:
    study = study_from_files({**files, "study.yaml": files["study.yaml"] + dates.encode()})
    fieldwork.close(field.engine, "small", 2_000)
    fieldwork.publish(field.engine, study, 3_000)
    assert person.open("/s/small").response.status_code == status


def test_the_same_post_twice_is_one_answer(field: Field, person: Person) -> None:
    person.open("/s/small")
    fields = {**person.hidden(), **FIRST}
    first = person.client.post("/s/small", data=fields)
    second = person.client.post("/s/small", data=fields)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert posts(field) == 1


def test_language_changes_half_way_and_keeps_what_was_typed(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "41", "channel": "1"}, _language="uk")
    assert person.response.status_code == 200
    assert '<html lang="uk">' in person.text
    assert 'value="41"' in person.text
    assert posts(field) == 0
    person.post({"age": "41", "channel": "1"})
    assert '<html lang="uk">' in person.text
    assert person.address.endswith("/more")


def test_the_browsers_language_is_used(person: Person) -> None:
    person.response = person.client.get("/s/small", headers={"Accept-Language": "uk-UA,uk;q=0.9,en;q=0.5"})
    assert '<html lang="uk">' in person.text
    assert "Скільки вам років?" in person.text


def test_nobody_elses_response_can_be_reached(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST)
    address = person.address
    stranger = field.app.test_client()
    assert stranger.get(address).status_code == 404
    assert stranger.get("/a/" + "0" * 32 + "/more").status_code == 404


def test_a_planted_ticket_is_worth_nothing(field: Field, person: Person) -> None:
    """A form made for one browser cannot be sent from another: nobody writes into another's response."""
    other = Person(field.app.test_client()).open("/s/small")
    planted = other.hidden()["_ticket"]
    person.open("/s/small").post(FIRST, _ticket=planted)
    assert person.response.status_code == 400
    assert planted not in person.text
    assert posts(field) == 0
    person.open("/s/small").post(FIRST, _ticket=planted, _language="uk")
    assert planted not in person.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=["origin", "fetch"]
)
def test_a_post_from_another_site_touches_nothing(
    field: Field, person: Person, headers: dict[str, str]
) -> None:
    person.open("/s/small")
    answer = person.client.post("/s/small", data={**person.hidden(), **FIRST}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    person.post(FIRST)
    assert person.address.endswith("/more")


def test_a_ticket_is_for_one_page_only(field: Field, person: Person) -> None:
    person.open("/s/small")
    first = person.hidden()["_ticket"]
    person.post(FIRST).post(SECOND, _ticket=first)
    assert person.response.status_code == 400
    assert posts(field) == 1


def test_a_form_is_judged_by_the_version_it_was_shown_on(
    field: Field, files: dict[str, bytes], person: Person
) -> None:
    """Published anew between showing and sending: 34 was a good answer to what the person saw."""
    person.open("/s/small")
    older = files["questionnaire.yaml"].replace(b"minimum: 18", b"minimum: 40")
    newer = study_from_files({**files, "questionnaire.yaml": older})
    fieldwork.publish(field.engine, newer, 5_000)
    person.post(FIRST)
    assert person.address.endswith("/more")
    with field.engine.connect() as connection:
        assert connection.execute(select(response.c.version)).scalar_one() == field.study.version
    person.post(SECOND)
    assert person.address.endswith("/end")


def test_after_the_end_nothing_is_thanked_that_was_not_stored(field: Field, person: Person) -> None:
    person.open("/s/small")
    first_page = {**person.hidden(), **FIRST}
    person.post(FIRST)
    last = person.address
    second_page = {**person.hidden(), **SECOND}
    person.post(SECOND)
    assert person.client.post(last, data=MultiDict(second_page)).headers["Location"].endswith("/end")
    changed = person.client.post(last, data=MultiDict({**second_page, "comment": "changed"}))
    assert changed.status_code == 409
    assert person.client.post("/s/small", data={**first_page, "age": "99"}).status_code == 409
    assert stored(field)["age"] == 34
    assert stored(field)["comment"] == SECOND["comment"]


def test_nothing_required_is_left_out_by_going_back(field: Field, person: Person) -> None:
    """A question that comes onto the path by a change on an earlier page is asked before the end."""
    person.open("/s/small").post({"age": "34", "channel": "8"})
    start = person.address.replace("/more", "/start")
    person.open(start).post({"age": "34", "channel": "1"})
    assert 'name="platform"' in person.text
    person.post({"comment": "no platform"})
    assert person.response.status_code == 422


def test_the_link_opened_again_goes_on_with_the_same_response(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST)
    assert person.open("/s/small").address.endswith("/start")
    assert 'value="34"' in person.text
    other_tab = Person(person.client).open("/s/small")
    other_tab.post({**FIRST, "age": "35"})
    with field.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(response)).scalar_one() == 1


def test_a_second_person_on_the_same_phone_starts_anew(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST).post(SECOND)
    person.open("/s/small")
    assert 'value="34"' not in person.text
    person.post({"age": "70", "channel": "8"}).post({})
    assert fieldwork.counts(field.engine, "small") == {"started": 2, "finished": 2}


@pytest.mark.parametrize("body", [b"[1,2]", b'{"age": 34}', b'{"csrf_token": 5}', b"\xff"])
def test_other_bodies_are_refused(field: Field, person: Person, body: bytes) -> None:
    person.open("/s/small")
    answer = person.client.post("/s/small", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert posts(field) == 0


def test_files_are_foreign(field: Field, person: Person) -> None:
    person.open("/s/small")
    fields = {**person.hidden(), **FIRST, "evil": (io.BytesIO(b"x"), "evil.txt")}
    assert person.client.post("/s/small", data=fields).status_code == 400
    assert posts(field) == 0


def test_a_database_that_cannot_be_used_keeps_what_was_typed(
    field: Field, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page and a later one: not kept, said so, and everything is still on the page."""
    person.open("/s/small")
    moved = field.settings.data / "earshot.db"
    for answers, kept in ((FIRST, 'value="34"'), (SECOND, "&lt;b&gt;=1+1")):
        field.engine.dispose()
        moved.chmod(0)
        monkeypatch.setattr(posts_module, "_STANDING", text("SELECT * FROM nowhere"))
        monkeypatch.setattr(current_module, "_RESPONSE", text("SELECT * FROM nowhere"))
        monkeypatch.setattr(fielded_module, "_STUDY", text("SELECT * FROM nowhere"))
        person.post(answers)
        assert person.response.status_code == 503, person.text
        assert kept in person.text
        assert "not saved" in person.text or "still on this page" in person.text
        monkeypatch.undo()
        moved.chmod(0o600)
        person.post(answers)
    assert person.address.endswith("/end")


def test_question_names_cannot_get_in_the_way(field: Field, files: dict[str, bytes], person: Person) -> None:
    """Names that the form, WTForms or the page use themselves are names like any other."""
    names = ("language", "action", "submission_key", "validate", "errors", "data", "meta", "process", "raw")
    questions = "".join(f"      - {{name: {name}, type: text, text: {{en: a, uk: b}}}}\n" for name in names)
    text_ = files["questionnaire.yaml"].decode() + (
        "  - name: last\n    title: {en: Last, uk: c}\n    questions:\n" + questions
    )
    study = study_from_files({**files, "questionnaire.yaml": text_.encode()})
    fieldwork.publish(field.engine, study, 5_000)
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({})
    person.post({name: f"said {name}" for name in names})
    assert person.address.endswith("/end")
    assert {name: stored(field)[name] for name in names} == {name: f"said {name}" for name in names}


def test_a_foreign_host_is_refused(person: Person) -> None:
    answer = person.client.get("/s/small", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_wrong_method_says_which_are_right(person: Person) -> None:
    answer = person.client.put("/s/small")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_pages_ahead_are_reached_in_their_order(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST)
    end = person.address.replace("/more", "/end")
    assert person.open(end).address.endswith("/more")
    assert person.open(end.replace("/end", "/nowhere")).address.endswith("/more")


def test_a_submitted_response_is_finished(field: Field, person: Person) -> None:
    person.open("/s/small").post(FIRST)
    start = person.address.replace("/more", "/start")
    person.post(SECOND)
    assert person.open(start).address.endswith("/end")


def test_not_answered_is_stored_as_such(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({})
    assert person.address.endswith("/end")
    assert stored(field)["comment"] is Missing.NOT_ANSWERED


@pytest.mark.parametrize(
    "address", ["/", "/s/small", "/s/none", "/nowhere", "/a/x/y", "/form/respondent.css"]
)
def test_every_answer_carries_the_security_headers(person: Person, address: str) -> None:
    with person.client.get(address) as response:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_nothing_inline_and_nothing_from_elsewhere(person: Person) -> None:
    person.open("/s/small")
    for page in (person.text, person.post({}).text, person.open("/").text, person.open("/nowhere").text):
        assert not re.search(r"<script(?! src=\"/form/)|\sstyle=|\son\w+=|https?://|//[a-z]", page)


def test_cookie(field: Field) -> None:
    cookie = field.app.test_client().get("/s/small").headers["Set-Cookie"]
    assert cookie.startswith("earshot=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_https_the_cookie_is_bound_to_it(field: Field) -> None:
    settings = replace(field.settings, secure=True)
    app = create_app(settings, field.engine)
    answer = app.test_client().get("/s/small")
    app.extensions["earshot-collector"].close()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-earshot=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
