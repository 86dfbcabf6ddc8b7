"""A response as it stands: the fold of its posts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import Engine, bindparam, select

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


def current(engine: Engine, key: str) -> Current | None:
    """Return a response as it stands, None where there is none. Raises NotKept where it cannot be read."""
    if "\0" in key:  # it came with an address, and PostgreSQL has no such text
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
    last = next((one for one in reversed(posts) if one[2]), None)
    return Current(
        key=key,
        study=study_name,
        version=version,
        answers=answers,
        pages=frozenset(one[0] for one in posts),
        submitted=last is not None,
        end=last[3] if last else "",
        screened=last[4] if last else False,
    )
