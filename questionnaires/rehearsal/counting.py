"""What is counted of the people who stand for shares: pages, steps, ends, words and seconds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from questionnaires.model import End, Questionnaire
from questionnaires.rehearsal.bases import Row
from questionnaires.rehearsal.length import NOTHING, PAGE_SECONDS, Effort, Lengths, quantile
from questionnaires.rehearsal.outcome import EndRow, Length, PageRow, Routes, Step
from questionnaires.rehearsal.walking import Trip
from questionnaires.routing import Page, pages
from questionnaires.texts import in_language

THANKS = "Thanks"
STUCK = "stuck"


@dataclass
class Counts:
    """Counts trips one by one; what comes out is in the order of the questionnaire, in its first language."""

    questionnaire: Questionnaire
    rows_of: frozenset[str]
    trips: int = 0
    rows: list[Row] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    efforts: dict[tuple[str, str], list[Effort]] = field(default_factory=dict)
    """By page and language, of each person who saw the page."""
    minutes: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lengths = Lengths(self.questionnaire.languages)
        order = [section.name for section in self.questionnaire.sections]
        self.pages = sorted(pages(self.questionnaire), key=lambda page: order.index(page.section.name))

    def add(self, trip: Trip) -> None:
        """Count one trip."""
        self.trips += 1
        if trip.way.settled and trip.stuck is None:
            self.rows.append(
                {name: trip.way.settled[name] for name in self.rows_of if name in trip.way.settled}
            )
        names = list(dict.fromkeys(page.name for page in trip.pages))
        self.seen.update(names)
        end = STUCK if trip.stuck else "end:" + (trip.end.name if trip.end else "")
        self.ends[end] += 1
        self.steps.update(zip(["", *names], [*names, end], strict=True))
        for language in self.questionnaire.languages:
            self._lengths(trip, language)

    def _lengths(self, trip: Trip, language: str) -> None:
        total = NOTHING
        sections: set[str] = set()
        for page, shown in zip(trip.pages, trip.shown, strict=True):
            effort = self.lengths.page(page.section, page.section.name not in sections, shown, language)
            effort += Effort(0, PAGE_SECONDS)
            sections.add(page.section.name)
            self.efforts.setdefault((page.name, language), []).append(effort)
            total += effort
        if trip.stuck is None and trip.way.screened is None:
            self.minutes.setdefault(language, []).append(total.seconds / 60)

    def page_rows(self) -> tuple[PageRow, ...]:
        return tuple(self._page(page) for page in self.pages)

    def _page(self, page: Page) -> PageRow:
        efforts = {
            language: self.efforts.get((page.name, language), []) for language in self.questionnaire.languages
        }
        return PageRow(
            name=page.name,
            section=page.section.name,
            title=in_language(page.section.title, self.questionnaire.languages[0]),
            asked=self._share(self.seen[page.name]),
            questions=tuple(question.name for question in page.questions),
            words={name: int(quantile([e.words for e in all_], 0.5)) for name, all_ in efforts.items()},
            seconds={
                name: round(quantile([e.seconds for e in all_], 0.5), 1) for name, all_ in efforts.items()
            },
        )

    def length_rows(self) -> tuple[Length, ...]:
        return tuple(self._length(language) for language in self.questionnaire.languages)

    def _length(self, language: str) -> Length:
        minutes = self.minutes.get(language, [])
        longest = {
            page.name: max((e.words for e in self.efforts.get((page.name, language), [])), default=0)
            for page in self.pages
        }
        page = max(longest, key=lambda name: longest[name])
        median, ninetieth = (round(quantile(minutes, share), 2) for share in (0.5, 0.9))
        return Length(language, median, ninetieth, page, longest[page])

    def routes(self) -> Routes:
        steps = tuple(Step(start, to, self._share(n)) for (start, to), n in sorted(self.steps.items()))
        blocks = {page.name: page.section.block for page in self.pages if page.section.block}
        return Routes(steps, self._ends(), blocks, self._share(self.ends[STUCK]))

    def _ends(self) -> tuple[EndRow, ...]:
        found = []
        last = {page.section.name: page.name for page in self.pages}
        for section in self.questionnaire.sections:
            found += [self._end(end, last[section.name]) for end in section.screen_out]
        found += [self._end(end) for end in self.questionnaire.ends]
        if all(end.condition is not None for end in self.questionnaire.ends):
            found.append(EndRow("", THANKS, self._share(self.ends["end:"])))
        return tuple(found)

    def _end(self, end: End, after: str = "") -> EndRow:
        title = in_language(end.title, self.questionnaire.languages[0])
        return EndRow(end.name, title, self._share(self.ends["end:" + end.name]), after)

    def _share(self, count: int) -> float:
        return count / self.trips if self.trips else 0.0
