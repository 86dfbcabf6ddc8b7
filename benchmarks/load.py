"""People for measurements: each opens a study, thinks, answers every page, and reads the thanks. Only loopback.

Every person is new: a connection and cookies of their own. Forms are answered by what they show, so that any
study can be measured. A client here costs a third of a millisecond a request, on the cores that it measures.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

_ACTION = re.compile(r'<form id="page" method="post" action="([^"]+)"')
_TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
_INPUT = re.compile(r"<(input|textarea)\b([^>]*)>()|<(select)\b([^>]*)>(.*?)</select>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_OPTION = re.compile(r'<option[^>]*value="([^"]+)"')
LONGEST_WAY = 40
PATIENCE = 60.0

Fields = list[tuple[str, str]]


@dataclass
class Load:
    """What a run gave: when it was, seconds of every request by kind, surveys completed, and what went wrong."""

    started: float = 0.0
    seconds: float = 0.0
    pages: list[float] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    done: int = 0
    requests: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.done / self.seconds


class Person:
    """One browser: a connection that is kept while the server keeps it, and cookies."""

    def __init__(self, port: int, load: Load) -> None:
        self._port = port
        self._load = load
        self._cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, fields: Fields | None = None) -> tuple[int, str, str]:
        """Return (status, text, where to go on); a connection that the server closed meanwhile is made anew."""
        body = urlencode(fields or ()).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
        head += f"Cookie: {cookies}\r\n" if cookies else ""
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        start = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            status, headers, content = await self._exchange(head.encode() + b"\r\n" + body)
        (self._load.posts if method == "POST" else self._load.pages).append(time.perf_counter() - start)
        self._load.requests += 1
        for line in headers:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                key, _, kept = value.strip().partition(";")[0].partition("=")
                self._cookies[key] = kept
        onward = [line.partition(":")[2].strip() for line in headers if line[:9].lower() == "location:"]
        return status, content.decode(), urlsplit(onward[0]).path if onward else ""

    async def _exchange(self, message: bytes) -> tuple[int, list[str], bytes]:
        for attempt in (1, 2):
            kept = self._streams is not None
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
            reader, writer = self._streams
            try:
                writer.write(message)
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                self.leave()
                if attempt == 2 or not kept:
                    raise
        length = next((int(line[15:]) for line in head if line[:15].lower() == "content-length:"), 0)
        content = await reader.readexactly(length) if length else b""
        if any(line.lower() == "connection: close" for line in head):
            self.leave()
        return int(head[0].split(" ")[1]), head[1:], content

    def leave(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def survey(person: Person, study: str, chance: random.Random, think: float = 0.0) -> None:
    """Answer a whole study; raise AssertionError where it does not lead to its thanks.

    `think` is the mean of the seconds between a page and its post, exponentially distributed.
    """
    status, page, _ = await person.ask("GET", f"/s/{study}")
    assert status == 200, f"the first page: {status}"
    for _ in range(LONGEST_WAY):
        action = _ACTION.search(page)
        if action is None:
            break
        fields = answers(page, chance)
        if think:
            await asyncio.sleep(chance.expovariate(1 / think))
        status, page, onward = await person.ask("POST", unescape(action[1]), fields)
        assert status == 303, f"a post: {status}"
        while onward:
            status, page, onward = await person.ask("GET", onward)
        assert status == 200, f"a page: {status}"
    assert "Thank you" in page, "no thanks at the end"


def answers(page: str, chance: random.Random) -> Fields:
    """Return what a person sends from a page: one choice of each question, numbers, a few words."""
    shown = _TEMPLATE.sub("", page)
    hidden: Fields = []
    offered: dict[str, tuple[str, list[str]]] = {}
    for found in _INPUT.findall(shown):
        tag, inside, options = found[:3] if found[0] else found[3:]
        attributes = dict(_ATTRIBUTE.findall(inside))
        name, kind = unescape(attributes.get("name", "")), attributes.get("type", tag)
        if kind == "hidden":
            hidden.append((name, unescape(attributes.get("value", ""))))
        elif tag == "select":
            offered[name] = ("radio", _OPTION.findall(options))
        elif name.endswith(".special"):
            continue
        elif kind in ("radio", "checkbox"):
            offered.setdefault(name, (kind, []))[1].append(attributes.get("value", "1"))
        elif name and not name.endswith("_text"):  # beside "other", which is hardly ever chosen
            numeric = kind == "number" or attributes.get("inputmode") == "numeric"
            offered[name] = ("number" if numeric else "text", [])
    sent = [(name, value) for name, one in offered.items() for value in _chosen(*one, chance)]
    return [*hidden, *sent, ("_action", "continue")]


def _chosen(kind: str, values: Sequence[str], chance: random.Random) -> Sequence[str]:
    if kind == "radio":
        return [chance.choice(values)]
    if kind == "checkbox":  # the last is often "none of these", which goes alone
        return sorted(chance.sample(values[:-1], min(3, len(values) - 1)), key=int) or values
    return [str(chance.randint(18, 90))] if kind == "number" else ["It broke. " * chance.randint(0, 20)]


def run(
    port: int, study: str, people: int, seconds: float, seed: int, *, think: float = 0.0, cap: float = 0.0
) -> Load:
    """Let people answer one after the other, each in a place of their own, for a while.

    `cap` is the most surveys a second that are begun in all, 0 for as many as come.
    """
    return asyncio.run(_run(port, study, people, seconds, seed, think, _pace(cap)))


def _pace(cap: float) -> Callable[[], float]:
    """Return what says how long the next survey must wait for its turn."""
    turn = 0.0

    def wait() -> float:
        nonlocal turn
        if not cap:
            return 0.0
        now = time.perf_counter()
        turn = max(turn + 1 / cap, now)
        return turn - now

    return wait


async def _run(
    port: int, study: str, people: int, seconds: float, seed: int, think: float, wait: Callable[[], float]
) -> Load:
    load = Load(started=time.perf_counter())
    until = load.started + seconds

    async def place(number: int) -> None:
        chance = random.Random(f"{seed}.{number}")
        if think:  # they do not all come at once
            await asyncio.sleep(chance.random() * think)
        while time.perf_counter() < until:
            await asyncio.sleep(wait())
            person = Person(port, load)
            try:
                await survey(person, study, chance, think)
                load.done += time.perf_counter() <= until
            except (AssertionError, OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
                load.errors.append(f"{type(error).__name__}: {error}")
            finally:
                person.leave()

    await asyncio.gather(*(place(number) for number in range(people)))
    load.seconds = seconds
    return load


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values is not above, NaN of none."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else float("nan")
