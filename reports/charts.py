"""Charts → Plotly figures, one for a wide page (760 px) and one for a phone (358 px).

Everywhere a bar is the 95 % interval and an ink line across it the estimate. The vertical axis of a chart of
shares is counted in pixels from the top, so that names, bases and values stand exactly on their rows.
Colours are the light values of the page's tokens: a page finds them by value and puts its own tokens
(dark, print, forced colours) in their place; any other renderer may use them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from reports.curve_charts import curve_figure
from reports.drawing import (
    COLOURS,
    INTERVAL_BAR,
    PHONE,
    WIDE,
    Figure,
    Width,
    annotation,
    axis_style,
    estimate_line,
    finished,
    lines,
    plain,
    watermark,
    wrapped,
)
from reports.report import CurveChart, Mark, ShareChart

AXIS = 52
"""Pixels under the rows: the texts of the axis, and the synthetic mark."""


@dataclass(frozen=True)
class RowLayout:
    """Where things stand in a chart of shares: the plot as fractions of the width, the rest in pixels."""

    plot: tuple[float, float]
    name_characters: int
    line: int
    head: int
    gap: int
    above: bool
    """Whether a row's name stands above its bar (phone) or at its left."""


LAYOUTS = {
    WIDE.name: RowLayout((0.40, 0.80), 25, 19, 34, 18, above=False),
    PHONE.name: RowLayout((0.035, 0.66), 36, 18, 0, 10, above=True),
}


@dataclass(frozen=True)
class Placed:
    """A mark on its row: the lines of its name, the middle of its bar and the top of the row, in pixels."""

    mark: Mark
    name: list[str]
    top: float
    middle: float


def draw(chart: ShareChart | CurveChart, width: Width) -> Figure:
    """Return a chart as a Plotly figure, for a page at least 760 px wide or for a phone."""
    if isinstance(chart, CurveChart):
        return curve_figure(chart, width)
    layout = LAYOUTS[width.name]
    rows, height = _rows(chart, layout)
    annotations = [text for row in rows for text in _texts(row, width, layout)]
    if layout.head:
        places = ((0.0, "left"), (layout.plot[0] - 0.035, "right"), (1.0, "right"))
        for head, (x, side) in zip(chart.heads, places, strict=True):
            annotations.append(_text(head, x, 8, width.small, side, color="ink-2", yanchor="top"))
    annotations += watermark(chart.watermark, width, AXIS - 4)
    total = next((row for row in rows if row.mark.total and row.mark.share is not None), None)
    dashes: list[dict[str, Any]] = []
    if total is not None and len(rows) > 1:
        # the dashed line runs down from everybody's share
        share, dash = total.mark.share, {"color": COLOURS["ink-2"], "width": 1.5, "dash": "4px,3px"}
        dashes = [
            {"type": "line", "x0": share, "x1": share, "y0": total.middle + 12, "y1": height, "line": dash}
        ]
    drawing = {
        "width": width.pixels, "height": height + AXIS,
        "margin": {"l": 0, "r": 0, "t": 0, "b": AXIS, "autoexpand": False},
        "xaxis": axis_style(
            width.small, domain=list(layout.plot), range=[0, chart.axis[-1].value], tickmode="array",
            tickvals=[tick.value for tick in chart.axis], ticktext=[plain(tick.text) for tick in chart.axis],
        ),
        "yaxis": {"range": [height, 0], "visible": False, "fixedrange": True},
        "shapes": dashes,
    }  # fmt: skip
    return finished(_traces(rows), annotations, drawing)


def _rows(chart: ShareChart, layout: RowLayout) -> tuple[list[Placed], float]:
    """Place every mark; a total stands first with a gap after it. Return the rows and their whole height.

    On a phone the base goes with a row's name where the rows have bases of their own.
    """
    bases = {mark.base_text for mark in chart.marks}
    rows, top = [], float(layout.head)
    for mark in chart.marks:
        label = mark.label
        if layout.above and len(bases) > 1:
            sign = "n\u00a0=\u00a0" if mark.base_text[:1].isdecimal() else ""
            label += f" · {sign}{mark.base_text}"
        name = wrapped(label, layout.name_characters)
        text = layout.line * len(name)
        height = text + 24 if layout.above else max(text, layout.line) + 18
        rows.append(Placed(mark, name, top, top + text + 10 if layout.above else top + height / 2))
        top += height + (layout.gap if mark.total or layout.above else 0)
    return rows, top + 4


def _traces(rows: list[Placed]) -> list[Any]:
    drawn = [row for row in rows if row.mark.share is not None and not row.mark.words]
    bars = go.Bar(
        orientation="h",
        base=[row.mark.low for row in drawn],
        x=[(row.mark.high or 0.0) - (row.mark.low or 0.0) for row in drawn],
        y=[row.middle for row in drawn],
        width=[INTERVAL_BAR] * len(drawn),
        marker={
            "color": [COLOURS["fill" if row.mark.highlighted else "fill-2"] for row in drawn],
            "line": {"width": 0},
        },
        cliponaxis=False,
        hoverinfo="skip",
    )
    shares = [row.mark.share or 0.0 for row in drawn]
    return [bars, estimate_line(shares, [row.middle for row in drawn], "ns", 19)]


def _texts(row: Placed, width: Width, layout: RowLayout) -> list[go.layout.Annotation]:
    """Return a row's name, its base, and its share and interval at the right, or words in the plot."""
    mark, middle, size = row.mark, row.middle, width.text
    bold = mark.highlighted or mark.total
    place: dict[str, Any] = {"x": 0.0, "y": middle, "yanchor": "middle"}
    if layout.above:
        # on a ground of its own, since grid lines run behind it
        left = layout.plot[0] + 0.012
        place = {"x": left, "y": row.top, "yanchor": "top", "bgcolor": COLOURS["surface"]}
    style: dict[str, Any] = {"xref": "paper", "yref": "y", "xanchor": "left", "align": "left"}
    texts = [annotation(lines(row.name), size=size, bold=bold, **style, **place)]
    if mark.words:
        left, ground = layout.plot[0] + 0.02, COLOURS["surface"]
        texts.append(_text(mark.words, left, middle, width.small, "left", color="ink-2", bgcolor=ground))
    else:
        # a column as wide as "(100–100)", wider with a mark behind
        room = size * 0.62 * max(7, len(mark.interval_text.replace("\u2060", "")))
        texts.append(_text(mark.share_text, 1 - room / width.pixels, middle, size, "right", bold=bold))
        texts.append(_text(mark.interval_text, 1, middle, size, "right", color="ink-2"))
    if not layout.above:
        texts.append(_text(mark.base_text, layout.plot[0] - 0.035, middle, size, "right", color="ink-2"))
    return texts


def _text(text: str, x: float, y: float, size: int, side: str, **more: Any) -> go.layout.Annotation:
    """Return a text at a fraction of the width and a row's pixel, lined up at its left or right side."""
    return annotation(plain(text), x, y, size, xref="paper", yref="y", xanchor=side, **more)
