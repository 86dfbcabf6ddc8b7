"""Reports → files. A new format is one module here and one line in RENDERERS.

Each renderer is loaded when it is first used, so that a page does not wait for the tools of a slide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from reports.report import Report


def _later(module: str, function: str) -> Callable[[Report], bytes]:
    def render(report: Report) -> bytes:
        rendered: bytes = getattr(import_module(f"reports.render.{module}"), function)(report)
        return rendered

    return render


RENDERERS: Mapping[str, Callable[[Report], bytes]] = {
    "html": _later("html", "standalone"),
}
