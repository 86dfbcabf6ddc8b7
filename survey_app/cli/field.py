"""`earshot publish` and `earshot close`: a study in the field."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.cli.opening import STUDY, now_ms, open_engine, open_settings, open_study, refuse


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

    found = open_study(study)
    settings = open_settings()
    engine = open_engine(settings)
    try:
        keep_files(settings.data, found)
        changed = fieldwork.publish(engine, found, now_ms())
        if changed:
            audit.record(engine, now_ms(), None, "published", found.name, version=found.version[:12])
    except StudyFault as fault:
        refuse("\n".join(map(str, [*fault.problems, f"{study}: not published; nothing was changed"])))
    except OSError as error:
        refuse(f"{found.name} was not published: {error}")
    except SQLAlchemyError as error:
        refuse(f"{found.name} was not published: {in_words(error, settings.database_url)}")
    if changed:
        click.echo(f"{found.name} collects now, on version {found.version[:12]}, into {settings.data}.")
        if found.synthetic:
            click.echo("It is marked synthetic: nothing it collects counts. For real people change `sample`.")
        click.echo(f"Next: earshot serve {study}")
    else:
        click.echo(f"{found.name} already collects on version {found.version[:12]}; nothing changed.")


@click.command(epilog="Example:  earshot close my_study")
@STUDY
def close(study: Path) -> None:
    """End a study's fieldwork; what was answered stays."""
    from survey_app.storage import fieldwork
    from survey_app.storage.accounts import audit

    found = open_study(study)
    engine = open_engine(open_settings())
    if not fieldwork.close(engine, found.name, now_ms()):
        refuse(f"{found.name} is not open, so it cannot be closed")
    audit.record(engine, now_ms(), None, "closed", found.name)
    counts = fieldwork.counts(engine, found.name)
    click.echo(f"{found.name} is closed: {counts['started']} started, {counts['finished']} finished.")
