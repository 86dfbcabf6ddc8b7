"""`earshot user`: the first account is made at the console, and its password is never seen there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from questionnaires.study import Study
from survey_app.cli import main
from survey_app.cli.user import ROLES
from survey_app.config import read_settings
from survey_app.storage import fieldwork
from survey_app.storage.accounts import passwords, people, rights, sessions
from survey_app.storage.opening import open_database
from survey_app.storage.tables import account

from .workplace import PASSWORD, actions

ANNA = ("--email", "Anna@Example.org", "--name", "Anna Koval")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["user", *words], input=typed, env={"EARSHOT_DATA": str(data)})


def add(data: Path, *more: str, typed: str = f"{PASSWORD}\n") -> Result:
    return run(data, "add", *ANNA, *more, "--password-stdin", typed=typed)


def anna(data: Path) -> tuple[people.Account, str]:
    engine = open_database(read_settings({}, data=data).database_url)
    try:
        found = people.by_email(engine, "anna@example.org")
        stored = people.stored_password(engine, "anna@example.org")
    finally:
        engine.dispose()
    assert found is not None
    return found, stored[1] if stored else ""


def test_the_first_account(data: Path) -> None:
    done = add(data, "--administrator")
    assert done.exit_code == 0, done.output
    assert done.output == "anna@example.org may sign in at /sign-in, with rights in: everything.\n"
    found, stored = anna(data)
    assert found.administrator
    assert passwords.fits(stored, PASSWORD)


def test_without_a_terminal_no_password_is_asked_for(tmp_path: Path) -> None:
    """As in a container or a job: nobody is there to type, and nothing may be taken for a password."""
    words = [sys.executable, "-m", "survey_app.cli", "user", "add", *ANNA]
    place = {**os.environ, "EARSHOT_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        words, input="x\n", capture_output=True, text=True, env=place, start_new_session=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "no terminal here; use --password-stdin\n"


def test_the_password_is_asked_for_twice_and_not_shown(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey_app.cli.user._has_terminal", lambda: True)
    done = run(data, "add", *ANNA, typed=f"{PASSWORD}\nanother one of mine\n{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert "do not match" in done.output
    assert not anna(data)[0].administrator


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        ((), "short\n", "too short: at least 12"),
        ((), "\n", "too short"),
        ((), "", "too short"),
        ((), "password12345\n", "tried first"),
        ((), "anna@example.org\n", "must not be the e-mail"),
        ((), "x" * 199 + "yz\n", "at most 200"),
        (("--email", "anna"), PASSWORD, '"anna" is no whole e-mail'),
        (("--name", " "), PASSWORD, "--name needs a name"),
        (("--study", "small"), PASSWORD, "--study and --role go together"),
        (("--role", "analyst"), PASSWORD, "--study and --role go together"),
        (("--study", "small", "--role", "analyst"), PASSWORD, "small was never published here"),
    ],
)
def test_what_is_refused_makes_nothing(data: Path, words: tuple[str, ...], typed: str, told: str) -> None:
    done = add(data, *words, typed=typed)
    assert done.exit_code == 1
    assert told in done.output
    assert "nothing was changed" in done.output
    assert "Traceback" not in done.output
    assert run(data, "list").output.startswith("No account yet")


def test_there_is_no_option_for_a_password(data: Path) -> None:
    assert add(data, "--password", PASSWORD).exit_code == 2


def test_an_email_has_one_account(data: Path) -> None:
    add(data)
    again = add(data)
    assert again.exit_code == 1
    assert "has an account already" in again.output


def test_with_a_role(data: Path, small: Study) -> None:
    engine = open_database(read_settings({}, data=data).database_url)
    fieldwork.publish(engine, small, 1_000)
    assert add(data, "--study", "small", "--role", "analyst").exit_code == 0
    assert [(one.email, one.role) for one in rights.members(engine, "small")] == [
        ("anna@example.org", "analyst")
    ]
    engine.dispose()
    assert run(data, "list").output == "anna@example.org  Anna Koval  (small: analyst)\n"
    assert json.loads(run(data, "list", "--json").output) == [
        {
            "email": "anna@example.org",
            "name": "Anna Koval",
            "administrator": False,
            "disabled": False,
            "second_factor": False,
            "roles": {"small": "analyst"},
        }
    ]


def test_letting_out_and_in_a_new_password_and_no_second_factor(data: Path) -> None:
    add(data, "--administrator")
    engine = open_database(read_settings({}, data=data).database_url)
    token = sessions.begin(engine, anna(data)[0].id, 1_000, complete=True)
    done = run(data, "disable", "ANNA@example.org")
    assert done.exit_code == 0
    assert "Nobody is left who administers everything" in done.output
    assert sessions.find(engine, token, 1_000) is None
    assert run(data, "disable", "anna@example.org").exit_code == 1
    assert "disabled" in run(data, "list").output
    assert run(data, "enable", "anna@example.org").exit_code == 0
    assert run(data, "enable", "anna@example.org").exit_code == 1
    new = "another four words of mine"
    assert run(data, "password", "anna@example.org", "--password-stdin", typed=new).exit_code == 0
    assert passwords.fits(anna(data)[1], new)
    refused = run(data, "second-factor-off", "anna@example.org")
    assert (refused.exit_code, "has no second factor" in refused.output) == (1, True)
    assert actions(engine) == [
        "account_made", "signed_in", "account_disabled", "account_enabled", "password_changed"
    ]  # fmt: skip
    engine.dispose()


def test_a_second_factor_that_was_lost(data: Path) -> None:

    add(data)
    engine = open_database(read_settings({}, data=data).database_url)
    with engine.begin() as connection:
        connection.execute(update(account).values(totp_secret="x" * 32))
    assert "second factor" in run(data, "list").output
    assert run(data, "second-factor-off", "anna@example.org").exit_code == 0
    assert not anna(data)[0].second_factor
    engine.dispose()


@pytest.mark.parametrize("verb", ["disable", "enable", "password", "second-factor-off"])
def test_who_is_not_there(data: Path, verb: str) -> None:
    done = run(data, verb, "eve@example.org")
    assert done.exit_code == 1
    assert '"eve@example.org" has no account here; see who has: earshot user list' in done.output


def test_the_roles_of_the_console_are_those_of_the_table() -> None:
    assert ROLES == rights.ROLES
