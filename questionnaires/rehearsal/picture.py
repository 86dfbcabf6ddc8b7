"""The routes of a questionnaire as a page of its own: a drawing in SVG, and the tables beside it.

No script and nothing from elsewhere, so that the file opens anywhere and can be sent by mail. Boxes are pages,
in the order of the questionnaire; a line is as thick as the share of people who go that way, and dashed where
nobody does; what ends the questionnaire stands at the side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import count, pairwise
from pathlib import Path

from questionnaires.rehearsal.rehearsing import Outcome
from questionnaires.rehearsal.routes import Routes
from questionnaires.rehearsal.summary import as_html, percent, who
from questionnaires.study import Study
from questionnaires.texts import in_language

WIDTH = 400
BOX = 168
BOX_X = 104
MIDDLE = BOX_X + BOX / 2
BOX_HEIGHT = 46
GAP = 42
TOP = 44
SIDE_X, SIDE = 294, 104
LANE, LANES = 24, 4
"""Pixels between the lines that pass pages by, at the left of the boxes, and how many have room there."""
LETTERS, SIDE_LETTERS = 19, 13
"""How many letters fit into a box, and into one at the side."""
FAR = 10**6
"""The height of whatever ends the questionnaire, below all boxes."""
_MARKER = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
)


@dataclass(frozen=True)
class Box:
    """A page, or the pages of a block in random order: what is drawn as one box."""

    pages: tuple[str, ...]
    title: str
    asked: float
    note: str
    y: int


def page(study: Study, outcome: Outcome) -> str:
    """Return the whole page as HTML."""
    language = study.questionnaire.languages[0]
    title = escape(in_language(study.record.title, language))
    style = (Path(str(files("questionnaires"))) / "rehearsal" / "routes.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Routes: {escape(study.name)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="study">{title}</p><h1>The way through {escape(study.name)}</h1>'
        f'<p class="who">{escape(who(outcome))} Version {study.version[:12]}.</p></header>\n'
        f'<div class="columns">\n<figure>{drawing(outcome)}'
        f"<figcaption>The share of people who go each way; dashed: nobody.</figcaption></figure>\n"
        f"<div>{as_html(outcome)}</div>\n"
        f"</div>\n</main>\n</body>\n</html>\n"
    )


def drawing(outcome: Outcome) -> str:
    """Return the routes as SVG."""
    boxes = _boxes(outcome)
    at = {name: box for box in boxes for name in box.pages}
    foot = boxes[-1].y + BOX_HEIGHT + GAP
    ends = [end for end in outcome.routes.ends if not end.after]
    sides = [end for end in outcome.routes.ends if end.after]
    parts = [_text(MIDDLE, 10, "Start", "small"), *_lines(_steps(outcome.routes, at), boxes, foot)]
    for index, end in enumerate(sides):
        same = [other for other in sides[:index] if other.after == end.after]
        # An ending stands at the side of its page; a further one hangs on the line of the first.
        box, number = at[end.after], len(same)
        y = box.y + number * 44
        begin = f"M{BOX_X + BOX} {y + 18}" if number == 0 else f"M{BOX_X + BOX + 8} {box.y + 18}V{y + 18}"
        texts = (16, _cut(end.title, SIDE_LETTERS), "small"), (29, percent(end.share), "share")
        parts.append(_way(end.share, f"{begin}H{SIDE_X - 3}"))
        parts.append(_box("side", end.share, end.title, (SIDE_X, y, SIDE, 36, 18), *texts))
    for box in boxes:
        title, texts = ", ".join(box.pages), ((20, _cut(box.title, LETTERS), "name"), (37, box.note, "small"))
        parts.append(_box("page", box.asked, title, (BOX_X, box.y, BOX, BOX_HEIGHT, 6), *texts))
    for y, end in zip(count(foot, 44), ends, strict=False):
        words = f"{_cut(end.name, LETTERS - 7)} · {percent(end.share)}" if end.name else percent(end.share)
        texts = (16, _cut(end.title, LETTERS), "name"), (30, words, "share")
        parts.append(_box("end-box", end.share, end.title, (BOX_X, y, BOX, 36, 18), *texts))
    height = foot + 44 * len(ends) + 8
    if outcome.routes.stuck:
        parts.append(_text(MIDDLE, height + 12, f"{percent(outcome.routes.stuck)} could not go on", "bad"))
        height += 28
    label = f"The routes through {len(outcome.pages)} pages"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}; the same in the tables">'
        f"{_MARKER}{''.join(parts)}</svg>"
    )


def _boxes(outcome: Outcome) -> tuple[Box, ...]:
    """Return the boxes from top to bottom; the pages of one block share one, since each order is a person's."""
    boxes: list[Box] = []
    blocks = outcome.routes.blocks
    for row in outcome.pages:
        block = blocks.get(row.name, "")
        if block and boxes and blocks.get(boxes[-1].pages[-1]) == block:
            last = boxes.pop()
            pages = (*last.pages, row.name)
            share = max(last.asked, row.asked)
            boxes.append(Box(pages, block, share, f"{len(pages)} in random order · {percent(share)}", last.y))
        else:
            number = len(row.questions)
            note = f"{number} question{'s' if number != 1 else ''} · {percent(row.asked)}"
            y = TOP + len(boxes) * (BOX_HEIGHT + GAP)
            boxes.append(Box((row.name,), row.title, row.asked, note, y))
    return tuple(boxes)


