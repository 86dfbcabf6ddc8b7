"""People who go on, back, reload, change their minds and their language, in two tabs and on two devices.

Whatever they do, what is stored is what they last saw and confirmed, and nothing else.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from werkzeug.datastructures import MultiDict

from questionnaires.answers import to_json
from questionnaires.formats.study_folder import study_from_files
from questionnaires.routing import on_path
from questionnaires.study import Study
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.current import Current, current
from survey_app.storage.opening import open_database
from tests.conftest import STUDY

WALKS, SOME = 500, 150
"""Walks of each of the four machines: two thousand together in the long form, six hundred in the short one."""
WALKS_ON_A_SERVER = 100
"""The same on PostgreSQL."""

QUESTIONNAIRE = """
name: small
languages: [en, uk]
check_answers: true
sections:
  - name: start
    title: {en: Start, uk: Початок}
    questions:
      - {name: age, type: number, minimum: 18, maximum: 120, required: true, text: {en: Age, uk: Вік}}
      - name: channel
        type: single
        required: true
        order: random
        text: {en: Channel, uk: Канал}
        choices:
          - {code: 1, name: post, text: {en: Post, uk: Допис}}
          - {code: 2, name: chat, text: {en: Chat, uk: Чат}}
          - {code: 8, name: phone, text: {en: Phone, uk: Телефон}}
          - {code: 9, name: other, write: true, text: {en: Other, uk: Інше}}
      - {name: why, type: text, lines: 1, ask_if: channel == "phone", text: {en: Why, uk: Чому}}
  - name: more
    title: {en: More, uk: Ще}
    questions:
      - name: platform
        type: single
        ask_if: channel in ["post", "chat"]
        special: [dont_know]
        text: {en: "Where ({channel})?", uk: "Де ({channel})?"}
        choices:
          - {code: 1, name: facebook, text: {en: F, uk: F}}
          - {code: 2, name: chatbox, offer_if: channel == "chat", text: {en: C, uk: C}}
      - name: used
        type: several
        text: {en: Used, uk: Використано}
        choices:
          - {code: 1, name: email, text: {en: E, uk: E}}
          - {code: 2, name: phone, text: {en: P, uk: P}}
          - {code: 9, name: none, exclusive: true, text: {en: N, uk: N}}
  - name: last
    title: {en: Last, uk: Кінець}
    questions:
      - {name: times, type: number, maximum: age, ask_if: '"email" in used', text: {en: Times, uk: Рази}}
      - {name: comment, type: text, text: {en: Comment, uk: Коментар}}
