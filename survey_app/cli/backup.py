"""`earshot backup` and `earshot restore`: the database as one file, back again, and a trial of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.console import DATA, bar, close_at_end, now_ms, print_json, refuse, step_back

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.storage.backup.roots import Root

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
JSON = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")


@click.command(epilog="Example:  earshot backup backups/2026-11-22.zip")
@FILE
@click.option("--without-key", is_flag=True, help="Leave the secret key out, and keep it safe yourself.")
@DATA
@JSON
def backup(file: Path, without_key: bool, data: Path | None, as_json: bool) -> None:
    """Write everything in the database into FILE, while people go on answering.

    FILE is new, of one moment, and has everything that was acknowledged before it. The secret key is in it: without
    it the receipts and personal links that people have would be worth nothing. Whoever has FILE has the answers and
    the key, so keep it as safe as the database. Who is signed in and the jobs that wait are not in it, nor are the
    folders of snapshots and reports: copy those yourself.
    """
    import time
    from datetime import UTC, datetime

    from survey_app.storage.backup.archive import BackupRefused
    from survey_app.storage.backup.making import make, summary

    begun = time.perf_counter()
    step_back()
    with _in_words("no backup was made", data) as (address, folder):
        key = None
        if not without_key:
            path = _key_file(folder)
            if not path.exists():
                remedy = "name the right data folder, or leave it out: --without-key"
                raise BackupRefused(f"there is no secret key {path}; {remedy}")
            key = path.read_text(encoding="ascii").strip()
        engine = _open(address)
        with bar("Backing up") as progress:
            manifest = make(engine, file, datetime.now(UTC), key=key, progress=progress)
        _note(engine, "backed_up")
    seconds, size = round(time.perf_counter() - begun, 1), file.stat().st_size
    if as_json:
        content = {"file": str(file), "bytes": size, "seconds": seconds, **summary(manifest)}
        print_json(content)
        return
    for name, root in manifest.studies.items():
        click.echo(f"{name}: {_responses(root)}, root {root.merkle_root}")
    if manifest.key:
        click.echo("The secret key is in it.")
    else:
        click.echo("The secret key is not in it: keep it safe yourself.")
    amount = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
    click.echo(f"{file}: {amount}, {seconds} s. Try it: earshot restore {file} --drill")


@click.command(epilog="Example:  earshot restore backups/2026-11-22.zip --drill")
@FILE
@click.option("--drill", is_flag=True, help="Only try it, in a folder that is thrown away; changes nothing.")
@click.option(
    "--erased",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A list of erased responses from elsewhere, beside the one in the data folder.",
)
@click.option("--without-key", is_flag=True, help="Leave the secret key of this data folder as it is.")
@DATA
@JSON
def restore(
    file: Path, drill: bool, erased: Path | None, without_key: bool, data: Path | None, as_json: bool
) -> None:
    """Put a backup into an empty database: wholly, or not at all.

    The database may be of the other kind than the one that was backed up. What was erased after the backup was made
    (the file `erased` in the data folder) is erased again before anyone is let in. The Merkle root of every study
    is compared with that of the backup, in a drill as well.
    """
    if drill:
        _drill(file, as_json)
    else:
        _restore(file, erased, without_key, data, as_json)


def _restore(file: Path, erased: Path | None, without_key: bool, data: Path | None, as_json: bool) -> None:
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime

    from survey_app.storage.backup.archive import opened
    from survey_app.storage.backup.restoring import Destination
    from survey_app.storage.backup.restoring import restore as put_back
    from survey_app.storage.database import connect
    from survey_app.storage.erase import read_erased

    begun = time.perf_counter()
    with _in_words("nothing was restored", data) as (address, folder):
        since = read_erased(erased) if erased else frozenset()
        with opened(file) as source, bar("Restoring") as progress:
            folder.mkdir(parents=True, exist_ok=True)
            engine = connect(address)
            close_at_end(engine)
            restored = put_back(
                source,
                Destination(engine, folder, _key_file(folder)),
                datetime.now(UTC),
                with_key=not without_key,
                gone_since=since,
                progress=progress,
            )
    _clear(engine, folder / "snapshots")
    _note(engine, "restored")
    seconds = round(time.perf_counter() - begun, 1)
    roots = {name: timed.root for name, timed in restored.studies.items()}
    if as_json:
        content = {
            "studies": {name: asdict(root) for name, root in roots.items()},
            "erased_again": restored.erased_again,
            "secret_key": restored.key,
            "seconds": seconds,
        }
        print_json(content)
        return
    for name, root in roots.items():
        click.echo(f"{name}: {_responses(root)}, root equal")
    if restored.erased_again:
        click.echo(f"Erased again, because they were erased after the backup: {restored.erased_again}.")
    keys = {
        "written": "The secret key is back in its place.",
        "the same": "The secret key was there already.",
        "left out": "The secret key was not touched: without the old one, no receipt and no personal link is good.",
    }
    click.echo(keys[restored.key])
    click.echo(f"{file} is restored, {seconds} s. Look it over: earshot doctor")


def _drill(file: Path, as_json: bool) -> None:
    import sys
    import tempfile
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime

    from survey_app.storage.backup.archive import opened
    from survey_app.storage.backup.restoring import drill

    begun = time.perf_counter()
    aside = tempfile.TemporaryDirectory(prefix="earshot-drill-")
    with _in_words("the drill failed"), opened(file) as source, bar("Trying") as progress, aside as name:
        studies = drill(source, Path(name), datetime.now(UTC), progress)
    seconds, equal = round(time.perf_counter() - begun, 1), all(study.equal for study in studies)
    if as_json:
        rows = [{**asdict(study), "equal": study.equal} for study in studies]
        content = {"equal": equal, "seconds": seconds, "studies": rows}
        print_json(content)
        sys.exit(0 if equal else 1)
    for study in studies:
        head = f"{study.study}: "
        if study.equal and study.found:
            click.echo(f"{head}{_responses(study.found)}, {study.seconds:.1f} s: equal")
            continue
        before, after = (
            f"{_responses(root)}, root {root.merkle_root}" if root else "nothing"
            for root in (study.told, study.found)
        )
        click.echo(f"{head}{study.seconds:.1f} s: DIFFERENT: backed up {before}; restored {after}")
    click.echo(f"{file}: {'all roots are equal' if equal else 'NOT what was backed up'}, {seconds} s.")
    sys.exit(0 if equal else 1)


@contextmanager
def _in_words(failed: str, data: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the address of the database and the data folder; whatever goes wrong then is said in one line."""
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.config import data_folder, database_address
    from survey_app.storage.backup.archive import BackupRefused
    from survey_app.storage.erase import BadList
    from survey_app.storage.remedies import in_words

    folder = data_folder(os.environ, data)
    address = database_address({} if data else os.environ, folder)
    try:
        yield address, folder
    except (BackupRefused, BadList) as reason:
        refuse(f"{failed}: {reason}")
    except SQLAlchemyError as error:
        refuse(f"{failed}: {in_words(error, address)}")
    except OSError as error:
        refuse(f"{failed}: {error}; see that its folder is there, can be written and has room")