def _steps(routes: Routes, at: Mapping[str, Box]) -> dict[tuple[int, int], float]:
    """Return the share of people by step between boxes, by their heights; -1 is the start, FAR the end."""
    shares: dict[tuple[int, int], float] = {}
    screen_outs = {f"end:{end.name}" for end in routes.ends if end.after}
    for step in routes.steps:
        if step.to in screen_outs or not (step.to.startswith("end:") or step.to in at):
            continue
        start = at[step.start].y if step.start else -1
        to = FAR if step.to.startswith("end:") else at[step.to].y
        if start != to:
            shares[start, to] = shares.get((start, to), 0.0) + step.share
    return shares


def _lines(ways: Mapping[tuple[int, int], float], boxes: Sequence[Box], foot: int) -> Iterable[str]:
    """Yield the straight steps down, drawn even where nobody takes them, and those that pass pages by."""
    tops = [-1, *(box.y for box in boxes), FAR]
    for start, to in pairwise(tops):
        share = ways.get((start, to), 0.0)
        above = TOP - GAP + 12 if start == -1 else start + BOX_HEIGHT
        below = foot if to == FAR else to
        yield _way(share, f"M{MIDDLE} {above}V{below - 3}")
        yield _text(MIDDLE + 8, (above + below) / 2 + 4, percent(share), "share start")
    jumps = [(key, share) for key, share in ways.items() if key not in set(pairwise(tops))]
    jumps.sort(key=lambda jump: abs(jump[0][1] - jump[0][0]))
    for number, ((start, to), share) in zip(_lanes([key for key, _ in jumps]), jumps, strict=True):
        x = max(10, BOX_X - 18 - LANE * number)
        begin = (start + BOX_HEIGHT * 0.7) if start >= 0 else TOP - 18
        end = (foot if to == FAR else to) + BOX_HEIGHT * 0.3
        line = f"M{BOX_X} {begin:.0f}H{x}V{end:.0f}H{BOX_X - 3}"
        if end > begin + 16:
            line = f"M{BOX_X} {begin:.0f}H{x + 8}q-8 0 -8 8V{end - 8:.0f}q0 8 8 8H{BOX_X - 3}"
        yield _way(share, line, " jump")
        text_x, kind = (x - 4, "share end") if x > 44 else (x + 4, "share start")
        yield _text(text_x, (begin + end) / 2 + number % 3 * 14, percent(share), kind)


def _lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each span the nearest lane that no other span there overlaps; the last where all are used."""
    used: list[list[tuple[int, int]]] = [[] for _ in range(LANES)]
    lanes = []
    for low, high in ((min(span), max(span)) for span in spans):
        free = (n for n, others in enumerate(used) if all(high <= a or b <= low for a, b in others))
        lane = next(free, LANES - 1)
        used[lane].append((low, high))
        lanes.append(lane)
    return lanes


def _box(
    kind: str,
    share: float,
    title: str,
    area: tuple[int, int, int, int, int],
    *texts: tuple[int, str, str],
) -> str:
    """Return a rounded box with lines of text, each at its distance from the top; marked where nobody comes."""
    x, y, width, height, corner = area
    lines = "".join(_text(x + width / 2, y + below, words, style) for below, words, style in texts)
    return (
        f'<g class="{kind if share else f"{kind} never"}"><title>{escape(title)}</title>'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}"/>{lines}</g>'
    )


def _way(share: float, line: str, kind: str = "") -> str:
    """Return a line as thick as the share of people who go that way, marked where nobody does."""
    never = "" if share else " never"
    return f'<path class="way{kind}{never}" stroke-width="{1 + 4 * share:.1f}" d="{line}"/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
