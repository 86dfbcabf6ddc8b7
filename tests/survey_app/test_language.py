"""The questionnaire language as a respondent meets it: parts of sections, scripts, checks, ends, lists of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Missing
from questionnaires.study import Study
from survey_app.config import Settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.current import Current, current
from survey_app.storage.opening import open_database
from survey_app.storage.tables import response
from tests.conftest import STUDY
from tests.survey_app.conftest import Field, Person

QUESTIONNAIRE = """
name: small
languages: [en, uk]
check_answers: true
sections:
  - name: who
    title: {en: Who, uk: Хто}
    questions:
      - {name: age, type: number, required: true, text: {en: Age, uk: Вік}}
    screen_out:
      - name: minor
        if: age < 18
        title: {en: Too young, uk: Замало}
        text: {en: "{age} is too young.", uk: "{age} — замало."}
  - name: ways
    title: {en: Ways, uk: Способи}
    questions:
      - name: channel
        type: single
        required: true
        text: {en: Channel, uk: Канал}
        choices:
          - {code: 1, name: post, text: {en: "A <b>post</b>", uk: Допис}}
          - {code: 8, name: phone, text: {en: Phone, uk: Телефон}}
          - {code: 9, name: other, write: true, text: {en: Other, uk: Інше}}
      - {name: why, type: text, lines: 1, required: true, ask_if: channel == "phone", text: {en: Why, uk: Чому}}
      - {name: again, type: number, maximum: age, ask_if: answered(why), text: {en: Again, uk: Знову}}
    checks:
      - {check: again != 13, soft: true, text: {en: "Really {again}?", uk: "Справді {again}?"}}
      - {check: again != 14, text: {en: Not 14, uk: Не 14}}
  - name: last
    title: {en: "Last about {channel}", uk: "Кінець про {channel}"}
    questions:
      - name: rating
        type: matrix
        required: true
        text: {en: Rate, uk: Оцініть}
        items:
          - {name: speed, text: {en: Speed, uk: Швидкість}}
          - {name: tone, ask_if: channel == "phone", text: {en: Tone, uk: Тон}}
        choices:
          - {code: 1, name: good, text: {en: Good, uk: Добре}}
          - {code: 2, name: bad, text: {en: Bad, uk: Погано}}
ends:
  - name: callers
    if: channel == "phone"
    title: {en: Thanks caller, uk: Дякуємо}
    text: {en: "You wrote: {why}", uk: "{why}"}
