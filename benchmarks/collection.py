"""What collecting costs: the app against a plain one, side by side, in turn, on the same server.

    python -m benchmarks.collection [--clients 1,8,32] [--seconds 10] [--rounds 2]

Every client is a new person each time: a new connection, no cookies, the page, its hidden fields, one post, the
page of thanks. CPU is that of the server's process, from the operating system. Only loopback. Compare ratios and
CPU: times and surveys a second depend on what else the machine does, and the clients are on it, too.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.ten_questions import CHANNELS, COUNTRIES, HOURS, STUDY, questionnaire

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ACTION = re.compile(r'<form id="page" method="post" action="([^"]+)"')


@dataclass
class Outcome:
    """What one run of one app gave: seconds of each page and post, surveys completed, errors, CPU seconds."""

    seconds: float = 0.0
    cpu: float = 0.0
    pages: list[float] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def done(self) -> int:
        return len(self.posts)

    @property
    def rate(self) -> float:
        return self.done / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu / max(self.done, 1)


def answers(chance: random.Random) -> list[tuple[str, str]]:
    """Return one person's answers as form fields."""

    def one(name: str, count: int) -> tuple[str, str]:
        return name, str(chance.randint(1, count))

    used = [("used", str(code)) for code in sorted(chance.sample(range(1, len(CHANNELS) + 1), 3))]
    waits = [one(f"wait_{n}", len(HOURS)) for n in range(1, 5)]
    return [
        ("age", str(chance.randint(18, 90))), one("country", len(COUNTRIES)), one("gender", 3),
        one("complained", 2), one("channel", len(CHANNELS)), *used, *waits, one("timely", 2),
        ("recommend", str(chance.randint(1, 10))), ("comment", "It broke. " * chance.randint(0, 20)),
    ]  # fmt: skip


def survey(port: int, chance: random.Random, outcome: Outcome, lock: threading.Lock) -> None:
    """Be one person from the first page to the thanks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookies: dict[str, str] = {}

    def ask(method: str, path: str, body: str = "") -> tuple[int, str, str]:
        headers = {"Accept-Encoding": "identity", "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        for line in response.headers.get_all("Set-Cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        return response.status, text, response.headers.get("Location", "")

    try:
        start = time.perf_counter()
        status, page, _ = ask("GET", "/s/ten")
        shown = time.perf_counter()
        action = _ACTION.search(page)
        assert status == 200 and action, status
        hidden = [
            (unescape(name[1]), unescape(value[1]) if value else "")
            for tag in _HIDDEN.findall(page)
            if (name := re.search(r'name="([^"]*)"', tag))
            for value in [re.search(r'value="([^"]*)"', tag)]
        ]
        body = urlencode([*hidden, *answers(chance), ("_action", "continue")])
        sent = time.perf_counter()
        status, _, location = ask("POST", unescape(action[1]), body)
        kept = time.perf_counter()
        assert status == 303, status
        status, page, _ = ask("GET", urlsplit(location).path)
        assert status == 200 and "Thank you" in page, status
        with lock:
            outcome.pages.append(shown - start)
            outcome.posts.append(kept - sent)
    except (AssertionError, OSError, http.client.HTTPException):
        with lock:
            outcome.errors += 1
    finally:
        connection.close()


def run(port: int, pid: int, clients: int, seconds: float, seed: int) -> Outcome:
    """Let clients answer one after the other for a while."""
    outcome, lock = Outcome(), threading.Lock()
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        chance = random.Random(f"{seed}.{number}")
        while time.perf_counter() < until:
            survey(port, chance, outcome, lock)

    before, start = cpu_of(pid), time.perf_counter()
    people = [threading.Thread(target=person, args=(number,)) for number in range(clients)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    outcome.seconds, outcome.cpu = time.perf_counter() - start, cpu_of(pid) - before
    return outcome


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used, all threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def app(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the app or the plain one and yield (port, process id)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EARSHOT_DATA": str(folder / "data")}
    if kind == "plain":
        command = [sys.executable, "-m", "benchmarks.plain_app", str(folder / "plain.db"), str(port)]
    else:
        study = folder / "ten"
        study.mkdir()
        (study / "study.yaml").write_text(STUDY, encoding="utf-8")
        (study / "questionnaire.yaml").write_text(questionnaire(), encoding="utf-8")
        earshot = [sys.executable, "-m", "survey_app.cli"]
        subprocess.run([*earshot, "publish", str(study)], check=True, env=environment, capture_output=True)
        command = [*earshot, "serve", str(study), "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else float("nan")


def main() -> None:
    """Measure both in turn and print the medians over rounds, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    found: dict[tuple[str, int], list[Outcome]] = {}
    counts = [int(count) for count in options.clients.split(",")]
    for number in range(options.rounds):
        for kind in ("plain", "earshot"):
            with tempfile.TemporaryDirectory() as folder, app(kind, Path(folder)) as (port, pid):
                run(port, pid, 2, 1.0, 0)  # warm
                for clients in counts:
                    outcome = run(port, pid, clients, min(options.seconds, 60.0), number)
                    found.setdefault((kind, clients), []).append(outcome)
    print(
        f"{'clients':>7} {'app':8} {'surveys/s':>9} {'CPU-ms':>7} {'page p50':>9} {'post p50':>9} {'p99':>6} errors"
    )
    for clients in counts:
        for kind in ("plain", "earshot"):
            print(_line(kind, clients, found[kind, clients]))
        plain, ours = (median(found[kind, clients]) for kind in ("plain", "earshot"))
        print(f"        ratio    {ours[0] / plain[0]:9.2f} {ours[1] / plain[1]:7.2f}")


def median(outcomes: list[Outcome]) -> tuple[float, float]:
    return statistics.median(o.rate for o in outcomes), statistics.median(o.cpu_ms for o in outcomes)


def _line(kind: str, clients: int, outcomes: list[Outcome]) -> str:
    rate, cpu = median(outcomes)
    pages = [1000 * second for outcome in outcomes for second in outcome.pages]
    posts = [1000 * second for outcome in outcomes for second in outcome.posts]
    return (
        f"{clients:7} {kind:8} {rate:9.1f} {cpu:7.1f} {quantile(pages, 0.5):9.1f} "
        f"{quantile(posts, 0.5):9.1f} {quantile(posts, 0.99):6.0f} {sum(o.errors for o in outcomes)}"
    )


if __name__ == "__main__":
    main()
