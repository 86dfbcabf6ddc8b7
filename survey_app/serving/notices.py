"""Errors of the program on their way to the log: where they happened, and nothing that a person has sent."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from types import TracebackType

from flask import Flask, request

from survey_app.serving.log import Log

INNERMOST = 12
"""Calls that are told of an error."""
_ADDRESS = re.compile(r"/\S*")


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.name.startswith("waitress"):  # it names the address that was asked for
            text = _ADDRESS.sub("…", text.partition("\n")[0])
        told = {"error": _where(*record.exc_info)} if record.exc_info and record.exc_info[0] else {}
        if told and not self._log.json:
            text = f"{text}: {told.pop('error')}"
        self._log.say(text, record.levelname.lower(), **told)


def tell_errors(app: Flask, log: Log) -> None:
    """Send what the program logs to standard error, without addresses, answers and the words of errors."""
    root = logging.getLogger()
    root.handlers[:] = [_Handler(log)]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is a number among the counts
    app.logger.handlers.clear()
    app.logger.propagate = True

    def log_exception(exc_info: object) -> None:
        route = request.url_rule.rule if request.url_rule else "no route"
        app.logger.error("an error at %s", route, exc_info=True)

    app.log_exception = log_exception  # type: ignore[method-assign]


def _where(kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> str:
    """Return the kind of an error and the calls that led to it; its message may quote what was sent."""
    calls = traceback.extract_tb(trace or sys.exc_info()[2])[-INNERMOST:]
    places = " > ".join(f"{call.filename.rpartition('site-packages/')[2]}:{call.lineno}" for call in calls)
    return f"{kind.__name__ if kind else 'error'} at {places}"
