"""`earshot publish`, `earshot close` and `earshot invite`: a study in the field, and personal links to it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from survey_app.cli.console import STUDY, now_ms, open_engine, open_settings, open_study, refuse

MOST = 100_000


@click.command(epilog="Example:  earshot publish my_study")
@STUDY
def publish(study: Path) -> None:
    """Let a study collect on its present version."""
    from sqlalchemy.exc import SQLAlchemyError

    from questionnaires.problems import StudyFault
    from survey_app.storage import fieldwork
    from survey_app.storage.accounts import audit
    from survey_app.storage.remedies import in_words
    from survey_app.storage.study_files import keep_files

    opened = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    try:
        keep_files(settings.data, opened)
        changed = fieldwork.publish(engine, opened, now_ms())
        if changed:
            audit.record(engine, now_ms(), None, "published", opened.name, version=opened.version[:12])
    except StudyFault as fault:
        refuse("\n".join(map(str, [*fault.problems, f"{study}: not published; nothing was changed"])))
    except OSError as error:
        refuse(f"{opened.name} was not published: {error}")
    except SQLAlchemyError as error:
        refuse(f"{opened.name} was not published: {in_words(error, settings.database_url)}")
    if not changed:
        click.echo(f"{opened.name} already collects on version {opened.version[:12]}; nothing changed.")
        return
    click.echo(f"{opened.name} collects now, on version {opened.version[:12]}, into {settings.data}.")
    if opened.synthetic:
        click.echo("It is marked synthetic: nothing it collects counts. For real people change `sample`.")
    click.echo(f"Next: earshot serve {study}")


@click.command(epilog="Example:  earshot close my_study")
@STUDY
def close(study: Path) -> None:
    """End a study's fieldwork; what was answered stays."""
    from survey_app.storage import fieldwork
    from survey_app.storage.accounts import audit

    name = open_study(study).name
    engine = open_engine(open_settings())
    if not fieldwork.close(engine, name, now_ms()):
        refuse(f"{name} is not open, so it cannot be closed")
    audit.record(engine, now_ms(), None, "closed", name)
    counts = fieldwork.counts(engine, name)
    click.echo(f"{name} is closed: {counts['started']} started, {counts['finished']} finished.")


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
    opened = open_study(study)
    engine = open_engine(open_settings())
    field = fieldwork.fielded(engine, opened.name)
    if field is None:
        refuse(f"{opened.name} was never published; publish it first: earshot publish {study}")
    audit.record(engine, now_ms(), None, "links_made", opened.name, count=count)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("number", "link"))
    for number, token in enumerate(invite(engine, opened.name, count, now_ms()), start=1):
        table.writerow((number, f"{at.rstrip('/')}/i/{token}"))
    _warn(opened.record.access, field.status, at, study)


def _warn(access: str, status: str, at: str, study: Path) -> None:
    """Warn on standard error of what may surprise people who get the links; the links are good all the same."""
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
