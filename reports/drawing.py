"""What every chart is drawn with: two widths, the tokens' light colours, lines of text, the finished figure."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass
from typing import Any, TypeAlias

import plotly.graph_objects as go

Figure: TypeAlias = dict[str, Any]
"""A Plotly figure as plain data: {"data": […], "layout": {…}}."""

COLOURS = {
    "ink": "#14212b",
    "ink-2": "#4b5b66",
    "line": "#d6dee1",
    "surface": "#ffffff",
    "fill": "#0b5f6b",
    "fill-2": "#71818b",
    "synth": "#76288b",
}
"""The tokens that charts use, in their light values; each value stands for one token only."""

INTERVAL_BAR = 11
"""Pixels: the thickness of an interval, 0.7 of the text's size."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"


@dataclass(frozen=True)
class Width:
    """One of the two drawings of a chart; pixels."""

    name: str
    pixels: int
    text: int
    small: int


WIDE = Width("wide", 760, 15, 14)
PHONE = Width("phone", 358, 14, 13)


def plain(text: str) -> str:
    """Return a text that Plotly draws as it is: its markup and entities lose their meaning."""
    return html.escape(text, quote=False)


def wrapped(text: str, characters: int) -> list[str]:
    """Return a text in lines of at most so many characters; nothing is cut off."""
    return textwrap.wrap(text, characters, break_long_words=True, break_on_hyphens=False) or [""]


def lines(texts: list[str]) -> str:
    """Return lines as Plotly breaks them."""
    return "<br>".join(plain(text) for text in texts)


def annotation(
    text: str, x: float, y: float, size: int, *, color: str = "ink", bold: bool = False, **more: Any
) -> go.layout.Annotation:
    """Return a text without an arrow; `text` is already plain."""
    font = {"size": size, "color": COLOURS[color], "weight": 650 if bold else 400}
    return go.layout.Annotation(**{"text": text, "x": x, "y": y, "showarrow": False, "font": font, **more})


def estimate_line(x: list[float], y: list[float], direction: str, length: float) -> go.Scatter:
    """Return the ink lines that stand for the estimates; `direction` is "ns" across rows, "ew" across columns."""
    marker = {
        "symbol": f"line-{direction}",
        "size": length / 1.4,
        "line": {"width": 3, "color": COLOURS["ink"]},
        "color": COLOURS["ink"],
    }
    return go.Scatter(x=x, y=y, mode="markers", marker=marker, cliponaxis=False, hoverinfo="skip")


def axis_style(size: int, **more: Any) -> dict[str, Any]:
    """Return an axis of shares with its own texts and a quiet grid."""
    return {
        "showgrid": True, "gridcolor": COLOURS["line"], "zeroline": True, "zerolinecolor": COLOURS["ink-2"],
        "zerolinewidth": 1.5, "fixedrange": True, "tickfont": {"size": size, "color": COLOURS["ink-2"]}, **more,
    }  # fmt: skip


def watermark(text: str, width: Width, height: float) -> list[go.layout.Annotation]:
    """Return the synthetic mark inside the picture, where a copy of the picture keeps it; none if ""."""
    if not text:
        return []
    mark = annotation(
        plain(text), 1, 0, width.small, color="synth", bold=True, xref="paper", yref="paper",
        xanchor="right", yanchor="bottom", yshift=-height,
    )  # fmt: skip
    return [mark]


def finished(traces: list[Any], annotations: list[Any], layout: dict[str, Any]) -> Figure:
    """Return the figure as plain data, on a transparent ground and without Plotly's default template."""
    common = {
        "template": {}, "showlegend": False, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "color": COLOURS["ink"]}, "annotations": annotations, "hovermode": False,
        "dragmode": False, "bargap": 0, "barmode": "overlay",
    }  # fmt: skip
    figure: Figure = go.Figure(data=traces, layout={**common, **layout}).to_plotly_json()
    figure["layout"].pop("template", None)
    return figure
