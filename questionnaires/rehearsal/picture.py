"""The routes of a questionnaire as a page of its own: a drawing in SVG, and the tables beside it.

No script and nothing from elsewhere, so that the file opens anywhere and can be sent by mail. Boxes are pages,
in the order of the questionnaire; a line is as thick as the share of people who go that way, and dashed where
nobody does; what ends the questionnaire stands at the side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from questionnaires.rehearsal.outcome import EndRow, Outcome, Routes
from questionnaires.rehearsal.printing import percent, who
from questionnaires.rehearsal.tables import tables
from questionnaires.study import Study
from questionnaires.texts import in_language

WIDTH = 400
BOX = 168
BOX_X = 104
BOX_HEIGHT = 46
GAP = 42
TOP = 44
SIDE_X, SIDE = 294, 104
LANE, LANES = 24, 4
"""Pixels between the lines that pass pages by, at the left of the boxes, and how many have room there."""
LETTERS, SIDE_LETTERS = 19, 13
"""How many letters fit into a box, and into one at the side."""


@dataclass(frozen=True)
class Box:
    """A page, or the pages of a block in random order: what is drawn as one box."""

    pages: tuple[str, ...]
    title: str
    asked: float
    note: str
    y: int

    @property
    def middle(self) -> float:
        return self.y + BOX_HEIGHT / 2


def page(study: Study, outcome: Outcome) -> str:
    """Return the whole page as HTML."""
    language = study.questionnaire.languages[0]
    title = escape(in_language(study.record.title, language))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Routes: {escape(study.name)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="study">{title}</p><h1>The way through {escape(study.name)}</h1>'
        f'<p class="who">{escape(who(outcome))} Version {study.version[:12]}.</p></header>\n'
        f'<div class="columns">\n<figure>{drawing(outcome)}'
        f"<figcaption>The share of people who go each way; dashed: nobody.</figcaption></figure>\n"
        f"<div>{tables(outcome)}</div>\n"
        f"</div>\n</main>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return (Path(str(files("questionnaires"))) / "rehearsal" / "routes.css").read_text(encoding="utf-8")


def drawing(outcome: Outcome) -> str:
    """Return the routes as SVG."""
    boxes = _boxes(outcome)
    at = {name: box for box in boxes for name in box.pages}
    bottom = boxes[-1].y + BOX_HEIGHT
    ends = [end for end in outcome.routes.ends if not end.after]
    sides = [end for end in outcome.routes.ends if end.after]
    foot = bottom + GAP
    ways = _steps(outcome.routes, at)
    parts = [_start(), *_lines(ways, boxes, foot)]
    for index, end in enumerate(sides):
        same = [other for other in sides[:index] if other.after == end.after]
        parts.append(_screen_out(at[end.after], end.title, end.share, len(same)))
    parts += [_box(box) for box in boxes]
    parts += [_end(foot + index * 44, end) for index, end in enumerate(ends)]
    height = foot + 44 * len(ends) + 8
    if outcome.routes.stuck:
        parts.append(
            _text(BOX_X + BOX / 2, height + 12, f"{percent(outcome.routes.stuck)} could not go on", "bad")
        )
        height += 28
    label = f"The routes through {len(outcome.pages)} pages"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}; the same in the tables">'
        f"{_MARKER}{''.join(parts)}</svg>"
    )


_MARKER = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
)


def _boxes(outcome: Outcome) -> tuple[Box, ...]:
    """Return the boxes from top to bottom; the pages of one block share one, since each order is a person's."""
    found: list[Box] = []
    blocks = outcome.routes.blocks
    for row in outcome.pages:
        y = TOP + len(found) * (BOX_HEIGHT + GAP)
        block = blocks.get(row.name, "")
        count = len(row.questions)
        note = f"{count} question{'s' if count != 1 else ''} · {percent(row.asked)}"
        if block and found and blocks.get(found[-1].pages[-1]) == block:
            last = found.pop()
            pages = (*last.pages, row.name)
            asked = max(last.asked, row.asked)
            note = f"{len(pages)} in random order · {percent(asked)}"
            found.append(Box(pages, block, asked, note, last.y))
        else:
            found.append(Box((row.name,), row.title, row.asked, note, y))
    return tuple(found)


def _steps(routes: Routes, at: Mapping[str, Box]) -> dict[tuple[int, int], float]:
    """Return the share of people by step between boxes, by their heights; -1 is the start, a large one the end."""
    found: dict[tuple[int, int], float] = {}
    screened = {end.name for end in routes.ends if end.after}
    for step in routes.steps:
        start = at[step.start].y if step.start else -1
        if step.to.startswith("end:"):
            if step.to.removeprefix("end:") in screened:
                continue
            to = _FAR
        elif step.to in at:
            to = at[step.to].y
        else:
            continue
        if start != to:
            found[start, to] = found.get((start, to), 0.0) + step.share
    return found


_FAR = 10**6


