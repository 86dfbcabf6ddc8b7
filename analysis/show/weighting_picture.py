"""A weighting as a picture (SVG): where each category stood, where it stands now, and how weights lie."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from xml.sax.saxutils import escape, quoteattr

from analysis.weighting.diagnostics import Diagnostics, plain
from analysis.weighting.weighting import MarginRow, Weighting

WIDTH = 760
_LEFT, _RIGHT = 190, 40
"""Room for labels, and for figures."""
_ROW, _HEAD = 24, 34
_BARS, _FOOT = 150, 60
_INK, _SOFT, _LINE, _NEW, _OLD = "#14212b", "#4b5b66", "#d6dee1", "#0b5f6b", "#71818b"  # as in reports
_LETTERS = 26
"""Letters of a category's name that are shown."""


def as_svg(weighting: Weighting) -> str:
    """Return the picture: margins as dots (hollow before, full after), weights as a histogram."""
    rows = [row for row in weighting.margins if row.category is not None]
    body: list[str] = []
    y = 56.0
    most = max([0.1, *(max(row.before, row.after) for row in rows)])
    step = next(candidate for candidate in (0.05, 0.1, 0.2, 0.5) if most / candidate <= 6)
    top = step * -(-most // step)
    if rows:
        body += _scale(y, y + _ROW * len(rows) + _HEAD * len({row.margin for row in rows}), top, step)
    for name, group in groupby(rows, key=lambda row: row.margin):
        body.append(_text(12, y + 20, name, weight="600"))
        y += _HEAD
        for row in group:
            body += _dots(row, y + _ROW / 2 - 4, top)
            y += _ROW
    y += 56 if rows else 0
    body += _histogram(weighting.diagnostics, y)
    height = int(y + _HEAD + _BARS + _FOOT)
    figures = weighting.diagnostics
    said = (
        f"{figures.people} people count for {figures.effective_base:.0f} after weighting: "
        f"design effect {figures.design_effect:.2f}, largest / mean weight {figures.largest / figures.mean:.1f}"
    )
    title = f"Weights of {weighting.source}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label={quoteattr(f"{title}. {said}")} '
        f'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif" font-size="13">'
    )
    return "\n".join(
        [
            opening,
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            _text(12, 24, title, size=16, weight="600"),
            _text(12, 43, said, fill=_SOFT),
            *body,
            "</svg>\n",
        ]
    )


def _x(share: float, top: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT - 60) * share / top


def _scale(y: float, end: float, top: float, step: float) -> Iterator[str]:
    """Draw the lines of the shares, and say what the dots are."""
    for number in range(round(top / step) + 1):
        x = _x(number * step, top)
        yield f'<line x1="{x:.1f}" y1="{y + 26:.1f}" x2="{x:.1f}" y2="{end:.1f}" stroke="{_LINE}"/>'
        yield _text(x, end + 16, f"{100 * number * step:.0f} %", fill=_SOFT, anchor="middle", size=12)
    yield _dot(WIDTH - 136, y + 8, full=False)
    yield _text(WIDTH - 126, y + 12, "before", fill=_SOFT, size=12)
    yield _dot(WIDTH - 62, y + 8, full=True)
    yield _text(WIDTH - 52, y + 12, "after", fill=_SOFT, size=12)


def _dots(row: MarginRow, y: float, top: float) -> Iterator[str]:
    before, after = _x(row.before, top), _x(row.after, top)
    name = " ".join((row.category or "").split())
    yield _text(
        _LEFT - 14, y + 4, name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…", anchor="end"
    )
    yield f'<line x1="{before:.1f}" y1="{y:.1f}" x2="{after:.1f}" y2="{y:.1f}" stroke="{_NEW}" stroke-width="2"/>'
    yield _dot(before, y, full=False)
    yield _dot(after, y, full=True)
    change = f"× {row.after / row.before:.2f}" if row.before > 0 else ""
    yield _text(WIDTH - 12, y + 4, "kept" if row.kept else change, fill=_SOFT, anchor="end", size=12)


def _dot(x: float, y: float, full: bool) -> str:
    if full:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_NEW}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#ffffff" stroke="{_OLD}" stroke-width="2"/>'


def _histogram(figures: Diagnostics, y: float) -> Iterator[str]:
    """Draw how many people have which weight; the mean is marked."""
    yield _text(12, y + 20, "Weights, and how many people have them", weight="600")
    low, high, most = figures.edges[0], figures.edges[-1], max(figures.counts)
    floor, left, right = y + _HEAD + _BARS, 60, WIDTH - _RIGHT

    def at(weight: float) -> float:
        return left + (right - left) * (weight - low) / (high - low)

    for (first, last), count in zip(pairwise(figures.edges), figures.counts, strict=True):
        tall = (_BARS - 26) * count / most
        wide = max(at(last) - at(first) - 2, 1)
        if count:
            yield (
                f'<rect x="{at(first) + 1:.1f}" y="{floor - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
                f'fill="{_NEW}"/>'
            )
            middle = at(first) + 1 + wide / 2
            yield _text(middle, floor - tall - 5, str(count), fill=_SOFT, anchor="middle", size=12)
    yield f'<line x1="{left}" y1="{floor:.1f}" x2="{right}" y2="{floor:.1f}" stroke="{_INK}"/>'
    for edge in figures.edges[:: 1 if len(figures.edges) < 4 else 3]:
        yield _text(at(edge), floor + 16, plain(edge), fill=_SOFT, anchor="middle", size=12)
    x = at(figures.mean)
    yield f'<path d="M {x:.1f} {floor + 22:.1f} l 5 8 h -10 z" fill="{_INK}"/>'
    yield _text(x, floor + 44, f"mean {plain(figures.mean)}", anchor="middle", size=12)


def _text(
    x: float,
    y: float,
    words: str,
    *,
    fill: str = _INK,
    anchor: str = "start",
    size: int = 13,
    weight: str = "400",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )
