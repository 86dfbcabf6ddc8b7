"""What stands beside the picture of the routes: the notes, and the tables, as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from questionnaires.rehearsal.notes import Note
from questionnaires.rehearsal.outcome import Outcome
from questionnaires.rehearsal.printing import HEADS, percent, smallest


def tables(outcome: Outcome) -> str:
    """Return the notes, how long it takes, the pages and the smallest bases."""
    return _notes(outcome) + _lengths(outcome) + _pages(outcome) + _bases(outcome)


def _notes(outcome: Outcome) -> str:
    parts = []
    for level, head in HEADS.items():
        notes = outcome.at(level)
        if notes:
            items = "".join(_note(note) for note in notes)
            parts.append(
                f'<section class="{level}"><h2>{head} <small>{len(notes)}</small></h2><ul>{items}</ul></section>'
            )
    return "".join(parts) or '<section class="fine"><h2>Nothing to mend</h2></section>'


_CODE = re.compile(r"`([^`]*)`")


def _note(note: Note) -> str:
    place = f"{note.place.file}:{note.place.line}" if note.place.line else note.place.file
    about = f"<strong>{escape(note.place.question)}</strong> " if note.place.question else ""
    words = _CODE.sub(r"<code>\1</code>", escape(f"{note.fact}; {note.remedy}."))
    return f'<li>{about}{words} <span class="place">{escape(place)}</span></li>'


def _lengths(outcome: Outcome) -> str:
    rows = [
        (x.language, f"{x.median:.1f}", f"{x.ninetieth:.1f}", f"{x.longest_page} ({x.longest_words} words)")
        for x in outcome.lengths
    ]
    return _table("How long it takes", ("Language", "Minutes", "Nine of ten", "Longest page"), rows)


def _pages(outcome: Outcome) -> str:
    language = outcome.lengths[0].language
    rows = [
        (row.name, percent(row.asked), str(row.words[language]), f"{row.seconds[language]:.0f}")
        for row in outcome.pages
    ]
    return _table("Pages", ("Page", "Asked", f"Words ({language})", "Seconds"), rows)


def _bases(outcome: Outcome) -> str:
    rows = [
        (
            base.question,
            f"{base.segment} {base.category}" if base.segment else "everybody",
            percent(base.asked),
            str(int(base.people)),
        )
        for base in smallest(outcome.bases)
    ]
    head = f"Smallest bases with {outcome.planned} people"
    return _table(head, ("Question", "Among", "Asked", "People"), rows) if rows else ""


def _table(head: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
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
