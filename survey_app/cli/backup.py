"""`earshot backup` and `earshot restore`: the database as one file, back again, and a trial of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from survey_app.cli.opening import close_at_end, now_ms, refuse
from survey_app.cli.progress import bar
from survey_app.cli.receipt import DATA

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.storage.backup import Compared, Destination, Manifest, Restored

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
    import json
    import time
    from datetime import UTC, datetime

    from survey_app.storage.backup import make, summary

    begun = time.perf_counter()
    _step_back()
    with _in_words("no backup was made", data) as (address, folder):
        key = None if without_key else _key(_key_file(folder))
        engine = _open(address)
        with bar("Backing up") as progress:
            manifest = make(engine, file, datetime.now(UTC), key=key, progress=progress)
        _note(engine, "backed_up")
    seconds = round(time.perf_counter() - begun, 1)
    if as_json:
        told = {"file": str(file), "bytes": file.stat().st_size, "seconds": seconds, **summary(manifest)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in _made(manifest):
        click.echo(line)
    click.echo(f"{file}: {_size(file.stat().st_size)}, {seconds} s. Try it: earshot restore {file} --drill")


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
        return
    import json
    import time
    from datetime import UTC, datetime

    from survey_app.storage.backup import opened
    from survey_app.storage.backup import restore as put_back
    from survey_app.storage.erased import recorded

    begun = time.perf_counter()
    with _in_words("nothing was restored", data) as (address, folder):
        since = recorded(erased) if erased else frozenset()
        with opened(file) as found, bar("Restoring") as progress:
            folder.mkdir(parents=True, exist_ok=True)
            place = _place(address, folder)
            done = put_back(
                found, place, datetime.now(UTC), with_key=not without_key, gone_since=since, progress=progress
            )
    _clear(place)
    _note(place.engine, "restored")
    seconds = round(time.perf_counter() - begun, 1)
    if as_json:
        click.echo(json.dumps(_told(done) | {"seconds": seconds}, ensure_ascii=False, indent=1))
        return
    for line in _lines(done):
        click.echo(line)
    click.echo(f"{file} is restored, {seconds} s. Look it over: earshot doctor")


def _drill(file: Path, as_json: bool) -> None:
    import json
    import sys
    import tempfile
    import time
    from dataclasses import asdict
    from datetime import UTC, datetime

    from survey_app.storage.backup import drill, opened

    begun = time.perf_counter()
    aside = tempfile.TemporaryDirectory(prefix="earshot-drill-")
    with _in_words("the drill failed"), opened(file) as found, bar("Trying") as progress, aside as name:
        compared = drill(found, Path(name), datetime.now(UTC), progress)
    seconds, equal = round(time.perf_counter() - begun, 1), all(one.equal for one in compared)
    if as_json:
        studies = [{**asdict(one), "equal": one.equal} for one in compared]
        told = {"equal": equal, "seconds": seconds, "studies": studies}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in compared:
            click.echo(_compared(one))
        click.echo(f"{file}: {'all roots are equal' if equal else 'NOT what was backed up'}, {seconds} s.")
    sys.exit(0 if equal else 1)


@contextmanager
def _in_words(failed: str, data: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the address of the database and the data folder; whatever goes wrong then is said in one line."""
    import os

    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.config import data_folder, database_address
    from survey_app.storage.backup import BackupRefused
    from survey_app.storage.erased import BadList
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
    from survey_app.storage.backup import BackupRefused
    from survey_app.storage.database import parsed
    from survey_app.storage.sqlite import file_of
    from survey_app.storage.tables import open_database

    url = parsed(address)
    file = file_of(url) if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        raise BackupRefused(f"there is no database {file}; name the data folder with --data or EARSHOT_DATA")
    engine = open_database(address)
    close_at_end(engine)
    return engine


def _place(address: str, folder: Path) -> Destination:
    from survey_app.storage.backup import Destination
    from survey_app.storage.database import connect

    engine = connect(address)
    close_at_end(engine)
    return Destination(engine, folder, _key_file(folder))


def _key_file(folder: Path) -> Path:
    import os

    from survey_app.config import SECRET_KEY

    return Path(os.environ.get("EARSHOT_SECRET_KEY_FILE") or folder / SECRET_KEY)


def _key(path: Path) -> str:
    from survey_app.storage.backup import BackupRefused

    if not path.exists():
        raise BackupRefused(
            f"there is no secret key {path}; name the right data folder, or leave it out: --without-key"
        )
    return path.read_text(encoding="ascii").strip()


def _clear(place: Destination) -> None:
    """Remove what was erased again from the snapshots that are in the data folder."""
    from survey_app.storage.erase import studies_pending
    from survey_app.storage.snapshot import finish_erasures

    for study in studies_pending(place.engine):
        folder = place.folder / "snapshots" / study
        try:
            finish_erasures(place.engine, folder, study)
        except OSError as error:
            refuse(f"restored, but {folder} could not be cleared: {error}; then: earshot erase --pending")


def _note(engine: Engine, action: str) -> None:
    """Write down what was done; it is done, even where the database takes no further line."""
    from sqlalchemy.exc import SQLAlchemyError

    from survey_app.storage.accounts import audit
    from survey_app.storage.database import told

    try:
        audit.record(engine, now_ms(), None, action)
    except SQLAlchemyError as error:
        click.echo(f"the log of the database has no line of it: {told(error)}", err=True)


def _step_back() -> None:
    """Whoever answers comes first."""
    import contextlib
    import os

    with contextlib.suppress(AttributeError, OSError):  # not on every system
        os.nice(10)


def _made(manifest: Manifest) -> Iterator[str]:
    for name, root in manifest.studies.items():
        yield f"{name}: {_responses(root.responses, root.erased)}, root {root.merkle_root}"
    yield (
        "The secret key is in it." if manifest.key else "The secret key is not in it: keep it safe yourself."
    )


def _lines(done: Restored) -> Iterator[str]:
    for name, taken in done.studies.items():
        yield f"{name}: {_responses(taken.root.responses, taken.root.erased)}, root equal"
    if done.erased_again:
        yield f"Erased again, because they were erased after the backup: {done.erased_again}."
    yield {
        "written": "The secret key is back in its place.",
        "the same": "The secret key was there already.",
        "left out": "The secret key was not touched: without the old one, no receipt and no personal link is good.",
    }[done.key]


def _told(done: Restored) -> dict[str, Any]:
    from dataclasses import asdict

    studies = {name: asdict(taken.root) for name, taken in done.studies.items()}
    return {"studies": studies, "erased_again": done.erased_again, "secret_key": done.key}


def _compared(one: Compared) -> str:
    if one.equal and one.found:
        counts = _responses(one.found.responses, one.found.erased)
        return f"{one.study}: {counts}, {one.seconds:.1f} s: equal"
    told, found = (
        f"{_responses(root.responses, root.erased)}, root {root.merkle_root}" if root else "nothing"
        for root in (one.told, one.found)
    )
    return f"{one.study}: {one.seconds:.1f} s: DIFFERENT: backed up {told}; restored {found}"


def _responses(count: int, erased: int) -> str:
    return f"{count} response{'' if count == 1 else 's'}" + (f" and {erased} erased" if erased else "")


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
