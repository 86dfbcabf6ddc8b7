"""One connection at the doors: what it may take its time for, and how its requests are answered or refused."""

from __future__ import annotations

import socket
import time
from functools import cache
from html import escape
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from questionnaires.texts import LANGUAGES, catalogue

HEADER, BODY = 10.0, 30.0
"""Seconds from the first byte of a request to the end of its header, and to its last byte."""
CROWDED = 2.0
"""Both, while no more connections can be taken."""
IDLE = 20.0
"""Seconds that a connection without a request is kept open."""
SLOWEST = 4096
"""Bytes a second at which an answer has to be taken, after as long as an idle connection is kept three times."""
FAREWELL = 5.0
"""Seconds in which a refusal has to be taken."""
UNREAD = 256 * 1024
"""Bytes that are thrown away at once of what is still sent after a refusal."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
OTHER = "other"
"""Counted in place of an unknown method or route: what a stranger sends must not reach the counts."""


class _Timed:
    """Tells the doors how a request was answered, and how long that took."""

    close_on_finish: bool
    environ: dict[str, Any] | None = None
    channel: Any
    request: Any
    status: str

    def service(self) -> None:
        doors = self.channel.server
        if doors.leaving:
            self.set_close_on_finish()  # type: ignore[attr-defined]
        try:
            super().service()  # type: ignore[misc]
        finally:
            route = (self.environ or {}).get("earshot.route", OTHER)
            method = getattr(self.request, "command", OTHER)
            method = method if method in METHODS else OTHER
            doors.served(route, method, self.status[:3], time.perf_counter() - self.channel.handed)


class _Gathering:
    """A connection that keeps what it is given, to be sent in one go."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def write_soon(self, data: bytes) -> None:
        self.pieces.append(data)


class AnswerTask(_Timed, WSGITask):
    """A request that the app answers."""

    def write(self, data: bytes) -> None:
        """Send the header with what comes first after it: at every send other threads take their turn."""
        if self.wrote_header:
            super().write(data)
            return
        connection = self.channel
        self.channel = gathering = _Gathering(connection)
        try:
            super().write(data)
        finally:
            self.channel = connection
        connection.write_soon(b"".join(gathering.pieces))

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = self.request.sender
        environ["earshot.proxied"] = self.request.proxied
        return environ


class RefusalTask(_Timed, ErrorTask):
    """A request that never reaches the app: too large, or no HTTP."""

    def execute(self) -> None:
        error = self.request.error
        body = refusal(error.code, self.request.headers.get("ACCEPT_LANGUAGE", ""))
        self.status = f"{error.code} {error.reason}"
        carried = self.channel.server.headers.items()
        self.response_headers += [("Content-Type", "text/html; charset=utf-8"), *carried]
        self.set_close_on_finish()
        self.channel.refused = True
        self.content_length = len(body)
        self.write(body)


class Connection(HTTPChannel):
    """A connection; times are of a clock that never goes back."""

    task_class = AnswerTask
    error_task_class = RefusalTask
    server: Any
    began = 0.0
    """When the first byte of the request came that is being read; 0 while none is."""
    handed = 0.0
    """When the last request was whole and could be answered."""
    leave_by = 0.0
    """When what is on its way out has to be taken; 0 while nothing is."""
    refused = lingering = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.rest = time.monotonic()
        super().__init__(*arguments, **named)

    def __repr__(self) -> str:
        """Return how waitress logs it: without the address."""
        return "<a connection>"

    def received(self, data: bytes) -> bool:
        if not self.began:
            self.began = time.monotonic()
        accepted: bool = super().received(data)
        # Blank lines alone are no request, and do not begin the time anew.
        if self.requests:
            self.began = 0.0 if self.request is None else time.monotonic()
        return accepted

    def at_rest(self) -> None:
        """Its requests are answered; what is not sent yet may take a while."""
        self.rest = time.monotonic()
        waiting = self.total_outbufs_len
        # Waitress keeps what was sent in memory until the connection is closed.
        if not waiting:
            self.outbufs = [OverflowableBuffer(self.adj.outbuf_overflow)]
        self.leave_by = self.rest + 3 * IDLE + waiting / SLOWEST if waiting else 0.0

    @property
    def is_idle(self) -> bool:
        return not (self.requests or self.began or self.total_outbufs_len)

    def overdue(self, now: float, crowded: bool = False) -> str:
        """Return for what it has taken too long, "" where it may go on."""
        if self.requests:
            return ""
        if self.leave_by and (self.total_outbufs_len or self.lingering):
            return "answer" if now > self.leave_by else ""
        if self.began:
            reads_header = self.request is None or not self.request.headers_finished
            limit = HEADER if reads_header else BODY
            slow = now - self.began > (CROWDED if crowded else limit)
            return ("header" if reads_header else "body") if slow else ""
        return "idle" if now - self.rest > IDLE else ""

    def drop(self, now: float) -> None:
        """Close it; where a request is not whole, send a page first that says why."""
        if not self.began or self.leave_by:
            self.handle_close()
            return
        self.began, self.request = 0.0, None
        self.leave_by = now + FAREWELL
        self.refused = self.close_when_flushed = True
        body = refusal(408, "")
        lines = [
            "HTTP/1.1 408 Request Timeout",
            "Connection: close",
            "Content-Type: text/html; charset=utf-8",
            *(f"{name}: {value}" for name, value in self.server.headers.items()),
            f"Content-Length: {len(body)}",
        ]
        self.write_soon("\r\n".join([*lines, "", ""]).encode("ascii") + body)

    def handle_close(self) -> None:
        """Close it; who was refused while sending is listened to a little longer."""
        if not self.refused or self.lingering or self.socket is None:
            super().handle_close()
            return
        # To close with something unread would take the refusal back before it was read.
        self.lingering, self.will_close, self.leave_by = True, False, time.monotonic() + FAREWELL
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            super().handle_close()

    def readable(self) -> bool:
        return self.lingering or bool(super().readable())

    def writable(self) -> bool:
        """Tell whether to watch for room to send.

        Not while a thread sends: it tells if something is left, and the loop would only take turns from it.
        """
        if self.lingering or not super().writable():
            return False
        if self.requests:
            if not self.outbuf_lock.acquire(blocking=False):
                return False
            self.outbuf_lock.release()
        return True

    def handle_read(self) -> None:
        if self.lingering:
            self.recv(UNREAD)
        else:
            super().handle_read()

    def add_channel(self, map: Any = None) -> None:  # noqa: A002 - the name that waitress calls it by
        super().add_channel(map)
        self.server.arrived(self)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002
        self.server.forget(self._fileno)
        super().del_channel(map)


def refusal(code: int, accepted: str) -> bytes:
    """Return the page for a request that never reached the app, in a language that the browser names.

    The form's script looks for the heading and the paragraph in it.
    """
    languages = parse_accept_header(accepted, LanguageAccept)
    return _page(code, languages.best_match(LANGUAGES) or LANGUAGES[0])


@cache
def _page(code: int, language: str) -> bytes:
    if code == 408:
        texts, key = catalogue("survey_app.serving"), "too_slow"
    else:
        texts = catalogue("survey_app.respondent")
        key = "too_large" if code == 413 else "bad_request" if code < 500 else "server_error"
    title, why = (escape(texts.text(language, f"{key}_{part}")) for part in ("title", "text"))
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n'
        f'<p class="lede">{why}</p>\n</main>\n</body>\n</html>\n'
    ).encode()
