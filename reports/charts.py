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
class Shape:
    """Where things stand in a chart of shares: the plot as fractions of the width, the rest in pixels."""

    plot: tuple[float, float]
    name_characters: int
    line: int
    head: int
    gap: int
    above: bool
    """Whether a row's name stands above its bar (phone) or at its left."""


SHAPES = {
    WIDE.name: Shape((0.40, 0.80), 25, 19, 34, 18, above=False),
    PHONE.name: Shape((0.035, 0.66), 36, 18, 0, 10, above=True),
}


@dataclass(frozen=True)
class Placed:
    """A mark on its row: the lines of its name, the middle of its bar and the top of the row, in pixels."""

    mark: Mark
    name: list[str]
    top: float
    middle: float


def wide(chart: ShareChart | CurveChart) -> Figure:
    """Return the figure for a page at least 760 px wide."""
    return figure(chart, WIDE)


def phone(chart: ShareChart | CurveChart) -> Figure:
    """Return the figure for a phone: names above the bars."""
    return figure(chart, PHONE)


def figure(chart: ShareChart | CurveChart, width: Width) -> Figure:
    """Return a chart as a Plotly figure of one width."""
    if isinstance(chart, CurveChart):
        return curve_figure(chart, width)
    return _share_figure(chart, width)


def _share_figure(chart: ShareChart, width: Width) -> Figure:
    shape = SHAPES[width.name]
    placed, height = _rows(chart, shape)
    annotations = [text for row in placed for text in _texts(row, width, shape)]
    annotations += _heads(chart, width, shape) if shape.head else []
    annotations += watermark(chart.watermark, width, AXIS - 4)
    end = chart.axis[-1].value
    layout = {
        "width": width.pixels, "height": height + AXIS,
        "margin": {"l": 0, "r": 0, "t": 0, "b": AXIS, "autoexpand": False},
        "xaxis": axis_style(
            width.small, domain=list(shape.plot), range=[0, end], tickmode="array",
            tickvals=[tick.value for tick in chart.axis], ticktext=[plain(tick.text) for tick in chart.axis],
        ),
        "yaxis": {"range": [height, 0], "visible": False, "fixedrange": True},
        "shapes": _total_line(placed, height),
    }  # fmt: skip
    return finished(_traces(placed), annotations, layout)


def _rows(chart: ShareChart, shape: Shape) -> tuple[list[Placed], float]:
    """Place every mark; a total stands first with a gap after it. Return the rows and their whole height."""
    placed, top = [], float(shape.head)
    for mark in chart.marks:
        name = wrapped(_name(chart, mark, shape), shape.name_characters)
        text = shape.line * len(name)
        height = text + 24 if shape.above else max(text, shape.line) + 18
        middle = top + text + 10 if shape.above else top + height / 2
        placed.append(Placed(mark, name, top, middle))
        top += height + (shape.gap if mark.total or shape.above else 0)
    return placed, top + 4


def _name(chart: ShareChart, mark: Mark, shape: Shape) -> str:
    """Return a row's name; on a phone the base goes with it where the rows have bases of their own."""
    bases = {other.base_text for other in chart.marks}
    if not shape.above or len(bases) == 1:
        return mark.label
    sign = "n\u00a0=\u00a0" if mark.base_text[:1].isdecimal() else ""
    return f"{mark.label} · {sign}{mark.base_text}"


def _traces(placed: list[Placed]) -> list[Any]:
    known = [row for row in placed if row.mark.share is not None and not row.mark.words]
    bars = go.Bar(
        orientation="h",
        base=[row.mark.low for row in known],
        x=[(row.mark.high or 0.0) - (row.mark.low or 0.0) for row in known],
        y=[row.middle for row in known],
        width=[INTERVAL_BAR] * len(known),
        marker={
            "color": [COLOURS["fill" if row.mark.meant else "fill-2"] for row in known],
            "line": {"width": 0},
        },
        cliponaxis=False,
        hoverinfo="skip",
    )
    shares = [row.mark.share or 0.0 for row in known]
    return [bars, estimate_line(shares, [row.middle for row in known], "ns", 19)]


def _total_line(placed: list[Placed], height: float) -> list[dict[str, Any]]:
    """Return the dashed line that runs down from everybody's share."""
    total = next((row for row in placed if row.mark.total and row.mark.share is not None), None)
    if total is None or len(placed) < 2:
        return []
    dash = {"color": COLOURS["ink-2"], "width": 1.5, "dash": "4px,3px"}
    share = total.mark.share
    return [{"type": "line", "x0": share, "x1": share, "y0": total.middle + 12, "y1": height, "line": dash}]


def _texts(row: Placed, width: Width, shape: Shape) -> list[go.layout.Annotation]:
    bold = row.mark.meant or row.mark.total
    place: dict[str, Any] = {"x": 0.0, "y": row.middle, "yanchor": "middle"}
    if shape.above:  # on a ground of its own, since grid lines run behind it
        place = {"x": shape.plot[0] + 0.012, "y": row.top, "yanchor": "top", "bgcolor": COLOURS["surface"]}
    name = _text(lines(row.name), size=width.text, side="left", bold=bold, align="left", **place)
    texts = [name, *_value(row, width, shape)]
    if not shape.above:
        right = shape.plot[0] - 0.035
        texts.append(_text(plain(row.mark.base_text), right, row.middle, width.text, "right", color="ink-2"))
    return texts


def _text(text: str, x: float, y: float, size: int, side: str, **more: Any) -> go.layout.Annotation:
    """Return a text at a fraction of the width and a row's pixel, lined up at its left or right side."""
    return annotation(text, x, y, size, xref="paper", yref="y", xanchor=side, **more)


def _value(row: Placed, width: Width, shape: Shape) -> list[go.layout.Annotation]:
    """Return the share and its interval in columns at the right; words in the plot where there is no number."""
    mark = row.mark
    if mark.words:
        left = shape.plot[0] + 0.02
        ground = COLOURS["surface"]
        return [
            _text(plain(mark.words), left, row.middle, width.small, "left", color="ink-2", bgcolor=ground)
        ]
    bold = mark.meant or mark.total
    right = 1 - _interval_room(mark, width) / width.pixels
    return [
        _text(plain(mark.share_text), right, row.middle, width.text, "right", bold=bold),
        _text(plain(mark.interval_text), 1, row.middle, width.text, "right", color="ink-2"),
    ]


def _interval_room(mark: Mark, width: Width) -> float:
    """Return the pixels kept for an interval: a column as wide as "(100–100)", wider with a mark behind."""
    return width.text * 0.62 * max(7, len(mark.interval_text.replace("\u2060", "")))


def _heads(chart: ShareChart, width: Width, shape: Shape) -> list[go.layout.Annotation]:
    places = ((0.0, "left"), (shape.plot[0] - 0.035, "right"), (1.0, "right"))
    return [
        _text(plain(head), x, 8, width.small, side, color="ink-2", yanchor="top")
        for head, (x, side) in zip(chart.heads, places, strict=True)
    ]
