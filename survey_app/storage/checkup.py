"""What `earshot doctor` looks at: each diagnosis is fine, or says what to do. No answer is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.formats.study_folder import study_from_files
from questionnaires.problems import StudyFault
from survey_app.storage import database, fieldwork, schema, sqlite
from survey_app.storage.disk import existing, free_bytes, kind_of, network_disk, writable
from survey_app.storage.remedies import wrong_and_remedy
from survey_app.storage.tables import metadata, post

LEAST_FREE = 200 * 1024**2
"""Bytes of free disk below which there is a problem."""
LONGEST_LOG = 256 * 1024**2
"""Bytes of SQLite's write-ahead log above which something keeps it from being emptied."""
SANE_YEARS = range(2025, 2100)
APART = 5.0
"""Seconds that the clocks of this machine and of the server may differ."""
AHEAD_MS = 60_000
"""How far in the future the newest answer may lie."""


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at; `remedy` is what to do, "" where all is well."""

    name: str
    state: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def check_folder(folder: Path) -> Iterator[Diagnosis]:
    """Look at the data folder: there, writable, with room, on a local disk."""
    there = existing(folder)
    if not there.is_dir() or not writable(there):
        kind = "cannot be written" if there.is_dir() else "is no folder"
        yield Diagnosis("data folder", f"{there} {kind}", "set EARSHOT_DATA to a folder that can be written")
        return
    yield Diagnosis(
        "data folder", f"{folder}{'' if folder.is_dir() else ': not there yet, made at first use'}"
    )
    free = free_bytes(there)
    room = "" if free >= LEAST_FREE else f"make room: at least {LEAST_FREE // 1024**2} MiB"
    yield Diagnosis("disk", f"{free // 1024**2:,} MiB free on {kind_of(there) or 'its disk'}", room)


def check_key(path: Path, length: int) -> Diagnosis:
    """Look at the secret key: whole, and readable by its owner alone."""
    if not path.exists():
        return Diagnosis("secret key", f"{path}: not there yet, made at first use")
    try:
        mode, key = stat.S_IMODE(path.stat().st_mode), path.read_bytes().strip()
    except OSError as error:
        remedy = "let the user that runs earshot own it"
        return Diagnosis("secret key", f"{path} cannot be read ({error.strerror})", remedy)
    if len(key) != length:
        return Diagnosis(
            "secret key",
            f"{path} is not whole",
            "put the one of a backup in its place: with a new one, used personal links are good again",
        )
    if mode & 0o077 and os.name == "posix":
        return Diagnosis("secret key", f"{path} can be read by others (mode {mode:o})", f"chmod 600 {path}")
    return Diagnosis("secret key", f"{path}: whole, and its owner's alone")


def check_clock(now: datetime) -> Diagnosis:
    """Look at the year."""
    moment = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return Diagnosis("clock", moment, "" if now.year in SANE_YEARS else "set the clock of this machine")


def check_database(address: str, folder: Path, now: datetime) -> Iterator[Diagnosis]:
    """Look at the database: reachable, durable, of this version, writable, whole; and at what it holds."""
    try:
        url = database.parse_address(address)
        path = sqlite.file_of(url) if url.get_backend_name() == "sqlite" else None
        if path is not None and not path.exists():
            if path.parent != folder and not path.parent.is_dir():
                state, remedy = f"{path.parent} is not there", "make that folder, or name another file"
            elif kind := network_disk(path.parent):
                state = f"{path} would be on a network disk ({kind})"
                remedy = "use a local one or PostgreSQL"
            else:
                state, remedy = f"{path}: not there yet, made by the first: earshot publish STUDY", ""
            yield Diagnosis("database", state, remedy)
            return
        engine = database.connect(address)
    except SQLAlchemyError as error:
        yield Diagnosis("database", *wrong_and_remedy(error, address))
        return
    try:
        yield from _look(engine, address, now)
    finally:
        engine.dispose()


def _look(engine: Engine, address: str, now: datetime) -> Iterator[Diagnosis]:
    with engine.connect() as connection:
        settings = database.dialect_of(engine).settings(connection)
    version = ".".join(map(str, engine.dialect.server_version_info or ()))
    yield Diagnosis("database", f"{database.database_name(engine.url)} ({engine.dialect.name} {version})")
    yield Diagnosis("durability", ", ".join(f"{name} is {value}" for name, value in settings.items()))
    try:
        tables = _tables(engine)
    except SQLAlchemyError as error:
        yield Diagnosis("tables", *wrong_and_remedy(error, address))
        return
    yield Diagnosis("tables", tables)
    # Without tables of this version there is nothing further to look at.
    if not tables.startswith("revision"):
        return
    of_file, of_server = {"integrity": _integrity, "log": _log}, {"server_clock": _server_clock}
    own = of_file if engine.dialect.name == "sqlite" else of_server
    for name, check in {"writing": _writing, **own, "answers": _answers, "studies": _studies}.items():
        try:
            yield from check(engine, now)
        except SQLAlchemyError as error:
            yield Diagnosis(name, *wrong_and_remedy(error, address))


def _tables(engine: Engine) -> str:
    with engine.connect() as connection:
        tables = schema.read(connection)
    if tables.empty and database.dialect_of(engine).MAKES_ITSELF:
        return "none yet, made by the first: earshot publish STUDY"
    if tables.revision is None and not tables.empty and not tables.missing():
        return "those of the first revision, which the next command writes down"
    schema.refuse_other(tables, metadata, database.database_name(engine.url))
    return f"revision {tables.revision}"


def _writing(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    database.prove_writable(engine)
    yield Diagnosis("writing", "one row written for good")


def _integrity(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    with engine.connect() as connection:
        faults = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(3)"))]
        loose = len(connection.execute(text("PRAGMA foreign_key_check")).all())
    if faults != ["ok"]:
        yield Diagnosis(
            "integrity", "; ".join(faults), "stop earshot and put a copy in its place that is whole"
        )
    elif loose:
        yield Diagnosis(
            "integrity", f"{loose} rows refer to nothing", "put a copy in its place that is whole"
        )
    else:
        yield Diagnosis("integrity", "whole")


def _log(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    path = sqlite.file_of(engine.url)
    log = path.with_name(f"{path.name}-wal") if path else None
    size = log.stat().st_size if log and log.exists() else 0
    remedy = "restart earshot: a reader has been open for long" if size > LONGEST_LOG else ""
    yield Diagnosis("write-ahead log", f"{size // 1024:,} KiB", remedy)


def _server_clock(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    with engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs((theirs - now).total_seconds())
    remedy = "set both clocks by the same time service" if apart > APART else ""
    yield Diagnosis("server's clock", f"{apart:.1f} s from this machine's", remedy)


def _answers(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(post.c.posted_ms))).scalar()
    if newest is None:
        yield Diagnosis("answers", "none yet")
        return
    ahead = newest - now.timestamp() * 1000
    newest_day = f"the newest is of {datetime.fromtimestamp(newest / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock: it has gone back since, or was ahead then" if ahead > AHEAD_MS else ""
    yield Diagnosis("answers", newest_day, remedy)


def _studies(engine: Engine, now: datetime) -> Iterator[Diagnosis]:
    for field in fieldwork.all_fielded(engine):
        content = fieldwork.version_content(engine, field.name, field.version) or b""
        try:
            record = study_from_files({"questionnaire.yaml": content, "study.yaml": field.record}).record
            ZoneInfo(record.zone)
        except StudyFault as fault:
            state = f"its published files cannot be read: {fault.problems[0]}"
            yield Diagnosis(f"study {field.name}", state, "publish it again with this version")
        except (ZoneInfoNotFoundError, ValueError):
            yield Diagnosis(
                f"study {field.name}", "its time zone is not known here", "install the package tzdata"
            )
        else:
            yield Diagnosis(f"study {field.name}", f"{field.status}, time zone {record.zone}")