def _lines(ways: Mapping[tuple[int, int], float], boxes: Sequence[Box], foot: int) -> Iterable[str]:
    """Yield the straight steps down, drawn even where nobody takes them, and those that pass pages by."""
    tops = [-1, *(box.y for box in boxes), _FAR]
    for start, to in pairwise(tops):
        share = ways.get((start, to), 0.0)
        above = TOP - GAP + 12 if start == -1 else start + BOX_HEIGHT
        below = foot if to == _FAR else to
        x = BOX_X + BOX / 2
        yield f'<path class="way{_dash(share)}" stroke-width="{_thick(share)}" d="M{x} {above}V{below - 3}"/>'
        yield _text(x + 8, (above + below) / 2 + 4, percent(share), "share start")
    jumps = [(key, share) for key, share in ways.items() if key not in set(pairwise(tops))]
    jumps.sort(key=lambda jump: abs(jump[0][1] - jump[0][0]))
    for lane, ((start, to), share) in zip(_lanes([key for key, _ in jumps]), jumps, strict=True):
        yield _jump(start, foot if to == _FAR else to, share, lane)


def _lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each span the nearest lane that no other span there overlaps; the last where all are taken."""
    taken: list[list[tuple[int, int]]] = [[] for _ in range(LANES)]
    found = []
    for low, high in ((min(span), max(span)) for span in spans):
        free = (n for n, spans_ in enumerate(taken) if all(high <= a or b <= low for a, b in spans_))
        lane = next(free, LANES - 1)
        taken[lane].append((low, high))
        found.append(lane)
    return found


def _jump(start: int, to: int, share: float, number: int) -> str:
    """Return a line that passes pages by, in a lane of its own at the left."""
    lane = max(10, BOX_X - 18 - LANE * number)
    begin = (start + BOX_HEIGHT * 0.7) if start >= 0 else TOP - 18
    end = to + BOX_HEIGHT * 0.3
    line = (
        f"M{BOX_X} {begin:.0f}H{lane + 8}q-8 0 -8 8V{end - 8:.0f}q0 8 8 8H{BOX_X - 3}"
        if end > begin + 16
        else f"M{BOX_X} {begin:.0f}H{lane}V{end:.0f}H{BOX_X - 3}"
    )
    middle = (begin + end) / 2 + number % 3 * 14
    label = _text(
        lane - 4 if lane > 44 else lane + 4,
        middle,
        percent(share),
        "share" + (" end" if lane > 44 else " start"),
    )
    return f'<path class="way jump{_dash(share)}" stroke-width="{_thick(share)}" d="{line}"/>{label}'


def _screen_out(box: Box, title: str, share: float, number: int) -> str:
    """Return an ending at the side of the page after which it stands."""
    y = box.y + number * 44
    middle = y + 18
    begin = f"M{BOX_X + BOX} {middle}" if number == 0 else f"M{BOX_X + BOX + 8} {box.y + 18}V{middle}"
    return (
        f'<path class="way{_dash(share)}" stroke-width="{_thick(share)}" d="{begin}H{SIDE_X - 3}"/>'
        f'<g class="{"side" if share else "side never"}"><title>{escape(title)}</title>'
        f'<rect x="{SIDE_X}" y="{y}" width="{SIDE}" height="36" rx="18"/>'
        f"{_text(SIDE_X + SIDE / 2, y + 16, _cut(title, SIDE_LETTERS), 'small')}"
        f"{_text(SIDE_X + SIDE / 2, y + 29, percent(share), 'share')}</g>"
    )


def _end(y: int, end: EndRow) -> str:
    words = f"{_cut(end.name, LETTERS - 7)} · {percent(end.share)}" if end.name else percent(end.share)
    return (
        f'<g class="{"end-box" if end.share else "end-box never"}"><title>{escape(end.title)}</title>'
        f'<rect x="{BOX_X}" y="{y}" width="{BOX}" height="36" rx="18"/>'
        f"{_text(BOX_X + BOX / 2, y + 16, _cut(end.title, LETTERS), 'name')}"
        f"{_text(BOX_X + BOX / 2, y + 30, words, 'share')}</g>"
    )


def _box(box: Box) -> str:
    return (
        f'<g class="{"page" if box.asked else "page never"}"><title>{escape(", ".join(box.pages))}</title>'
        f'<rect x="{BOX_X}" y="{box.y}" width="{BOX}" height="{BOX_HEIGHT}" rx="6"/>'
        f"{_text(BOX_X + BOX / 2, box.y + 20, _cut(box.title, LETTERS), 'name')}"
        f"{_text(BOX_X + BOX / 2, box.y + 37, box.note, 'small')}</g>"
    )


def _start() -> str:
    return _text(BOX_X + BOX / 2, 10, "Start", "small")


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _thick(share: float) -> str:
    return f"{1 + 4 * share:.1f}"


def _dash(share: float) -> str:
    return "" if share else " never"