""".encode()


class Form(HTMLParser):
    """The form of a page as a browser without scripts has it: what a post of it as it stands would send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.names: set[str] = set()
        self.action = ""
        self._template = False
        self._area = ""
        self._select: tuple[str, str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self._template = self._template or tag == "template"
        if self._template:
            return
        name, value = values.get("name") or "", values.get("value") or ""
        if tag == "form":
            self.action = values.get("action") or ""
        elif tag == "input":
            self.names |= {name}
            if values.get("type") not in ("radio", "checkbox") or "checked" in values:
                self.fields.append((name, value))
        elif tag == "textarea":
            self.names |= {name}
            self._area = name
            self.fields.append((name, ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            name, text = self.fields.pop()
            self.fields.append((name, text + data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._template = False
        if tag == "textarea" and self._area:
            name, text = self.fields.pop()
            self.fields.append((name, text.removeprefix("\n")))
            self._area = ""

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name]


@dataclass
class Tab:
    """One tab: the page it shows, and those before it as the browser keeps them."""

    client: FlaskClient
    text: str = ""
    address: str = ""
    history: list[tuple[str, str]] = field(default_factory=list)

    def open(self, address: str) -> None:
        self._take(self.client.get(address, follow_redirects=True))

    def _take(self, response: Any) -> None:
        self.history.append((self.address, self.text))
        self.text, self.address = response.get_data(as_text=True), response.request.path

    def send(self, fields: list[tuple[str, str]], **changes: str) -> tuple[int, str]:
        """Post the form; follow where it leads. Returns the status and the address it led to."""
        form = Form(self.text)
        data = [(n, v) for n, v in form.fields if n.startswith("_") or n == "csrf_token"]
        data += [(n, v) for n, v in fields if n in form.names] + list(changes.items())
        response = self.client.post(unescape(form.action), data=MultiDict(data))
        if response.status_code == 303:
            self.open(response.location)
            return 303, response.location
        self._take(response)
        return response.status_code, ""


ANSWERS = st.fixed_dictionaries(
    {
        "age": st.sampled_from(["18", "34", "99"]),
        "channel": st.sampled_from(["1", "2", "8", "9"]),
        "channel.other_text": st.sampled_from(["", "by <b>pigeon</b>", "=1+1"]),
        "why": st.sampled_from(["", "{{7*7}}", "{age}", "тому що"]),
        "platform": st.sampled_from(["", "1", "2", "dont_know"]),
        "used": st.sampled_from([(), ("1",), ("2",), ("1", "2"), ("9",)]),
        "times": st.sampled_from(["", "0", "18", "50"]),
        "comment": st.sampled_from(["", "a\r\nb", "<script>", "'; DROP TABLE post; --"]),
    }
)
WRONG = st.sampled_from([("age", "abc"), ("age", "7"), ("channel", "77"), ("used", "1,9"), ("comment", "\0")])


def as_fields(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, one)
        for name, value in answers.items()
        for one in (value if isinstance(value, tuple) else (value,))
        if one or name in ("channel.other_text", "why", "times", "comment", "age")
    ]


class World:
    """One app for all walks; each walk is another person."""

    def __init__(self, folder: Path, address: str = "") -> None:
        own = read_settings({}, data=folder)
        self.settings = replace(own, database_url=address or own.database_url)
        self.engine = open_database(self.settings.database_url)
        self.study = study_from_files({"study.yaml": STUDY, "questionnaire.yaml": QUESTIONNAIRE})
        fieldwork.publish(self.engine, self.study, 1_000)
        self.app: Flask = create_app(self.settings, self.engine)


@contextmanager
def world(address: str = "") -> Iterator[World]:
    with TemporaryDirectory() as folder:
        made = World(Path(folder), address)
        yield made
        made.app.extensions["earshot-collector"].close()
        made.engine.dispose()


class People(RuleBasedStateMachine):
    """One person's walk. `confirmed` is what they were told is kept."""

    place: World
    study: Study

    @initialize()
    def arrive(self) -> None:
        self.tabs = [Tab(self.place.app.test_client())]
        self.tabs[0].open("/s/small?language=en")
        self.confirmed: dict[str, Any] = {}
        self.key = ""
        self.done = False
        self.now = 0

    @property
    def tab(self) -> Tab:
        return self.tabs[self.now]

    def stored(self) -> Current | None:
        return current(self.place.engine, self.key) if self.key else None

    @precondition(lambda self: "_ticket" in self.tab.text)
    @rule(answers=ANSWERS, twice=st.booleans())
    def go_on(self, answers: dict[str, Any], twice: bool) -> None:
        """Fill the page in and continue; sometimes with a double click."""
        before, text = Form(self.tab.text), self.tab.text
        fields = as_fields(answers)
        status, where = self.tab.send(fields, _action="continue")
        assert status in (303, 409, 422, 400), self.tab.text
        if status == 303:
            self.note(where, before, fields)
            if twice:
                self.tab.text = text
                again, _ = self.tab.send(fields, _action="continue")
                assert again in (303, 409)
        elif status == 422:
            self.still_typed(before, fields)

    @precondition(lambda self: "_ticket" in self.tab.text)
    @rule(answers=ANSWERS, wrong=WRONG)
    def mistake(self, answers: dict[str, Any], wrong: tuple[str, str]) -> None:
        """An answer that cannot be accepted: the page comes back, with it and everything else still there."""
        name, value = wrong
        before = Form(self.tab.text)
        if name not in before.names:
            return
        fields = as_fields({**answers, name: tuple(value.split(","))})
        status, _ = self.tab.send(fields, _action="continue")
        assert status in (422, 409, 400), (status, self.tab.address)
        if status == 422:
            self.still_typed(before, fields)

    @precondition(lambda self: "_ticket" in self.tab.text and "/check" not in self.tab.address)
    @rule(answers=ANSWERS, language=st.sampled_from(["en", "uk"]))
    def turn(self, answers: dict[str, Any], language: str) -> None:
        """Change the language half-way: what was typed is still there, and nothing was stored by it."""
        before = Form(self.tab.text)
        if "age" not in before.names and "comment" not in before.names:
            return
        fields = as_fields(answers)
        self.tab.send(fields, _language=language)
        assert f'<html lang="{language}"' in self.tab.text
        self.still_typed(before, fields)

    @rule()
    def back(self) -> None:
        """The link Back, where there is one."""
        link = re.search(r'<a class="button" href="([^"]+)">(?:Back|Назад)', self.tab.text)
        if link:
            self.tab.open(unescape(link[1]))

    @precondition(lambda self: len(self.tab.history) > 1)
    @rule()
    def browser_back(self) -> None:
        """The browser's own Back: the earlier page as it was, ticket and all."""
        address, text = self.tab.history.pop()
        if text:
            self.tab.text, self.tab.address = text, address

    @precondition(lambda self: self.tab.address)
    @rule()
    def reload(self) -> None:
        self.tab.open(self.tab.address)
        if not self.done:
            self.shows_what_is_kept()

    @rule()
    def other_tab(self) -> None:
        """Go to the other tab; the first time it opens the link again."""
        if len(self.tabs) == 1:
            self.tabs.append(Tab(self.tab.client))
            if self.done:
                self.tabs.pop()
                return
            self.tabs[1].open("/s/small")
            self.now = 1
        else:
            self.now = 1 - self.now

    @precondition(lambda self: 'value="leave"' in self.tab.text and not self.done)
    @rule(answers=ANSWERS)
    def other_device(self, answers: dict[str, Any]) -> None:
        """Save and finish later, and go on elsewhere by the code."""
        before = Form(self.tab.text)
        fields = as_fields(answers)
        status, where = self.tab.send(fields, _action="leave")
        assert status in (303, 409, 400, 422), self.tab.text
        if status == 422:  # what was typed is wrong: it must not be lost by leaving
            self.still_typed(before, fields)
        if status != 303:
            return
        state = self.stored()
        assert state is not None
        kept = to_json(state.answers)
        for name in self.variables(before):  # what was left empty stays open
            if name in kept and kept[name] != self.confirmed.get(name):
                assert self.means(name, fields) == kept[name]
                self.confirmed[name] = kept[name]
        code = re.search(r"<code>([^<]+)</code>", self.tab.text)
        assert code and where.endswith("/leave"), self.tab.text
        self.tabs = [Tab(self.place.app.test_client())]
        self.now = 0
        self.tab.open("/resume")
        fields = [(n, v) for n, v in Form(self.tab.text).fields if n == "csrf_token"]
        response = self.tab.client.post("/resume", data=MultiDict([*fields, ("code", code[1])]))
        assert response.status_code == 303
        self.tab.open(response.location)

    @invariant()
    def stored_is_what_was_confirmed(self) -> None:
        state = self.stored() if hasattr(self, "key") else None
        if state is None:
            assert not getattr(self, "confirmed", {})
            return
        kept = {n: v for n, v in to_json(state.answers).items() if not n.endswith(".order")}
        assert kept == self.confirmed
        assert state.submitted == self.done

    def note(self, where: str, before: Form, fields: list[tuple[str, str]]) -> None:
        """Remember what was confirmed by a page that was kept."""
        found = re.match(r"/a/(\w+)/", where)
        assert found
        self.key = found[1]
        if where.endswith("/end"):
            self.done = True
        for name in self.variables(before):
            meant = self.means(name, fields)
            if name == "channel.other_text" and meant == {"missing": "not_answered"}:
                chosen = dict(fields).get("channel")
                if chosen != "9":
                    continue
            self.confirmed[name] = meant

    def variables(self, form: Form) -> list[str]:
        return [v.name for v in self.place.study.questionnaire if v.name in form.names]

    def means(self, name: str, fields: list[tuple[str, str]]) -> Any:
        """What was meant by a field, said without the judge."""
        values = [value for known, value in fields if known == name]
        if name == "used":
            return tuple(int(value) for value in values) if values else {"missing": "not_answered"}
        text = "".join(values).replace("\r\n", "\n")
        if not text:
            return {"missing": "not_answered"}
        if text == "dont_know":
            return {"missing": "dont_know"}
        return int(text) if text.isdigit() else text

    def still_typed(self, before: Form, fields: list[tuple[str, str]]) -> None:
        shown = Form(self.tab.text)
        for name in self.variables(before):
            if name in shown.names and name not in ("channel", "platform", "used"):
                typed = "".join(value for known, value in fields if known == name)
                assert "".join(shown.values(name)).replace("\r\n", "\n") == typed.replace("\r\n", "\n"), name

    def shows_what_is_kept(self) -> None:
        shown = Form(self.tab.text)
        for name in self.variables(shown):
            values = [value for value in shown.values(name) if value]
            kept = self.confirmed.get(name)
            if name == "used":
                assert [*map(str, kept)] if isinstance(kept, tuple) else not values
                continue
            expected = "" if kept is None or kept == {"missing": "not_answered"} else kept
            expected = "dont_know" if isinstance(expected, dict) else str(expected)
            if expected != "2" or name != "platform":  # a choice may not be offered any more
                assert "".join(values) == expected, (name, values, kept)


CALM = settings(
    max_examples=WALKS,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking a walk takes minutes; fourteen steps can be read as they are
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("number", range(4))
def test_walks(number: int) -> None:
    """Four machines, so that they can run side by side; the walks are the first of the long form's."""
    with world() as place:
        walk_and_look(place, number, SOME)


@pytest.mark.long
@pytest.mark.parametrize("number", range(4))
def test_two_thousand_walks(number: int) -> None:
    with world() as place:
        walk_and_look(place, number, WALKS)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_walks_on_a_server(database: str) -> None:
    with world(database) as place:
        walk_and_look(place, 4, WALKS_ON_A_SERVER)


def walk_and_look(place: World, number: int, walks: int) -> None:
    machine = type(f"People{number}", (People,), {"place": place, "study": place.study})
    random.seed(number)
    run_state_machine_as_test(machine, settings=settings(CALM, max_examples=walks))
    finished = [key for key in keys(place) if (state := current(place.engine, key)) and state.submitted]
    assert finished  # people do get to the end
    for key in finished:
        state = current(place.engine, key)
        assert state is not None
        assert on_path(place.study.questionnaire, state.answers)


def keys(place: World) -> list[str]:
    from sqlalchemy import select

    from survey_app.storage.tables import response

    with place.engine.connect() as connection:
        return list(connection.execute(select(response.c.key)).scalars())
