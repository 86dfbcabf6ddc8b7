"""The counts as Prometheus reads them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from survey_app.serving.metrics import POSTS, SECONDS, Key, Metrics

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


class Exposition:
    """All processes' counts, and the jobs, as text. `jobs` returns how many there are by state."""

    def __init__(self, counts: Metrics, shared: Path | None, jobs: Callable[[], Mapping[str, int]]) -> None:
        self._counts, self._shared, self._jobs = counts, shared, jobs
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Sequence[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        sums, now = self._counts.everything(self._shared)
        for name, called, told, labels in COUNTERS:
            counter = CounterMetricFamily(called, told, labels=labels)
            for key in sorted(key for key in sums if key[0] == name):
                counter.add_metric(key[1:], sums[key])
            yield counter
        for name, called, told, labels, limits in HISTOGRAMS:
            yield _histogram(HistogramMetricFamily(called, told, labels=labels), name, limits, sums)
        for name, told in GAUGES.items():
            gauge = GaugeMetricFamily(f"earshot_{name}", told, labels=("process",))
            for process, values in sorted(now.items()):
                if name in values:
                    gauge.add_metric([process.partition("-")[0]], values[name])
            yield gauge
        jobs = GaugeMetricFamily("earshot_jobs", "Jobs by state.", labels=("state",))
        for state, count in self._jobs().items():
            jobs.add_metric([state], count)
        yield jobs
        info = {"version": version("earshot"), "python": platform.python_version()}
        yield InfoMetricFamily("earshot_build", "What runs here.", value=info)


def _histogram(
    family: HistogramMetricFamily, name: str, limits: Sequence[float], sums: Mapping[Key, float]
) -> HistogramMetricFamily:
    for labels in sorted({key[1:-1] for key in sums if key[0] == name}):
        classes, total = [], 0.0
        for place, limit in enumerate([*map(str, limits), "+Inf"]):
            total += sums.get((name, *labels, str(place)), 0)
            classes.append((limit, total))
        family.add_metric(labels, classes, sums.get((f"{name}_sum", *labels), 0))
    return family
