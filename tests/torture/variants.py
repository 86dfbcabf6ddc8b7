"""The app weakened on purpose, for the controls: each breaks one promise."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from survey_app.storage.collect import Collector
from survey_app.storage.posts import NotKept

_keep = Collector.keep


def early() -> None:
    """Acknowledge before the commit; the posts follow in their order."""
    waiting: queue.Queue[Callable[[], object]] = queue.Queue()

    def follow() -> None:
        while True:
            with contextlib.suppress(Exception):
                waiting.get()()

    def keep(self: Collector, *told: Any) -> None:
        if not any(one.name == "follower" for one in threading.enumerate()):  # a fork has left it behind
            threading.Thread(target=follow, name="follower", daemon=True).start()
        waiting.put(lambda: _keep(self, *told))

    Collector.keep = keep  # type: ignore[method-assign]


def fresh() -> None:
    """Give a post another submission key each time it is sent."""

    def keep(self: Collector, page_post: Any, *rest: Any) -> None:
        _keep(self, replace(page_post, submission_key=secrets.token_hex(16)), *rest)

    Collector.keep = keep  # type: ignore[method-assign]


def deaf() -> None:
    """Acknowledge whatever the database says."""

    def keep(self: Collector, page_post: Any, *rest: Any) -> None:
        try:
            _keep(self, page_post, *rest)
        except NotKept:
            return

    Collector.keep = keep  # type: ignore[method-assign]


def leaking() -> None:
    """Forget to give memory and files back."""
    held: list[object] = []

    def keep(self: Collector, page_post: Any, *rest: Any) -> None:
        held.append((bytearray(b"x" * 40_000), open("/dev/null")))  # noqa: SIM115, PTH123
        _keep(self, page_post, *rest)

    Collector.keep = keep  # type: ignore[method-assign]


VARIANTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "early": early,
    "fresh": fresh,
    "deaf": deaf,
    "leaking": leaking,
}
