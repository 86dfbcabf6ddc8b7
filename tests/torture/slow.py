"""Hundreds of clients that send ten bytes a second, in the header or in the body; what others notice of them."""

from __future__ import annotations

import http.client
import resource
import selectors
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from survey_app.factory import create_app
from survey_app.storage.database import connect
from tests.torture import stage
from tests.torture.client import Ledger, crowd
from tests.torture.report import Control, Outcome, Skipped
from tests.torture.served import serving

PEOPLE = 4
PAGES = 3
BYTES = 10
HEADER = b"GET /s/torture HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = (
    b"POST /s/torture HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 60000\r\n\r\n"
)
PAUSE = 0.05
"""Seconds between two surveys of one person: the load on others' times is to be the slow ones, not they."""


class Crawl:
    """Slow clients, in one thread. Who is thrown out comes again."""

    def __init__(self, port: int, count: int) -> None:
        self._port, self._count = port, count
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._number = self.thrown_out = self.most = 0

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        clients: list[socket.socket] = []
        while not self._stop.is_set():
            began = time.monotonic()
            while len(clients) < self._count and (client := self._connect()) is not None:
                clients.append(client)
            self.most = max(self.most, len(clients))
            still = [client for client in clients if _goes_on(client)]
            self.thrown_out += len(clients) - len(still)
            clients = still
            self._stop.wait(max(0.0, 1.0 - (time.monotonic() - began)))
        for client in clients:
            client.close()

    def _connect(self) -> socket.socket | None:
        """Come from a network of one's own, and begin as everybody does: the server must have begun to read."""
        self._number += 1
        number, client = self._number, socket.socket()
        client.settimeout(1.0)
        try:
            client.bind((f"127.{number % 250 + 1}.{number // 250 % 250}.1", 0))
            client.connect(("127.0.0.1", self._port))
            client.sendall((HEADER, BODY)[number % 2])
        except OSError:
            client.close()
            return None
        return client


def _goes_on(client: socket.socket) -> bool:
    """Send the next bytes; tell whether the server still listens."""
    try:
        client.send(b"a" * BYTES)
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            if not selector.select(0) or client.recv(4096):
                return True
    except OSError:
        pass
    client.close()
    return False


def run(seed: int, short: bool) -> list[Outcome]:
    """Others answer without and with 500 slow clients, in turn; the short form with 60."""
    count, turns, seconds = (60, 1, 2.0) if short else (500, 4, 15.0)
    _allow(count + 200)
    ledger, began = Ledger(), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        with serving(Path(place), PAGES) as running:
            _waits(running.port, ledger, 1.0)  # warm
            quiet, beside, crawl = _in_turn(running.port, ledger, count, turns, seconds)
        engine = connect(running.settings.database_url)
        found = stage.examine(engine, ledger)
        engine.dispose()
    control = _control(5)
    # A short run has too few requests for a p99 on a machine that does other things, too.
    share, most = (0.5, 3) if short else (0.99, 2)
    ratio = quantile(beside, share) / quantile(quiet, share)
    measured = {
        "slow clients": crawl[0], "thrown out": crawl[1], "requests beside them": len(beside),
        "p99 without, ms": 1000 * quantile(quiet, 0.99), "p99 beside, ms": 1000 * quantile(beside, 0.99),
        f"ratio of p{100 * share:.0f}": ratio,
        "seconds": time.monotonic() - began,
    }  # fmt: skip
    faults = ledger.faults()
    if ratio >= most:
        faults.append(f"others' p{100 * share:.0f} is {ratio:.1f} times what it is without")
    return [
        Outcome("slow clients, SQLite", seed, len(ledger.acknowledged), found.lost, found.duplicated, found.corrupt,
                (control,), measured, tuple(faults))
    ]  # fmt: skip


def _in_turn(
    port: int, ledger: Ledger, count: int, turns: int, seconds: float
) -> tuple[list[float], list[float], tuple[int, int]]:
    quiet: list[float] = []
    beside: list[float] = []
    most = thrown_out = 0
    for _ in range(turns):
        quiet += _waits(port, ledger, seconds)
        crawl = Crawl(port, count)
        crawl.start()
        time.sleep(2.0)
        beside += _waits(port, ledger, seconds)
        crawl.end()
        most, thrown_out = max(most, crawl.most), thrown_out + crawl.thrown_out
    return quiet, beside, (most, thrown_out)


def _waits(port: int, ledger: Ledger, seconds: float) -> list[float]:
    """Let people answer for a while and return the seconds that each of their requests took."""
    shown, kept = len(ledger.shown), len(ledger.kept)
    with crowd(port, PEOPLE, stage.NAME, ledger, lambda: PAUSE):
        time.sleep(seconds)
    return ledger.shown[shown:] + ledger.kept[kept:]


def quantile(waits: list[float], share: float) -> float:
    return sorted(waits)[int(share * len(waits))] if waits else float("inf")


def _allow(files: int) -> None:
    """Let this process have so many files open, where it may not yet."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (soft, hard) and soft < files:
        if hard < files:
            raise Skipped(f"a process may have {hard} files open here, and {files} are needed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def _control(count: int) -> Control:
    """The same app behind a server that reads one request after the other: nobody gets through."""
    with tempfile.TemporaryDirectory() as place, one_at_a_time(Path(place)) as port:
        quiet = _answered(port)
        crawl = Crawl(port, count)
        crawl.start()
        time.sleep(1.5)
        beside = _answered(port)
        crawl.end()
    seen = f"a page came in {1000 * quiet:.0f} ms without, and " + (
        f"in {1000 * beside:.0f} ms beside {count}" if beside < 3 else f"not within 3 s beside {count}"
    )
    return Control("a server that reads one request after the other", beside > 2 * quiet, seen)


def _answered(port: int) -> float:
    connection, began = http.client.HTTPConnection("127.0.0.1", port, timeout=3), time.monotonic()
    try:
        connection.request("GET", f"/s/{stage.NAME}")
        connection.getresponse().read()
    except OSError:
        return 3.0
    finally:
        connection.close()
    return time.monotonic() - began


@contextmanager
def one_at_a_time(place: Path) -> Iterator[int]:
    class Quiet(WSGIRequestHandler):
        timeout = 2  # so that the end of the control does not wait for who is slow
        log_message: Callable[..., None] = lambda *_: None

    found = stage.settings(place)
    stage.publish(found, PAGES)
    app = create_app(found)
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    _answered(server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        app.extensions["earshot-collector"].close()
