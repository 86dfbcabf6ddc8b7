"""Errors of the program on their way to the log: where they happened, and nothing that a person has sent."""

from __future__ import annotations

import logging
import re
import sys
import traceback

from flask import Flask, request

from survey_app.serving.log import Log

INNERMOST = 12
"""How many of the calls that led to an error are logged."""
_ADDRESS = re.compile(r"/\S*")


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text, values = record.getMessage(), {}
        # Waitress names the address that a request was for.
        if record.name.startswith("waitress"):
            text = _ADDRESS.sub("…", text.partition("\n")[0])
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            # The kind and the calls that led to it; the error's own words may quote what was sent.
            calls = traceback.extract_tb(trace or sys.exc_info()[2])[-INNERMOST:]
            places = (f"{call.filename.rpartition('site-packages/')[2]}:{call.lineno}" for call in calls)
            where = f"{kind.__name__} at {' > '.join(places)}"
            if self._log.json:
                values["error"] = where
            else:
                text = f"{text}: {where}"
        self._log.say(text, record.levelname.lower(), **values)


def tell_errors(app: Flask, log: Log) -> None:
    """Send what the program logs to standard error, without addresses, answers and the words of errors."""
    root = logging.getLogger()
    root.handlers[:] = [_Handler(log)]
    # A full queue is a number among the counts.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app.logger.handlers.clear()
    app.logger.propagate = True

    def log_exception(exc_info: object) -> None:
        route = request.url_rule.rule if request.url_rule else "no route"
        app.logger.error("an error at %s", route, exc_info=True)

    app.log_exception = log_exception  # type: ignore[method-assign]
