"""A rehearsal for reading: as text for a terminal, as plain values for JSON, as tables in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from questionnaires.rehearsal.bases import MARKED, Base, smallest
from questionnaires.rehearsal.notes import RehearsalNote, Severity
from questionnaires.rehearsal.rehearsing import Outcome

HEADS = {Severity.FAULT: "Faults", Severity.WARNING: "Warnings", Severity.NOTE: "Notes"}
_CODE = re.compile(r"`([^`]*)`")


def who(outcome: Outcome) -> str:
    """Return one sentence on who walked."""
    how = "answering as synthetic.yaml foresees" if outcome.foreseen else "answering at random"
    return f"Rehearsed with {outcome.people} simulated people {how}, and {outcome.explorers} who look for the edges."


def percent(share: float) -> str:
    """Return a share as per cent; a small one that is not none keeps a digit."""
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else f"{100 * share:.1f} %"


def page_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return the pages with the words and seconds of the first language, ready to be printed."""
    language = outcome.lengths[0].language
    return [
        (row.name, percent(row.asked), str(row.words[language]), f"{row.seconds[language]:.0f}")
        for row in outcome.pages
    ]


def among(base: Base) -> str:
    return f"{base.segment} {base.category}" if base.segment else "everybody"


def as_text(outcome: Outcome) -> str:
    """Return the outcome as paragraphs: faults, warnings, notes, the people's way, the smallest bases."""
    parts = [who(outcome)]
    for severity, head in HEADS.items():
        notes = outcome.at(severity)
        if notes:
            parts.append("\n".join([head, *(f"  {note}" for note in notes)]))
    parts.append("\n".join(["People's way", *_way(outcome)]))
    if outcome.bases:
        rows = [
            (
                base.question,
                among(base),
                percent(base.share),
                percent(base.asked),
                f"{int(base.people)}{' !' if base.people < MARKED else ''}",
                "population" if base.known else "simulated" if base.segment else "",
            )
            for base in smallest(outcome.bases)
        ]
        table = _text_table([("question", "among", "share", "asked", "people", "share from"), *rows])
        parts.append("\n".join([f"Smallest bases, with {outcome.planned} people planned", *table]))
    return "\n\n".join(parts)


def _way(outcome: Outcome) -> Iterator[str]:
    language = outcome.lengths[0].language
    yield from _text_table([("page", "asked", f"words ({language})", "seconds"), *page_rows(outcome)])
    if outcome.routes.ends[1:] or outcome.routes.stuck:
        yield ""
        rows = [
            (end.name or "thanks", "screened out" if end.after else "end", percent(end.share))
            for end in outcome.routes.ends
        ]
        if outcome.routes.stuck:
            rows.append(("(could not go on)", "", percent(outcome.routes.stuck)))
        yield from _text_table([("ending", "", "people"), *rows])
    yield ""
    for length in outcome.lengths:
        if length.median:
            yield (
                f"  {length.language}: {length.median:.1f} minutes for half of the people, nine of ten within "
                f"{length.ninetieth:.1f}; longest page {length.longest_page}, {length.longest_words} words"
            )
        else:
            yield f"  {length.language}: nobody came to the end"


def _text_table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows in columns; numbers, which begin with a digit, stand at the right."""
    columns = range(len(rows[0]))
    widths = [max(len(row[column]) for row in rows) for column in columns]
    signs = [">" if all(row[column][:1].isdigit() for row in rows[1:]) else "<" for column in columns]
    for row in rows:
        cells = (f"{cell:{sign}{width}}" for cell, sign, width in zip(row, signs, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain values: the same content as the text, and the steps between pages."""
    return {
        "people": outcome.people,
        "explorers": outcome.explorers,
        "seed": outcome.seed,
        "planned": outcome.planned,
        "foreseen": outcome.foreseen,
        "faults": [_note_data(note) for note in outcome.at(Severity.FAULT)],
        "warnings": [_note_data(note) for note in outcome.at(Severity.WARNING)],
        "notes": [_note_data(note) for note in outcome.at(Severity.NOTE)],
        "pages": [asdict(page) for page in outcome.pages],
        "lengths": [asdict(length) for length in outcome.lengths],
        "bases": [asdict(base) for base in outcome.bases],
        "steps": [asdict(step) for step in outcome.routes.steps],
        "ends": [asdict(end) for end in outcome.routes.ends],
        "stuck": outcome.routes.stuck,
    }


def _note_data(note: RehearsalNote) -> dict[str, Any]:
    return {
        "code": note.code,
        "file": note.place.file,
        "line": note.place.line,
        "question": note.place.question,
        "fact": note.fact,
        "remedy": note.remedy,
        "text": str(note),
    }


def as_html(outcome: Outcome) -> str:
    """Return the notes, how long it takes, the pages and the smallest bases, as sections of a page."""
    sections = []
    for severity, head in HEADS.items():
        notes = outcome.at(severity)
        if notes:
            items = ""
            for note in notes:
                place = f"{note.place.file}:{note.place.line}" if note.place.line else note.place.file
                about = f"<strong>{escape(note.place.question)}</strong> " if note.place.question else ""
                words = _CODE.sub(r"<code>\1</code>", escape(f"{note.fact}; {note.remedy}."))
                items += f'<li>{about}{words} <span class="place">{escape(place)}</span></li>'
            title = f"{head} <small>{len(notes)}</small>"
            sections.append(f'<section class="{severity}"><h2>{title}</h2><ul>{items}</ul></section>')
    if not sections:
        sections.append('<section class="fine"><h2>Nothing to mend</h2></section>')
    rows: list[tuple[str, ...]] = [
        (x.language, f"{x.median:.1f}", f"{x.ninetieth:.1f}", f"{x.longest_page} ({x.longest_words} words)")
        for x in outcome.lengths
    ]
    names = ("Language", "Minutes", "Nine of ten", "Longest page")
    sections.append(_html_table("How long it takes", names, rows))
    names = ("Page", "Asked", f"Words ({outcome.lengths[0].language})", "Seconds")
    sections.append(_html_table("Pages", names, page_rows(outcome)))
    rows = [
        (base.question, among(base), percent(base.asked), str(int(base.people)))
        for base in smallest(outcome.bases)
    ]
    if rows:
        head = f"Smallest bases with {outcome.planned} people"
        sections.append(_html_table(head, ("Question", "Among", "Asked", "People"), rows))
    return "".join(sections)


def _html_table(head: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; columns of words stand at the left, numbers at the right."""
    kinds = ["" if all(row[n][:1].isdigit() for row in rows) else ' class="words"' for n in range(len(names))]
    top = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(names, kinds, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row" class="words">{escape(row[0])}</th>'
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<section><h2>{escape(head)}</h2><div class="scroll"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>"
    )
