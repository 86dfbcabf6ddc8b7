"""Every route × everyone who may come × their own, another and no study: only what the table allows is let in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from questionnaires.formats.study_folder import study_from_files
from survey_app.respondent import tickets
from survey_app.storage import fieldwork
from survey_app.storage.accounts import invitations, people, rights, sessions
from survey_app.storage.fielded import fielded
from survey_app.storage.tables import account

from .conftest import Field
from .workplace import make

OWN, FOREIGN, MISSING = (
    "small",
    "other",
    "bogus",
)  # of one length, so that pages that name none are of one length
STUDIES = (OWN, FOREIGN, MISSING)
ROLES = ("researcher", "field_manager", "analyst", "executive", "administrator")
OUTSIDE = ("anonymous", "half", "disabled", "forged")
INSIDE = ("nobody", *ROLES, "boss")
VISITORS = (*OUTSIDE, *INSIDE)
SNAPSHOT = "20261122T101500.000000Z"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Row:
    """What a route answers to whom it lets in: (own, another, no study), and the roles that are let in."""

    answers: tuple[int, int, int]
    door: str
    roles: tuple[str, ...] = ()


def public(*answers: int) -> Row:
    return Row(answers if len(answers) == 3 else answers * 3, "public")  # type: ignore[arg-type]


def signed_in(answer: int) -> Row:
    return Row((answer,) * 3, "signed in")


def boss(answer: int) -> Row:
    return Row((answer,) * 3, "boss")


def study(answer: int, *roles: str) -> Row:
    return Row((answer, answer, 404), "study", roles)


ROUTES: dict[tuple[str, str], Row] = {
    ("respondent.static", "GET"): public(200),
    ("respondent.home", "GET"): public(200),
    ("respondent.begin", "GET"): public(200, 200, 404),
    ("respondent.begin", "POST"): public(400, 400, 404),
    ("respondent.go_on", "GET"): public(404),
    ("respondent.page", "GET"): public(404),
    ("respondent.page", "POST"): public(404),
    ("respondent.check", "GET"): public(404),
    ("respondent.check", "POST"): public(404),
    ("respondent.end", "GET"): public(404),
    ("receipt.ask", "GET"): public(200),
    ("receipt.answer", "POST"): public(404),
    ("invited.follow", "GET"): public(404),
    ("invited.follow", "POST"): public(404),
    ("resume.ask", "GET"): public(200),
    ("resume.answer", "POST"): public(404),
    ("resume.offer", "GET"): public(404),
    ("resume.leave", "GET"): public(404),
    ("signing.static", "GET"): public(200),
    ("signing.sign_in", "GET"): public(200),  # who is in is sent on, see SENT_ON
    ("signing.take_sign_in", "POST"): public(422),
    ("signing.code", "GET"): public(303),
    ("signing.take_code", "POST"): public(303),
    ("signing.sign_out", "POST"): public(303),
    ("joining.invitation", "GET"): public(404),
    ("joining.accept", "POST"): public(404),
    ("own.account", "GET"): signed_in(200),
    ("own.save", "POST"): signed_in(422),
    ("own.end_others", "POST"): signed_in(303),
    ("own.password", "GET"): signed_in(200),
    ("own.change_password", "POST"): signed_in(422),
    ("own.factor", "GET"): signed_in(200),
    ("own.change_factor", "POST"): signed_in(303),
    ("researcher.studies", "GET"): signed_in(200),
    ("researcher.one", "GET"): study(200, "researcher", "field_manager", "analyst", "administrator"),
    ("researcher.ask_close", "GET"): study(200, "field_manager", "administrator"),
    ("researcher.close", "POST"): study(303, "field_manager", "administrator"),
    ("researcher.take_snapshot", "POST"): study(303, "field_manager", "analyst", "administrator"),
    ("researcher.make_report", "POST"): study(303, "analyst", "administrator"),
    ("researcher.snapshot", "GET"): study(200, "analyst", "administrator"),
    ("researcher.snapshot_file", "GET"): study(200, "analyst", "administrator"),
    ("staff.members", "GET"): study(200, "administrator"),
    ("staff.invite", "POST"): study(422, "administrator"),
    ("staff.withdraw", "POST"): study(303, "administrator"),
    ("staff.give_role", "POST"): study(303, "administrator"),
    ("staff.ask_remove", "GET"): study(200, "administrator"),
    ("staff.remove", "POST"): study(303, "administrator"),
    ("staff.study_log", "GET"): study(200, "administrator"),
    ("staff.accounts", "GET"): boss(200),
    ("staff.ask_disable", "GET"): boss(200),
    ("staff.disable", "POST"): boss(303),
    ("staff.enable", "POST"): boss(303),
    ("staff.log", "GET"): boss(200),
    ("executive.reports", "GET"): signed_in(200),
    ("executive.report_file", "GET"): study(200, *ROLES),
    ("executive.report_download", "GET"): study(200, *ROLES),
}
SENT_ON = {"signing.sign_in": (*INSIDE,), "signing.code": ()}
HALF_OPEN = {("signing.code", "GET"): 200, ("signing.take_code", "POST"): 422}
"""What waits for a second factor, and opens to nobody else."""


@dataclass
class Place:
    """The app with two studies, everyone who may come, and what their addresses name."""

    app: Flask
    field: Field
    ids: dict[str, str]
    links: dict[str, str]

    def arrive(self, visitor: str) -> tuple[FlaskClient, str]:
        """Return a browser of a visitor with a session of its own, and its form token."""
        client, now = self.app.test_client(), tickets.now_ms()
        raw = hashlib.sha256(visitor.encode()).hexdigest()
        with client.session_transaction() as kept:
            kept["csrf_token"] = raw
            if visitor == "forged":
                kept["account"] = "x" * 43
            elif visitor != "anonymous":
                complete = visitor != "half"
                token = sessions.begin(self.field.engine, self.ids[visitor], now, complete=complete)
                kept["account"] = token
        key = str(self.app.secret_key)
        return client, str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw))


@pytest.fixture
def place(field: Field, files: dict[str, bytes]) -> Place:
    engine = field.engine
    other = {
        **files,
        "questionnaire.yaml": files["questionnaire.yaml"].replace(b"name: small", b"name: other"),
    }
    fieldwork.publish(engine, study_from_files(other), 1_000)
    ids = {role: make(engine, f"{role}@example.org", study=OWN, role=role) for role in ROLES}
    ids["nobody"] = make(engine, "nobody@example.org")
    ids["target"] = make(engine, "target@example.org")
    ids["boss"] = make(engine, "boss@example.org", administrator=True)
    ids["half"] = make(engine, "half@example.org", study=OWN, role="administrator")
    ids["disabled"] = make(engine, "disabled@example.org", study=OWN, role="administrator")
    with engine.begin() as connection:
        secret = {"totp_secret": pyotp.random_base32()}
        connection.execute(update(account).where(account.c.id == ids["half"]).values(**secret))
        connection.execute(
            update(account).where(account.c.id == ids["disabled"]).values(disabled_ms=1)
        )  # with a session that is still in the table
    for name in (OWN, FOREIGN):
        _files(field, name)
    return Place(field.app, field, ids, {})


def _files(field: Field, name: str) -> None:
    snapshot = field.settings.snapshots / name / SNAPSHOT
    snapshot.mkdir(parents=True)
    said = {"files": {"study.yaml": ""}, "made_at": "2026-11-22T10:15:00+00:00", "n": 3, "synthetic": False}
    (snapshot / "manifest.json").write_text(json.dumps(said))
    (snapshot / "study.yaml").write_text("title")
    page = field.settings.reports / name / SNAPSHOT / "page"
    page.mkdir(parents=True)
    words = {"en": {"title": "A study", "kicker": "Report", "headline": "34% online"}}
    (page / "about.json").write_text(json.dumps({"synthetic": False, "words": words}))
    (page / "en.html").write_text("the report")
    (page.parent / "report.en.html").write_text("the report")


def prepare(place: Place, endpoint: str, name: str) -> dict[str, str]:
    """Make what a route works on anew, so that no cell depends on the one before; return the form's fields."""
    engine, now = place.field.engine, tickets.now_ms()
    if endpoint == "researcher.close" and name != MISSING:
        fieldwork.publish(engine, place.field.study, now)
    if endpoint in ("staff.give_role", "staff.ask_remove", "staff.remove") and name != MISSING:
        rights.give_role(engine, place.ids["target"], name, "researcher", now, by=None)
    if endpoint == "staff.withdraw" and name != MISSING:
        token = invitations.invite(engine, "x@example.org", name, "analyst", now, by=place.ids["boss"])
        place.links[name] = sessions.hash_of(token)
    if endpoint == "staff.disable":
        people.enable(engine, place.ids["target"], now, by=None)
    return {"role": "analyst", "snapshot": SNAPSHOT, "code": "x"}


