"""How a response ended, in one look: what the page that thanks needs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, and_, bindparam, select

from survey_app.storage.posts import reading
from survey_app.storage.tables import post, response

_ENDED = (
    select(response.c.study, response.c.version, response.c.salt, response.c.receipt_hash, post.c.end)
    .join(post, and_(post.c.response == response.c.key, post.c.final), isouter=True)
    .where(response.c.key == bindparam("key"))
    .limit(1)
)


@dataclass(frozen=True)
class Ended:
    """A response and its end: `end` is the name of the page, None while it is not submitted.

    `salt` and `receipt_hash` (of the lookup half, None without a receipt) are those of its receipt.
    """

    key: str
    study: str
    version: str
    salt: str
    receipt_hash: str | None
    end: str | None


def ended(engine: Engine, key: str) -> Ended | None:
    """Return how a response ended, None where there is none; raise NotKept where it cannot be read."""
    if "\0" in key:  # it came with an address, and PostgreSQL has no such text
        return None
    with reading(engine) as connection:
        row = connection.execute(_ENDED, {"key": key}).first()
    return Ended(key, *row) if row else None
