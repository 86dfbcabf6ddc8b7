"""What people meet on the way: pages, steps, ends, words, and the time it takes.

The time is an assumption, to be replaced by the medians of real page timings. Reading: 238 words a minute in
English, the mean of silent reading of non-fiction over 190 studies (Brysbaert 2019, Journal of Memory and
Language 109); 190 in Ukrainian and Russian, which say the same in about a fifth fewer words, as that paper
expects of the rate. An option takes half a second (a whole one where several may be ticked): lists are scanned, so
only words beyond the sixth count more, at half that time, and hints of options nothing. To this comes the handling
of each type of question in HANDLING. An answer of an earlier question within a text counts as one word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from questionnaires.model import Answer, End, Question, Questionnaire, Section, Text
from questionnaires.piping import plain
from questionnaires.question_types.choosing import places_of
from questionnaires.rehearsal.trips import Trip
from questionnaires.routing import pages
from questionnaires.texts import in_language

THANKS = "Thanks"
STUCK = "stuck"
WORDS_A_MINUTE = {"en": 238, "uk": 190, "ru": 190}
USUAL_RATE = 190
PAGE_SECONDS = 2.0
"""Finding the button, and the next page coming."""
OPTION_SECONDS = 0.5
QUICK_WORDS = 6
SPECIAL_WORDS = 3
HANDLING: Mapping[str, float] = {
    "single": 2, "scale": 1, "pair": 3, "list": 5, "several": 3, "matrix": 1, "reply_time": 4, "ranking": 4,
    "number": 4, "date": 7, "text": 12, "consent": 3, "information": 0, "vignette": 3,
}  # fmt: skip
"""Seconds to think, choose and tick; a text of several lines takes LONG_TEXT if it is required."""
LONG_TEXT = 35.0
ROW_SECONDS = 2.5
PLACE_SECONDS = 3.0
LISTED = 25
"""The options of a long list that are looked at."""


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
class RouteStep:
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

    steps: tuple[RouteStep, ...]
    ends: tuple[EndRow, ...]
    blocks: Mapping[str, str]
    stuck: float = 0.0


@dataclass(frozen=True)
class Effort:
    """What a page or a question asks of a reader: words on the screen, and seconds."""

    words: int
    seconds: float

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.words + other.words, self.seconds + other.seconds)


def words(text: str) -> int:
    """Return the number of words of a text; a placeholder is one."""
    return len(plain(text).split())


def reading_effort(texts: Iterable[Text], language: str) -> Effort:
    """Return the effort of reading texts from beginning to end."""
    count = sum(words(text.get(language, "")) for text in texts)
    return Effort(count, count * seconds_a_word(language))


def seconds_a_word(language: str) -> float:
    return 60 / WORDS_A_MINUTE.get(language, USUAL_RATE)


def question_effort(question: Question, language: str) -> Effort:
    """Return the effort of a question as it is seen: filtered choices, limits filled in."""
    seconds = HANDLING.get(question.type, 0.0)
    if question.type == "text" and question.lines > 1 and question.required:
        seconds = LONG_TEXT
    if question.type == "ranking":
        seconds += PLACE_SECONDS * places_of(question)
    stem = [question.text, question.hint, question.unit, question.low, question.high]
    parts = [reading_effort(stem, language)]
    if question.type in ("consent", "text"):
        parts.append(reading_effort([question.label], language))
    parts += [reading_effort([item.text], language) + Effort(0, ROW_SECONDS) for item in question.items]
    choices = question.choices if question.type != "vignette" else ()
    for choice in choices if question.type != "list" else choices[:LISTED]:
        count = words(choice.text.get(language, ""))
        # Where several may be ticked, each option is decided for itself.
        each = 2 * OPTION_SECONDS if question.type == "several" else OPTION_SECONDS
        option_seconds = each + max(0, count - QUICK_WORDS) * seconds_a_word(language) / 2
        parts.append(Effort(count + words(choice.hint.get(language, "")), option_seconds))
    parts += [Effort(SPECIAL_WORDS, OPTION_SECONDS) for _ in question.special]
    return sum(parts, Effort(0, seconds))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of values do not exceed; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))] if ordered else 0.0


@dataclass
class RouteCounts:
    """Counts the trips of people who stand for shares; results are in the questionnaire's order and language."""

    questionnaire: Questionnaire
    rows_of: frozenset[str]
    """The questions whose answers are kept: those that the report uses."""
    trips: int = 0
    rows: list[Mapping[str, Answer]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    efforts: dict[tuple[str, str], list[Effort]] = field(default_factory=dict)
    """By page and language, of each person who saw the page."""
    minutes: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The efforts of texts and questions, each counted once as it is seen.
        self._efforts: dict[tuple[object, ...], Effort] = {}
        self.languages = self.questionnaire.languages
        order = [section.name for section in self.questionnaire.sections]
        self.pages = sorted(pages(self.questionnaire), key=lambda page: order.index(page.section.name))

    def add(self, trip: Trip) -> None:
        """Count one trip."""
        self.trips += 1
        settled = trip.way.settled
        if settled and trip.stuck is None:
            self.rows.append({name: settled[name] for name in self.rows_of if name in settled})
        names = list(dict.fromkeys(page.name for page in trip.pages))
        self.seen.update(names)
        end = STUCK if trip.stuck else "end:" + (trip.end.name if trip.end else "")
        self.ends[end] += 1
        self.steps.update(zip(["", *names], [*names, end], strict=True))
        for language in self.languages:
            seconds = 0.0
            sections: set[str] = set()
            for page, questions in zip(trip.pages, trip.shown, strict=True):
                first = page.section.name not in sections
                sections.add(page.section.name)
                effort = self._page_effort(page.section, first, questions, language)
                self.efforts.setdefault((page.name, language), []).append(effort)
                seconds += effort.seconds
            if trip.stuck is None and trip.way.screened is None:
                self.minutes.setdefault(language, []).append(seconds / 60)

    def _page_effort(
        self, section: Section, first: bool, questions: Iterable[Question], language: str
    ) -> Effort:
        """Return the effort of one page; the first page of a section shows its intro too."""
        key: tuple[object, ...] = (section.name, first, language)
        if key not in self._efforts:
            texts = [section.title, section.intro] if first else [section.title]
            self._efforts[key] = reading_effort(texts, language)
        effort = self._efforts[key]
        for question in questions:
            key = (question.name, frozenset(choice.code for choice in question.choices), language, "")
            if key not in self._efforts:
                self._efforts[key] = question_effort(question, language)
            effort += self._efforts[key]
        return effort + Effort(0, PAGE_SECONDS)

    def page_rows(self) -> tuple[PageRow, ...]:
        """Return how many people see each page, and the effort of those who do."""
        rows = []
        for page in self.pages:
            efforts = {language: self.efforts.get((page.name, language), []) for language in self.languages}
            word_counts = {name: [effort.words for effort in each] for name, each in efforts.items()}
            seconds = {name: [effort.seconds for effort in each] for name, each in efforts.items()}
            rows.append(
                PageRow(
                    name=page.name,
                    section=page.section.name,
                    title=in_language(page.section.title, self.languages[0]),
                    asked=self._share(self.seen[page.name]),
                    questions=tuple(question.name for question in page.questions),
                    words={name: int(quantile(counts, 0.5)) for name, counts in word_counts.items()},
                    seconds={name: round(quantile(each, 0.5), 1) for name, each in seconds.items()},
                )
            )
        return tuple(rows)

    def lengths(self) -> tuple[Length, ...]:
        """Return how long the questionnaire is in each language."""
        lengths = []
        for language in self.languages:
            most_words = {
                page.name: max((e.words for e in self.efforts.get((page.name, language), [])), default=0)
                for page in self.pages
            }
            longest = max(most_words, key=lambda name: most_words[name])
            minutes = self.minutes.get(language, [])
            median, ninetieth = (round(quantile(minutes, share), 2) for share in (0.5, 0.9))
            lengths.append(Length(language, median, ninetieth, longest, most_words[longest]))
        return tuple(lengths)

    def routes(self) -> Routes:
        """Return the steps between pages and the ends, as shares of all people."""
        steps = tuple(RouteStep(start, to, self._share(n)) for (start, to), n in sorted(self.steps.items()))
        blocks = {page.name: page.section.block for page in self.pages if page.section.block}
        last = {page.section.name: page.name for page in self.pages}
        ends = [
            self._end_row(end, last[section.name])
            for section in self.questionnaire.sections
            for end in section.screen_out
        ]
        ends += [self._end_row(end) for end in self.questionnaire.ends]
        if all(end.condition is not None for end in self.questionnaire.ends):
            ends.append(EndRow("", THANKS, self._share(self.ends["end:"])))
        return Routes(steps, tuple(ends), blocks, self._share(self.ends[STUCK]))

    def _end_row(self, end: End, after: str = "") -> EndRow:
        title = in_language(end.title, self.languages[0])
        return EndRow(end.name, title, self._share(self.ends["end:" + end.name]), after)

    def _share(self, count: int) -> float:
        return count / self.trips if self.trips else 0.0
