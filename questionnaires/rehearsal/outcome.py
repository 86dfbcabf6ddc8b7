"""The outcome of a rehearsal as one frozen value, which is printed, drawn or written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.rehearsal.bases import Base
from questionnaires.rehearsal.notes import Level, Note


@dataclass(frozen=True)
class PageRow:
    """One page: the share of people who see it; median words and seconds of those, by language."""

    name: str
    section: str
    title: str
    asked: float
    questions: tuple[str, ...]
    words: Mapping[str, int]
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Length:
    """The expected minutes in one language, over simulated people, and the page with most words."""

    language: str
    median: float
    ninetieth: float
    longest_page: str
    longest_words: int


@dataclass(frozen=True)
class Step:
    """How many of all people go from one page to the next; `to` is a page, or `end:` and a name, or `stuck`."""

    start: str
    to: str
    share: float


@dataclass(frozen=True)
class EndRow:
    """One page that ends the questionnaire, and the share of people who see it.

    `after` is the page behind which a screen-out stands; "" for an end of everybody. The form's own thanks
    have the name "".
    """

    name: str
    title: str
    share: float
    after: str = ""


@dataclass(frozen=True)
class Routes:
    """The steps between pages, the ends, and by page the block in whose random order it is shown."""

    steps: tuple[Step, ...]
    ends: tuple[EndRow, ...]
    blocks: Mapping[str, str]
    stuck: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a rehearsal of a study found; shares are of `people`, who answer at random or as foreseen."""

    people: int
    explorers: int
    seed: int
    planned: int
    foreseen: bool
    """Whether people answered with the shares of `synthetic.yaml`."""
    notes: tuple[Note, ...]
    pages: tuple[PageRow, ...]
    lengths: tuple[Length, ...]
    bases: tuple[Base, ...]
    routes: Routes

    def at(self, level: Level) -> tuple[Note, ...]:
        """Return the notes of one level."""
        return tuple(note for note in self.notes if note.level is level)
