"""Reports → files. A new format is one module here and one line in RENDERERS."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reports.render.html import standalone
from reports.report import Report

RENDERERS: Mapping[str, Callable[[Report], bytes]] = {
    "html": standalone,
}
