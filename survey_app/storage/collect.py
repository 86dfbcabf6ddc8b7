"""Keeping page posts: one writer groups commits, and an answer is acknowledged only after its commit."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from typing import Protocol

from sqlalchemy import Engine

from survey_app.storage.database import error_line, hold, is_lost, writing
from survey_app.storage.posts import Appending, Begun, Changed, Finished, NotKept, NotOpen, PagePost

LARGEST_GROUP = 256
LONGEST_QUEUE = 1000
PATIENCE = 8.0
"""Seconds after which a post counts as not kept, and the person may send it again."""
REASONS: dict[type[Exception], str] = {
    NotKept: "not_kept",
    NotOpen: "not_open",
    Finished: "finished",
    Changed: "changed",
    Begun: "begun",
}
"""Why a post was not kept, as it is counted."""


class WriterWatch(Protocol):
    """Counts what the writer does."""

    def kept(self, count_in_group: int, seconds: float) -> None: ...

    def refused(self, reason: str) -> None: ...


class Collector:
    """The one writer of a process. `keep` returns when the post is durable, and not before."""

    def __init__(self, engine: Engine, watch: WriterWatch | None = None) -> None:
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
            try:
                done.result(patience)
            except TimeoutError:
                # A post that is refused here must not be kept later, behind what the person sends again elsewhere.
                if done.cancel():
                    raise
                # It cannot be cancelled: it is being written just now.
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
            # Whatever came while the last commit ran goes into the next one together.
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
            verdicts = self._append_group(group)
        # Whatever the error is, nothing of this transaction may be acknowledged.
        except Exception as error:
            if len(group) > 1 and not is_lost(error):
                for waiting in group:
                    self._commit([waiting])
                return
            for _, done in group:
                if _is_awaited(done):
                    done.set_exception(NotKept(error_line(error)))
            return
        if self._watch is not None:
            self._watch.kept(verdicts.count(None), time.perf_counter() - start)
        # Only now, after the commit, does anyone hear that the answers are kept.
        for (_, done), refusal in zip(group, verdicts, strict=True):
            if done.cancelled():
                continue
            if refusal is None:
                done.set_result(None)
            else:
                done.set_exception(refusal)

    def _append_group(self, group: list[tuple[PagePost, Future[None]]]) -> list[Exception | None]:
        """Append what is still awaited once the database is ours; return why the others are not kept."""
        posts = [page_post for page_post, _ in group]
        with self._engine.begin() as connection:
            # Another process may write to the same study: what is checked here must stay true until the commit.
            hold(connection, studies={p.study for p in posts}, responses={p.response for p in posts})
            appending = Appending(connection)
            verdicts = [
                appending.take(page_post) if _is_awaited(done) else NotKept("nobody waits any more")
                for page_post, done in group
            ]
            appending.write()
            return verdicts


def _is_awaited(done: Future[None]) -> bool:
    """Tell whether the person still waits for the outcome; from here on the wait cannot be given up."""
    return done.running() or (not done.cancelled() and done.set_running_or_notify_cancel())
