"""The rehearsal itself: people who stand for shares, explorers, a search for the rest; then what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from questionnaires.lots import lot
from questionnaires.rehearsal.bases import Base, bases, planned_people, used_by_report
from questionnaires.rehearsal.candidates import turning_points
from questionnaires.rehearsal.conditions import Conditions, Search, Sightings
from questionnaires.rehearsal.findings import WalkNotes, base_notes, length_notes, text_notes
from questionnaires.rehearsal.notes import Places, RehearsalNote, Severity
from questionnaires.rehearsal.proposals import Dice, Habits
from questionnaires.rehearsal.routes import Length, PageRow, RouteCounts, Routes
from questionnaires.rehearsal.trips import Walker
from questionnaires.study import Study

PEOPLE = 2_000
EXPLORERS = 4
"""One explorer comes with so many of the people who stand for shares."""

Tell = Callable[[int, int], None]
"""Is told how many people have walked, and how many will."""


@dataclass(frozen=True)
class Outcome:
    """What a rehearsal of a study found; shares are of `people`, who answer at random or as foreseen."""

    people: int
    explorers: int
    seed: int
    planned: int
    foreseen: bool
    """Whether people answered with the shares of `synthetic.yaml`."""
    notes: tuple[RehearsalNote, ...]
    pages: tuple[PageRow, ...]
    lengths: tuple[Length, ...]
    bases: tuple[Base, ...]
    routes: Routes

    def at(self, severity: Severity) -> tuple[RehearsalNote, ...]:
        """Return the notes of one severity."""
        return tuple(note for note in self.notes if note.severity is severity)


def rehearse(
    study: Study, people: int = PEOPLE, seed: int = 1, planned: int | None = None, tell: Tell | None = None
) -> Outcome:
    """Send simulated people through a questionnaire and return what was found; the same seed, the same outcome.

    `people` answer at random, or as `synthetic.yaml` foresees; a quarter as many explorers seek the values at
    which conditions turn; a search looks for outcomes that nobody met. `planned` is the number of real
    people that bases are expected from.
    """
    # A population's own share comes before the one foreseen for the answer.
    shares = {**study.truth.answers, **study.truth.sample} if study.truth else {}
    questionnaire, explorers = study.questionnaire, -(-people // EXPLORERS)
    conditions, counts = Conditions(questionnaire), RouteCounts(questionnaire, used_by_report(study))
    plain, every = _walk(conditions, counts, shares, people, explorers, seed, tell)
    places = Places("questionnaire.yaml", study.files["questionnaire.yaml"])
    planned_n = planned_people(study, planned)
    expected = bases(study, counts.rows, planned_n)
    rows, lengths = counts.page_rows(), counts.lengths()
    notes = (
        *WalkNotes(questionnaire, conditions, plain, every, places).all(),
        *length_notes(rows, lengths, places),
        *base_notes(expected, planned_n),
        *text_notes(study, places),
    )
    return Outcome(
        people=people,
        explorers=explorers,
        seed=seed,
        planned=planned_n,
        foreseen=bool(shares),
        notes=tuple(sorted(notes, key=lambda note: list(Severity).index(note.severity))),
        pages=rows,
        lengths=lengths,
        bases=expected,
        routes=counts.routes(),
    )


def _walk(
    conditions: Conditions,
    counts: RouteCounts,
    shares: Mapping[str, Mapping[str, float]],
    people: int,
    explorers: int,
    seed: int,
    tell: Tell | None,
) -> tuple[Sightings, Sightings]:
    """Send everyone through; return what those saw who stand for shares, and what all saw."""
    questionnaire = conditions.questionnaire
    points = turning_points(questionnaire)
    plain, walker = Sightings(), Walker(questionnaire, Habits(shares, points))
    for number in range(people):
        own = lot(seed, "rehearsal", str(number)) >> 1
        trip = walker.go(own, Dice(own, "answers"))
        plain.add(conditions, trip)
        counts.add(trip)
        if tell:
            tell(number + 1, people + explorers)
    every, exploring = deepcopy(plain), Walker(questionnaire, Habits({}, points))
    for number in range(explorers):
        own = lot(seed, "explorer", str(number)) >> 1
        every.add(conditions, exploring.go(own, Dice(own, "answers"), explorer=True))
        if tell:
            tell(people + number + 1, people + explorers)
    Search(exploring, conditions, every, seed).run()
    return plain, every
