"""Report → HTML, in two forms of one template.

`standalone` is one file that opens from a mail attachment: it carries its stylesheet, its scripts and its
numbers, and a policy that lets nothing else in. `served` is the same page with linked files, for a server
whose policy is `script-src 'self'; style-src 'self'`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from questionnaires.texts import OWN_NAMES
from reports.charts import draw
from reports.drawing import COLOURS, PHONE, WIDE
from reports.naming import Voice
from reports.report import CurveChart, Report, ShareChart

STYLE = "report.css"
SCRIPT = "report.js"
PLOTLY = "plotly-basic.min.js"

_DATA_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def standalone(report: Report) -> bytes:
    """Return the report as one file that fetches nothing."""
    style, plotly, script = own_file(STYLE), plotly_bundle(), own_file(SCRIPT)
    policy = (
        f"default-src 'none'; style-src {content_hash(style)}; "
        f"script-src {content_hash(plotly)} {content_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    inline = {"style": Markup(style), "scripts": [Markup(plotly), Markup(script)], "policy": policy}
    return page(report, {name: f"report.{name}.html" for name in report.languages}, inline)


def served(report: Report) -> dict[str, bytes]:
    """Return the report as files by name: the page, its stylesheet, its script and the chart library."""
    return {
        f"{report.language}.html": page(report, {name: f"{name}.html" for name in report.languages}),
        STYLE: own_file(STYLE).encode(),
        SCRIPT: own_file(SCRIPT).encode(),
        PLOTLY: plotly_bundle().encode(),
    }


def page(report: Report, addresses: dict[str, str], inline: dict[str, Any] | None = None) -> bytes:
    """Return the page; `addresses` are those of its languages, `inline` what it carries with it."""
    voice = Voice(report.language, "")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            addresses=addresses,
            own_names=OWN_NAMES,
            say=voice.say,
            chart_data=chart_data,
            inline=inline,
            linked={"style": STYLE, "scripts": [PLOTLY, SCRIPT]},
        )
        .encode()
    )


def chart_data(chart: ShareChart | CurveChart) -> Markup:
    """Return a chart's two figures and its colours as JSON that is safe inside a script element."""
    data = {
        **{width.name: draw(chart, width) for width in (WIDE, PHONE)},
        "tokens": {colour: name for name, colour in COLOURS.items()},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _DATA_ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)


def content_hash(content: str) -> str:
    """Return the source expression that allows exactly this inline content."""
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def own_file(name: str) -> str:
    """Return the text of a file of this package."""
    return (files("reports.render") / name).read_text(encoding="utf-8")


@cache
def plotly_bundle() -> str:
    """Return the chart library, unmodified."""
    return (files("vendor") / "plotly" / PLOTLY).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reports.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
