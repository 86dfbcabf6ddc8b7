"""Signing in and out, the second factor and one's own account, as a browser meets them."""

from __future__ import annotations

import json
import logging
import re
import statistics
import time
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from survey_app.accounts import sign_in_limits
from survey_app.accounts.access import own_path
from survey_app.accounts.sign_in import backoff
from survey_app.accounts.sign_in_limits import Backoff, network
from survey_app.respondent import tickets
from survey_app.storage.accounts import passwords, people, sessions
from survey_app.storage.fielded import fielded
from survey_app.storage.tables import account, audit, job, sign_in

from .conftest import Field, Person
from .workplace import PASSWORD, Colleague, actions, make

WRONG = "other words of an evening"


@pytest.fixture
def anna(field: Field) -> str:
    return make(field.engine, "anna@example.org", study="small", role="administrator")


def test_the_first_page_says_how_to_make_the_first_account(field: Field) -> None:
    assert "earshot user add" in Colleague(field.app).open("/sign-in").text
    make(field.engine, "anna@example.org")
    assert "earshot user add" not in Colleague(field.app).open("/sign-in").text


def test_signing_in_and_out(field: Field, anna: str) -> None:
    browser = Colleague(field.app)
    assert browser.open("/desk/small/?x=1").location == "/sign-in?next=/desk/small/?x%3D1"
    browser.sign_in(" Anna@Example.ORG ", next="/desk/small/")
    assert (browser.status, browser.location) == (303, "/desk/small/")
    assert browser.open("/sign-in").location == "/desk/"
    page = browser.open("/desk/small/")
    assert "Small study" in page.text
    assert browser.client.get("/sign-out").status_code == 405  # a picture on another site signs nobody out
    assert browser.status == 200
    token = browser.cookie()["account"]
    assert browser.post("/sign-out").location == "/sign-in?done=signed_out"
    assert "You are signed out" in browser.open(browser.location).text
    assert sessions.find(field.engine, str(token), tickets.now_ms()) is None
    assert actions(field.engine)[-2:] == ["signed_in", "signed_out"]


def test_signing_in_makes_a_new_session_and_keeps_what_is_the_respondents(field: Field, anna: str) -> None:
    browser = Colleague(field.app)
    Person(browser.client).open("/s/small").post({"age": "34", "channel": "2"})
    before = browser.cookie()
    browser.sign_in("anna@example.org")
    first = browser.cookie()
    assert first["person"] == before["person"]
    assert first["csrf_token"] != before["csrf_token"] if "csrf_token" in first else True
    with browser.client.session_transaction() as kept:
        kept["planted"] = "by someone else"
    browser.client.post("/sign-out", data={"csrf_token": browser.token()})
    browser.sign_in("anna@example.org")
    second = browser.cookie()
    assert second["account"] != first["account"]
    assert "planted" not in second
    assert second["person"] == before["person"]
    assert Person(browser.client).open("/s/small").address.startswith("/a/")


def test_a_session_that_was_there_before_ends(field: Field, anna: str) -> None:
    make(field.engine, "borys@example.org")
    browser = Colleague(field.app, "anna@example.org")
    token = str(browser.cookie()["account"])
    form = browser.token()
    browser.response = browser.client.post(
        "/sign-in", data={"csrf_token": form, "email": "borys@example.org", "password": PASSWORD}
    )
    assert browser.cookie()["account"] != token
    assert sessions.find(field.engine, token, tickets.now_ms()) is None


@pytest.mark.parametrize(
    "email",
    ["anna@example.org", "nobody@example.org", "gone@example.org", "no e-mail", "x\0@example.org", "я" * 300],
)
def test_every_failure_looks_the_same(field: Field, anna: str, email: str) -> None:
    people.disable(field.engine, make(field.engine, "gone@example.org"), 1, by=None)
    password = PASSWORD if email.startswith("gone") else WRONG
    browser = Colleague(field.app).sign_in(email, password)
    assert browser.status == 422
    assert "do not fit together" in browser.text
    assert "account" not in browser.cookie()
    assert password not in browser.text
    told = re.sub(r'value="[^"]*"', "", browser.response.text)
    known = Colleague(field.app).sign_in("anna@example.org", WRONG)
    assert told == re.sub(r'value="[^"]*"', "", known.response.text)
    assert actions(field.engine)[-2:] == ["sign_in_failed"] * 2


