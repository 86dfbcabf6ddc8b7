"""`earshot upgrade` and `earshot doctor`: the tables as this version needs them, and a look at everything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from survey_app.cli.console import close_at_end, print_json, refuse

if TYPE_CHECKING:
    from survey_app.storage.checkup import Diagnosis


@click.command(epilog="Example:  earshot upgrade  (EARSHOT_DATABASE_URL names the database)")
def upgrade() -> None:
    """Make the tables of a new database, or bring those of an earlier version up to this one.

    Stop every earshot that uses the database before. Whatever happens meanwhile, the database is as it was or
    as it should be, and never between.
    """
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.config import data_folder, database_address
    from survey_app.storage.database import connect, database_name, parse_address
    from survey_app.storage.remedies import in_words
    from survey_app.storage.upgrade import upgrade as run

    # No secret key is made here: a backup may bring one.
    folder = data_folder(os.environ)
    address = database_address(os.environ, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"the data folder cannot be used: {error}; set EARSHOT_DATA to one that can be written")
    try:
        engine = connect(address)
        close_at_end(engine)
        upgraded = run(engine)
    except SQLAlchemyError as error:
        refuse(f"nothing was changed: {in_words(error, address)}")
    where = database_name(parse_address(address))
    if upgraded.before is None:
        click.echo(f"Made the tables of {where}: revision {upgraded.after}.")
    elif upgraded.before == upgraded.after:
        click.echo(f"Already up to date: {where}, revision {upgraded.after}.")
    else:
        click.echo(f"Upgraded {where}: revision {upgraded.before} → {upgraded.after}.")


@click.command(epilog="Example:  earshot doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Look at data folder, database, clock and settings, and say what to do.

    Changes nothing that was answered. Exit code 1 where there is a problem.
    """
    import os
    from datetime import UTC, datetime

    from survey_app import config
    from survey_app.storage import checkup

    now = datetime.now(UTC)
    folder = config.data_folder(os.environ)
    diagnoses = [
        *checkup.check_folder(folder),
        checkup.check_key(config.key_file(os.environ, folder), config.KEY_LENGTH),
        checkup.check_clock(now),
        *checkup.check_database(config.database_address(os.environ, folder), folder, now),
        *check_hosts(config.hosts_of(os.environ), config.LOOPBACK),
    ]
    problems = sum(not diagnosis.ok for diagnosis in diagnoses)
    if as_json:
        rows = [
            {"name": item.name, "ok": item.ok, "found": item.state, "remedy": item.remedy or None}
            for item in diagnoses
        ]
        print_json({"ok": not problems, "findings": rows})
    else:
        for item in diagnoses:
            click.echo(f"{'ok      ' if item.ok else 'PROBLEM '} {item.name}: {item.state}")
            if not item.ok:
                click.echo(f"{' ' * 9}{item.remedy}")
        click.echo(f"{problems or 'No'} problem{'' if problems == 1 else 's'}.")
    sys.exit(1 if problems else 0)


def check_hosts(hosts: tuple[str, ...], loopback: str) -> Iterator[Diagnosis]:
    """Look at the names by which people reach the form, and at what they must speak."""
    import re

    from survey_app.storage.checkup import Diagnosis

    wrong = [host for host in hosts if not re.fullmatch(r"\.?[\w.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?", host)]
    if wrong:
        remedy = "write names alone, divided by commas and without blanks: survey.example.org,example.org"
        yield Diagnosis("hosts", f"EARSHOT_HOSTS has {', '.join(map(repr, wrong))}", remedy)
        return
    yield Diagnosis("hosts", ", ".join(hosts))
    outside = [host for host in hosts if host not in loopback.split(",")]
    if outside:
        yield Diagnosis(
            "https", f"needed for {outside[0]}: a proxy that speaks it, and earshot serve --behind-https"
        )
    else:
        yield Diagnosis("https", "not needed: this machine only")
