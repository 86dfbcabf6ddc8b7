"""The same page sent by fifty threads at once, and the same personal link followed: one row, one response."""

from __future__ import annotations

import contextlib
import http.client
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Engine, func, select

from survey_app.storage.database import connect
from survey_app.storage.invitations import invite
from survey_app.storage.tables import post, response
from tests.torture import stage
from tests.torture.client import ACTION, Ledger, Person, Reply, filled_in
from tests.torture.report import Control, Outcome
from tests.torture.served import serving, weakened

PAGES = 2
NEVER = threading.Event()


@dataclass(frozen=True)
class Page:
    """A page of one person, ready to be sent by many."""

    path: str
    body: str
    cookies: dict[str, str]
    token: str
    key: str


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def run(seed: int, short: bool) -> Iterator[Outcome]:
    """50 threads × 200 keys on both databases; the short form is smaller, and on SQLite only."""
    threads, keys = (20, 5) if short else (50, 200)
    yield tortured("the same page at once, SQLite", seed, threads, keys, lambda: "")
    if not short:
        with stage.postgres() as server:
            name = "the same page at once, PostgreSQL"
            yield tortured(name, seed, threads, keys, lambda: stage.fresh(server))
    yield invited("one invitation at once, SQLite", seed, threads, 1 if short else 20)


def tortured(name: str, seed: int, threads: int, keys: int, fresh: stage.Fresh) -> Outcome:
    """Send; every one of them must be told that it was kept, and one row must be there."""
    ledger, began, address = Ledger(), time.monotonic(), fresh()
    with tempfile.TemporaryDirectory() as place:
        with serving(Path(place), PAGES, address) as running:
            statuses = send(running.port, ledger, threads, keys)
            url = running.settings.database_url
        found = _found(url, ledger)
    faults = ledger.faults()
    if found.rows != keys:
        faults.append(f"{found.rows} rows of {keys} keys")
    if statuses != {303: threads * keys}:
        faults.append(f"the answers were {dict(statuses)}")
    measured = {
        "threads": threads, "keys": keys, "rows": found.rows, "answers": sum(statuses.values()),
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    return Outcome(
        name, seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt,
        (_control(threads, fresh()),), measured, tuple(faults),
    )  # fmt: skip


def invited(name: str, seed: int, threads: int, links: int) -> Outcome:
    """Fifty browsers answer by the same link at once, each in its own way; without a link for the control."""
    ledger, free, began = Ledger(), Ledger(), time.monotonic()
    with tempfile.TemporaryDirectory() as place, serving(Path(place), PAGES) as running:
        engine = connect(running.settings.database_url)
        statuses: Counter[int] = Counter()
        for token in invite(engine, stage.NAME, links, 0):
            statuses += visits(running.port, ledger, f"/i/{token}", threads)
        responses, finals = _ends(engine)
        found = stage.examine(engine, ledger)
        visits(running.port, free, f"/s/{stage.NAME}", threads)
        loose = _ends(engine)[0] - responses
        engine.dispose()
    faults = (
        [] if responses == finals == links else [f"{responses} responses, {finals} ends of {links} links"]
    )
    faults += [f"{statuses[0]} broken answers"] if statuses[0] else []
    measured = {
        "threads": threads, "links": links, "responses": responses, "ends": finals,
        "answers": " ".join(f"{status}: {count}" for status, count in sorted(statuses.items())),
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    control = Control("the open link instead", loose > 1, f"{loose} responses of {threads} browsers")
    return Outcome(
        name, seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt, (control,), measured,
        tuple(faults),
    )  # fmt: skip


def visits(port: int, ledger: Ledger, link: str, threads: int) -> Counter[int]:
    """Let so many browsers follow a link at once and answer to the end; return the statuses of what they sent."""
    statuses: Counter[int] = Counter()
    lock, gate = threading.Lock(), threading.Barrier(threads)

    def work() -> None:
        with contextlib.closing(Person(port, ledger, NEVER, timeout=60)) as person:
            gate.wait(60)
            try:
                said = _visit(person, ledger, link)
            except (OSError, http.client.HTTPException):
                said = [0]
        with lock:
            statuses.update(said)

    _together(work, threads)
    return statuses


def _visit(person: Person, ledger: Ledger, link: str) -> list[int]:
    """Answer from a link on; end where the app leads nowhere else, as it does once the response is sent."""
    statuses: list[int] = []
    reply = _followed(person, person.ask("GET", link))
    while action := ACTION.search(reply.text):
        if "_ticket" not in reply.text:  # the link has answers already: asks whether to go on with it
            fields = HIDDEN.findall(reply.text)
            reply = _followed(person, person.ask("POST", unescape(action[1]), urlencode(fields)))
            continue
        fields, token, key = filled_in(reply.text)
        ledger.responses.add(key)
        reply = person.ask("POST", unescape(action[1]), urlencode(fields))
        statuses.append(reply.status)
        if reply.status != 303:
            break
        ledger.acknowledged[token] = key
        reply = _followed(person, reply)
    return statuses


def _followed(person: Person, reply: Reply) -> Reply:
    while reply.status == 303:
        reply = person.ask("GET", urlsplit(reply.location).path)
    return reply


def _ends(engine: Engine) -> tuple[int, int]:
    """Return how many responses there are, and how many posts that end one."""
    with engine.connect() as connection:
        responses = connection.scalar(select(func.count()).select_from(response))
        return responses or 0, connection.scalar(select(func.count()).where(post.c.final)) or 0


def _control(threads: int, address: str) -> Control:
    ledger = Ledger()
    with tempfile.TemporaryDirectory() as place:
        with weakened(Path(place), PAGES, "fresh", address) as (zygote, found):
            send(zygote.port, ledger, threads, 3)
            url = found.database_url
        rows = _found(url, ledger).rows
    return Control("another submission key for each try", rows > 3, f"{rows} rows of 3 keys")


def send(port: int, ledger: Ledger, threads: int, keys: int) -> Counter[int]:
    """Send each of so many pages by all threads at once; return how often which status came."""
    statuses: Counter[int] = Counter()
    lock, gate = threading.Lock(), threading.Barrier(threads)
    pages = [_page(port, ledger) for _ in range(keys)]

    def work() -> None:
        for page in pages:
            person = Person(port, ledger, NEVER, timeout=60)
            person.cookies = dict(page.cookies)
            gate.wait(60)
            try:
                status = person.ask("POST", page.path, page.body).status
            except (OSError, http.client.HTTPException):
                status = 0
            with lock:
                statuses[status] += 1
                if status == 303:
                    ledger.acknowledged[page.token] = page.key
            person.close()

    _together(work, threads)
    return statuses


def _page(port: int, ledger: Ledger) -> Page:
    person = Person(port, ledger, NEVER)
    shown = person.insist("GET", f"/s/{stage.NAME}").text
    action = ACTION.search(shown)
    assert action, shown
    fields, token, key = filled_in(shown)
    ledger.responses.add(key)
    person.close()
    return Page(unescape(action[1]), urlencode(fields), dict(person.cookies), token, key)


def _together(work: Callable[[], None], threads: int) -> None:
    running = [threading.Thread(target=work) for _ in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()


def _found(address: str, ledger: Ledger) -> stage.Found:
    engine = connect(address)
    try:
        return stage.examine(engine, ledger)
    finally:
        engine.dispose()
