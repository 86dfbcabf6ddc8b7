"""The rehearsal itself: people who stand for shares, explorers, a search for the rest; then what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy

from questionnaires.lots import lot
from questionnaires.problems import Place
from questionnaires.rehearsal.bases import HIDDEN, MARKED, Base, bases, planned_people, used_by_report
from questionnaires.rehearsal.constants import constants
from questionnaires.rehearsal.counting import Counts
from questionnaires.rehearsal.dice import Dice
from questionnaires.rehearsal.findings import Findings
from questionnaires.rehearsal.looks import looks
from questionnaires.rehearsal.notes import Level, Note, Places
from questionnaires.rehearsal.outcome import Length, Outcome, PageRow
from questionnaires.rehearsal.proposals import Habits
from questionnaires.rehearsal.searching import Search
from questionnaires.rehearsal.walking import Walker
from questionnaires.rehearsal.watching import Sightings, Watch
from questionnaires.study import Study

PEOPLE = 2_000
EXPLORERS = 4
"""One explorer comes with so many of the people who stand for shares."""
MOST_MINUTES = 10
MOST_PAGE_WORDS = 300

_REPORT = Place("report.yaml")

Shares = Mapping[str, Mapping[str, float]]
"""By question, the share of each choice or band."""
Tell = Callable[[int, int], None]
"""Is told how many people have walked, and how many will."""


def rehearse(
    study: Study, people: int = PEOPLE, seed: int = 1, planned: int | None = None, tell: Tell | None = None
) -> Outcome:
    """Send simulated people through a questionnaire and return what was found; the same seed, the same outcome.

    `people` answer at random, or as `synthetic.yaml` foresees; a quarter as many explorers seek the values at
    which conditions turn; a search looks for outcomes that nobody met. `planned` is the number of real
    people that bases are expected from.
    """
    questionnaire, shares = study.questionnaire, _foreseen(study)
    watch, counts = Watch(questionnaire), Counts(questionnaire, used_by_report(study))
    explorers = -(-people // EXPLORERS)
    plain, every = _walked(watch, counts, shares, (people, explorers), seed, tell)
    places = Places("questionnaire.yaml", study.files["questionnaire.yaml"])
    planned_n = planned_people(study, planned)
    expected = bases(study, counts.rows, planned_n)
    rows, lengths = counts.page_rows(), counts.length_rows()
    notes = (
        *Findings(questionnaire, watch, plain, every, places).notes(),
        *_too_long(rows, lengths, places),
        *_small(expected, planned_n),
        *looks(study, places),
    )
    return Outcome(
        people=people,
        explorers=explorers,
        seed=seed,
        planned=planned_n,
        foreseen=bool(shares),
        notes=tuple(sorted(notes, key=lambda note: list(Level).index(note.level))),
        pages=rows,
        lengths=lengths,
        bases=expected,
        routes=counts.routes(),
    )


def _walked(
    watch: Watch, counts: Counts, shares: Shares, sizes: tuple[int, int], seed: int, tell: Tell | None
) -> tuple[Sightings, Sightings]:
    """Send everyone through; return what those saw who stand for shares, and what all saw."""
    people, explorers = sizes
    turning = constants(watch.questionnaire)
    walker = Walker(watch.questionnaire, Habits(shares, turning))
    plain = Sightings()
    for number in range(people):
        own = lot(seed, "rehearsal", str(number)) >> 1
        trip = walker.go(own, Dice(own, "answers"))
        plain.add(watch, trip)
        counts.add(trip)
        _told(tell, number + 1, people + explorers)
    every = deepcopy(plain)
    exploring = Walker(watch.questionnaire, Habits({}, turning))
    for number in range(explorers):
        own = lot(seed, "explorer", str(number)) >> 1
        every.add(watch, exploring.go(own, Dice(own, "answers"), explorer=True))
        _told(tell, people + number + 1, people + explorers)
    Search(exploring, watch, every, turning, seed).all()
    return plain, every


def _told(tell: Tell | None, done: int, of: int) -> None:
    if tell is not None:
        tell(done, of)


def _foreseen(study: Study) -> Shares:
    """Return the shares that the study foresees for its answers; a population's own share where it has one."""
    if study.truth is None:
        return {}
    return {**study.truth.answers, **study.truth.sample}


def _too_long(rows: tuple[PageRow, ...], lengths: tuple[Length, ...], places: Places) -> Iterator[Note]:
    slowest = max(lengths, key=lambda length: length.median)
    if slowest.median > MOST_MINUTES:
        values: dict[str, object] = {"minutes": f"{slowest.median:.0f}", "ninety": f"{slowest.ninetieth:.0f}"}
        values |= {"language": slowest.language, "limit": MOST_MINUTES}
        yield Note("minutes-long", places.of("questionnaire", ""), values)
    sections = {row.name: row.section for row in rows}
    told: set[str] = set()
    for length in sorted(lengths, key=lambda length: -length.longest_words):
        if length.longest_words > MOST_PAGE_WORDS and length.longest_page not in told:
            told.add(length.longest_page)
            values = {"name": length.longest_page, "words": length.longest_words, "limit": MOST_PAGE_WORDS}
            place = places.of("section", sections[length.longest_page])
            yield Note("page-long", place, {**values, "language": length.language})


def _small(expected: tuple[Base, ...], planned: int) -> Iterator[Note]:
    """Say it once of a question and segment: where the base is smallest."""
    smallest: dict[tuple[str, str], Base] = {}
    for base in expected:
        least = smallest.setdefault((base.question, base.segment), base)
        if base.people < least.people:
            smallest[base.question, base.segment] = base
    for base in smallest.values():
        if base.people < MARKED:
            hidden = base.people < HIDDEN
            values = {"what": _named(base), "people": int(base.people), "planned": planned}
            limit = HIDDEN if hidden else MARKED
            yield Note("base-hidden" if hidden else "base-small", _REPORT, {**values, "limit": limit})


def _named(base: Base) -> str:
    return f'"{base.question}" in {base.segment} {base.category}' if base.segment else f'"{base.question}"'
