"""A response as it stands: the fold of its posts, or only how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import Engine, and_, bindparam, select

from questionnaires.answers import from_json
from questionnaires.model import Answer
from survey_app.storage.posts import reading
from survey_app.storage.tables import post, response

_RESPONSE = (
    select(
        response.c.study, response.c.version,
        post.c.page, post.c.answers, post.c.final, post.c.end, post.c.screened, post.c.id,
    )
    .join(post, post.c.response == response.c.key)
    .where(response.c.key == bindparam("key"))
    .order_by(post.c.id)
)  # fmt: skip
_ENDED = (
    select(response.c.study, response.c.version, response.c.salt, response.c.receipt_hash, post.c.end)
    .join(post, and_(post.c.response == response.c.key, post.c.final), isouter=True)
    .where(response.c.key == bindparam("key"))
    .limit(1)
)

Folded: TypeAlias = tuple[str, str, bool, str, bool]
"""What a fold reads of a post: page, answers as JSON, final, end, screened."""


@dataclass(frozen=True)
class Current:
    """A response as it stands: the fold of its posts.

    `pages` are those that were ever posted; `end` and `screened` say how it ended.
    """

    key: str
    study: str
    version: str
    answers: Mapping[str, Answer]
    pages: frozenset[str]
    submitted: bool
    end: str = ""
    screened: bool = False
    last: int = 0


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


def current(engine: Engine, key: str) -> Current | None:
    """Return a response as it stands, None where there is none. Raises NotKept where it cannot be read."""
    # A key comes with an address, and PostgreSQL has no text with a zero in it.
    if "\0" in key:
        return None
    with reading(engine) as connection:
        rows = connection.execute(_RESPONSE, {"key": key}).all()
    if not rows:
        return None
    return replace(fold(key, rows[0][0], rows[0][1], [row[2:7] for row in rows]), last=rows[-1].id)


def fold(key: str, study_name: str, version: str, posts: Sequence[Folded]) -> Current:
    """Return the response that posts in their order make up."""
    answers: dict[str, Answer] = {}
    for _, stored, *_ in posts:
        answers |= from_json(json.loads(stored))
    last = next((post for post in reversed(posts) if post[2]), None)
    return Current(
        key=key,
        study=study_name,
        version=version,
        answers=answers,
        pages=frozenset(page for page, *_ in posts),
        submitted=last is not None,
        end=last[3] if last else "",
        screened=last[4] if last else False,
    )


def ended(engine: Engine, key: str) -> Ended | None:
    """Return how a response ended, None where there is none; raise NotKept where it cannot be read."""
    # A key comes with an address, and PostgreSQL has no text with a zero in it.
    if "\0" in key:
        return None
    with reading(engine) as connection:
        row = connection.execute(_ENDED, {"key": key}).first()
    return Ended(key, *row) if row else None