def _open(address: str) -> Engine:
    """Open a database that is there: a new file would be a backup of nothing."""
    from survey_app.storage.backup.archive import BackupRefused
    from survey_app.storage.database import parse_address
    from survey_app.storage.sqlite import file_of
    from survey_app.storage.tables import open_database

    url = parse_address(address)
    file = file_of(url) if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        raise BackupRefused(f"there is no database {file}; name the data folder with --data or EARSHOT_DATA")
    engine = open_database(address)
    close_at_end(engine)
    return engine


def _key_file(folder: Path) -> Path:
    import os

    from survey_app.config import SECRET_KEY

    return Path(os.environ.get("EARSHOT_SECRET_KEY_FILE") or folder / SECRET_KEY)


def _clear(engine: Engine, snapshots: Path) -> None:
    """Remove what was erased again from the snapshots that are in the data folder."""
    from survey_app.storage.erase import studies_pending
    from survey_app.storage.snapshot import finish_erasures

    for study in studies_pending(engine):
        folder = snapshots / study
        try:
            finish_erasures(engine, folder, study)
        except OSError as error:
            refuse(f"restored, but {folder} could not be cleared: {error}; then: earshot erase --pending")


def _note(engine: Engine, action: str) -> None:
    """Write a line into the log of the database; where it takes none, the action itself is done all the same."""
    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage.accounts import audit
    from survey_app.storage.database import error_line

    try:
        audit.record(engine, now_ms(), None, action)
    except SQLAlchemyError as error:
        click.echo(f"the log of the database has no line of it: {error_line(error)}", err=True)


def _responses(root: Root) -> str:
    erased = f" and {root.erased} erased" if root.erased else ""
    return f"{root.responses} response{'' if root.responses == 1 else 's'}{erased}"
