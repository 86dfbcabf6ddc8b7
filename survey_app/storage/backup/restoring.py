"""One file → a database: checked, put in, compared by its Merkle roots, and rid of what was erased since.

All of it is one transaction, so that nobody is let in before the end, and nothing is there where it fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, select

from questionnaires.problems import StudyFault
from survey_app.storage.backup.archive import Backup, BackupRefused, BadBackup, OtherKey, opened
from survey_app.storage.backup.loading import claim, load
from survey_app.storage.backup.making import Progress, Steps, make
from survey_app.storage.backup.roots import Look, Root, TimedRoot, roots
from survey_app.storage.database import InsertNew, connect, dialect_of, writing
from survey_app.storage.disk import existing, free_bytes, new_file
from survey_app.storage.erase import LIST, bury, read_erased, record_erased
from survey_app.storage.posts import key_hash
from survey_app.storage.rows import Stored
from survey_app.storage.schema import REVISION, read
from survey_app.storage.sqlite import file_of
from survey_app.storage.tables import gone, open_database
from survey_app.storage.upgrade import VERSIONS, upgrade

ROOM = 3
"""How many times what the tables take unpacked an SQLite file, its indexes and its log may take."""


@dataclass(frozen=True)
class Destination:
    """Where a backup is put: a database, and the folder and the file of the secret key beside it."""

    engine: Engine
    folder: Path
    key: Path


@dataclass(frozen=True)
class Restored:
    """What was put back: the studies by name, how many responses were erased again, what became of the key."""

    studies: dict[str, TimedRoot]
    erased_again: int
    key: str
    """written | the same | left out"""


@dataclass(frozen=True)
class Compared:
    """A study in a drill: its root by the manifest, and by the rows that were put back."""

    study: str
    told: Root | None
    found: Root | None
    seconds: float

    @property
    def equal(self) -> bool:
        return self.told == self.found


def restore(
    backup: Backup,
    destination: Destination,
    now: datetime,
    *,
    with_key: bool = True,
    gone_since: Collection[str] = (),
    progress: Progress | None = None,
) -> Restored:
    """Put a backup into an empty database and return what came of it.

    `gone_since` are hashes of erased responses, beside those that stand in the backup and in the list in the data
    folder: none of them comes back. Raises BackupRefused (BadBackup, NotEmpty, OtherKey), BadList, OSError and
    sqlalchemy's errors; then nothing was changed, but that a database may have empty tables.
    """
    engine, folder = destination.engine, destination.folder
    key = backup.key() if with_key else None
    refuse_other_key(destination.key, key)
    listed = read_erased(folder / LIST) if (folder / LIST).exists() else frozenset()
    with at_this_revision(backup, now) as source:
        # A server's new database is as empty with tables as without.
        if not dialect_of(engine).MAKES_ITSELF:
            with engine.connect() as connection:
                empty = read(connection).empty
            if empty:
                upgrade(engine)
        refuse_small_disk(engine, source)
        steps = Steps(progress, 2 * source.manifest.rows + source.manifest.responses)
        source.verify(steps)
        with writing(engine).begin() as connection:
            claim(connection)
            load(connection, source, steps)
            studies, again = _settle(connection, source, {*listed, *gone_since}, now, steps)
            every = frozenset(connection.execute(select(gone.c.key_hash)).scalars())
            # Before the commit: what was erased must stand in the list, and rows without their key are of no use.
            record_erased(folder, sorted(every - listed))
            outcome = _put_key(destination.key, key)
    return Restored(studies, again, outcome)


def drill(backup: Backup, folder: Path, now: datetime, progress: Progress | None = None) -> list[Compared]:
    """Put a backup into a new SQLite file in a folder and compare the root of every study with the manifest.

    Raises BadBackup where it is not even whole, OSError and sqlalchemy's errors.
    """
    with at_this_revision(backup, now) as source:
        engine = open_database(f"sqlite:///{folder / 'drill.db'}")
        try:
            refuse_small_disk(engine, source)
            steps = Steps(progress, 2 * source.manifest.rows + source.manifest.responses)
            source.verify(steps)
            with writing(engine).begin() as connection:
                claim(connection)
                load(connection, source, steps)
                restored = _roots(connection, source, steps)
        finally:
            engine.dispose()
    before = backup.manifest.studies
    return [
        Compared(name, before.get(name), *restored.get(name, (None, 0.0)))
        for name in sorted({*before, *restored})
    ]


def refuse_other_key(path: Path, key: str | None) -> None:
    """Raise OtherKey where a restored key would take the place of another one."""
    if key is not None and path.exists() and path.read_text().strip() != key.strip():
        raise OtherKey(
            f"{path} is another secret key than that of the backup, and with it no receipt and no personal link of "
            "the backup would be good; move it away if nothing needs it, or restore with --without-key"
        )


def refuse_small_disk(engine: Engine, backup: Backup) -> None:
    """Raise BackupRefused where an SQLite file of that size has no room."""
    file = file_of(engine.url) if engine.dialect.name == "sqlite" else None
    if file is None:
        return
    needed, free = ROOM * backup.manifest.bytes, free_bytes(existing(file.absolute()))
    if free < needed:
        raise BackupRefused(
            f"{file} needs up to {needed // 2**20 + 1} MiB while it is filled, and its disk has {free // 2**20}; "
            "make room"
        )


@contextmanager
def at_this_revision(backup: Backup, now: datetime) -> Iterator[Backup]:
    """Yield a backup whose tables are those of this version; an older one is upgraded in a folder aside.

    Raises BadBackup for one of a newer version.
    """
    revision = backup.manifest.revision
    if revision == REVISION:
        yield backup
        return
    if revision > REVISION or not any(VERSIONS.glob(f"{revision}_*.py")):
        raise BadBackup(
            f"{backup.path} was made by a newer earshot ({backup.manifest.earshot}, revision {revision}; this "
            f"version knows {REVISION}); restore it with that version"
        )
    with TemporaryDirectory(prefix="earshot-") as name:
        newer = Path(name) / backup.path.name
        engine = connect(f"sqlite:///{Path(name) / 'upgraded.db'}")
        silent = Steps(None, 0)
        try:
            upgrade(engine, to=revision)
            backup.verify(silent)
            with writing(engine).begin() as connection:
                load(connection, backup, silent)
            upgrade(engine)
            make(engine, newer, now, key=None)
        finally:
            engine.dispose()
        with opened(newer) as upgraded:
            _refuse_different(backup, upgraded.manifest.studies)
            yield upgraded


def _settle(
    connection: Connection, source: Backup, hashes: set[str], now: datetime, steps: Steps
) -> tuple[dict[str, TimedRoot], int]:
    """Compare the roots, and erase what was erased since; its leaves stay, so that the roots stay."""
    before = set(connection.execute(select(gone.c.key_hash)).scalars())
    hashes |= before
    doomed: list[tuple[str, str, bytes, str]] = []

    def look(study: str, stored: Stored, leaf: bytes) -> None:
        if key_hash(stored.key) in hashes:
            doomed.append((stored.key, study, leaf, stored.data_id))

    studies = _roots(connection, source, steps, look if hashes else None)
    _refuse_different(source, {name: timed.root for name, timed in studies.items()})
    for response in doomed:
        bury(connection, *response, int(now.timestamp() * 1000))
    # A form that is still open somewhere must not begin an erased response again.
    for digest in hashes - before:
        connection.execute(InsertNew(gone).values(key_hash=digest))
    return studies, len(doomed)


def _roots(
    connection: Connection, source: Backup, steps: Steps, look: Look | None = None
) -> dict[str, TimedRoot]:
    try:
        return roots(connection, steps, look)
    except (StudyFault, KeyError, ValueError, TypeError) as error:
        what = f"its rows make no responses ({type(error).__name__})"
        raise BadBackup(f"{source.path}: {what}; take another backup") from None


def _refuse_different(source: Backup, restored: Mapping[str, Root]) -> None:
    before = source.manifest.studies
    for name in sorted({*before, *restored}):
        if before.get(name) != restored.get(name):
            raise BadBackup(
                f"{source.path}: the Merkle root of {name} is not that of the manifest; look at it with --drill, "
                f"and restore it with the version that made it ({source.manifest.earshot}), or take another backup"
            )


def _put_key(path: Path, key: str | None) -> str:
    if key is None:
        return "left out"
    try:
        new_file(path, key.encode("ascii"))
    except FileExistsError:
        refuse_other_key(path, key)
        return "the same"
    return "written"
