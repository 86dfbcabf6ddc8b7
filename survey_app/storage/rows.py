"""Stored responses → rows of the responses table, one for each response and one for each of its posts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, select

from questionnaires.answers import from_json
from questionnaires.codebook import cells
from questionnaires.model import Questionnaire
from questionnaires.routing import on_path
from survey_app.storage.current import Current, fold
from survey_app.storage.leaves import HEAD, data_id
from survey_app.storage.tables import post, response

AT_ONCE = 500
"""Responses that are read by one statement: each is short, so that no reader is ever long in the way."""


class StoredPost(NamedTuple):
    """A post as it stands in the database."""

    page: str
    answers: str
    final: bool
    end: str
    screened: bool
    language: str
    posted_ms: int
    shown_ms: int | None
    width: str
    id: int = 0


@dataclass(frozen=True)
class Stored:
    """One response as read from the database, with its posts in order."""

    key: str
    version: str
    synthetic: bool
    started_ms: int
    salt: str
    seed: int | None
    posts: Sequence[StoredPost]

    @property
    def data_id(self) -> str:
        return data_id(self.salt, self.key)

    @property
    def last(self) -> StoredPost:
        return self.posts[-1]

    def current(self, study: str) -> Current:
        return fold(self.key, study, self.version, [page_post[:5] for page_post in self.posts])


_HEAD = tuple(response.c[name] for name in ("key", "version", "synthetic", "started_ms", "salt", "seed"))
_POST = tuple(post.c[name] for name in StoredPost._fields)
_JOINED = (
    select(*_HEAD, *_POST).join(post, post.c.response == response.c.key).order_by(response.c.key, post.c.id)
)


def read(connection: Connection, study: str, keys: Sequence[str], mark: int | None = None) -> list[Stored]:
    """Return those of some responses that are of a study, with their posts up to number `mark`."""
    # The empty text makes SQLite find them by their keys: by its study it would look through all of it each time.
    query = _JOINED.where(response.c.key.in_(keys), response.c.study + "" == study)
    return list(_stored(connection, query if mark is None else query.where(post.c.id <= mark)))


def responses(engine: Engine, study: str) -> Iterator[Stored]:
    """Read the responses of a study, some hundreds at a time, and these in the order of their keys."""
    with engine.connect() as connection:
        query = select(response.c.key).where(response.c.study == study)
        keys = connection.execute(query).scalars().all()
        for start in range(0, len(keys), AT_ONCE):
            yield from read(connection, study, keys[start : start + AT_ONCE])


def one_response(engine: Engine, key: str) -> Stored | None:
    """Return one response, None where there is none."""
    with engine.connect() as connection:
        return next(_stored(connection, _JOINED.where(response.c.key == key)), None)


def _stored(connection: Connection, query: Select[Any]) -> Iterator[Stored]:
    head: tuple[Any, ...] | None = None
    posts: list[StoredPost] = []
    for row in connection.execute(query).all():
        if head is not None and row[0] != head[0]:
            yield Stored(*head, posts)
            posts = []
        head = tuple(row[: len(_HEAD)])
        posts.append(StoredPost._make(row[len(_HEAD) :]))
    if head is not None:
        yield Stored(*head, posts)


def status(current: Current) -> str:
    """Return the disposition of a response: complete, screened_out or partial."""
    if not current.submitted:
        return "partial"
    return "screened_out" if current.screened else "complete"


def response_row(questionnaire: Questionnaire, stored: Stored, current: Current) -> dict[str, Any]:
    """Return a response as column → value: the head and its own version's columns; times in milliseconds."""
    head = head_of(consents(questionnaire), stored, current)
    answered = cells(questionnaire, on_path(questionnaire, current.answers))
    return dict(zip(HEAD, head, strict=True)) | answered


def head_of(asking: Collection[str], stored: Stored, current: Current) -> tuple[Any, ...]:
    """Return the values of the columns HEAD; `asking` are the questions that ask for consent."""
    # Consent counts from the post that first gave it, None where none did.
    consented = None
    for page_post in stored.posts if asking else ():
        answers = from_json(json.loads(page_post.answers))
        if any(answers.get(name) == 1 for name in asking):
            consented = page_post.posted_ms
            break
    return (
        stored.data_id,
        stored.version,
        stored.synthetic,
        status(current),
        stored.started_ms,
        # The clock may have gone back meanwhile: nothing is submitted before it is begun.
        next((max(p.posted_ms, stored.started_ms) for p in stored.posts if p.final), None),
        stored.last.language,
        current.end if current.submitted else None,
        consented,
        stored.seed,
    )


def consents(questionnaire: Questionnaire) -> frozenset[str]:
    """Return the names of the questions that ask for consent."""
    return frozenset(question.name for question in questionnaire if question.type == "consent")


def post_rows(stored: Stored) -> Iterator[tuple[Any, ...]]:
    """Return what is known about the answering, a row a post and no answers; times in milliseconds.

    The values are those of `_response page visit shown posted seconds language width`. `visit` counts the posts
    of a page; `seconds` is unknown where the clock went back between.
    """
    response_id, visits = stored.data_id, Counter[str]()
    for page_post in stored.posts:
        visits[page_post.page] += 1
        elapsed = None if page_post.shown_ms is None else page_post.posted_ms - page_post.shown_ms
        yield (
            response_id,
            page_post.page,
            visits[page_post.page],
            page_post.shown_ms,
            page_post.posted_ms,
            elapsed / 1000 if elapsed is not None and elapsed >= 0 else None,
            page_post.language,
            page_post.width,
        )
