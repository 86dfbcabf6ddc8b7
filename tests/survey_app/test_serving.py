"""`earshot serve`: a small supervisor, processes that come and go without anyone noticing, and what they tell."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from questionnaires.formats.study_folder import study_from_files
from survey_app.cli import main
from survey_app.config import BadSecretKey, read_settings
from survey_app.respondent.visitor import Lost, Visitor
from survey_app.serving.processes import Orders, read_orders

from ..conftest import QUESTIONNAIRE, STUDY
from .running import PATIENCE, Server, running

CANARY = "canary4711"
FILES = {"study.yaml": STUDY, "questionnaire.yaml": QUESTIONNAIRE}
SMALL = study_from_files(FILES)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published study and its data."""
    folder = tmp_path_factory.mktemp("place")
    study = folder / "small"
    study.mkdir()
    for name, content in FILES.items():
        (study / name).write_bytes(content)
    result = CliRunner().invoke(main, ["publish", str(study)], env=environment(folder))
    assert result.exit_code == 0, result.output
    return folder


def environment(folder: Path) -> dict[str, str]:
    return {"EARSHOT_DATA": str(folder / "data"), "EARSHOT_DATABASE_URL": ""}


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    """One server for what only looks."""
    options = ("--processes", "2", "--no-worker", "--log", "json", "--proxy-hops", "1")
    with running(place / "small", environment(place), *options) as server:
        yield server


