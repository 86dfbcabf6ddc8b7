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
    if fieldwork.fielded(engine, found.name) is None:
        refuse(f"{found.name} was never published; publish it first: earshot publish {study}")
    audit.record(engine, now_ms(), None, "links_made", found.name, count=count)
    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow(("number", "link"))
    for number, token in enumerate(invite(engine, found.name, count, now_ms()), start=1):
        written.writerow((number, f"{at.rstrip('/')}/i/{token}"))
    if found.record.access != "invitation":
        click.echo(
            "Whoever has no link can answer, too; `access: invitation` in study.yaml asks for one.", err=True
        )