def test_unknown_and_known_take_as_long(field: Field, anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The median difference is under a tenth; the password is looked at in both."""
    monkeypatch.setattr(sign_in_limits, "FREE", 10_000)
    monkeypatch.setattr(sign_in_limits, "FREE_ANYWHERE", 10_000)
    browser = Colleague(field.app)
    token = browser.token()
    took: dict[str, list[float]] = {"anna@example.org": [], "olga@example.org": []}
    for number in range(25):
        for email in sorted(took, reverse=bool(number % 2)):
            started = time.process_time()
            browser.client.post("/sign-in", data={"csrf_token": token, "email": email, "password": WRONG})
            took[email].append(time.process_time() - started)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.1 * known, (known, unknown)


def test_after_five_failures_one_waits_and_nothing_is_looked_at(field: Field, anna: str) -> None:
    browser = Colleague(field.app)
    for _ in range(5):
        assert browser.sign_in("anna@example.org", WRONG).status == 422
    assert browser.sign_in("anna@example.org").status == 429  # even the right one
    assert browser.response.headers["Retry-After"] == "5"
    assert "Try again in 5 seconds" in browser.text
    assert browser.sign_in("ANNA@example.org ").status == 429
    assert browser.sign_in("borys@example.org", WRONG).status == 422  # others are not kept out
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    answer = browser.client.post(
        "/sign-in",
        data={"csrf_token": browser.token(), "email": "anna@example.org", "password": PASSWORD},
        environ_base=elsewhere,
    )
    assert answer.status_code == 303  # nor is she, from where she works
    assert actions(field.engine).count("sign_in_failed") == 6


def test_the_wait_doubles_ends_and_is_forgotten() -> None:
    now = [0.0]
    backoff = Backoff(lambda: now[0])

    def attempts(account: str = "anna", address: str = "192.0.2.1") -> float:
        return backoff.attempt(account, address)

    assert [attempts() for _ in range(6)] == [0, 0, 0, 0, 0, 5]
    now[0] = 4.0
    assert attempts() == 1.0
    waits = []
    for _ in range(9):
        now[0] += attempts()
        assert attempts() == 0
        waits.append(attempts())
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert attempts(address="192.0.2.77") > 0  # the same network
    assert attempts(address="192.0.3.1") == 0  # another one
    assert attempts("borys") == 0
    now[0] += sign_in_limits.FORGOTTEN_SECONDS + 1
    assert [attempts() for _ in range(5)] == [0] * 5
    assert len(backoff._failures) == 2


def test_many_networks_at_one_account_wait_together() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.attempt("anna", f"10.0.{n}.1") for n in range(20)] == [0] * 20
    assert backoff.attempt("anna", "10.1.0.1") == 5
    backoff.forgive("anna", "10.0.3.1")
    assert backoff.attempt("anna", "10.0.3.1") == 0


def test_what_is_kept_of_failures_has_a_bound_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_limits, "MOST_KEPT", 100)
    backoff = Backoff(lambda: 0.0)
    for number in range(500):
        backoff.attempt(f"x{number}@example.org", "192.0.2.1")
    assert len(backoff._failures) == 100
    assert all(len(key) == 32 and b"example" not in key for key in backoff._failures)


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        (None, ""),
        ("unix:", ""),
    ],
)
def test_the_network_of_an_address(address: str | None, of: str) -> None:
    assert network(address) == of


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/desk/small/", "/desk/small/"),
        ("/reports/?a=b", "/reports/?a=b"),
        ("//evil.example/", "/desk/"),
        ("///evil.example/", "/desk/"),
        ("/\\evil.example", "/desk/"),
        ("\\\\evil.example", "/desk/"),
        ("https://evil.example/", "/desk/"),
        ("https:evil.example", "/desk/"),
        ("javascript:alert(1)", "/desk/"),
        ("/\t/evil.example", "/desk/"),
        ("/\n/evil.example", "/desk/"),
        (" //evil.example", "/desk/"),
        ("evil.example", "/desk/"),
        ("", "/desk/"),
        (None, "/desk/"),
        ("//[", "/desk/"),
    ],
)
def test_one_is_sent_on_only_to_pages_of_ours(field: Field, address: str | None, leads_to: str) -> None:
    with field.app.test_request_context():
        assert own_path(address) == leads_to


@pytest.fixture
def phone(field: Field, anna: str) -> pyotp.TOTP:
    """The telephone of Anna, whose second factor is on."""
    return set_up(Colleague(field.app, "anna@example.org"))[0]


SECRET = r"<code>((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})</code>"
"""In groups of four, as one types it."""


def set_up(browser: Colleague) -> tuple[pyotp.TOTP, list[str]]:
    browser.post("/account/second-factor", _action="begin")
    page = browser.open("/account/second-factor").text
    assert "data:image/svg+xml" in page
    secret = re.search(SECRET, page)
    assert secret
    phone = pyotp.TOTP(secret[1].replace(" ", ""))
    browser.post("/account/second-factor", _action="on", code=phone.now(), now=PASSWORD)
    assert browser.status == 200, browser.text
    return phone, re.findall(r"<code>([0-9A-Z-]{19})</code>", browser.text)


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> int:
    moment = tickets.now_ms() + seconds * 1000
    monkeypatch.setattr(tickets, "now_ms", lambda: moment)
    return moment // 1000


def test_between_password_and_second_factor_nothing_opens(
    field: Field, phone: pyotp.TOTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Colleague(field.app).sign_in("anna@example.org", next="/desk/small/")
    assert browser.location == "/sign-in/code?next=/desk/small/"
    for address in ("/desk/", "/desk/small/", "/account/", "/reports/", "/desk/small/people"):
        assert browser.open(address).location == f"/sign-in/code?next={address}"
    half = str(browser.cookie()["account"])
    assert browser.post("/sign-in/code", code="000000").status == 422
    code = phone.at(later(monkeypatch, 60))
    assert browser.post("/sign-in/code", code=code, next="/desk/small/").location == "/desk/small/"
    assert browser.cookie()["account"] != half
    assert sessions.find(field.engine, half, tickets.now_ms()) is None
    assert browser.open("/desk/small/").status == 200
    other = Colleague(field.app).sign_in("anna@example.org")
    assert other.post("/sign-in/code", code=code).status == 422  # once is once
    assert "code_failed" in actions(field.engine)


def test_a_recovery_code_opens_once(field: Field, anna: str) -> None:
    codes = set_up(Colleague(field.app, "anna@example.org"))[1]
    assert len(codes) == 10
    browser = Colleague(field.app).sign_in("anna@example.org")
    assert browser.post("/sign-in/code", code=codes[3].lower()).location == "/desk/"
    assert "9 recovery codes are left" in browser.open("/account/second-factor").text
    assert "9 recovery codes are left" in browser.open("/account/").text
    again = Colleague(field.app).sign_in("anna@example.org")
    assert again.post("/sign-in/code", code=codes[3]).status == 422


def test_codes_cannot_be_tried_one_after_the_other(field: Field, phone: pyotp.TOTP) -> None:
    browser = Colleague(field.app).sign_in("anna@example.org")
    statuses = [browser.post("/sign-in/code", code=f"00000{n}").status for n in range(6)]
    assert statuses == [422, 422, 422, 422, 422, 429]


def test_the_second_factor_needs_the_password_and_a_right_code(field: Field, anna: str) -> None:
    browser = Colleague(field.app, "anna@example.org")
    assert browser.post("/account/second-factor", _action="on", code="123456", now=PASSWORD).status == 422
    browser.post("/account/second-factor", _action="begin")
    secret = re.search(SECRET, browser.open("/account/second-factor").text)
    assert secret
    right = pyotp.TOTP(secret[1].replace(" ", "")).now()
    assert browser.post("/account/second-factor", _action="on", code=right, now=WRONG).status == 422
    assert browser.post("/account/second-factor", _action="on", code="12345", now=PASSWORD).status == 422
    assert browser.post("/account/second-factor", _action="off", now=PASSWORD).status == 303
    found = people.by_email(field.engine, "anna@example.org")
    assert found is not None and not found.second_factor


def test_turning_the_second_factor_off_ends_other_sessions(field: Field, anna: str) -> None:
    here, there = (Colleague(field.app, "anna@example.org") for _ in range(2))
    set_up(here)
    assert there.open("/account/").status == 303  # turning it on did, too
    assert here.post("/account/second-factor", _action="off", now=WRONG).status == 422
    assert here.post("/account/second-factor", _action="codes", now=PASSWORD).status == 200
    assert len(re.findall(r"<code>[0-9A-Z-]{19}</code>", here.text)) == 10
    there.sign_in("anna@example.org")
    assert here.post("/account/second-factor", _action="off", now=PASSWORD).status == 303
    assert here.open("/account/").status == 200
    assert there.open("/account/").status == 303
    assert Colleague(field.app, "anna@example.org").location == "/desk/"


def test_a_new_password_ends_other_sessions_and_gives_this_one_a_new_token(field: Field, anna: str) -> None:
    here, there = (Colleague(field.app, "anna@example.org") for _ in range(2))
    token = here.cookie()["account"]
    new = "another four words of mine"
    for wrong in (
        {"now": WRONG, "password": new, "again": new},
        {"now": PASSWORD, "password": new, "again": WRONG},
        {"now": PASSWORD, "password": "short", "again": "short"},
        {"now": "", "password": new, "again": new},
    ):
        assert here.post("/account/password", **wrong).status == 422
    assert there.open("/account/").status == 200
    assert here.post("/account/password", now=PASSWORD, password=new, again=new).status == 303
    assert here.cookie()["account"] != token
    assert here.open("/account/?done=password_changed").status == 200
    assert there.open("/account/").status == 303
    assert sessions.find(field.engine, str(token), tickets.now_ms()) is None
    assert Colleague(field.app).sign_in("anna@example.org").status == 422
    assert Colleague(field.app).sign_in("anna@example.org", new).status == 303


def test_nothing_but_name_and_language_is_taken_from_ones_own_form(field: Field, anna: str) -> None:
    browser = Colleague(field.app, "anna@example.org")
    more = {"administrator": "1", "email": "eve@example.org", "id": "x", "disabled_ms": "1", "password": "x"}
    browser.post("/account/", name=" Анна  Коваль ", language="uk", **more)
    assert browser.location == "/account/?done=saved"
    found = people.by_id(field.engine, anna)
    assert found is not None
    assert (found.name, found.language, found.email) == ("Анна Коваль", "uk", "anna@example.org")
    assert not found.administrator
    assert "Ваш обліковий запис" in browser.open("/account/").text
    assert browser.post("/account/", name="Анна", language="xx").status == 422
    assert browser.post("/account/", name="", language="uk").status == 422


def test_other_sessions_can_be_ended(field: Field, anna: str) -> None:
    here, there = (Colleague(field.app, "anna@example.org") for _ in range(2))
    assert "You are signed in at 1 other place." in here.open("/account/").text
    here.post("/account/sessions")
    assert here.open("/account/").status == 200
    assert there.open("/account/").status == 303


def test_a_weaker_hash_is_made_anew_when_its_password_comes(field: Field, anna: str) -> None:
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    people.set_password(field.engine, anna, weak, 1, by=None)
    Colleague(field.app, "anna@example.org")
    with field.engine.connect() as connection:
        stored = connection.execute(select(account.c.password)).scalar_one()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    Colleague(field.app, "anna@example.org")


def test_too_many_at_once_are_told_so_and_it_costs_no_attempt(
    field: Field, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(*arguments: object) -> bool:
        raise passwords.Crowded

    with monkeypatch.context() as patched:
        patched.setattr(passwords, "fits", crowded)
        for _ in range(7):
            browser = Colleague(field.app).sign_in("anna@example.org")
            assert (browser.status, browser.response.headers["Retry-After"]) == (503, "2")
    assert Colleague(field.app).sign_in("anna@example.org").status == 303


def test_no_secret_reaches_log_or_audit(field: Field, anna: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Colleague(field.app).sign_in("canary@example.org", "canary password of an evening")
    browser.sign_in("anna@example.org")
    codes = set_up(browser)[1]
    token = str(browser.cookie()["account"])
    with field.engine.connect() as connection:
        told = json.dumps([list(row) for row in connection.execute(select(audit))])
        kept = json.dumps([list(row) for row in connection.execute(select(sign_in))])
    for secret in ("canary", "anna@", PASSWORD, token, *codes, "127.0.0.1"):
        assert secret not in told
        assert secret not in caplog.text
    assert token not in kept


def test_pages_carry_the_headers_and_name_no_cache(field: Field, anna: str) -> None:
    browser = Colleague(field.app, "anna@example.org")
    for address in ("/sign-in", "/desk/", "/desk/small/", "/account/", "/desk/nothing/", "/join/x"):
        headers = browser.open(address).response.headers
        assert headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "style=" not in browser.response.text and "<script" not in browser.response.text
    cookie = Colleague(field.app).open("/sign-in").response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_respondents_pages_lead_nowhere_here(field: Field, anna: str) -> None:
    browser = Colleague(field.app, "anna@example.org")
    for address in ("/", "/s/small", "/receipt", "/resume", "/nothing"):
        page = browser.open(address).response.text
        assert not re.search(r'href="/(sign-in|desk|account|reports)', page), address


SNAPSHOT = "20261122T101500.000000Z"


@pytest.fixture
def data(field: Field) -> Path:
    folder = field.settings.snapshots / "small" / SNAPSHOT
    (folder / "responses").mkdir(parents=True)
    files = {"responses/part-00000.parquet": ""}
    said = {"files": files, "made_at": "2026-11-22T10:15:00+00:00", "n": 3, "synthetic": False}
    (folder / "manifest.json").write_text(json.dumps(said))
    (folder / "responses" / "part-00000.parquet").write_bytes(b"PAR1")
    (folder / "unnamed.txt").write_text("not in the manifest")
    (field.settings.snapshots / "small" / ".part").mkdir()
    return folder


def test_files_of_a_snapshot_are_handed_out_to_keep_and_written_down(
    field: Field, anna: str, data: Path
) -> None:
    browser = Colleague(field.app, "anna@example.org")
    assert "3 responses." in browser.open(f"/desk/small/snapshots/{SNAPSHOT}").text
    with browser.client.get(f"/desk/small/snapshots/{SNAPSHOT}/responses/part-00000.parquet") as answer:
        assert answer.data == b"PAR1"
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f"attachment; filename=small-{SNAPSHOT}-responses-part-00000.parquet"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    with field.engine.connect() as connection:
        told = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    assert (told.action, told.account, told.study) == ("downloaded", anna, "small")
    assert json.loads(told.detail) == {"file": "responses/part-00000.parquet", "snapshot": SNAPSHOT}


@pytest.mark.parametrize(
    "name",
    [
        "unnamed.txt",
        "../../../secret-key",
        "..%2f..%2f..%2fsecret-key",
        "%2e%2e/manifest.json",
        "responses",
        "responses/../manifest.json",
        "/etc/passwd",
        "manifest.json%00",
        "x" * 300,
    ],
)
def test_nothing_else_of_the_disk_is(field: Field, anna: str, data: Path, name: str) -> None:
    browser = Colleague(field.app, "anna@example.org")
    whole = f"/desk/small/snapshots/{SNAPSHOT}/{name}"
    assert browser.open(whole, follow_redirects=True).status == 404
    assert browser.open(f"/desk/small/snapshots/../{name}", follow_redirects=True).status == 404
    assert "downloaded" not in actions(field.engine)


def test_a_job_is_begun_once_and_written_down(field: Field, anna: str, data: Path) -> None:
    browser = Colleague(field.app, "anna@example.org")
    assert browser.post("/desk/small/jobs/snapshot").location == "/desk/small/?done=job_begun"
    browser.post("/desk/small/jobs/snapshot")
    browser.post("/desk/small/jobs/report", snapshot=SNAPSHOT)
    assert browser.post("/desk/small/jobs/report", snapshot="../small").status == 404
    with field.engine.connect() as connection:
        rows = connection.execute(select(job).order_by(job.c.id)).all()
    assert [(row.kind, row.made_by, json.loads(row.arguments)) for row in rows] == [
        ("snapshot", anna, {}),
        ("report", anna, {"snapshot": SNAPSHOT}),
    ]
    page = browser.open("/desk/small/").text
    assert page.count("Waiting") == 2
    assert actions(field.engine)[-3:] == ["job_begun"] * 3


def test_closing_says_what_ends_and_is_written_down(field: Field, anna: str, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "2"})
    browser = Colleague(field.app, "anna@example.org")
    page = browser.open("/desk/small/close").text
    assert "1 person who started and has not finished" in page
    assert browser.post("/desk/small/close").location == "/desk/small/?done=closed"
    found = fielded(field.engine, "small")
    assert found is not None and found.status == "closed"
    browser.post("/desk/small/close")
    assert actions(field.engine).count("closed") == 1


def test_the_page_of_a_study_counts_by_page_and_language(field: Field, anna: str, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "2"})
    other = Person(field.app.test_client()).open("/s/small?language=uk").post({"age": "34", "channel": "8"})
    other.post({"used": "9"})
    page = Colleague(field.app, "anna@example.org").open("/desk/small/").text
    plain = re.sub(r"<[^>]+>|\s+", " ", page)
    plain = re.sub(r" +", " ", plain)
    assert "Started 2 Finished 1 Of them screened out 0" in plain
    assert "English 1 0 Українська 1 1" in plain
    assert "Start start 2 More more 1" in plain


def test_an_account_of_ones_own_cannot_be_disabled(field: Field) -> None:
    boss = make(field.engine, "boss@example.org", administrator=True)
    browser = Colleague(field.app, "boss@example.org")
    assert browser.post(f"/desk/people/{boss}/disable").status == 404
    assert browser.post("/desk/people/nobody/disable").status == 404
    assert browser.open("/desk/people").status == 200


def test_a_disabled_account_loses_every_session_in_one_request(field: Field, anna: str) -> None:
    make(field.engine, "boss@example.org", administrator=True)
    browsers = [Colleague(field.app, "anna@example.org") for _ in range(3)]
    boss = Colleague(field.app, "boss@example.org")
    assert boss.post(f"/desk/people/{anna}/disable").status == 303
    assert [browser.open("/desk/").status for browser in browsers] == [303, 303, 303]
    assert boss.post(f"/desk/people/{anna}/enable").status == 303
    assert Colleague(field.app, "anna@example.org").status == 303


def test_the_log_goes_on_page_after_page(field: Field, anna: str) -> None:
    make(field.engine, "boss@example.org", administrator=True)
    browser = Colleague(field.app, "boss@example.org")
    assert "Signed in" in browser.open("/desk/log").text
    for before in ("1", "x", "-1", "9" * 30, "١"):
        assert browser.open(f"/desk/log?before={before}").status == 200


def test_the_count_of_attempts_belongs_to_the_app(field: Field) -> None:
    with field.app.app_context():
        assert backoff() is backoff()
