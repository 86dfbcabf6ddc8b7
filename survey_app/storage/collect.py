"""Keeping page posts: one writer groups commits, and an answer is acknowledged only after its commit.

A post carries a submission key: sent twice, it is one answer. The current answers of a response are a
fold of its posts, so that two tabs, a retry and the back button lose nothing.
"""

from __future__ import annotations

import hashlib
import json
import queue
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from questionnaires.answers import from_json, to_json
from questionnaires.model import Answer
from survey_app.storage.codes import SALT, random_code
from survey_app.storage.database import hold, is_lost, told, writing
from survey_app.storage.tables import gone, post, response, study

LARGEST_GROUP = 256
MOST_POSTS = 500
"""Posts of one response after which a program is at work, not a person."""
LONGEST_QUEUE = 1000
PATIENCE = 8.0
"""Seconds after which a person is told that the page was not kept, and may try again."""
WIDTHS = ("phone", "tablet", "desktop")
"""Classes of screen width as a page reports them; any other value is kept as none."""

# Built once: putting a statement together costs more than running it.
_KEY = bindparam("key")
_POSTS = select(post).where(post.c.response == bindparam("response")).subquery()
_SAID = (  # what was last sent under a ticket, as it was or with other answers
    select(post.c.answers)
    .where(or_(post.c.submission_key == _KEY, post.c.submission_key.between(_KEY + "~", _KEY + "~g")))
    .order_by((post.c.id + 0).desc())  # a plain id tempts PostgreSQL to walk the whole table backwards for it
    .limit(1)
)
_STANDING = select(  # everything that decides on a post, in one look
    select(study.c.status).where(study.c.name == bindparam("study")).scalar_subquery().label("status"),
    _SAID.scalar_subquery().label("said"),
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
_RESPONSE = (
    select(
        response.c.study, response.c.version,
        post.c.page, post.c.answers, post.c.final, post.c.end, post.c.screened, post.c.id,
    )
    .join(post, post.c.response == response.c.key)
    .where(response.c.key == bindparam("key"))
    .order_by(post.c.id)
)  # fmt: skip
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


class NotKept(Exception):
    """The post could not be made durable; the person must be told, with everything typed still there."""


class NotOpen(Exception):
    """The study does not collect any more."""


class Finished(Exception):
    """The response was submitted before, or erased; what was posted now is not kept."""


class Changed(Exception):
    """The response was changed meanwhile, so that its end must be judged anew."""


class Begun(Exception):
    """The response is there already: what was posted must be judged with the answers that it has."""


REASONS: dict[type[Exception], str] = {
    NotKept: "not_kept",
    NotOpen: "not_open",
    Finished: "finished",
    Changed: "changed",
    Begun: "begun",
}
"""Why a post was not kept, as it is counted."""


class Watch(Protocol):
    """Who counts what the writer does."""

    def kept(self, count_in_group: int, seconds: float) -> None: ...

    def refused(self, reason: str) -> None: ...


class Collector:
    """The one writer of a process. `keep` returns when the post is durable, and not before."""

    def __init__(self, engine: Engine, watch: Watch | None = None) -> None:
        self._engine = writing(engine)
        self._watch = watch
        self._waiting: queue.Queue[tuple[PagePost, Future[None]] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def keep(self, page_post: PagePost, patience: float = PATIENCE) -> None:
        """Make a post durable; raise NotOpen, Begun, Finished, Changed or NotKept."""
        try:
            self._keep(page_post, patience)
        except Exception as refusal:
            if self._watch is not None:
                self._watch.refused(REASONS.get(type(refusal), "fault"))
            raise

    def _keep(self, page_post: PagePost, patience: float) -> None:
        if self._waiting.qsize() >= LONGEST_QUEUE:
            raise NotKept("too many posts are waiting")
        done: Future[None] = Future()
        self._waiting.put((page_post, done))
        try:
            done.result(patience)
        except TimeoutError:
            raise NotKept("the database did not answer in time") from None

    def waiting(self) -> int:
        """Return how many posts wait for the writer."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Finish what is waiting and stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            while len(group) < LARGEST_GROUP and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)
                    break
                group.append(following)
            self._commit(group)

    def _commit(self, group: list[tuple[PagePost, Future[None]]]) -> None:
        """Keep a group in one transaction; if that fails, each alone, so that one bad post fails alone.

        Where the database itself is lost, none is tried again: each would wait for it in turn.
        """
        start = time.perf_counter()
        try:
            verdicts = self._append_all([page_post for page_post, _ in group])
        except Exception as error:  # whatever it was: nothing of this transaction may be acknowledged
            if len(group) > 1 and not is_lost(error):
                for one in group:
                    self._commit([one])
                return
            for _, done in group:
                done.set_exception(NotKept(told(error)))
            return
        if self._watch is not None:
            self._watch.kept(verdicts.count(None), time.perf_counter() - start)
        for (_, done), refusal in zip(group, verdicts, strict=True):
            if refusal is None:
                done.set_result(None)
            else:
                done.set_exception(refusal)

    def _append_all(self, posts: list[PagePost]) -> list[Exception | None]:
        with self._engine.begin() as connection:
            hold(connection, studies={one.study for one in posts}, responses={one.response for one in posts})
            return [_append(connection, page_post) for page_post in posts]


def _append(connection: Connection, page_post: PagePost) -> Exception | None:
    """Append a post, or return why it is refused. The same post again changes nothing."""
    key = page_post.submission_key
    asked = {
        "key": key,
        "study": page_post.study,
        "response": page_post.response,
        "key_hash": key_hash(page_post.response),
    }
    standing = connection.execute(_STANDING, asked).one()
    if standing.status != "open":
        return NotOpen()
    answers = json.dumps(to_json(page_post.answers), ensure_ascii=False, sort_keys=True)
    if standing.said == answers:  # a retry: whatever another tab has confirmed since stays as it is
        return None
    refusal = _refusal(standing, page_post)
    if refusal is not None:
        return refusal
    if standing.said is not None:
        # The same form sent again with other answers is a new post: the last thing confirmed must count.
        key = f"{key}~{secrets.token_hex(3)}"
    appended = {
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
    receipt_hash = page_post.receipt_hash if page_post.final and page_post.receipt_hash else None
    if standing.study is None:
        connection.execute(_BEGIN, _begun(page_post) | {"receipt_hash": receipt_hash})
    elif receipt_hash:
        connection.execute(_RECEIPT, {"of": page_post.response, "receipt_hash": receipt_hash})
    connection.execute(_APPEND, appended)
    return None


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


def key_hash(key: str) -> str:
    """Return what stays of the key of an erased response."""
    return hashlib.sha256(key.encode()).hexdigest()


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


def current(engine: Engine, key: str) -> Current | None:
    """Return a response as it stands, None where there is none. Raises NotKept where it cannot be read."""
    if "\0" in key:  # it came with an address, and PostgreSQL has no such text
        return None
    try:
        with engine.connect() as connection:
            rows = connection.execute(_RESPONSE, {"key": key}).all()
    except SQLAlchemyError as error:
        raise NotKept(told(error)) from error
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
