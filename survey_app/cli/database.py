"""`earshot upgrade`: the tables of the database are brought up to this version."""

from __future__ import annotations

import click

from survey_app.cli.opening import close_at_end, refuse


@click.command(epilog="Example:  earshot upgrade  (EARSHOT_DATABASE_URL names the database)")
def upgrade() -> None:
    """Make the tables of a new database, or bring those of an earlier version up to this one.

    Stop every earshot that uses the database before. Whatever happens meanwhile, the database is as it was or
    as it should be, and never between.
    """
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.config import data_folder, database_address
    from survey_app.storage.database import connect, parsed, shown
    from survey_app.storage.remedies import in_words
    from survey_app.storage.upgrade import upgrade as run

    folder = data_folder(os.environ)  # and no secret key: a backup may bring one
    address = database_address(os.environ, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"the data folder cannot be used: {error}; set EARSHOT_DATA to one that can be written")
    try:
        engine = connect(address)
        close_at_end(engine)
        done = run(engine)
    except SQLAlchemyError as error:
        refuse(f"nothing was changed: {in_words(error, address)}")
    where = shown(parsed(address))
    if done.before is None:
        click.echo(f"Made the tables of {where}: revision {done.after}.")
    elif done.before == done.after:
        click.echo(f"Already up to date: {where}, revision {done.after}.")
    else:
        click.echo(f"Upgraded {where}: revision {done.before} → {done.after}.")
