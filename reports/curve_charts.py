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
from reports.report import CurveChart, Diamond, Mark

BESIDE = 0.22
"""Steps: how far to the right of our point a published one stands."""


@dataclass(frozen=True)
class PlotLayout:
    """Pixels of the two plots and what lies around them; `left` is a fraction of the width."""

    left: float
    top: int
    upper: int
    between: int
    lower: int
    under: int
    bar: float
    label_characters: int

    @property
    def height(self) -> int:
        """Return the pixels of both plots."""
        return self.upper + self.between + self.lower


LAYOUTS = {
    WIDE.name: PlotLayout(0.075, 26, 300, 52, 110, 76, 0.62, 9),
    PHONE.name: PlotLayout(0.0, 26, 250, 60, 90, 96, 0.74, 5),
}


def curve_figure(chart: CurveChart, width: Width) -> Figure:
    """Return the figure of one width."""
    layout, size = LAYOUTS[width.name], len(chart.steps)
    annotations = [*_texts(chart, width, layout), *watermark(chart.watermark, width, layout.under - 4)]
    top = max([0.2, *(step.exclusive.high or 0.0 for step in chart.steps)])
    labels = [
        lines(wrapped(step.label.replace("\u00a0", " "), layout.label_characters)) for step in chart.steps
    ]
    drawing = {
        "width": width.pixels, "height": layout.top + layout.height + layout.under,
        "margin": {"l": 0, "r": 0, "t": layout.top, "b": layout.under, "autoexpand": False},
        "xaxis": {
            "domain": [layout.left, 1], "range": [-0.55, size - 0.45], "anchor": "y2", "showgrid": False,
            "zeroline": False, "fixedrange": True, "tickangle": 0,
            "tickfont": {"size": _small(width), "color": COLOURS["ink-2"]},
            "tickmode": "array", "tickvals": list(range(size)), "ticktext": labels,
        },
        "yaxis": axis_style(
            width.small, domain=[(layout.lower + layout.between) / layout.height, 1], range=[0, 1],
            tickmode="array", tickvals=[tick.value for tick in chart.axis], ticktext=[""] * len(chart.axis),
        ),
        "yaxis2": axis_style(
            width.small, domain=[0, layout.lower / layout.height], range=[0, top * 1.3], showticklabels=False,
            showgrid=False,
        ),
    }  # fmt: skip
    return finished([*_upper(chart, width, layout), *_lower(chart, layout)], annotations, drawing)


def _small(width: Width) -> int:
    return width.small - (1 if width is PHONE else 0)


def _upper(chart: CurveChart, width: Width, layout: PlotLayout) -> list[Any]:
    """Return the curve, its intervals and estimates, and the published shares: hollow, a little to the right."""
    steps = [(place, s.cumulative) for place, s in enumerate(chart.steps) if s.cumulative.share is not None]
    x, marks = [float(place) for place, _ in steps], [mark for _, mark in steps]
    shares = [mark.share or 0.0 for mark in marks]
    step_pixels = width.pixels * (1 - layout.left) / (len(chart.steps) + 0.1)
    line = {"dash": "dot", "width": 2, "color": COLOURS["fill"]}
    bars = go.Bar(
        x=x,
        base=[mark.low for mark in marks],
        y=[(mark.high or 0.0) - (mark.low or 0.0) for mark in marks],
        width=[INTERVAL_BAR / step_pixels] * len(marks),
        marker={"color": COLOURS["fill"], "line": {"width": 0}},
        cliponaxis=False,
        hoverinfo="skip",
    )
    joined = go.Scatter(x=x, y=shares, mode="lines", line=line, hoverinfo="skip")
    traces = [joined, bars, estimate_line(x, shares, "ew", 19)]
    if diamonds := _diamonds(chart):
        x, y = [place + BESIDE for place, _ in diamonds], [diamond.share for _, diamond in diamonds]
        outline = {"width": 2, "color": COLOURS["ink"]}
        marker = {"symbol": "diamond", "size": 12, "color": COLOURS["surface"], "line": outline}
        traces.append(go.Scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip", cliponaxis=False))
    return traces


def _diamonds(chart: CurveChart) -> list[tuple[int, Diamond]]:
    return [(place, step.published) for place, step in enumerate(chart.steps) if step.published is not None]


def _lower(chart: CurveChart, layout: PlotLayout) -> list[Any]:
    """Return each answer by itself: a bar up to the estimate, its interval as an ink line."""
    steps = [(place, s.exclusive) for place, s in enumerate(chart.steps) if s.exclusive.share is not None]
    reach = {
        "type": "data", "symmetric": False, "width": 0, "thickness": 2, "color": COLOURS["ink"],
        "array": [(mark.high or 0.0) - (mark.share or 0.0) for _, mark in steps],
        "arrayminus": [(mark.share or 0.0) - (mark.low or 0.0) for _, mark in steps],
    }  # fmt: skip
    return [
        go.Bar(
            x=[place for place, _ in steps], y=[mark.share for _, mark in steps], yaxis="y2",
            width=[layout.bar] * len(steps), error_y=reach, hoverinfo="skip",
            marker={"color": COLOURS["fill-2"], "line": {"width": 0}},
        )
    ]  # fmt: skip


def _texts(chart: CurveChart, width: Width, layout: PlotLayout) -> list[go.layout.Annotation]:
    size = width.text if width is WIDE else _small(width)
    steps = list(enumerate(chart.steps))
    texts = [_over(step.cumulative, place, size, "y", bold=True) for place, step in steps]
    texts += [_over(step.exclusive, place, _small(width), "y2") for place, step in steps]
    left: dict[str, Any] = {"xref": "paper", "xanchor": "left"}
    for tick in chart.axis:
        # left of the plot; on a phone above the line, where no curve runs
        text = plain(tick.text) if width is WIDE or tick.value in (0.5, 1.0) else ""
        above: dict[str, Any] = {} if width is WIDE else {"yanchor": "bottom"}
        texts.append(annotation(text, 0, tick.value, _small(width), color="ink-2", yref="y", **left, **above))
    heading = lines(wrapped(chart.exclusive_title, 46 if width is PHONE else 90))
    y = (layout.lower + 10) / layout.height
    texts.append(annotation(heading, 0, y, width.small, yref="paper", yanchor="bottom", align="left", **left))
    return [*texts, *_published_texts(chart, width)]


def _over(mark: Mark, place: int, size: int, axis: str, *, bold: bool = False) -> go.layout.Annotation:
    """Return a value above its interval; a hidden one leaves a dash."""
    text = mark.share_text if mark.share is not None and not mark.words else "–"
    return annotation(
        plain(text), place, mark.high or 0.0, size, bold=bold, xref="x", yref=axis, yanchor="bottom", yshift=5
    )


def _published_texts(chart: CurveChart, width: Width) -> list[go.layout.Annotation]:
    """Return what the diamonds say: beside each on a wide page, together in the free corner on a phone."""
    diamonds = _diamonds(chart)
    if width is WIDE:
        return [
            annotation(
                plain(f"{chart.published_title} {diamond.text}"), place + BESIDE, diamond.share, width.small,
                color="ink-2", xref="x", yref="y", xanchor="left", yanchor="top", xshift=9, yshift=-1,
            )
            for place, diamond in diamonds
        ]  # fmt: skip
    if not diamonds:
        return []
    texts = ", ".join(diamond.text for _, diamond in diamonds)
    corner = annotation(
        plain(f"◇ {chart.published_title}: {texts}"), 1, 0.04, _small(width), color="ink-2", xref="paper",
        yref="y", xanchor="right", yanchor="bottom",
    )  # fmt: skip
    return [corner]
