"""Page posts: what one is, and appending it to its response, or saying why not.

A post carries a submission key: sent twice, it is one answer. The current answers of a response are a fold of its
posts (see `current`), so that two tabs, a retry and the back button lose nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.answers import to_json
from questionnaires.model import Answer
from survey_app.storage.codes import SALT, random_code
from survey_app.storage.database import error_line
from survey_app.storage.tables import gone, post, response, study

MOST_POSTS = 500
"""Posts of one response after which a program is at work, not a person."""
WIDTHS = ("phone", "tablet", "desktop")
"""Classes of screen width as a page reports them; any other value is kept as none."""

# Built once: putting a statement together costs more than running it.
_KEY = bindparam("key")
_POSTS = select(post).where(post.c.response == bindparam("response")).subquery()
# What was last sent under a ticket, as it was or with other answers.
_LAST_SENT = (
    select(post.c.answers)
    .where(or_(post.c.submission_key == _KEY, post.c.submission_key.between(_KEY + "~", _KEY + "~g")))
    # A plain id tempts PostgreSQL to walk the whole table backwards for it.
    .order_by((post.c.id + 0).desc())
    .limit(1)
)
# Everything that decides on a post, in one look.
_STANDING = select(
    select(study.c.status).where(study.c.name == bindparam("study")).scalar_subquery().label("status"),
    _LAST_SENT.scalar_subquery().label("said"),
    select(response.c.study).where(response.c.key == bindparam("response")).scalar_subquery().label("study"),
    select(response.c.version)
    .where(response.c.key == bindparam("response"))
    .scalar_subquery()
    .label("version"),
    select(func.count()).select_from(_POSTS).scalar_subquery().label("count"),
    select(func.max(_POSTS.c.id)).scalar_subquery().label("last"),
    select(func.count()).select_from(_POSTS).where(_POSTS.c.final).scalar_subquery().label("finals"),
    select(func.count())
    .select_from(gone)
    .where(gone.c.key_hash == bindparam("key_hash"))
    .scalar_subquery()
    .label("gone"),
)
_BEGIN = insert(response)
_APPEND = insert(post)
_RECEIPT = (
    update(response).where(response.c.key == bindparam("of")).values(receipt_hash=bindparam("receipt_hash"))
)


@dataclass(frozen=True)
class PagePost:
    """One page as a person confirmed it.

    `end`, `screened` and `receipt_hash` come with the post that ends the response: the name of its end page,
    whether it was a screen-out, and the SHA-256 of the lookup half of its receipt ("" for none). `shown_ms`
    is when the page was issued, `width` one of WIDTHS. `seed` is what random orders follow from; `begins` tells
    that the response may be new, and `read` which of its posts was the last when this one was judged (0: none).
    """

    submission_key: str
    response: str
    study: str
    version: str
    synthetic: bool
    page: str
    answers: Mapping[str, Answer]
    language: str
    final: bool
    posted_ms: int
    end: str = ""
    screened: bool = False
    shown_ms: int | None = None
    width: str = ""
    receipt_hash: str = ""
    seed: int | None = None
    begins: bool = True
    read: int | None = None


class NotKept(Exception):
    """The post could not be made durable; the page says so, with everything typed still there."""


class NotOpen(Exception):
    """The study does not collect any more."""


class Finished(Exception):
    """The response was submitted before, or erased; what was posted now is not kept."""


class Changed(Exception):
    """The response was changed meanwhile, so that its end must be judged anew."""


class Begun(Exception):
    """The response is there already: what was posted must be judged with the answers that it has."""


class Appending:
    """Posts on their way into one transaction: judged one by one, written together.

    Handing a row to the database alone costs as much as handing it many.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._responses: set[str] = set()
        self._begun: list[dict[str, Any]] = []
        self._receipts: list[dict[str, Any]] = []
        self._posts: list[dict[str, Any]] = []

    def take(self, page_post: PagePost) -> Exception | None:
        """Take a post, or return why it is refused. The same post again changes nothing."""
        # A post is judged by what is written of its response: an earlier one in this group comes first.
        if page_post.response in self._responses:
            self.write()
        key = page_post.submission_key
        names = {
            "key": key,
            "study": page_post.study,
            "response": page_post.response,
            "key_hash": key_hash(page_post.response),
        }
        standing = self._connection.execute(_STANDING, names).one()
        if standing.status != "open":
            return NotOpen()
        answers = json.dumps(to_json(page_post.answers), ensure_ascii=False, sort_keys=True)
        # A retry: whatever another tab has confirmed since stays as it is.
        if standing.said == answers:
            return None
        refusal = _refusal(standing, page_post)
        if refusal is not None:
            return refusal
        if standing.said is not None:
            # The same form sent again with other answers is a new post: the last thing confirmed must count.
            key = f"{key}~{secrets.token_hex(3)}"
        self._responses.add(page_post.response)
        receipt_hash = page_post.receipt_hash if page_post.final and page_post.receipt_hash else None
        if standing.study is None:
            self._begun.append(_begun(page_post) | {"receipt_hash": receipt_hash})
        elif receipt_hash:
            self._receipts.append({"of": page_post.response, "receipt_hash": receipt_hash})
        self._posts.append(_row(key, answers, page_post))
        return None

    def write(self) -> None:
        """Hand over what was taken; a response before its posts, which refer to it."""
        for statement, rows in ((_BEGIN, self._begun), (_RECEIPT, self._receipts), (_APPEND, self._posts)):
            if rows:
                self._connection.execute(statement, rows)
                rows.clear()
        self._responses.clear()


def _refusal(standing: Row[Any], page_post: PagePost) -> Exception | None:
    """Return why a post cannot be appended to its response as it stands, or cannot begin it."""
    if standing.study is None:
        return Finished() if standing.gone or not page_post.begins else None
    if page_post.read == 0:
        return Begun()
    if (standing.study, standing.version) != (page_post.study, page_post.version) or standing.finals:
        return Finished()
    if standing.count >= MOST_POSTS:
        return NotKept("too many posts of one response")
    return Changed() if page_post.final and page_post.read not in (None, standing.last) else None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give what reads of responses; raise NotKept where the database cannot be read."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise NotKept(error_line(error)) from error


def key_hash(key: str) -> str:
    """Return the hash of a response's key, which stays when the response is erased."""
    return hashlib.sha256(key.encode()).hexdigest()


def _row(key: str, answers: str, page_post: PagePost) -> dict[str, Any]:
    return {
        "submission_key": key,
        "response": page_post.response,
        "page": page_post.page,
        "answers": answers,
        "language": page_post.language,
        "final": page_post.final,
        "posted_ms": page_post.posted_ms,
        "end": page_post.end,
        "screened": page_post.screened,
        "shown_ms": page_post.shown_ms,
        "width": page_post.width if page_post.width in WIDTHS else "",
    }


def _begun(page_post: PagePost) -> dict[str, Any]:
    return {
        "key": page_post.response,
        "study": page_post.study,
        "version": page_post.version,
        "synthetic": page_post.synthetic,
        "language": page_post.language,
        "started_ms": page_post.posted_ms,
        "salt": random_code(SALT),
        "seed": page_post.seed,
    }
