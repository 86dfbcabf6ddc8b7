"""What is answered before the app: whether the process lives, whether people can be let in, and the counts."""

from __future__ import annotations

import hmac
import ipaddress
import json
import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from survey_app.serving.metrics import POSTS, SECONDS, Metrics
from survey_app.storage import sqlite
from survey_app.storage.database import check_durability
from survey_app.storage.disk import free_bytes
from survey_app.storage.schema import REVISION
from survey_app.storage.unusable import WeakDatabase

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = (
    ("requests", "earshot_requests", "Requests answered.", ("route", "method", "status")),
    ("kept", "earshot_posts_kept", "Pages that were made durable.", ()),
    ("refused", "earshot_posts_refused", "Pages that were not kept.", ("reason",)),
    ("dropped", "earshot_connections_dropped", "Connections closed for what took too long.", ("what",)),
    ("delayed", "earshot_requests_delayed", "Requests by open links that had to wait.", ()),
    ("too_fast", "earshot_posts_too_fast", "Pages refused because too many came from one browser.", ()),
)
HISTOGRAMS = (
    ("seconds", "earshot_request_seconds", "Time from a whole request to its answer.", ("route",), SECONDS),
    ("group", "earshot_commit_posts", "Pages kept by one commit.", (), POSTS),
    ("commit", "earshot_commit_seconds", "Time of one commit.", (), SECONDS),
)
GAUGES = {
    "writer_queue": "Pages that wait for the writer.",
    "connections": "Connections that are open.",
    "task_queue": "Requests that wait for a thread.",
    "resident_bytes": "Memory of the process.",
}
FRESH = 1.0
"""Seconds for which a look at the database is good."""
STALE = 5.0
"""Seconds after which a look that does not come back is an answer itself."""
LEAST_ROOM = 16 * 1024**2
"""Bytes of disk below which answers may soon not be kept."""


class Front:
    """The app with three pages before it that need no session, no study and, but for one, no database."""

    def __init__(
        self,
        app: Callable[[Environ, StartResponse], Iterable[bytes]],
        headers: Mapping[str, str],
        why_not: Callable[[], str],
        metrics: Callable[[], bytes],
        *,
        token: str = "",
        hosts: tuple[str, ...] = (),
    ) -> None:
        self._app, self._why_not, self._metrics = app, why_not, metrics
        self._headers = list(headers.items())
        self._token, self._hosts = token, frozenset((*hosts, *LOOPBACK))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        page = self._page(environ) if environ["REQUEST_METHOD"] in ("GET", "HEAD") else None
        if page is None:
            return self._app(environ, start_response)
        environ["earshot.route"] = environ["PATH_INFO"]
        status, kind, body = page
        start_response(status, [*self._headers, ("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _page(self, environ: Environ) -> tuple[str, str, bytes] | None:
        path = environ["PATH_INFO"]
        if path == "/health":
            return _json("200 OK", alive=True)
        if path == "/ready":
            why = self._why_not()
            if why:
                return _json("503 Service Unavailable", ready=False, why=why)
            return _json("200 OK", ready=True)
        if path == "/metrics":
            if not self._may_read(environ):
                return _json("404 Not Found", found=False)
            return "200 OK", CONTENT_TYPE, self._metrics()
        return None

    def _may_read(self, environ: Environ) -> bool:
        """Tell whether the counts may be shown: to who has the token, or without one to this machine itself."""
        if self._token:
            sent = environ.get("HTTP_AUTHORIZATION", "").encode()
            return hmac.compare_digest(sent, f"Bearer {self._token}".encode())
        host = environ.get("HTTP_HOST", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        try:
            local = ipaddress.ip_address(environ["REMOTE_ADDR"]).is_loopback
        except ValueError:
            local = False
        return local and not environ.get("earshot.proxied") and name in self._hosts


def _json(status: str, **values: object) -> tuple[str, str, bytes]:
    return status, "application/json", (json.dumps(values) + "\n").encode()


class Readiness:
    """Whether people can be let in: the database readable and durable, its tables right, room on the disk.

    Looks at most once a second, and never twice at the same time.
    """

    def __init__(self, engine: Engine, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        file = sqlite.file_of(engine.url) if engine.dialect.name == "sqlite" else None
        self._engine, self._clock = engine, clock
        self._folders = {data, *([file.parent] if file else [])}
        self._looking = threading.Lock()
        self._obstacle, self._at = "database", float("-inf")

    def why_not(self) -> str:
        """Return what is in the way in a word: database, durability, schema or disk; "" for nothing."""
        if self._clock() - self._at < FRESH:
            return self._obstacle
        # A database that hangs keeps one thread in the look; the others answer by the age of the last one.
        if not self._looking.acquire(blocking=False):
            return self._obstacle if self._clock() - self._at < STALE else "database"
        try:
            self._obstacle = self._look()
            self._at = self._clock()
            return self._obstacle
        finally:
            self._looking.release()

    def _look(self) -> str:
        try:
            check_durability(self._engine)
            with self._engine.connect() as connection:
                revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except WeakDatabase:
            return "durability"
        except SQLAlchemyError:
            return "database"
        if revision != REVISION:
            return "schema"
        try:
            return "disk" if any(free_bytes(folder) < LEAST_ROOM for folder in self._folders) else ""
        except OSError:
            return "disk"


class Exposition:
    """All processes' counts, and the jobs, as Prometheus reads them. `jobs` returns how many there are by state."""

    def __init__(self, metrics: Metrics, shared: Path | None, jobs: Callable[[], Mapping[str, int]]) -> None:
        self._metrics, self._shared, self._jobs = metrics, shared, jobs
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Sequence[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        sums, now = self._metrics.everything(self._shared)
        for name, title, help_text, labels in COUNTERS:
            counter = CounterMetricFamily(title, help_text, labels=labels)
            for key in sorted(key for key in sums if key[0] == name):
                counter.add_metric(key[1:], sums[key])
            yield counter
        for name, title, help_text, labels, limits in HISTOGRAMS:
            histogram = HistogramMetricFamily(title, help_text, labels=labels)
            for values in sorted({key[1:-1] for key in sums if key[0] == name}):
                classes, total = [], 0.0
                for place, limit in enumerate([*map(str, limits), "+Inf"]):
                    total += sums.get((name, *values, str(place)), 0)
                    classes.append((limit, total))
                histogram.add_metric(values, classes, sums.get((f"{name}_sum", *values), 0))
            yield histogram
        for name, help_text in GAUGES.items():
            gauge = GaugeMetricFamily(f"earshot_{name}", help_text, labels=("process",))
            for process, present in sorted(now.items()):
                if name in present:
                    gauge.add_metric([process.partition("-")[0]], present[name])
            yield gauge
        jobs = GaugeMetricFamily("earshot_jobs", "Jobs by state.", labels=("state",))
        for state, count in self._jobs().items():
            jobs.add_metric([state], count)
        yield jobs
        info = {"version": version("earshot"), "python": platform.python_version()}
        yield InfoMetricFamily("earshot_build", "What runs here.", value=info)
