"""How far something is, on standard error, where a person sees it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

PATIENCE = 2.0
"""Seconds after which it is shown."""


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is told how many steps are done and of how many, and shows it to a person who waits."""
    begun = time.monotonic()
    with ExitStack() as stack:
        shown = None

        def progress(done: int, of: int) -> None:
            nonlocal shown
            if shown is None and time.monotonic() - begun > PATIENCE and sys.stderr.isatty():
                shown = stack.enter_context(click.progressbar(length=of, label=label, file=sys.stderr))
            if shown is not None:
                shown.update(done - shown.pos)

        yield progress
