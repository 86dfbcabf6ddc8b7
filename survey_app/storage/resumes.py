"""Codes to continue with: only the hash of each is stored, beside the response that it opens."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from survey_app.storage.codes import RESUME, hashed, read_code
from survey_app.storage.current import Current, current
from survey_app.storage.database import InsertNew, error_line, hold, writing
from survey_app.storage.posts import NotKept, reading
from survey_app.storage.tables import resume


def remember(engine: Engine, code: str, key: str, now_ms: int) -> None:
    """Store a code for a response; once is enough. Raises NotKept where it cannot be made durable."""
    row = {"code_hash": hashed(code), "response": key, "made_ms": now_ms}
    try:
        with writing(engine).begin() as connection:
            hold(connection, responses=[key])
            connection.execute(InsertNew(resume).values(**row))
    except SQLAlchemyError as error:
        raise NotKept(error_line(error)) from error


def find_resumed(engine: Engine, typed: str) -> Current | None:
    """Return the response that a code opens; None for a malformed or unknown code. Raises NotKept."""
    code = read_code(typed, RESUME)
    if code is None:
        return None
    query = select(resume.c.response).where(resume.c.code_hash == hashed(code))
    with reading(engine) as connection:
        key = connection.execute(query).scalar()
    return current(engine, key) if key else None
