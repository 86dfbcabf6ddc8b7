"""`earshot serve` as people run it: a program of its own on a free port of this machine."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60.0
"""Seconds that a busy machine may take."""


@dataclass
class Server:
    """A running server and what it says."""

    process: subprocess.Popen[bytes]
    port: int
    said: Path
    errors: Path

    @property
    def web(self) -> list[psutil.Process]:
        return [
            p for p in psutil.Process(self.process.pid).children() if "survey_app.serving.web" in p.cmdline()
        ]

    def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers=named)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until it has said something so many times on standard error."""
        until = time.monotonic() + PATIENCE
        while self.errors.read_text().count(text) < times:
            assert time.monotonic() < until, self.errors.read_text()
            assert self.process.poll() is None, self.errors.read_text()
            time.sleep(0.02)

    def stop(self) -> int:
        self.tell(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.errors.read_text().splitlines()]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(study: Path, environment: Mapping[str, str], *options: str) -> Iterator[Server]:
    """Serve a published study and stop at the end; whatever is left over is killed."""
    port, folder = free_port(), study.parent
    command = [sys.executable, "-m", "survey_app.cli", "serve", str(study), "--port", str(port), *options]
    said, errors = folder / f"said-{port}", folder / f"errors-{port}"
    with said.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=err)
    server = Server(process, port, said, errors)
    try:
        until = time.monotonic() + PATIENCE
        while "The form:" not in said.read_text() and process.poll() is None:
            assert time.monotonic() < until, errors.read_text()
            time.sleep(0.02)
        yield server
    finally:
        if process.poll() is None:
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _, alive = psutil.wait_procs(children, 5)
            for one in alive:
                one.kill()
