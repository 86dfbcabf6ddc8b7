"""What is measured, started as its own processes: the app, the app without grouped commits, and a plain app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.ten_questions import STUDY, questionnaire
from survey_app.serving.processes import SMALL

LIBRARY = Path(__file__).parent.parent / "questionnaires" / "library"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and its processes."""

    port: int
    process: psutil.Process

    def processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the CPU seconds that all its processes have used, user and system."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def memory(self) -> float:
        """Return the resident MiB of its largest process."""
        return max(process.memory_info().rss for process in self.processes()) / 2**20


@contextmanager
def plain(folder: Path) -> Iterator[Server]:
    """Serve the plain app."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.plain_app", str(folder / "plain.db"), str(port)]
    with _running(command, port, folder, {}) as server:
        yield server


@contextmanager
def earshot(
    folder: Path, *, study: str = "ten", processes: int = 1, database: str = "", grouped: bool = True
) -> Iterator[Server]:
    """Publish and serve a study, "ten" or one of the library; `grouped` False: every post commits alone."""
    own = folder / study
    environment = {
        "EARSHOT_DATA": str(folder / "data"),
        **({"EARSHOT_DATABASE_URL": database} if database else {}),
    }
    cli = [sys.executable, "-m", "survey_app.cli"]
    if study == "ten":
        own.mkdir(exist_ok=True)
        (own / "study.yaml").write_text(STUDY, encoding="utf-8")
        (own / "questionnaire.yaml").write_text(questionnaire(), encoding="utf-8")
    else:
        _say([*cli, "new", str(own), "--from", study], environment)
    if database:
        _say([*cli, "upgrade"], environment)
    _say([*cli, "publish", str(own)], environment)
    port = free_port()
    command = [*cli, "serve", str(own), "--port", str(port), "--processes", str(processes), "--no-worker"]
    if not grouped:
        command = [sys.executable, "-m", "benchmarks.ungrouped", study, str(port)]
        environment |= SMALL
    with _running(command, port, folder, environment) as server:
        yield server


def _say(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, check=True, env={**os.environ, **environment}, capture_output=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int, folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        for _ in range(600):
            if server.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text())
            if _answers(port):
                break
            time.sleep(0.05)
        yield Server(port, psutil.Process(server.pid))
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _answers(port: int) -> bool:
    """Tell whether somebody answers: a port is open before the processes behind it are there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as probe:
            probe.sendall(b"GET /form/respondent.css HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return bool(probe.recv(1))
    except OSError:
        return False
