"""A reply-time curve → Plotly figure: cumulative points above, each answer by itself below.

The limits stand at equal steps and are joined by a dotted line: nothing is known between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

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
from reports.report import CurveChart, Diamond, Mark, Step

BESIDE = 0.22
"""Steps: how far to the right of our point a published one stands."""


@dataclass(frozen=True)
class Shape:
    """Pixels of the two plots and what lies around them; `left` is a fraction of the width."""

    left: float
    top: int
    upper: int
    between: int
    lower: int
    under: int
    bar: float
    label_characters: int


SHAPES = {
    WIDE.name: Shape(0.075, 26, 300, 52, 110, 76, 0.62, 9),
    PHONE.name: Shape(0.0, 26, 250, 60, 90, 96, 0.74, 5),
}


def curve_figure(chart: CurveChart, width: Width) -> Figure:
    """Return the figure of one width."""
    shape = SHAPES[width.name]
    plots = shape.upper + shape.between + shape.lower
    size = len(chart.steps)
    annotations = [*_texts(chart, width, shape, plots), *watermark(chart.watermark, width, shape.under - 4)]
    top = max([0.2, *(step.exclusive.high or 0.0 for step in chart.steps)])
    ticks = {"tickmode": "array", "tickvals": list(range(size)), "ticktext": _labels(chart, shape)}
    layout = {
        "width": width.pixels, "height": shape.top + plots + shape.under,
        "margin": {"l": 0, "r": 0, "t": shape.top, "b": shape.under, "autoexpand": False},
        "xaxis": {
            "domain": [shape.left, 1], "range": [-0.55, size - 0.45], "anchor": "y2", "showgrid": False,
            "zeroline": False, "fixedrange": True, "tickangle": 0,
            "tickfont": {"size": width.small - (1 if width is PHONE else 0), "color": COLOURS["ink-2"]}, **ticks,
        },
        "yaxis": axis_style(
            width.small, domain=[(shape.lower + shape.between) / plots, 1], range=[0, 1], tickmode="array",
            tickvals=[tick.value for tick in chart.axis], ticktext=[""] * len(chart.axis),
        ),
        "yaxis2": axis_style(
            width.small, domain=[0, shape.lower / plots], range=[0, top * 1.3], showticklabels=False, showgrid=False
        ),
    }  # fmt: skip
    return finished([*_upper(chart, width, shape), *_lower(chart, shape)], annotations, layout)


def _labels(chart: CurveChart, shape: Shape) -> list[str]:
    return [lines(wrapped(step.label.replace("\u00a0", " "), shape.label_characters)) for step in chart.steps]


def _known(chart: CurveChart) -> list[tuple[int, Step]]:
    return [(place, step) for place, step in enumerate(chart.steps) if step.cumulative.share is not None]


def _upper(chart: CurveChart, width: Width, shape: Shape) -> list[Any]:
    known = _known(chart)
    x = [float(place) for place, _ in known]
    marks = [step.cumulative for _, step in known]
    shares = [mark.share or 0.0 for mark in marks]
    step_pixels = width.pixels * (1 - shape.left) / (len(chart.steps) + 0.1)
    line = {"dash": "dot", "width": 2, "color": COLOURS["fill"]}
    joined = go.Scatter(x=x, y=shares, mode="lines", line=line, hoverinfo="skip")
    bars = go.Bar(
        x=x,
        base=[mark.low for mark in marks],
        y=[(mark.high or 0.0) - (mark.low or 0.0) for mark in marks],
        width=[INTERVAL_BAR / step_pixels] * len(marks),
        marker={"color": COLOURS["fill"], "line": {"width": 0}},
        cliponaxis=False,
        hoverinfo="skip",
    )
    return [joined, bars, estimate_line(x, shares, "ew", 19), *_diamonds(chart)]


def _diamonds(chart: CurveChart) -> list[Any]:
    """Return the published shares, hollow and a little to the right of ours."""
    found = _published(chart)
    if not found:
        return []
    marker = {
        "symbol": "diamond", "size": 12, "color": COLOURS["surface"],
        "line": {"width": 2, "color": COLOURS["ink"]},
    }  # fmt: skip
    x, y = [place + BESIDE for place, _ in found], [diamond.share for _, diamond in found]
    return [go.Scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip", cliponaxis=False)]


def _published(chart: CurveChart) -> list[tuple[int, Diamond]]:
    return [(place, step.published) for place, step in enumerate(chart.steps) if step.published is not None]


def _lower(chart: CurveChart, shape: Shape) -> list[Any]:
    """Return each answer by itself: a bar up to the estimate, its interval as an ink line."""
    known = [(place, s.exclusive) for place, s in enumerate(chart.steps) if s.exclusive.share is not None]
    reach = {
        "type": "data", "symmetric": False, "width": 0, "thickness": 2, "color": COLOURS["ink"],
        "array": [(mark.high or 0.0) - (mark.share or 0.0) for _, mark in known],
        "arrayminus": [(mark.share or 0.0) - (mark.low or 0.0) for _, mark in known],
    }  # fmt: skip
    return [
        go.Bar(
            x=[place for place, _ in known], y=[mark.share for _, mark in known], yaxis="y2",
            width=[shape.bar] * len(known), error_y=reach, hoverinfo="skip",
            marker={"color": COLOURS["fill-2"], "line": {"width": 0}},
        )
    ]  # fmt: skip


def _texts(chart: CurveChart, width: Width, shape: Shape, plots: float) -> list[go.layout.Annotation]:
    small = width.small - (1 if width is PHONE else 0)
    texts = [
        _over(step.cumulative, place, width.text if width is WIDE else small, "y", bold=True)
        for place, step in enumerate(chart.steps)
    ]
    texts += [_over(step.exclusive, place, small, "y2") for place, step in enumerate(chart.steps)]
    texts += [_axis_text(tick.text, tick.value, width) for tick in chart.axis]
    heading = annotation(
        lines(wrapped(chart.exclusive_title, 46 if width is PHONE else 90)), 0, (shape.lower + 10) / plots,
        width.small, xref="paper", yref="paper", xanchor="left", yanchor="bottom", align="left",
    )  # fmt: skip
    return [*texts, heading, *_published_texts(chart, width)]


def _over(mark: Mark, place: int, size: int, axis: str, *, bold: bool = False) -> go.layout.Annotation:
    """Return a value above its interval; a hidden one leaves a dash."""
    text = mark.share_text if mark.share is not None and not mark.words else "–"
    return annotation(
        plain(text), place, mark.high or 0.0, size, bold=bold, xref="x", yref=axis, yanchor="bottom", yshift=5
    )


def _axis_text(text: str, value: float, width: Width) -> go.layout.Annotation:
    """Return the text of a grid line: left of the plot, on a phone above the line where no curve runs."""
    if width is WIDE:
        return annotation(
            plain(text), 0, value, width.small, color="ink-2", xref="paper", yref="y", xanchor="left"
        )
    shown = plain(text) if value in (0.5, 1.0) else ""
    return annotation(
        shown,
        0,
        value,
        width.small - 1,
        color="ink-2",
        xref="paper",
        yref="y",
        xanchor="left",
        yanchor="bottom",
    )


def _published_texts(chart: CurveChart, width: Width) -> list[go.layout.Annotation]:
    """Return what the diamonds say: beside each on a wide page, together in the free corner on a phone."""
    found = _published(chart)
    if width is WIDE:
        return [
            annotation(
                plain(f"{chart.published_title} {diamond.text}"), place + BESIDE, diamond.share, width.small,
                color="ink-2", xref="x", yref="y", xanchor="left", yanchor="top", xshift=9, yshift=-1,
            )
            for place, diamond in found
        ]  # fmt: skip
    if not found:
        return []
    texts = ", ".join(diamond.text for _, diamond in found)
    corner = annotation(
        plain(f"◇ {chart.published_title}: {texts}"), 1, 0.04, width.small - 1, color="ink-2", xref="paper",
        yref="y", xanchor="right", yanchor="bottom",
    )  # fmt: skip
    return [corner]
