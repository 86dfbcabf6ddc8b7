"""Stored responses → rows of the responses table, one for each response and one for each of its posts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, select

from questionnaires.answers import from_json
from questionnaires.codebook import cells
from questionnaires.model import Questionnaire
from questionnaires.routing import on_path
from survey_app.storage.collect import Current, fold
from survey_app.storage.database import streaming
from survey_app.storage.leaves import data_id
from survey_app.storage.tables import post, response


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
        return fold(self.key, study, self.version, [one[:5] for one in self.posts])


_HEAD = tuple(response.c[name] for name in ("key", "version", "synthetic", "started_ms", "salt", "seed"))
_POST = tuple(post.c[name] for name in StoredPost._fields)


def responses(engine: Engine, study: str) -> Iterator[Stored]:
    """Read the responses of a study one after the other, in the order of their keys."""
    return _read(engine, _query().where(response.c.study == study))


def one_response(engine: Engine, key: str) -> Stored | None:
    """Return one response, None where there is none."""
    found = list(_read(engine, _query().where(response.c.key == key)))
    return found[0] if found else None


def _query() -> Select[Any]:
    joined = select(*_HEAD, *_POST).join(post, post.c.response == response.c.key)
    return joined.order_by(response.c.key, post.c.id)


def _read(engine: Engine, query: Select[Any]) -> Iterator[Stored]:
    with streaming(engine).connect() as connection:
        head: tuple[Any, ...] | None = None
        posts: list[StoredPost] = []
        for row in connection.execution_options(yield_per=2000).execute(query):
            if head is not None and row[0] != head[0]:
                yield Stored(*head, posts)
                posts = []
            head = tuple(row[: len(_HEAD)])
            posts.append(StoredPost(*row[len(_HEAD) :]))
        if head is not None:
            yield Stored(*head, posts)


def status(current: Current) -> str:
    """Return the disposition of a response: complete, screened_out or partial."""
    if not current.submitted:
        return "partial"
    return "screened_out" if current.screened else "complete"


def response_row(questionnaire: Questionnaire, stored: Stored, current: Current) -> dict[str, Any]:
    """Return a response as column → value: the head and its own version's columns; times in milliseconds."""
    return {
        "_response": stored.data_id,
        "_version": stored.version,
        "_synthetic": stored.synthetic,
        "_status": status(current),
        "_started": stored.started_ms,
        "_submitted": next((one.posted_ms for one in stored.posts if one.final), None),
        "_language": stored.last.language,
        "_end": current.end if current.submitted else None,
        "_consented": _consented(questionnaire, stored.posts),
        "_seed": stored.seed,
        **cells(questionnaire, on_path(questionnaire, current.answers)),
    }


def _consented(questionnaire: Questionnaire, posts: Sequence[StoredPost]) -> int | None:
    """Return when consent was first given, None where it was not or is not asked for."""
    asking = {question.name for question in questionnaire if question.type == "consent"}
    if not asking:
        return None
    for one in posts:
        answers = from_json(json.loads(one.answers))
        if any(answers.get(name) == 1 for name in asking):
            return one.posted_ms
    return None


def post_rows(stored: Stored) -> Iterator[dict[str, Any]]:
    """Return what is known about the answering, a row a post and no answers; times in milliseconds.

    `visit` counts the posts of a page; `seconds` is unknown where the clock went back between.
    """
    visits: Counter[str] = Counter()
    for one in stored.posts:
        visits[one.page] += 1
        took = None if one.shown_ms is None else one.posted_ms - one.shown_ms
        yield {
            "_response": stored.data_id,
            "page": one.page,
            "visit": visits[one.page],
            "shown": one.shown_ms,
            "posted": one.posted_ms,
            "seconds": took / 1000 if took is not None and took >= 0 else None,
            "language": one.language,
            "width": one.width,
        }
