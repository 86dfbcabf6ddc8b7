"""`earshot user`: the people who work here, from the console. The first of them can only be made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from survey_app.cli.console import now_ms, open_engine, open_settings, print_json, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.storage.accounts.people import Account

ROLES = ("researcher", "field_manager", "analyst", "executive", "administrator")
EMAIL = click.argument("email", metavar="EMAIL")
FROM_INPUT = click.option(
    "--password-stdin", "from_input", is_flag=True, help="Read the password from standard input, one line."
)


@click.group(epilog='Example:  earshot user add --email anna@example.org --name "Anna Koval" --administrator')
def user() -> None:
    """Who may sign in: make accounts, list them, let them in or not.

    Colleagues after the first are better invited on the page of a study: they set their own password.
    """


@user.command(
    epilog="Example:  earshot user add --email anna@example.org --name Anna --study my_study --role analyst"
)
@click.option("--email", required=True, help="What this person signs in with.")
@click.option("--name", required=True, help="How colleagues see them.")
@click.option("--administrator", is_flag=True, help="May do everything, in every study.")
@click.option("--study", help="The published study that they have a role in.")
@click.option("--role", type=click.Choice(ROLES), help="Their role in it.")
@FROM_INPUT
def add(
    email: str, name: str, administrator: bool, study: str | None, role: str | None, from_input: bool
) -> None:
    """Make an account; asks for its password twice. There is no default password."""
    from survey_app.storage import fieldwork
    from survey_app.storage.accounts import passwords, people, rights

    if bool(study) != bool(role):
        refuse("--study and --role go together: a role is in a study; nothing was changed")
    address, person = people.read_email(email), people.read_name(name)
    if address is None:
        refuse(f'"{email}" is no whole e-mail, for example anna@example.org; nothing was changed')
    if person is None:
        refuse(f"--name needs a name of at most {people.LONGEST_NAME} characters; nothing was changed")
    engine = open_engine(open_settings())
    if people.by_email(engine, address):
        refuse(
            f"{address} has an account already; a new password: earshot user password {address}, a role: invite "
            "them on the page of the study"
        )
    if study and fieldwork.fielded(engine, study) is None:
        refuse(f"{study} was never published here; start with: earshot publish {study}; nothing was changed")
    password = _ask_password(address, from_input)
    key = people.add(
        engine, address, person, passwords.hashed(password), now_ms(), administrator=administrator
    )
    if study and role:
        rights.give_role(engine, key, study, role, now_ms(), by=None)
    where = "everything" if administrator else f"{study} ({role})" if study else "no study yet"
    click.echo(f"{address} may sign in at /sign-in, with rights in: {where}.")


@user.command("list", epilog="Example:  earshot user list --json")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def list_(as_json: bool) -> None:
    """Show every account with its roles."""

    from survey_app.storage.accounts import people, rights

    engine = open_engine(open_settings())
    everyone, roles = people.everyone(engine), rights.roles_by_account(engine)
    if as_json:
        rows = [
            {
                "email": account.email,
                "name": account.name,
                "administrator": account.administrator,
                "disabled": account.disabled_ms is not None,
                "second_factor": account.second_factor,
                "roles": dict(roles.get(account.id, ())),
            }
            for account in everyone
        ]
        print_json(rows)
        return
    if not everyone:
        click.echo("No account yet; the first: earshot user add --email … --name … --administrator")
    for account in everyone:
        marks = ["administrator"] if account.administrator else []
        marks += [f"{study}: {role}" for study, role in roles.get(account.id, ())]
        marks = marks or ["no role"]
        marks += ["second factor"] if account.second_factor else []
        marks += ["disabled"] if account.disabled_ms is not None else []
        click.echo(f"{account.email}  {account.name}  ({', '.join(marks)})")


@user.command(epilog="Example:  earshot user disable anna@example.org")
@EMAIL
def disable(email: str) -> None:
    """Let someone in no more; whatever they have open ends at once."""
    from survey_app.storage.accounts import people

    engine, account = _open_account(email)
    if not people.disable(engine, account.id, now_ms(), by=None):
        refuse(f"{account.email} is disabled already; nothing was changed")
    click.echo(f"{account.email} cannot sign in any more, and every session has ended.")
    if account.administrator and people.last_administrator(engine, account.id):
        click.echo("Nobody is left who administers everything; make one with: earshot user add", err=True)


@user.command(epilog="Example:  earshot user enable anna@example.org")
@EMAIL
def enable(email: str) -> None:
    """Let someone who was disabled sign in again."""
    from survey_app.storage.accounts import people

    engine, account = _open_account(email)
    if not people.enable(engine, account.id, now_ms(), by=None):
        refuse(f"{account.email} is not disabled; nothing was changed")
    click.echo(f"{account.email} may sign in again, with the password and the roles of before.")


@user.command(epilog="Example:  earshot user password anna@example.org")
@EMAIL
@FROM_INPUT
def password(email: str, from_input: bool) -> None:
    """Set a new password; every session of the account ends."""
    from survey_app.storage.accounts import passwords, people

    engine, account = _open_account(email)
    hashed = passwords.hashed(_ask_password(account.email, from_input))
    people.set_password(engine, account.id, hashed, now_ms(), by=None)
    click.echo(f"{account.email} has a new password, and every session has ended.")


@user.command("second-factor-off", epilog="Example:  earshot user second-factor-off anna@example.org")
@EMAIL
def second_factor_off(email: str) -> None:
    """Take the second factor away from someone who has lost the telephone and the recovery codes."""
    from survey_app.storage.accounts import people

    engine, account = _open_account(email)
    if not account.second_factor:
        refuse(f"{account.email} has no second factor; nothing was changed")
    people.second_factor_off(engine, account.id, now_ms(), by=None)
    click.echo(f"{account.email} signs in with the password alone now, and every session has ended.")


def _open_account(email: str) -> tuple[Engine, Account]:
    """Return the database and an account in it, or leave with exit code 1."""
    from survey_app.storage.accounts import people

    engine = open_engine(open_settings())
    account = people.by_email(engine, people.read_email(email) or "")
    if account is None:
        refuse(f'"{email}" has no account here; see who has: earshot user list')
    return engine, account


def _ask_password(email: str, from_input: bool) -> str:
    """Return a password that may be one; it is never on the command line, where others could see it."""
    import sys

    from survey_app.storage.accounts import passwords

    if from_input:
        typed = sys.stdin.readline().rstrip("\r\n")
    elif not _has_terminal():
        refuse("no terminal here; use --password-stdin")
    else:
        typed = str(click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True))
    faults = {
        "short": f"the password is too short: at least {passwords.SHORTEST} characters",
        "long": f"the password is too long: at most {passwords.LONGEST} characters",
        "common": "this password is among those that are tried first; take another, for example of four words",
        "email": "the password must not be the e-mail",
    }
    fault = passwords.fault(typed, email)
    if fault:
        refuse(f"{faults[fault]}; nothing was changed")
    return typed


def _has_terminal() -> bool:
    """Tell whether a password can be asked for without showing it; else it would be read from anywhere."""
    import os
    import sys

    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return sys.stdin.isatty()
    return True
