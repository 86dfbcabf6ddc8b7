"""`earshot doctor`: is everything as it must be before people are let in?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from survey_app.storage.checkup import Diagnosis


@click.command(epilog="Example:  earshot doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Look at data folder, database, clock and settings, and say what to do.

    Changes nothing that was answered. Exit code 1 where there is a problem.
    """
    import json

    findings = list(_findings())
    problems = [one for one in findings if not one.ok]
    if as_json:
        told = [{"name": f.name, "ok": f.ok, "found": f.found, "remedy": f.remedy or None} for f in findings]
        click.echo(json.dumps({"ok": not problems, "findings": told}, ensure_ascii=False, indent=1))
    else:
        for one in findings:
            click.echo(_line(one))
        click.echo(f"{len(problems) or 'No'} problem{'' if len(problems) == 1 else 's'}.")
    sys.exit(1 if problems else 0)


def _line(finding: Diagnosis) -> str:
    line = f"{'ok      ' if finding.ok else 'PROBLEM '} {finding.name}: {finding.found}"
    return line if finding.ok else f"{line}\n{' ' * 9}{finding.remedy}"


def _findings() -> Iterator[Diagnosis]:
    import os
    from datetime import UTC, datetime

    from survey_app import config
    from survey_app.storage import checkup

    now = datetime.now(UTC)
    folder = config.data_folder(os.environ)
    yield from checkup.check_folder(folder)
    yield checkup.check_key(config.key_file(os.environ, folder), config.KEY_LENGTH)
    yield checkup.check_clock(now)
    yield from checkup.check_database(config.database_address(os.environ, folder), folder, now)
    yield from reached(config.hosts_of(os.environ), config.LOOPBACK)


def reached(hosts: tuple[str, ...], loopback: str) -> Iterator[Diagnosis]:
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