def tidy(place: Place, endpoint: str) -> None:
    engine, now = place.field.engine, tickets.now_ms()
    if endpoint in ("staff.give_role", "staff.ask_remove", "staff.remove", "staff.withdraw"):
        for name in (OWN, FOREIGN):
            rights.take_role(engine, place.ids["target"], name, now, by=None)
    people.enable(engine, place.ids["target"], now, by=None)


def address(place: Place, rule: Rule, name: str) -> str:
    """Return the address of a route, about a study."""
    files = {
        "executive.report_file": "en.html",
        "executive.report_download": "report.en.html",
        "respondent.page": "start",
    }
    values = {
        "study": name,
        "snapshot": SNAPSHOT,
        "name": files.get(rule.endpoint, "study.yaml"),
        "filename": "accounts.css" if rule.endpoint == "signing.static" else "respondent.css",
        "account": place.ids["target"],
        "invitation": place.links.get(name, "x" * 64),
        "token": "x" * 43,
        "key": "x" * 32,
        "code": "ABCD",
    }
    with place.app.test_request_context():
        return place.app.url_map.bind("localhost").build(
            rule.endpoint, {one: values[one] for one in rule.arguments}
        )


def expected(endpoint: str, method: str, visitor: str, name: str) -> int:
    row = ROUTES[endpoint, method]
    answer = row.answers[STUDIES.index(name)]
    if row.door == "public":
        if visitor == "half" and (endpoint, method) in HALF_OPEN:
            return HALF_OPEN[endpoint, method]
        return 303 if visitor in SENT_ON.get(endpoint, ()) else answer
    if visitor in OUTSIDE:
        return 303
    if visitor == "boss" or row.door == "signed in":
        return answer
    if row.door == "boss" or visitor == "nobody" or name != OWN:
        return 404
    return answer if visitor in row.roles else 403