""".encode()


@pytest.fixture
def study() -> Study:
    return study_from_files({"study.yaml": STUDY, "questionnaire.yaml": QUESTIONNAIRE})


@pytest.fixture
def field(settings: Settings, engine: Engine, study: Study) -> Iterator[Field]:
    fieldwork.publish(engine, study, 1_000)
    app: Flask = create_app(settings, engine)
    yield Field(app, engine, settings, study)
    app.extensions["earshot-collector"].close()


def kept(field: Field) -> Current:
    with field.engine.connect() as connection:
        key = connection.execute(select(response.c.key).where(response.c.study == "small")).scalar_one()
    state = current(field.engine, key)
    assert state is not None
    return state


@pytest.fixture
def adult(person: Person) -> Person:
    """Someone on the page after the screening."""
    return person.open("/s/small?language=en").post({"age": "34"})


def test_a_screened_person_is_thanked_at_once_and_asked_nothing_more(field: Field, person: Person) -> None:
    person.open("/s/small?language=en").post({"age": "17"})
    assert person.address.endswith("/end")
    assert "Too young" in person.text
    assert "17 is too young." in person.text
    state = kept(field)
    assert (state.submitted, state.screened, state.end) == (True, True, "minor")


def test_without_scripts_a_condition_cuts_the_section(field: Field, adult: Person) -> None:
    adult.post({"channel": "8"})
    assert adult.address.endswith("/ways-2")
    adult.post({"why": "no computer"})
    assert adult.address.endswith("/ways-3")
    assert adult.post({"again": "2"}).address.endswith("/last")
    assert kept(field).answers["again"] == 2


def test_with_scripts_the_section_is_one_post(field: Field, adult: Person) -> None:
    shown = re.search(r'<template id="more">(.*?)</template>', adult.text, re.DOTALL)
    assert shown
    assert 'name="why"' in shown[1]
    assert 'data-if=\'["compare"' in shown[1]
    adult.post({"channel": "8", "why": "x", "again": "1"}, _whole="1")
    assert adult.address.endswith("/last")
    assert kept(field).answers["why"] == "x"
    back = re.search(r'href="(/a/\w+/ways)">Back', adult.text)  # the whole section, not its last part
    assert back


def test_with_scripts_what_is_asked_is_judged_in_its_order(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "again": "1"}, _whole="1")
    assert adult.response.status_code == 422  # `why` is asked and required
    assert "Write your answer" in adult.text
    adult.post({"channel": "1"}, _whole="1")
    assert adult.address.endswith("/last")
    assert "why" not in kept(field).answers


def test_an_answer_that_is_not_asked_is_never_taken(field: Field, adult: Person) -> None:
    adult.post({"channel": "1", "why": "x"}, _whole="1")
    assert adult.response.status_code == 409
    adult.post({"channel": "1", "again": "3"})
    assert adult.response.status_code == 409
    assert set(kept(field).answers) == {"age"}


def test_the_script_is_told_where_to_go(adult: Person) -> None:
    found = re.search(r'action="([^"]+)"', adult.text)
    assert found
    answer = adult.client.post(
        found[1],
        data={**adult.hidden(), "channel": "1", "_action": "continue"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200
    assert answer.json["to"].endswith("/last")


def test_text_beside_a_choice_is_kept_and_only_counts_with_it(field: Field, adult: Person) -> None:
    adult.post({"channel": "1", "channel.other_text": "pigeon"})
    assert kept(field).answers["channel.other_text"] == "pigeon"
    from questionnaires.routing import on_path

    assert on_path(field.study.questionnaire, kept(field).answers)["channel.other_text"] is Missing.NOT_ASKED
    adult.open(adult.address.replace("/last", "/ways"))
    assert 'value="pigeon"' in adult.text


def test_a_soft_check_is_shown_once_and_a_hard_one_stays(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "why": "x", "again": "13"}, _whole="1")
    assert adult.response.status_code == 422
    assert "Please check" in adult.text
    assert "Really 13?" in adult.text
    adult.post({"channel": "8", "why": "x", "again": "14"}, _whole="1")
    assert "Not 14" in adult.text
    adult.post({"channel": "8", "why": "x", "again": "14"}, _whole="1")
    assert adult.response.status_code == 422
    adult.post({"channel": "8", "why": "x", "again": "13"}, _whole="1")
    adult.post({"channel": "8", "why": "x", "again": "13"}, _whole="1")
    assert adult.address.endswith("/last")


def test_a_limit_from_an_earlier_answer(adult: Person) -> None:
    adult.post({"channel": "8", "why": "x", "again": "35"}, _whole="1")
    assert "must be 34 or less" in adult.text


def test_rows_are_asked_by_their_own_conditions(field: Field, adult: Person) -> None:
    adult.post({"channel": "1"})
    assert "rating.tone" not in adult.text
    assert "Last about A &lt;b&gt;post&lt;/b&gt;" in adult.text
    adult.post({})
    assert "Choose an answer in this row: Speed" in adult.text
    adult.post({"rating.speed": "1"})
    assert adult.address.endswith("/check")
    assert "rating.tone" not in kept(field).answers


def test_answers_are_listed_changed_and_sent(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "why": "<script>", "again": ""}, _whole="1")
    adult.post({"rating.speed": "1", "rating.tone": "2"})
    assert "Check your answers" in adult.text
    assert "&lt;script&gt;" in adult.text
    assert "Rate – Tone" in adult.text
    assert "No answer" in adult.text
    assert not kept(field).submitted
    change = re.search(r'href="(/a/\w+/who\?change=1)#age"', adult.text)
    assert change
    here = adult.address
    adult.open(change[1]).post({"age": "40"})
    assert adult.address == here
    assert "40" in adult.text
    adult.post({})
    assert adult.address.endswith("/end")
    assert "Thanks caller" in adult.text
    assert "You wrote: &lt;script&gt;" in adult.text
    assert (kept(field).submitted, kept(field).end) == (True, "callers")


def test_what_is_not_all_answered_is_not_sent(field: Field, adult: Person) -> None:
    adult.open(adult.address.replace("/ways", "/check"))
    assert "Check your answers" in adult.text
    adult.post({})
    assert adult.address.endswith("/ways")
    assert not kept(field).submitted


def test_answers_changed_in_another_tab_are_shown_before_they_are_sent(field: Field, adult: Person) -> None:
    adult.post({"channel": "1"})
    adult.post({"rating.speed": "1"})
    listed = adult.text
    other = Person(adult.client).open(adult.address.replace("/check", "/who")).post({"age": "50"})
    assert other.response.status_code == 200
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', listed))
    answer = adult.client.post(adult.address, data={**fields, "_action": "continue"})
    assert answer.status_code == 409
    assert "50" in answer.get_data(as_text=True)
    assert not kept(field).submitted


def test_an_answer_that_a_change_forbids_is_asked_again(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "why": "x", "again": "30"}, _whole="1")
    adult.post({"rating.speed": "1", "rating.tone": "1"})
    adult.open(adult.address.replace("/check", "/who") + "?change=1").post({"age": "20"})
    assert adult.address.endswith("/ways")
    adult.post({"channel": "8", "why": "x", "again": "30"}, _whole="1")
    assert "must be 20 or less" in adult.text


def test_a_page_of_another_path_does_not_answer_what_it_did_not_show(field: Field, adult: Person) -> None:
    """Two tabs: one shows a row less, because the other has changed the channel since."""
    adult.post({"channel": "1"})
    stale = adult.text
    other = Person(adult.client).open(adult.address.replace("/last", "/ways"))
    other.post({"channel": "8", "why": "x", "again": ""}, _whole="1")
    other.post({"rating.speed": "1", "rating.tone": "2"})
    action = re.search(r'action="([^"]+)"', stale)
    assert action
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', stale))
    answer = adult.client.post(action[1], data={**fields, "rating.speed": "2", "_action": "continue"})
    assert answer.status_code == 409
    assert kept(field).answers["rating.tone"] == 2


def test_the_database_opened_again_has_everything(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "why": "x", "again": "1"}, _whole="1", _width="phone")
    again = open_database(field.settings.database_url)
    with again.connect() as connection:
        key = connection.execute(select(response.c.key)).scalar_one()
    state = current(again, key)
    again.dispose()
    assert state is not None
    assert state.answers["why"] == "x"


OTHER = """
name: other
languages: [en, uk]
sections:
  - name: who
    title: {en: Who, uk: Хто}
    questions:
      - {name: age, type: text, required: true, text: {en: Age, uk: Вік}}
""".encode()


def test_a_ticket_of_another_study_is_worth_nothing(field: Field, person: Person) -> None:
    fieldwork.publish(
        field.engine, study_from_files({"study.yaml": STUDY, "questionnaire.yaml": OTHER}), 2_000
    )
    person.open("/s/small?language=en").post({"age": "34"})
    first = Person(person.client).open(person.address.replace("/ways", "/who"))
    person.open("/s/other")
    fields = {**person.hidden(), "_ticket": first.hidden()["_ticket"], "age": "no number"}
    answer = person.client.post("/s/other", data=fields)
    assert answer.status_code == 400
    fresh = re.search(r'name="_ticket" value="([^"]*)"', answer.get_data(as_text=True))
    assert fresh
    person.client.post("/s/other", data={**fields, "_ticket": fresh[1]})
    person.client.post("/s/small", data={**fields, "_ticket": fresh[1]})
    assert kept(field).answers == {"age": 34}


def test_a_ticket_of_an_earlier_version_does_not_answer_a_later_one(field: Field, person: Person) -> None:
    person.open("/s/small?language=en")
    changed = QUESTIONNAIRE.replace(
        b"type: number, required: true,", b"type: number, minimum: 40, required: true,"
    )
    fieldwork.publish(
        field.engine, study_from_files({"study.yaml": STUDY, "questionnaire.yaml": changed}), 2_000
    )
    Person(person.client).open("/s/small").post({"age": "50"})
    person.post({"age": "20"})
    assert kept(field).answers["age"] == 50


def test_posts_from_pages_that_hide_where_they_are_from_are_refused(field: Field, person: Person) -> None:
    person.open("/s/small")
    for origin in ("null", "http://[x", "https://elsewhere.example"):
        answer = person.client.post(
            "/s/small", data={**person.hidden(), "age": "34"}, headers={"Origin": origin}
        )
        assert answer.status_code == 403, origin


def test_two_soft_checks_do_not_take_turns_and_each_passes_for_its_answers_only(
    settings: Settings, engine: Engine
) -> None:
    text = """
