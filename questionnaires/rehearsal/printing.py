"""A rehearsal for reading: as text for a terminal, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from questionnaires.rehearsal.bases import MARKED, Base
from questionnaires.rehearsal.notes import Level, Note
from questionnaires.rehearsal.outcome import Length, Outcome

HEADS = {Level.FAULT: "Faults", Level.WARNING: "Warnings", Level.NOTE: "Notes"}


def as_text(outcome: Outcome) -> str:
    """Return the outcome as paragraphs: faults, warnings, notes, the people's way, the smallest bases."""
    parts = [who(outcome)]
    for level, head in HEADS.items():
        notes = outcome.at(level)
        if notes:
            parts.append("\n".join([head, *(f"  {note}" for note in notes)]))
    parts.append("\n".join(["People's way", *_way(outcome)]))
    if outcome.bases:
        parts.append("\n".join([f"Smallest bases, with {outcome.planned} people planned", *_bases(outcome)]))
    return "\n\n".join(parts)


def who(outcome: Outcome) -> str:
    """Return one sentence on who walked."""
    how = "answering as synthetic.yaml foresees" if outcome.foreseen else "answering at random"
    return f"Rehearsed with {outcome.people} simulated people {how}, and {outcome.explorers} who look for the edges."


def _way(outcome: Outcome) -> Iterator[str]:
    language = outcome.lengths[0].language
    rows = [
        (row.name, percent(row.asked), str(row.words[language]), f"{row.seconds[language]:.0f}")
        for row in outcome.pages
    ]
    yield from _table([("page", "asked", f"words ({language})", "seconds"), *rows])
    if outcome.routes.ends[1:] or outcome.routes.stuck:
        yield ""
        ends = [
            (end.name or "thanks", "screened out" if end.after else "end", percent(end.share))
            for end in outcome.routes.ends
        ]
        stuck = [("(could not go on)", "", percent(outcome.routes.stuck))] if outcome.routes.stuck else []
        yield from _table([("ending", "", "people"), *ends, *stuck])
    yield ""
    yield from (_length(length) for length in outcome.lengths)


def _length(length: Length) -> str:
    if not length.median:
        return f"  {length.language}: nobody came to the end"
    return (
        f"  {length.language}: {length.median:.1f} minutes for half of the people, nine of ten within "
        f"{length.ninetieth:.1f}; longest page {length.longest_page}, {length.longest_words} words"
    )


def smallest(bases: Iterable[Base]) -> tuple[Base, ...]:
    """Return, for each question and segment, the category with the smallest base."""
    found: dict[tuple[str, str], Base] = {}
    for base in bases:
        key = base.question, base.segment
        if key not in found or base.people < found[key].people:
            found[key] = base
    return tuple(found.values())


def _bases(outcome: Outcome) -> Iterator[str]:
    rows = [
        (
            base.question,
            f"{base.segment} {base.category}" if base.segment else "everybody",
            percent(base.share),
            percent(base.asked),
            f"{int(base.people)}{' !' if base.people < MARKED else ''}",
            "population" if base.known else "simulated" if base.segment else "",
        )
        for base in smallest(outcome.bases)
    ]
    yield from _table([("question", "among", "share", "asked", "people", "share from"), *rows])


def percent(share: float) -> str:
    """Return a share as per cent; a small one that is not none keeps a digit."""
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else f"{100 * share:.1f} %"


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows in columns; numbers, which begin with a digit, stand at the right."""
    wide = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = [all(row[n][:1].isdigit() for row in rows[1:]) for n in range(len(rows[0]))]
    for row in rows:
        cells = (
            f"{cell:>{width}}" if at_right else f"{cell:<{width}}"
            for cell, width, at_right in zip(row, wide, right, strict=True)
        )
        yield ("  " + "  ".join(cells)).rstrip()


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain values: the same content as the text, and the steps between pages."""
    return {
        "people": outcome.people,
        "explorers": outcome.explorers,
        "seed": outcome.seed,
        "planned": outcome.planned,
        "foreseen": outcome.foreseen,
        "faults": [_note(note) for note in outcome.at(Level.FAULT)],
        "warnings": [_note(note) for note in outcome.at(Level.WARNING)],
        "notes": [_note(note) for note in outcome.at(Level.NOTE)],
        "pages": [asdict(page) for page in outcome.pages],
        "lengths": [asdict(length) for length in outcome.lengths],
        "bases": [asdict(base) for base in outcome.bases],
        "steps": [asdict(step) for step in outcome.routes.steps],
        "ends": [asdict(end) for end in outcome.routes.ends],
        "stuck": outcome.routes.stuck,
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "code": note.code,
        "file": note.place.file,
        "line": note.place.line,
        "question": note.place.question,
        "fact": note.fact,
        "remedy": note.remedy,
        "text": str(note),
    }