def rules(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
        if method in METHODS
    ]


def test_every_route_has_a_row_and_every_row_a_route(field: Field) -> None:
    assert {(rule.endpoint, method) for rule, method in rules(field.app)} == set(ROUTES)


def test_every_page_of_the_workplace_says_who_may_open_it(field: Field) -> None:
    held = frozenset().union(*rights.RIGHTS.values())
    for rule, method in rules(field.app):
        blueprint = rule.endpoint.partition(".")[0]
        if blueprint in ("respondent", "receipt", "resume", "invited") or rule.endpoint.endswith(".static"):
            continue
        door = field.app.view_functions[rule.endpoint].door  # type: ignore[attr-defined]
        row = ROUTES[rule.endpoint, method]
        assert ("study" in rule.arguments) == (row.door == "study"), rule
        assert door in {"study": held, "signed in": {"signed_in"}, "boss": {"administers"}}.get(
            row.door, {"anyone"}
        ), rule


def test_the_matrix(place: Place) -> None:
    """Each cell answers as the table says; what is not this person's looks as if it were not there."""
    wrong, cells = [], 0
    for rule, method in rules(place.app):
        for visitor in VISITORS:
            answered = {}
            for name in STUDIES if "study" in rule.arguments else (OWN,):
                fields = prepare(place, rule.endpoint, name)
                client, token = place.arrive(visitor)
                where = address(place, rule, name)
                answer = client.open(
                    where, method=method, data={"csrf_token": token, **fields} if method == "POST" else None
                )
                answered[name] = answer
                cells += 1
                wanted = expected(rule.endpoint, method, visitor, name)
                if answer.status_code != wanted:
                    wrong.append(f"{method} {where} as {visitor}: {answer.status_code}, not {wanted}")
                if "study" in rule.arguments and answer.status_code == 303 and visitor in OUTSIDE:
                    assert answer.headers["Location"].startswith("/sign-in")
                answer.close()
            tidy(place, rule.endpoint)
            if ROUTES[rule.endpoint, method].door == "study" and visitor != "boss":
                assert seen(answered[FOREIGN]) == seen(answered[MISSING]), (rule, visitor)
    assert wrong == []
    assert cells > 900