class Load:
    """People who come without a pause: some with a new connection for each page, some who keep theirs."""

    def __init__(self, port: int, path: str = "/s/small") -> None:
        self.port, self.path, self.done, self.failed = port, path, 0, list[str]()
        self._over = threading.Event()
        self._people = [threading.Thread(target=self._come, args=(n % 2 == 0,)) for n in range(6)]
        self._people.append(threading.Thread(target=self._answer))

    def __enter__(self) -> Load:
        for person in self._people:
            person.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for person in self._people:
            person.join()

    def go_on(self, times: int) -> None:
        """Wait until so many more have come."""
        until, wanted = time.monotonic() + PATIENCE, self.done + times
        while self.done < wanted:
            assert time.monotonic() < until, self.failed
            time.sleep(0.02)

    def _come(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self._over.wait(0.01):
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                assert response.status == 200, response.status
                self.done += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failed.append(repr(error))
                connection.close()
            if not keeps:
                connection.close()
        connection.close()

    def _answer(self) -> None:
        while not self._over.wait(0.01):
            try:
                pages = visit(self.port)
                self.done += pages
            except Lost as lost:
                self.failed.append(str(lost))


def test_the_supervisor_is_small_and_imports_nothing_of_the_app(server: Server) -> None:
    told = "import sys, survey_app.serving.supervisor; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True).stdout
    for heavy in (
        "flask",
        "sqlalchemy",
        "waitress",
        "analysis",
        "numpy",
        "prometheus_client",
        "questionnaires",
    ):
        assert heavy not in loaded.split()
    assert psutil.Process(server.process.pid).memory_info().rss < 30 * 1024**2


def test_orders_are_read_as_they_were_written() -> None:
    told = Orders(("a", "b"), hosts=("x",), processes=3, announced="Форма: ' \"")
    assert read_orders(told.written()) == told
    assert read_orders(told.written(control=7)).control == 7
    assert read_orders('{"studies": ["a"], "of_a_later_version": 1}') == Orders(("a",))


def test_health_and_readiness(server: Server) -> None:
    status, headers, body = server.get("/health", Host="10.0.0.7")
    assert (status, body) == (200, '{"alive": true}\n')
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert server.get("/ready")[0] == 200


def test_whoever_comes_through_a_proxy_reads_no_counts(server: Server) -> None:
    assert server.get("/metrics")[0] == 200
    assert server.get("/metrics", X_Forwarded_For="198.51.100.7")[0] == 404
    assert server.get("/metrics", X_Forwarded_For="127.0.0.1")[0] == 404
    assert server.get("/metrics", Forwarded="for=127.0.0.1")[0] == 404
    assert server.get("/metrics", Host="evil.example")[0] == 404


def test_the_counts_of_all_processes_are_added_up(server: Server) -> None:
    before = requests_of(server)
    for _ in range(20):
        assert server.get("/s/small")[0] == 200
    until = time.monotonic() + PATIENCE
    while requests_of(server) < before + 20:  # a process leaves its counts once a second
        assert time.monotonic() < until
        time.sleep(0.1)
    assert requests_of(server) == before + 20
    text = server.get("/metrics")[2]
    for name in (
        "earshot_request_seconds_bucket",
        "earshot_jobs",
        "earshot_build_info",
        "earshot_posts_kept_total",
    ):
        assert name in text
    assert len(re.findall(r"earshot_connections\{", text)) == 2


def requests_of(server: Server) -> float:
    found = re.findall(
        r'^earshot_requests_total\{.*route="/s/<study>".*\} (.+)$', server.get("/metrics")[2], re.M
    )
    return sum(map(float, found))


def test_what_is_logged_says_nothing_of_a_person(server: Server, place: Path) -> None:
    visit(server.port, CANARY)
    for path in (
        f"/{CANARY}",
        f"/s/{CANARY}?language={CANARY}",
        f"/a/{CANARY}/{CANARY}",
        f"/receipt?code={CANARY}",
    ):
        server.get(
            path, X_Forwarded_For=f"203.0.113.77, {CANARY}", User_Agent=CANARY, Cookie=f"earshot={CANARY}"
        )
    odd(server.port, f"{CANARY} /{CANARY} HTTP/1.1\r\nHost: localhost\r\n\r\n")
    odd(server.port, f"{CANARY}\r\n\r\n")
    lines = server.lines()
    requests = [line for line in lines if "route" in line]
    assert {"/s/<study>", "/a/<key>/<name>", "other"} <= {line["route"] for line in requests}
    assert {"time", "route", "method", "status", "ms", "request"} <= requests[-1].keys()
    assert len({line["request"] for line in requests}) == len(requests)
    told = server.errors.read_text() + server.said.read_text()
    assert CANARY not in told
    assert "203.0.113" not in told and "127.0.0.1" not in server.errors.read_text()
    assert CANARY not in server.get("/metrics")[2]


def odd(port: int, request: str) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.")


def visit(port: int, comment: str = "") -> int:
    """Fill the form in; return how many pages that were."""
    answers = {"age": 40, "channel": 8, "comment": comment}
    return Visitor("127.0.0.1", port).fill_in(SMALL.questionnaire, answers, "en")


def test_a_process_that_dies_is_replaced_and_why_is_said(place: Path) -> None:
    with running(place / "small", environment(place), "--processes", "2", "--no-worker") as server:
        first = server.web[0]
        assert visit(server.port) > 1
        counted = requests_of(server)
        time.sleep(1.2)  # its counts are left once a second
        first.kill()
        server.wait_for("was ended by SIGKILL; another starts in 0.5 s")
        until = time.monotonic() + PATIENCE
        while len(server.web) < 2 or first in server.web:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert server.get("/s/small")[0] == 200
        assert requests_of(server) >= counted
        server.tell(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0


def test_a_new_version_takes_over_and_no_request_fails(place: Path) -> None:
    with running(place / "small", environment(place), "--no-worker") as server, Load(server.port) as load:
        load.go_on(30)
        before = server.web
        server.tell(signal.SIGHUP)
        server.wait_for("finishes what it has begun")
        psutil.wait_procs(before, PATIENCE)
        assert len(server.web) == 1 and server.web[0] not in before
        load.go_on(30)
    assert load.failed == []


def test_a_version_that_does_not_start_changes_nothing(place: Path, tmp_path: Path) -> None:
    """The database is of a later version by now: whoever starts anew refuses it."""
    shutil.copytree(place / "small", tmp_path / "small")
    shutil.copytree(place / "data", tmp_path / "data")
    with running(tmp_path / "small", environment(tmp_path), "--no-worker") as server:
        before = server.web
        database = sqlite3.connect(tmp_path / "data" / "earshot.db")
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
        database.close()
        server.tell(signal.SIGHUP)
        server.wait_for("the new version does not serve: a process ended with exit code 1")
        assert "run the newer version" in server.errors.read_text()
        assert server.web == before
        assert server.get("/s/small")[0] == 200
        assert server.get("/ready")[0::2] == (503, '{"ready": false, "why": "schema"}\n')


def test_a_stop_finishes_what_is_in_flight(place: Path) -> None:
    with running(place / "small", environment(place), "--no-worker") as server:
        idle = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        begun = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        begun.sendall(b"GET /s/small HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.3)
        server.tell(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert server.process.poll() is None
        begun.sendall(b"\r\n")
        answer = b"".join(iter(lambda: begun.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK") and b"\r\nConnection: close\r\n" in answer
        assert server.process.wait(PATIENCE) == 0
        idle.close()
        begun.close()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1)


def test_nothing_is_left_when_the_supervisor_is_killed(place: Path) -> None:
    with running(place / "small", environment(place), "--no-worker") as server:
        web = server.web
        server.process.kill()
        server.process.wait()
        gone, alive = psutil.wait_procs(web, PATIENCE)
        assert not alive and gone
    with running(place / "small", environment(place), "--no-worker") as again:
        assert again.get("/health")[0] == 200


def test_a_taken_port_is_said_in_one_line(place: Path, server: Server) -> None:
    command = [
        sys.executable,
        "-m",
        "survey_app.cli",
        "serve",
        str(place / "small"),
        "--port",
        str(server.port),
    ]
    env = {**os.environ, **environment(place)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(
        rf"port {server.port} on 127.0.0.1 cannot be used .*--port {server.port + 1}\n", done.stderr
    )


def test_several_machines_share_one_key(place: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    named = {"EARSHOT_SECRET_KEY_FILE": str(key)}
    with pytest.raises(BadSecretKey, match="openssl rand -hex 32"):
        read_settings(named, data=tmp_path / "one")
    key.write_text("0123456789abcdef" * 4 + "\n")
    one, other = (read_settings(named, data=tmp_path / name) for name in ("one", "other"))
    assert one.secret_key == other.secret_key == "0123456789abcdef" * 4
    assert not (tmp_path / "one" / "secret-key").exists()
