"""Links that are each good for one response: only the hash of a link's token is kept, and not whose it is."""

from __future__ import annotations

from sqlalchemy import Engine, func, insert, select

from survey_app.storage.codes import hashed, random_code, read_code
from survey_app.storage.database import writing
from survey_app.storage.posts import reading
from survey_app.storage.tables import invitation

TOKEN = 26
"""Characters of a token: 130 bits."""
AT_ONCE = 10_000


def invite(engine: Engine, study: str, count: int, now_ms: int) -> list[str]:
    """Make tokens for a study that was published, and return them: they cannot be read again."""
    tokens = [random_code(TOKEN) for _ in range(count)]
    for start in range(0, count, AT_ONCE):
        rows = [
            {"token_hash": hashed(token), "study": study, "made_ms": now_ms}
            for token in tokens[start : start + AT_ONCE]
        ]
        with writing(engine).begin() as connection:
            connection.execute(insert(invitation), rows)
    return tokens


def invited_to(engine: Engine, typed: str) -> tuple[str, str] | None:
    """Return (token, study) of a link; None where it is not one of ours. Raises NotKept if it cannot be read."""
    token = read_code(typed, TOKEN)
    if token is None:
        return None
    query = select(invitation.c.study).where(invitation.c.token_hash == hashed(token))
    with reading(engine) as connection:
        study = connection.execute(query).scalar()
    return (token, study) if study else None


def invitations(engine: Engine, study: str) -> int:
    """Return how many links were made for a study."""
    query = select(func.count()).where(invitation.c.study == study)
    with engine.connect() as connection:
        return connection.execute(query).scalar() or 0