name: small
languages: [en]
sections:
  - name: one
    title: One
    questions:
      - {name: a, type: number, text: A}
      - {name: b, type: number, text: B}
    checks:
      - {check: a < 10, soft: true, text: A is much}
      - {check: b < 10, soft: true, text: B is much}
  - {name: two, title: Two, questions: [{name: c, type: number, text: C}]}
"""
    record = b"title: S\nmode: web\nframe: x\nsample: census\nzone: UTC\nretention: 2027-12-31\n"
    study = study_from_files({"study.yaml": record, "questionnaire.yaml": text.encode()})
    fieldwork.publish(engine, study, 1_000)
    app: Flask = create_app(settings, engine)
    person = Person(app.test_client()).open("/s/small")
    person.post({"a": "50", "b": "1"})
    assert "A is much" in person.text
    person.post({"a": "50", "b": "50"})
    assert "B is much" in person.text and "A is much" not in person.text
    person.post({"a": "60", "b": "50"})
    assert "A is much" in person.text and "B is much" not in person.text
    person.post({"a": "60", "b": "50"})
    assert person.address.endswith("/two")
    app.extensions["earshot-collector"].close()


def test_leaving_takes_back_what_was_taken_back(field: Field, adult: Person) -> None:
    adult.post({"channel": "8", "why": "my name is Ann", "again": ""}, _whole="1")
    adult.open(adult.address.replace("/last", "/ways"))
    adult.post({"channel": "8", "why": "", "again": ""}, _whole="1", _action="leave")
    assert adult.address.endswith("/leave")
    assert kept(field).answers["why"] is Missing.NOT_ANSWERED
    adult.open(adult.address.replace("/leave", "/last"))
    adult.post({"rating.speed": "1", "rating.tone": "1"})
    assert adult.address.endswith("/ways")  # it is required, so it is asked again


def test_without_scripts_after_all_nobody_goes_in_circles(adult: Person) -> None:
    adult.post({"channel": "8", "why": "x", "again": "1"}, _whole="1")
    adult.open(adult.address.replace("/last", "/ways"))
    adult.post({"channel": "8"})  # the script did not load this time
    assert adult.address.endswith("/ways-2")
    assert adult.post({"why": "y"}).address.endswith("/ways-3")


def test_words_that_another_tab_has_changed_are_shown_again(field: Field, adult: Person) -> None:
    adult.post({"channel": "1"})
    stale = adult.text
    Person(adult.client).open(adult.address.replace("/last", "/ways")).post({"channel": "9"})
    action = re.search(r'action="([^"]+)"', stale)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', stale))
    assert action
    answer = adult.client.post(action[1], data={**fields, "rating.speed": "2", "_action": "continue"})
    assert answer.status_code == 409  # it said "Last about A post"
    assert "rating.speed" not in kept(field).answers


def test_the_browser_says_its_language_with_a_region(person: Person) -> None:
    page = person.client.get("/s/small", headers={"Accept-Language": "en-GB,uk;q=0.8"})
    assert '<html lang="en"' in page.get_data(as_text=True)
    page = person.client.get("/s/small", headers={"Accept-Language": "uk-UA"})
    assert '<html lang="uk"' in page.get_data(as_text=True)


def test_only_the_named_study_is_begun(settings: Settings, engine: Engine, study: Study) -> None:
    from dataclasses import replace

    fieldwork.publish(engine, study, 1_000)
    app = create_app(replace(settings, studies=("another",)), engine)
    client = app.test_client()
    assert client.get("/s/small").status_code == 404
    assert "/s/small" not in client.get("/").get_data(as_text=True)
    app.extensions["earshot-collector"].close()


def test_who_was_screened_out_does_not_begin_anew(field: Field, person: Person) -> None:
    person.open("/s/small?language=en").post({"age": "17"})
    assert person.open("/s/small").address.endswith("/end")
