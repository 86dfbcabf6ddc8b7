"""A study in the field: publish, close, and counts of rows. No estimate is made here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.model import Questionnaire
from questionnaires.problems import StudyFault
from questionnaires.study import Study
from questionnaires.versions.promises import broken_promises
from survey_app.storage.database import InsertNew, hold, writing
from survey_app.storage.tables import post, response, study, version

_ONE = select(study).where(study.c.name == bindparam("name"))


@dataclass(frozen=True)
class Fielded:
    """A study as the database knows it."""

    name: str
    status: str
    version: str
    record: bytes
    opened_ms: int
    closed_ms: int | None


def publish(engine: Engine, published: Study, now_ms: int) -> bool:
    """Let a study collect on its present version; return False where nothing changed.

    Raises StudyFault where the version would give answers that were already collected another meaning.
    """
    name, record = published.name, published.files["study.yaml"]
    values = {"status": "open", "version": published.version, "record": record}
    with writing(engine).begin() as connection:
        hold(connection, changed=[name])
        before = _fielded(connection, name)
        if before and (before.status, before.version, before.record) == ("open", published.version, record):
            return False
        _refuse_broken_promises(connection, published)
        if before is None:
            connection.execute(insert(study).values(name=name, opened_ms=now_ms, **values))
        else:
            connection.execute(update(study).where(study.c.name == name).values(closed_ms=None, **values))
        row = {
            "hash": published.version,
            "study": name,
            "content": published.files["questionnaire.yaml"],
            "published_ms": now_ms,
        }
        connection.execute(InsertNew(version).values(**row))
    return True


def _refuse_broken_promises(connection: Connection, published: Study) -> None:
    problems = {
        str(problem): problem  # what several versions promised is told once
        for content in _versions(connection, published.name).values()
        for problem in broken_promises(questionnaire_of(content), published.questionnaire)
    }
    if problems:
        raise StudyFault(problems.values())


def questionnaire_of(content: bytes) -> Questionnaire:
    """Return the questionnaire of a published file."""
    questionnaire, source = read_questionnaire("questionnaire.yaml", content)
    if questionnaire is None:  # it was checked when it was published
        raise StudyFault(source.problems)
    return questionnaire


def close(engine: Engine, name: str, now_ms: int) -> bool:
    """End a study's fieldwork; return False where it was not open."""
    with writing(engine).begin() as connection:
        hold(connection, changed=[name])
        changed = connection.execute(
            update(study)
            .where(study.c.name == name, study.c.status == "open")
            .values(status="closed", closed_ms=now_ms)
        )
    return bool(changed.rowcount)


def fielded(engine: Engine, name: str) -> Fielded | None:
    """Return one study, None where it was never published."""
    if "\0" in name:  # it came with an address, and PostgreSQL has no such text
        return None
    with engine.connect() as connection:
        return _fielded(connection, name)


def _fielded(connection: Connection, name: str) -> Fielded | None:
    row = connection.execute(_ONE, {"name": name}).first()
    return Fielded(**row._mapping) if row else None


def all_fielded(engine: Engine) -> list[Fielded]:
    """Return every published study by name."""
    with engine.connect() as connection:
        return [Fielded(**row._mapping) for row in connection.execute(select(study).order_by(study.c.name))]


def versions(engine: Engine, name: str) -> dict[str, bytes]:
    """Return the questionnaire files of a study by hash, oldest first."""
    with engine.connect() as connection:
        return _versions(connection, name)


def _versions(connection: Connection, name: str) -> dict[str, bytes]:
    query = (
        select(version.c.hash, version.c.content)
        .where(version.c.study == name)
        .order_by(version.c.published_ms)
    )
    return {row.hash: row.content for row in connection.execute(query)}


def version_content(engine: Engine, name: str, digest: str) -> bytes | None:
    """Return one published questionnaire file."""
    query = select(version.c.content).where(version.c.study == name, version.c.hash == digest)
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def counts(engine: Engine, name: str) -> dict[str, int]:
    """Return how many people started and how many finished."""
    started = select(func.count()).select_from(response).where(response.c.study == name)
    finished = (
        select(func.count(post.c.response.distinct()))
        .join(response, response.c.key == post.c.response)
        .where(response.c.study == name, post.c.final)
    )
    with engine.connect() as connection:
        return {
            "started": connection.execute(started).scalar() or 0,
            "finished": connection.execute(finished).scalar() or 0,
        }
