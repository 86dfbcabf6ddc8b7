"""A study in the field as the database knows it, and its published versions: what is needed to serve it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, bindparam, select

from survey_app.storage.tables import study, version

_STUDY = select(study).where(study.c.name == bindparam("name"))


@dataclass(frozen=True)
class Fielded:
    """A study as the database knows it."""

    name: str
    status: str
    version: str
    record: bytes
    opened_ms: int
    closed_ms: int | None


def fielded(engine: Engine, name: str) -> Fielded | None:
    """Return one study, None where it was never published."""
    # the name came with an address, and PostgreSQL has no text with a zero byte
    if "\0" in name:
        return None
    with engine.connect() as connection:
        return fielded_within(connection, name)


def fielded_within(connection: Connection, name: str) -> Fielded | None:
    """Return one study as a transaction sees it."""
    row = connection.execute(_STUDY, {"name": name}).first()
    return Fielded(**row._mapping) if row else None


def all_fielded(engine: Engine) -> list[Fielded]:
    """Return every published study by name."""
    with engine.connect() as connection:
        return [Fielded(**row._mapping) for row in connection.execute(select(study).order_by(study.c.name))]


def version_content(engine: Engine, name: str, digest: str) -> bytes | None:
    """Return one published questionnaire file."""
    query = select(version.c.content).where(version.c.study == name, version.c.hash == digest)
    with engine.connect() as connection:
        return connection.execute(query).scalar()
