"""`earshot invite`: personal links, each good for one response."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from survey_app.cli.opening import STUDY, now_ms, open_engine, open_settings, open_study, refuse

MOST = 100_000


@click.command(
    epilog="Example:  earshot invite my_study --count 500 --at https://ask.example.org > links.csv"
)
@STUDY
@click.option("--count", required=True, type=click.IntRange(1, MOST), help="How many links to make.")
@click.option("--at", default="http://127.0.0.1:8000", show_default=True, help="Where people reach the form.")
def invite(study: Path, count: int, at: str) -> None:
    """Make personal links and write them as CSV: number, link.

    Each is good for one response, whoever opens it and however often. They are shown this once: only a hash of
    each is kept. Who gets which is for your own list to know; here nothing leads from a link to a person.
    """
    from survey_app.storage import fieldwork
    from survey_app.storage.accounts import audit
    from survey_app.storage.invitations import invite

    if not at.startswith(("http://", "https://")):
        refuse(f"--at {at} is no address; begin it with https://")
    found = open_study(study)
    engine = open_engine(open_settings())
    field = fieldwork.fielded(engine, found.name)
    if field is None:
        refuse(f"{found.name} was never published; publish it first: earshot publish {study}")
    audit.record(engine, now_ms(), None, "links_made", found.name, count=count)
    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow(("number", "link"))
    for number, token in enumerate(invite(engine, found.name, count, now_ms()), start=1):
        written.writerow((number, f"{at.rstrip('/')}/i/{token}"))
    _warn(found.record.access, field.status, at, study)


def _warn(access: str, status: str, at: str, study: Path) -> None:
    """Say on standard error what whoever passes the links on may not expect; the links are good all the same."""
    context = click.get_current_context()
    if context.get_parameter_source("at") is click.core.ParameterSource.DEFAULT:
        click.echo(
            f"The links begin with {at}, which only this machine can open; for people elsewhere make them with "
            "--at https://… and the name that they use.",
            err=True,
        )
    if status != "open":
        click.echo(
            f"The study is closed: nobody can answer with these links until: earshot publish {study}",
            err=True,
        )
    if access != "invitation":
        click.echo(
            "Whoever has no link can answer, too; `access: invitation` in study.yaml asks for one.", err=True
        )
