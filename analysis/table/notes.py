"""What a reader must know to judge the figures: who is missing, who is outside, how a file was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.table.column import number_of
from analysis.table.naming import listed, squeezed

NO_ANSWER = frozenset({"na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nat"})
"""What programs write, in lower case, where nobody answered."""
SNAPSHOT_CODES = frozenset(("-1", "-2", "-3", "-4", "-5"))
"""questionnaires.model.Missing as text, without the time that it takes to load that room."""


@dataclass(frozen=True)
class Note:
    """Something a reader must know to judge the figures; `count` is of rows unless the text says other."""

    code: str
    text: str
    column: str | None = None
    value: str | None = None
    count: int | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the note as `--format json` prints it."""
        return {
            "code": self.code,
            "column": self.column,
            "value": self.value,
            "count": self.count,
            "text": self.text,
        }


def missing_notes(unmatched: Sequence[str]) -> list[Note]:
    """Say which values were named as missing in vain; a snapshot's own codes are named together, met or not."""
    odd = [value for value in unmatched if value not in SNAPSHOT_CODES]
    if not odd:
        return []
    text = f"Nobody has {listed(odd)}, named as missing: look how the file writes it."
    return [Note("missing_unused", text, None, odd[0])]


def choice_notes(column: str, choices: Sequence[str]) -> list[Note]:
    """Say which choices may be no answer, and which may be one and the same but are counted apart."""
    notes = []
    silent = [choice for choice in choices if squeezed(choice).lower() in NO_ANSWER]
    if silent:
        text = (
            f"'{column}' has {listed(silent)}, counted like any other value: "
            "if it means no answer, name it with --missing."
        )
        notes.append(Note("missing_look", text, column, silent[0]))
    alike = _alike(choices)
    if alike:
        text = (
            f"'{column}' writes {listed(alike)} in more than one way, each counted apart: "
            "cells differ in spaces, in zeros or in characters of one look."
        )
        notes.append(Note("same_look", text, column, alike[0]))
    return notes


def _alike(choices: Sequence[str]) -> list[str]:
    """Return the first spelling of what is there in several; numbers among numbers are the same by their size."""
    numbers = [number_of(choice, ",") for choice in choices]
    keys = [squeezed(choice) for choice in choices] if None in numbers else numbers
    times = Counter(keys)
    first = dict(zip(reversed(keys), reversed(choices), strict=True))
    return [choice for key, choice in reversed(first.items()) if times[key] > 1]


def sample_notes(idle: int, inside: int, rows: int, conditions: Sequence[str], unequal: bool) -> list[Note]:
    """Say how many rows count for nothing or lie outside the domain, and where weights are called for."""
    notes = []
    if idle:
        have, stay = ("row has", "it stays") if idle == 1 else ("rows have", "they stay")
        text = f"{idle} {have} weight 0: {stay} in the design and {_are(idle)} in no base."
        notes.append(Note("zero_weight", text, count=idle))
    if conditions:
        text = (
            f"Only the {inside} of {rows} rows with {' and '.join(conditions)}; the others stay in the design."
        )
        notes.append(Note("where", text, count=inside))
    if unequal:
        text = "Strata were sampled at unequal rates and no weight is given: shares are the sample's."
        notes.append(Note("unweighted", text))
    return notes


def by_notes(column: str, rows: int, missing: int, outside: int, values: Sequence[str]) -> list[Note]:
    """Say how many of the domain's rows have no by-value, and how many lie outside all bands with `values`."""
    notes = []
    if missing:
        text = f"{missing} of {rows} rows {_are(missing, 'have')} no '{column}' and {_are(missing)} in no segment."
        notes.append(Note("missing_by", text, column, None, missing))
    if outside:
        text = (
            f"{outside} of {rows} rows {_are(outside, 'have')} '{column}' outside all bands and {_are(outside)} "
            f"in no segment: {listed(values)}."
        )
        notes.append(Note("outside_bands", text, column, None, outside))
    return notes


def answer_notes(question: str, rows: int, silent: int, apart: int) -> list[Note]:
    """Say how many of the domain's rows did not answer, and how many who did are `apart`, in no segment."""
    notes = []
    if silent:
        they = "it is" if silent == 1 else "they are"
        text = f"{silent} of {rows} rows {_are(silent, 'have')} no answer to '{question}': {they} not in its base."
        notes.append(Note("missing_question", text, question, None, silent))
    if apart:
        text = f"{apart} of the {rows - silent} who answered '{question}' {_are(apart)} in no segment."
        notes.append(Note("no_segment", text, question, None, apart))
    return notes


def _are(count: int, verb: str = "are") -> str:
    return verb if count != 1 else {"are": "is", "have": "has"}[verb]
