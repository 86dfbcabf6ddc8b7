"""People that are programs: they answer page after page and send a page again until it is acknowledged."""

from __future__ import annotations

import http.client
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ACTION = re.compile(r'<form id="page" method="post" action="([^"]+)"')
WORD = re.compile(r' name="(word_(\d+))"')
TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
BREATH, LONGEST_BREATH = 0.01, 0.4
"""Seconds before the next try, twice as many each time: those who wait must not be a load of their own."""


class Refused(Exception):
    """The app said no where it should have said yes or "not kept"."""


class Stopped(Exception):
    """The run is over before this page was acknowledged."""


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    location: str


@dataclass
class Ledger:
    """What people know: what was acknowledged to them, and what they saw meanwhile. Shared by threads."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """The token of each page that was answered with a 303, and its response."""
    responses: set[str] = field(default_factory=set)
    """Every response that somebody was given a form of."""
    retries: int = 0
    not_kept: int = 0
    """Pages that said that they were not kept, with everything typed still there."""
    emptied: int = 0
    """Pages that said so and had lost what was typed: must stay 0."""
    refusals: list[str] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    """When something was tried first and failed, and when it succeeded; by the monotonic clock."""
    shown: list[float] = field(default_factory=list)
    """Seconds that a page took to come."""
    kept: list[float] = field(default_factory=list)
    """Seconds that a post took that succeeded at once."""
    finished: int = 0

    def faults(self) -> list[str]:
        found = [f"{len(self.refusals)} refusals, the first: {self.refusals[0]}"] if self.refusals else []
        return found + ([f"{self.emptied} pages came back without what was typed"] if self.emptied else [])


class Person:
    """One browser: a connection, cookies, and patience."""

    def __init__(self, port: int, ledger: Ledger, stop: threading.Event, timeout: float = 20.0) -> None:
        # From a network of their own each: what the app does about many from one place is tested elsewhere.
        here = (f"127.{secrets.randbelow(250) + 1}.{secrets.randbelow(250)}.1", 0)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout, source_address=here)
        self.cookies: dict[str, str] = {}
        self._ledger, self._stop = ledger, stop

    def ask(self, method: str, path: str, body: str | None = None) -> Reply:
        """Send one request; raise OSError or HTTPException where no whole answer comes."""
        headers = {"Accept-Encoding": "identity"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        for line in response.headers.get_all("Set-Cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Reply(response.status, text, response.headers.get("Location", ""))

    def insist(self, method: str, path: str, body: str | None = None, token: str = "") -> Reply:
        """Send a request again and again until it is answered; raise Refused or Stopped."""
        failed, breath = 0.0, BREATH
        while not self._stop.is_set():
            began = time.monotonic()
            reply = self._tried(method, path, body)
            if reply is not None and reply.status in (200, 303) and (body is None or reply.status == 303):
                ended = time.monotonic()
                if failed:
                    self._ledger.outages.append((failed, ended))
                else:
                    (self._ledger.shown if body is None else self._ledger.kept).append(ended - began)
                return reply
            if reply is not None and reply.status != 503:
                raise Refused(f"{method} {path} was answered with {reply.status}: {said(reply.text)}")
            if reply is not None and body is not None:
                self._look_for(token, reply.text)
            failed = failed or began
            self._ledger.retries += 1
            self._stop.wait(breath)
            breath = min(2 * breath, LONGEST_BREATH)
        raise Stopped

    def _tried(self, method: str, path: str, body: str | None) -> Reply | None:
        try:
            return self.ask(method, path, body)
        except (OSError, http.client.HTTPException):
            return None

    def _look_for(self, token: str, page: str) -> None:
        if token in page and ACTION.search(page):
            self._ledger.not_kept += 1
        else:
            self._ledger.emptied += 1

    def survey(self, study: str) -> None:
        """Answer a whole survey, and write down what was acknowledged."""
        reply = self.follow(self.insist("GET", f"/s/{study}"))
        while action := ACTION.search(reply.text):
            fields, token, key = filled_in(reply.text)
            self._ledger.responses.add(key)
            reply = self.insist("POST", unescape(action[1]), urlencode(fields), token)
            self._ledger.acknowledged[token] = key
            reply = self.follow(reply)
        self._ledger.finished += 1

    def follow(self, reply: Reply) -> Reply:
        while reply.status == 303:
            reply = self.insist("GET", urlsplit(reply.location).path)
        return reply

    def close(self) -> None:
        self._connection.close()


def filled_in(page: str) -> tuple[list[tuple[str, str]], str, str]:
    """Return a page's form as it is sent, the token that is written into it, and its response."""
    page = TEMPLATE.sub("", page)
    token = f"t{secrets.token_hex(12)}t"
    fields = [(unescape(name), unescape(value)) for name, value in HIDDEN.findall(page)]
    for name, number in WORD.findall(page):
        fields += [(name, token), (f"pick_{number}", secrets.choice("12"))]
    return [*fields, ("_action", "continue")], token, dict(fields)["_ticket"].split(":")[3]


def said(page: str) -> str:
    """Return what a page says in words, shortened."""
    main = page.partition("<main")[2] or page
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())[1:160]


@contextmanager
def crowd(
    port: int, count: int, study: str, ledger: Ledger, pause: Callable[[], float] | None = None
) -> Iterator[None]:
    """Let people answer, each one survey after the other, while the block runs; `pause` is between surveys."""
    stop = threading.Event()

    def live() -> None:
        while not stop.is_set():
            person = Person(port, ledger, stop)
            try:
                person.survey(study)
            except Stopped:
                return
            except Refused as refusal:
                ledger.refusals.append(str(refusal))
            finally:
                person.close()
            if pause is not None:
                stop.wait(pause())

    people = [threading.Thread(target=live) for _ in range(count)]
    for one in people:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in people:
            one.join()