def seen(answer: TestResponse) -> object:
    """What tells one answer from another: status, headers and text, but for the page's own token."""
    text = re.sub(r'value="[^"]{60,}"', "", answer.get_data(as_text=True))
    headers = {name: value for name, value in answer.headers if name not in ("Set-Cookie", "Content-Length")}
    if "Location" in headers:  # it leads back to what was asked for
        headers["Location"] = re.sub(f"{FOREIGN}|{MISSING}", "…", headers["Location"])
    return answer.status_code, headers, len(text), text if answer.status_code != 303 else ""


def test_other_methods_are_refused_everywhere(place: Place) -> None:
    addresses, (client, token) = place.app.url_map.bind("localhost"), place.arrive("boss")
    for rule, _ in rules(place.app):
        where = address(place, rule, OWN)
        for method in set(METHODS) - set(addresses.allowed_methods(where)):
            answer = client.open(where, method=method, data={"csrf_token": token})
            assert answer.status_code == 405, (method, where, answer.status_code)


@pytest.mark.parametrize(
    "attack", ["no token", "wrong token", "another's token", "foreign origin", "foreign site"]
)
def test_no_post_gets_in_without_the_pages_own_token(place: Place, attack: str) -> None:
    """Refused with nothing changed, whoever is signed in."""
    client, token = place.arrive("boss")
    _, anothers = place.arrive("analyst")
    sent = {"no token": "", "wrong token": "x", "another's token": anothers}.get(attack, token)
    headers = {
        "foreign origin": {"Origin": "https://evil.example"},
        "foreign site": {"Sec-Fetch-Site": "cross-site"},
    }
    wanted = 403 if attack.startswith("foreign") else 400
    before = _state(place)
    for rule, method in rules(place.app):
        if method != "POST" or ROUTES[rule.endpoint, method].door == "public":
            continue
        fields = prepare(place, rule.endpoint, OWN)
        before = _state(place)
        answer = client.post(
            address(place, rule, OWN), data={"csrf_token": sent, **fields}, headers=headers.get(attack, {})
        )
        assert answer.status_code == wanted, rule
        assert _state(place) == before, rule


def _state(place: Place) -> object:
    engine = place.field.engine
    study = fielded(engine, OWN)
    assert study is not None
    return study.status, people.everyone(engine), rights.members(engine, OWN), _open(place)


def _open(place: Place) -> list[str]:
    found = invitations.open_ones(place.field.engine, OWN, tickets.now_ms())
    return [one.key for one in found]


def test_rights_are_asked_for_at_every_request(place: Place) -> None:
    """A role that is taken away, and an account that is disabled, open nothing from the next request on."""
    engine = place.field.engine
    client, _ = place.arrive("analyst")
    changes: list[Callable[[], object]] = [
        lambda: rights.give_role(engine, place.ids["analyst"], OWN, "executive", 1, by=None),
        lambda: rights.take_role(engine, place.ids["analyst"], OWN, 1, by=None),
        lambda: people.disable(engine, place.ids["analyst"], 1, by=None),
    ]
    answers = [client.get("/desk/small/").status_code]
    for change in changes:
        change()
        answers.append(client.get("/desk/small/").status_code)
    assert answers == [200, 403, 404, 303]
