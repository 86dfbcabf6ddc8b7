"""Passwords, sessions, codes and the log as they are stored, on both databases."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import Engine, func, insert, select, update

from questionnaires.study import Study
from survey_app.storage import fieldwork
from survey_app.storage.accounts import (
    audit,
    invitations,
    passwords,
    people,
    rights,
    second_factor,
    sessions,
)
from survey_app.storage.accounts.invitations import NotGood
from survey_app.storage.accounts.people import EmailTaken
from survey_app.storage.database import writing
from survey_app.storage.tables import account, account_invitation, membership, sign_in
from survey_app.storage.tables import audit as log

from .workplace import hashed, make

HOUR = 3600 * 1000
NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("four words of an evening", ""),
        ("кілька слів вечора", ""),
        ("elevenchars", "short"),
        ("x" * 199 + "yz", "long"),
        ("x" * 198 + "yz", ""),
        ("Password1234", "common"),
        ("qwertyuiop123", "common"),
        ("QWERTYUIOP123", "common"),  # full-width letters are the same letters
        ("aaaaaaaaaaaaaaa", "common"),
        ("ANNA@example.org", "email"),
    ],
)
def test_what_may_be_a_password(password: str, fault: str) -> None:
    assert passwords.fault(password, "anna@example.org") == fault


def test_a_hundred_common_ones_are_refused_and_all_are_long_enough_to_be_tried() -> None:
    common = passwords._common()
    assert len(common) >= 100
    assert all(len(one) >= passwords.SHORTEST for one in common)


def test_a_password_is_stored_as_argon2id_with_19_mib() -> None:
    stored = hashed()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.fits(stored, "four words of an evening")
    assert not passwords.fits(stored, "four words of an Evening")
    assert not passwords.fits(None, "nobody has this password")
    assert not passwords.fits("no hash at all", "four words of an evening")
    assert not passwords.is_weaker(stored)
    assert passwords.is_weaker(stored.replace("m=19456", "m=8192"))


def test_the_same_password_from_another_keyboard() -> None:
    assert passwords.fits(passwords.hashed("cafe\u0301 in the evening"), "caf\u00e9 in the evening")


def test_only_so_many_wait_for_their_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with passwords._turns:
        waiting = [threading.Thread(target=passwords.fits, args=(None, "x")) for _ in range(2)]
        for thread in waiting:
            thread.start()
        while passwords._line._value:  # both are in the line
            pass
        with pytest.raises(passwords.Crowded):
            passwords.fits(None, "x")
    for thread in waiting:
        thread.join()
    assert not passwords.fits(None, "x")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("anna+x@mail.example.org", "anna+x@mail.example.org"),
        ("anna", None),
        ("anna@example", None),
        ("an na@example.org", None),
        ("anna@example.org\0", None),
        ("anna@example.org\r\nBcc: x@example.org", None),
        (f"{'x' * 60}@{'y' * 190}.example", None),
    ],
)
def test_reading_an_email(typed: str, read: str | None) -> None:
    assert people.read_email(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [("  Анна   Коваль ", "Анна Коваль"), ("", None), (" ", None), ("x\0y", None), ("x" * 201, None)],
)
def test_reading_a_name(typed: str, read: str | None) -> None:
    assert people.read_name(typed) == read


@pytest.mark.both_databases
def test_an_email_has_one_account(engine: Engine) -> None:
    make(engine, "anna@example.org")
    with pytest.raises(EmailTaken):
        make(engine, "anna@example.org")
    assert len(people.everyone(engine)) == 1


@pytest.mark.both_databases
def test_a_session_lives_two_hours_unused_and_twelve_in_all(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    token = sessions.begin(engine, who, NOW, complete=True)
    for hour in (1, 3, 5, 7, 9, 11):  # never more than two hours between
        assert sessions.find(engine, token, NOW + hour * HOUR) is not None
    assert sessions.find(engine, token, NOW + 12 * HOUR + 1) is None
    other = sessions.begin(engine, who, NOW, complete=True)
    assert sessions.find(engine, other, NOW + 2 * HOUR) is not None
    assert sessions.find(engine, other, NOW + 4 * HOUR + 1) is None
    half = sessions.begin(engine, who, NOW, complete=False)
    assert sessions.find(engine, half, NOW + sessions.HALF_MS + 1) is None


@pytest.mark.both_databases
def test_of_a_token_only_the_hash_is_stored(engine: Engine) -> None:
    token = sessions.begin(engine, make(engine, "anna@example.org"), NOW, complete=True)
    with engine.connect() as connection:
        stored = connection.execute(select(sign_in)).one()
    assert stored.token_hash == sessions.hash_of(token) != token
    assert len(token) >= 43  # 256 bits
    assert sessions.find(engine, stored.token_hash, NOW) is None


def _sessions(engine: Engine, who: str) -> list[str]:
    return [sessions.begin(engine, who, NOW, complete=True) for _ in range(3)]


ENDS: list[Callable[[Engine, str, str], Any]] = [
    lambda engine, who, stay: people.set_password(engine, who, hashed(), NOW, by=who, stay=stay),
    lambda engine, who, stay: people.second_factor_off(engine, who, NOW, by=who, stay=stay),
    lambda engine, who, stay: sessions.end_others(engine, _signed(engine, stay), NOW),
    lambda engine, who, stay: _turn_on(engine, stay),
]


def _signed(engine: Engine, token_hash: str) -> sessions.Signed:
    return sessions.Signed(token_hash, _only(engine), "", "", False, False, "en", True, None)


def _only(engine: Engine) -> str:
    return people.everyone(engine)[0].id


def _turn_on(engine: Engine, token_hash: str) -> None:
    secret = second_factor.prepare(engine, _signed(engine, token_hash))
    prepared = sessions.Signed(token_hash, _only(engine), "", "", False, False, "en", True, secret)
    code = pyotp.TOTP(secret).at(NOW // 1000)
    assert second_factor.turn_on(engine, prepared, code, NOW)


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ENDS, ids=["password", "factor off", "sign out others", "factor on"])
def test_what_ends_every_other_session(engine: Engine, change: Callable[..., Any]) -> None:
    who = make(engine, "anna@example.org")
    other = make(engine, "borys@example.org")
    mine, theirs = _sessions(engine, who), sessions.begin(engine, other, NOW, complete=True)
    change(engine, who, sessions.hash_of(mine[1]))
    assert [sessions.find(engine, token, NOW) is not None for token in mine] == [False, True, False]
    assert sessions.find(engine, theirs, NOW) is not None


CHANGES: list[Callable[[Engine, str], Any]] = [
    lambda engine, who: people.set_password(engine, who, "another", NOW, by=who),
    lambda engine, who: _turn_on(engine, ""),
    lambda engine, who: people.disable(engine, who, NOW, by=None),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", CHANGES, ids=["password", "factor on", "closed"])
def test_no_session_begins_with_what_was_true_before(engine: Engine, change: Callable[..., Any]) -> None:
    who = make(engine, "anna@example.org")
    found = people.stored_password(engine, "anna@example.org")
    assert found is not None
    half = sessions.find(engine, sessions.begin(engine, who, NOW, complete=False), NOW)
    assert half is not None
    change(engine, who)
    with pytest.raises(sessions.Meanwhile):
        sessions.begin(engine, who, NOW, complete=True, password=found[1])
    with pytest.raises(sessions.Meanwhile):
        sessions.complete(engine, half, NOW)
    assert sessions.count(engine, who, NOW) == 0


@pytest.mark.both_databases
def test_a_password_that_is_being_changed_lets_nobody_in_on_the_old_one(engine: Engine) -> None:
    """Whoever signs in while the change is not committed yet waits for it, and is refused."""
    who = make(engine, "anna@example.org")
    stored = people.stored_password(engine, "anna@example.org")
    assert stored is not None
    outcome: list[object] = []

    def sign_in_meanwhile() -> None:
        try:
            outcome.append(sessions.begin(engine, who, NOW, complete=True, password=stored[1]))
        except sessions.Meanwhile:
            outcome.append("refused")

    beside = threading.Thread(target=sign_in_meanwhile)
    with writing(engine).begin() as connection:
        connection.execute(update(account).where(account.c.id == who).values(password="new"))
        beside.start()
        beside.join(0.3)
        assert outcome == [], "it waits"
    beside.join(10)
    assert outcome == ["refused"]


@pytest.mark.both_databases
def test_a_disabled_account_has_no_session_and_no_password(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    tokens = _sessions(engine, who)
    assert people.disable(engine, who, NOW, by=None)
    assert not people.disable(engine, who, NOW, by=None)
    assert [sessions.find(engine, token, NOW) for token in tokens] == [None, None, None]
    assert people.stored_password(engine, "anna@example.org") is None
    assert people.enable(engine, who, NOW, by=None)
    assert [sessions.find(engine, token, NOW) for token in tokens] == [None, None, None]
    assert people.stored_password(engine, "anna@example.org") is not None


@pytest.mark.both_databases
def test_a_session_made_while_its_account_was_closed_opens_nothing(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    assert people.disable(engine, who, NOW, by=None)
    with writing(engine).begin() as connection:
        token = sessions.insert_session(connection, who, NOW, complete=True)
    assert sessions.find(engine, token, NOW) is None


@pytest.mark.both_databases
def test_a_code_of_the_telephone_is_good_once_and_a_step_early_or_late(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    token = sessions.begin(engine, who, NOW, complete=True)
    _turn_on(engine, sessions.hash_of(token))
    with engine.connect() as connection:
        secret = connection.execute(select(account.c.totp_secret)).scalar_one()
    clock = pyotp.TOTP(secret)
    now = NOW + 10 * 60 * 1000

    def code(steps: int) -> str:
        return clock.at(now // 1000 + 30 * steps)

    assert not second_factor.accept(engine, who, code(-2), now)
    assert not second_factor.accept(engine, who, code(2), now)
    assert second_factor.accept(engine, who, code(-1), now)
    assert not second_factor.accept(engine, who, code(-1), now)
    assert second_factor.accept(engine, who, f" {code(1)[:3]} {code(1)[3:]}", now)
    assert not second_factor.accept(engine, who, code(0), now)  # older than the one that was used
    assert not second_factor.accept(engine, who, clock.at(NOW // 1000), NOW)  # the one that turned it on
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５６", "-12345"):
        assert not second_factor.accept(engine, who, wrong, now)


@pytest.mark.both_databases
def test_fifty_bring_the_same_code_and_one_is_let_in(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    _turn_on(engine, sessions.hash_of(sessions.begin(engine, who, NOW, complete=True)))
    with engine.connect() as connection:
        secret = connection.execute(select(account.c.totp_secret)).scalar_one()
    now = NOW + 10 * 60 * 1000
    code = pyotp.TOTP(secret).at(now // 1000)
    assert _at_once(lambda: second_factor.accept(engine, who, code, now)).count(True) == 1
    recovery = second_factor.renew_codes(engine, who, now)[0]
    assert _at_once(lambda: second_factor.accept(engine, who, recovery.lower(), now)).count(True) == 1
    assert second_factor.codes_left(engine, who) == 9


def _at_once(work: Callable[[], Any], times: int = 50) -> list[Any]:
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(work())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.both_databases
def test_new_recovery_codes_end_the_old_ones(engine: Engine) -> None:
    who = make(engine, "anna@example.org")
    other = make(engine, "borys@example.org")
    for one in (who, other):
        _factor(engine, one)
    before, after = second_factor.renew_codes(engine, who, NOW), second_factor.renew_codes(engine, who, NOW)
    assert len(set(after)) == 10
    assert not second_factor.accept(engine, who, before[0], NOW)
    assert not second_factor.accept(engine, other, after[0], NOW)
    assert second_factor.accept(engine, who, after[0].replace("-", " "), NOW)
    assert not second_factor.accept(engine, who, after[0], NOW)


def _factor(engine: Engine, who: str) -> None:
    signed = sessions.Signed(
        sessions.hash_of(sessions.begin(engine, who, NOW, complete=True)), who, "", "", False, False, "en",
        True, pyotp.random_base32(),
    )  # fmt: skip
    code = pyotp.TOTP(str(signed.pending)).at(NOW // 1000)
    assert second_factor.turn_on(engine, signed, code, NOW)


@pytest.fixture
def boss(engine: Engine, small: Study) -> str:
    fieldwork.publish(engine, small, 1_000)
    return make(engine, "boss@example.org", study="small", role="administrator")


@pytest.mark.both_databases
def test_fifty_accept_one_invitation_and_one_account_is_made(engine: Engine, boss: str) -> None:
    token = invitations.invite(engine, "anna@example.org", "small", "analyst", NOW, by=boss)
    password = hashed()
    made = _at_once(lambda: invitations.accept_as_new(engine, token, "Anna", password, "en", NOW + 1))
    assert sum(isinstance(one, tuple) for one in made) == 1
    assert all(isinstance(one, tuple | NotGood) for one in made), made
    assert [one.email for one in people.everyone(engine)] == ["anna@example.org", "boss@example.org"]
    assert [(one.email, one.role) for one in rights.members(engine, "small")] == [
        ("anna@example.org", "analyst"),
        ("boss@example.org", "administrator"),
    ]


@pytest.mark.both_databases
def test_an_invitation_is_good_for_a_week_and_while_its_maker_may_invite(engine: Engine, boss: str) -> None:
    def invite() -> str:
        return invitations.invite(engine, "anna@example.org", "small", "analyst", NOW, by=boss)

    token = invite()
    week = invitations.GOOD_MS
    assert invitations.find(engine, token, NOW + week - 1) is not None
    assert invitations.find(engine, token, NOW + week) is None
    assert invitations.find(engine, token[:-1], NOW) is None
    with pytest.raises(NotGood):
        invitations.accept_as_new(engine, token, "Anna", hashed(), "en", NOW + week)
    again = invite()
    assert invitations.find(engine, token, NOW) is None  # a new one takes its place
    rights.give_role(engine, boss, "small", "researcher", NOW, by=None)
    assert invitations.find(engine, again, NOW) is None
    rights.give_role(engine, boss, "small", "administrator", NOW, by=None)
    people.disable(engine, boss, NOW, by=None)
    assert invitations.find(engine, again, NOW) is None
    people.enable(engine, boss, NOW, by=None)
    assert invitations.withdraw(engine, sessions.hash_of(again), "small", NOW, by=boss)
    assert invitations.find(engine, again, NOW) is None
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(account_invitation)).scalar() == 0


@pytest.mark.both_databases
def test_an_invitation_for_someone_else_stays_good(engine: Engine, boss: str) -> None:
    borys = make(engine, "borys@example.org")
    token = invitations.invite(engine, "anna@example.org", "small", "analyst", NOW, by=boss)
    with pytest.raises(NotGood):
        invitations.accept_as_known(engine, token, borys, "borys@example.org", NOW)
    assert invitations.find(engine, token, NOW) is not None
    assert not invitations.withdraw(engine, sessions.hash_of(token), "another", NOW, by=boss)
    with engine.connect() as connection:
        assert connection.execute(select(membership).where(membership.c.account == borys)).first() is None


@pytest.mark.both_databases
def test_names_with_a_nul_are_nobodys(engine: Engine, boss: str) -> None:
    assert people.by_id(engine, "x\0") is None
    assert rights.role_in(engine, boss, "small\0", False) is None
    assert not invitations.withdraw(engine, "x\0", "small", NOW, by=boss)


@pytest.mark.both_databases
def test_the_log_is_read_from_its_end(engine: Engine, small: Study) -> None:
    fieldwork.publish(engine, small, 1_000)
    for number in range(audit.PAGE + 5):
        audit.record(engine, NOW + number, None, "closed", "small" if number % 2 else None, number=number)
    first = audit.lines(engine)
    assert [line.detail["number"] for line in first[:2]] == [104, 103]
    assert len(first) == audit.PAGE
    assert [line.detail["number"] for line in audit.lines(engine, before=first[-1].id)] == [4, 3, 2, 1, 0]
    assert {line.study for line in audit.lines(engine, "small")} == {"small"}
    with pytest.raises(ValueError, match="not an action"):
        audit.record(engine, NOW, None, "looked around")


def test_nothing_changes_the_log() -> None:
    """No statement of ours but an insert names its table."""
    folder = Path(audit.__file__).parents[2]
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("update(audit", "delete(audit", "update(log", "UPDATE audit", "DELETE FROM audit"):
            assert word not in text, path


def test_a_change_and_its_line_are_one_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    who = make(engine, "anna@example.org")

    def fails(*arguments: object, **values: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "write", fails)
    with pytest.raises(RuntimeError):
        people.disable(engine, who, NOW, by=None)
    account = people.by_id(engine, who)
    assert account is not None and account.disabled_ms is None


def test_a_role_that_is_not_known_has_no_rights(engine: Engine, small: Study) -> None:
    assert not rights.may(None, "study")
    assert not rights.may("owner", "study")
    assert not rights.may("executive", "data")
    assert all("reports" in held for held in rights.RIGHTS.values())
    who = make(engine, "anna@example.org")
    with pytest.raises(ValueError, match="owner is no role"):
        rights.give_role(engine, who, "small", "owner", NOW, by=None)


def test_the_log_holds_no_tokens_and_no_emails(engine: Engine, boss: str) -> None:
    token = invitations.invite(engine, "anna@example.org", "small", "analyst", NOW, by=boss)
    _, session = invitations.accept_as_new(engine, token, "Anna", hashed(), "en", NOW)
    codes = second_factor.renew_codes(engine, boss, NOW)
    with engine.connect() as connection:
        told = json.dumps([list(row) for row in connection.execute(select(log))])
    for secret in (token, session, *codes, "anna@", "argon2", sessions.hash_of(token)):
        assert secret not in told


def test_the_session_outlives_nothing_of_another_account(engine: Engine) -> None:
    """Old rows are forgotten when someone signs in."""
    who = make(engine, "anna@example.org")
    with engine.begin() as connection:
        row = {"account": who, "complete": True, "made_ms": 1, "seen_ms": 1}
        connection.execute(insert(sign_in).values(token_hash="old", **row))
    sessions.begin(engine, who, NOW, complete=True)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(sign_in)).scalar() == 1
