"""`earshot serve` as a process of its own, with a study in the field."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from survey_app.config import Settings
from tests.torture import stage
from tests.torture.zygote import Zygote

WAIT = 30.0
"""Seconds within which a server has to answer, and to end."""


@dataclass(frozen=True)
class Running:
    """A running server: its port, its data, and its log."""

    port: int
    settings: Settings
    log: Path
    pid: int

    def web(self) -> list[psutil.Process]:
        """Return the processes that hold the listening socket and answer: not one that only looks after them."""
        own = psutil.Process(self.pid)
        family = [own, *own.children(recursive=True)]
        working = [one for one in family if _has_database(one)]
        return working or [own]


def _has_database(process: psutil.Process) -> bool:
    """Tell a process that answers people from its supervisor and its worker: by the socket and its threads."""
    try:
        listens = any(one.status == psutil.CONN_LISTEN for one in process.net_connections("tcp"))
        return listens and process.num_threads() > 2
    except psutil.Error:
        return False


@contextmanager
def serving(
    place: Path, pages: int, address: str = "", more: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Publish a study of so many pages in a folder and serve it; `environment` is for the server alone."""
    found = stage.settings(place / "data", address)
    stage.publish(found, pages, more)
    folder, port = stage.folder(place, pages, more), stage.free_port()
    told = {"EARSHOT_DATA": str(found.data), "EARSHOT_DATABASE_URL": found.database_url}
    log = place / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "survey_app.cli", "serve", str(folder), "--port", str(port)],
            env={**os.environ, **told, **(environment or {})}, stdout=output, stderr=output,
        )  # fmt: skip
    running = Running(port, found, log, process.pid)
    try:
        _wait_for(process, running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], running: Running) -> None:
    until = time.monotonic() + WAIT
    while not answers(running.port):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"earshot serve did not start: {running.log.read_text()[-1000:]}")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Tell whether the study's first page comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/s/{stage.NAME}")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def weakened(
    place: Path, pages: int, variant: str, address: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Zygote, Settings]]:
    """Serve a variant of the app for a control; "" is the app itself."""
    found = stage.settings(place, address)
    stage.publish(found, pages)
    zygote = Zygote(place, address, variant, environment)
    try:
        zygote.next()
        until = time.monotonic() + WAIT
        while not answers(zygote.port):  # what is done to the database must not find a server half started
            if time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {(place / 'server.log').read_text()[-1000:]}")
            time.sleep(0.05)
        yield zygote, found
    finally:
        zygote.close()
