"""What a page of ten questions weighs in a browser that has nothing of it yet, beside LimeSurvey's.

    python -m benchmarks.page_weight [--loads 5]

The same ten questions as in the measurement of LimeSurvey, on one page, served by the real app and loaded by
Chromium with an empty cache. Exits with 1 where the page is over its budget. LimeSurvey's figures were taken
once, in November 2026, on a loaded machine of 2 cores: compare the bytes and requests; times only roughly.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import waitress
from playwright.sync_api import Browser, sync_playwright

from benchmarks.ten_questions import STUDY, questionnaire
from questionnaires.formats.study_folder import study_from_files
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.opening import open_database

BUDGET = 15_000
"""Bytes of everything the page needs, compressed."""
BLOCKING, ALL = 2, 3
"""Requests until the first paint (document and stylesheet), and with the deferred script."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LIMESURVEY = """LimeSurvey 6.13.2, its default theme, the same questions:
  document 13,228 B gzip; 13 scripts 349,689 B gzip; 8 stylesheets 95,195 B gzip; fonts 1,016,646 B
  29 requests, 1,496,345 B transferred; first contentful paint 1668 ms
  axe-core: 6 rules violated, 20 serious elements"""
LIMESURVEY_BYTES = 1_496_345


@dataclass(frozen=True)
class Resource:
    """One response: bytes on the wire with headers, bytes of the body unpacked, and what packing it makes."""

    kind: str
    wire: int
    raw: int
    gzipped: int
    packed: bool


@dataclass(frozen=True)
class Weight:
    """What one page takes: `blocking` counts the requests without which nothing is painted; paint in ms."""

    resources: tuple[Resource, ...]
    blocking: int
    paint_ms: float

    @property
    def wire(self) -> int:
        return sum(one.wire for one in self.resources)

    @property
    def compressed(self) -> int:
        """Bytes on the wire where the server packs, else of the bodies packed by gzip at level 6."""
        return sum(one.wire if one.packed else one.gzipped for one in self.resources)

    @property
    def within_budget(self) -> bool:
        return self.compressed <= BUDGET and (self.blocking, len(self.resources)) == (BLOCKING, ALL)


@contextmanager
def served() -> Iterator[str]:
    """Serve the ten questions by the real app and yield their address."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({}, data=Path(folder))
        engine = open_database(settings.database_url)
        files = {"study.yaml": STUDY.encode(), "questionnaire.yaml": questionnaire().encode()}
        fieldwork.publish(engine, study_from_files(files), 0)
        app = create_app(settings, engine)
        server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        yield f"http://127.0.0.1:{server.effective_port}/s/ten"
        server.close()
        app.extensions["earshot-collector"].close()
        engine.dispose()


def weigh(browser: Browser, address: str, loads: int = 3) -> Weight:
    """Load the page with an empty cache, several times, and once more with its script held back for good."""
    paints = []
    for _ in range(loads):
        resources, paint = _cold_load(browser, address)
        paints.append(paint)
    return Weight(resources, _blocking(browser, address), statistics.median(paints))


def _cold_load(browser: Browser, address: str) -> tuple[tuple[Resource, ...], float]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    wire: dict[str, int] = {}
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda e: wire.__setitem__(e["requestId"], e["encodedDataLength"]))
    seen: list[tuple[str, str, Any]] = []
    network.on(
        "Network.responseReceived",
        lambda e: seen.append((e["requestId"], e["type"], e["response"]["headers"])),
    )
    bodies: dict[str, bytes] = {}
    page.on("response", lambda response: bodies.__setitem__(response.request.resource_type, response.body()))
    page.goto(address, wait_until="networkidle")
    paint = float(page.evaluate(_PAINT))
    resources = tuple(
        _resource(kind.lower(), wire[request], bodies[kind.lower()], headers)
        for request, kind, headers in seen
    )
    context.close()
    return resources, paint


def _resource(kind: str, wire: int, body: bytes, headers: dict[str, str]) -> Resource:
    packed = any(name.lower() == "content-encoding" for name in headers)
    return Resource(kind, wire, len(body), len(gzip.compress(body, 6)), packed)


_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    const [one] = list.getEntriesByName("first-contentful-paint");
    if (one) done(one.startTime);
}).observe({type: "paint", buffered: true}))"""


def _blocking(browser: Browser, address: str) -> int:
    """Count the requests that are answered before the first paint when no script ever arrives."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    answered: list[str] = []
    page.route("**/*.js*", lambda route: None)  # neither answered nor refused
    page.on("response", lambda response: answered.append(response.url))
    page.goto(address, wait_until="commit")
    page.evaluate(_PAINT)
    context.close()
    return len(answered)


def printed(weight: Weight) -> str:
    lines = [f"{'':12}{'on the wire':>14}{'raw':>10}{'gzip -6':>10}"]
    for one in weight.resources:
        packed = "" if one.packed else "  not compressed by the server"
        lines.append(f"{one.kind:12}{one.wire:>14,}{one.raw:>10,}{one.gzipped:>10,}{packed}")
    lines += [
        f"all         {weight.wire:>14,} B on the wire, {weight.compressed:,} B compressed; budget {BUDGET:,} B",
        f"requests    {weight.blocking} until the first paint, {len(weight.resources)} in all",
        f"first contentful paint {weight.paint_ms:.0f} ms",
        "",
        LIMESURVEY,
        f"ratio of transferred bytes: {LIMESURVEY_BYTES / weight.compressed:.0f}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print; exit with 1 where the page is over its budget."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loads", type=int, default=5)
    loads = parser.parse_args().loads
    if CHROMIUM is None:
        print("page weight: no Chromium on this machine, nothing measured")
        return
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        weight = weigh(browser, address, loads)
        browser.close()
    print(printed(weight))
    sys.exit(not weight.within_budget)


if __name__ == "__main__":
    main()
