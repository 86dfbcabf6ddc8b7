"""How long it takes: words as a person sees them, and seconds expected of a reader.

An assumption, to be replaced by the medians of real page timings. Reading: 238 words a minute in English, the
mean of silent reading of non-fiction over 190 studies (Brysbaert 2019, Journal of Memory and Language 109);
190 in Ukrainian and Russian, which say the same in about a fifth fewer words, as that paper expects of the rate.
An option takes half a second (a whole one where several may be ticked): lists are scanned, so only words beyond
the sixth count more, at half that time, and hints of options nothing. To this comes the handling of each type of
question in HANDLING. An answer of an earlier question within a text counts as one word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from questionnaires.model import Question, Section, Text
from questionnaires.piping import plain
from questionnaires.question_types.ranking import places_of

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
class Effort:
    """What a page or a question asks of a reader: words on the screen, and seconds."""

    words: int
    seconds: float

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.words + other.words, self.seconds + other.seconds)


NOTHING = Effort(0, 0.0)


def words(text: str) -> int:
    """Return the number of words of a text; a placeholder is one."""
    return len(plain(text).split())


def of_section(section: Section, language: str, first: bool) -> Effort:
    """Return the effort of a page's own words: its title, on the first page of a section the intro too."""
    return _reading([section.title, section.intro] if first else [section.title], language)


def of_question(question: Question, language: str) -> Effort:
    """Return the effort of a question as it is seen: filtered choices, limits filled in."""
    stem = _reading([question.text, question.hint, question.unit, question.low, question.high], language)
    if question.type in ("consent", "text"):
        stem += _reading([question.label], language)
    rows = [_reading([item.text], language) + Effort(0, ROW_SECONDS) for item in question.items]
    shown = question.choices if question.type != "vignette" else ()
    read = shown if question.type != "list" else shown[:LISTED]
    options = [_option(choice.text, choice.hint, language, question.type) for choice in read]
    options += [Effort(SPECIAL_WORDS, OPTION_SECONDS) for _ in question.special]
    return sum([stem, *rows, *options], Effort(0, _handling(question)))


def _handling(question: Question) -> float:
    if question.type == "text" and question.lines > 1 and question.required:
        return LONG_TEXT
    places = PLACE_SECONDS * places_of(question) if question.type == "ranking" else 0.0
    return HANDLING.get(question.type, 0.0) + places


def _reading(texts: Iterable[Text], language: str) -> Effort:
    count = sum(words(text.get(language, "")) for text in texts)
    return Effort(count, count * _second(language))


def _option(text: Text, hint: Text, language: str, kind: str) -> Effort:
    count = words(text.get(language, ""))
    each = 2 * OPTION_SECONDS if kind == "several" else OPTION_SECONDS  # each is decided for itself
    seconds = each + max(0, count - QUICK_WORDS) * _second(language) / 2
    return Effort(count + words(hint.get(language, "")), seconds)


def _second(language: str) -> float:
    return 60 / WORDS_A_MINUTE.get(language, USUAL_RATE)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of values do not exceed; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))] if ordered else 0.0


class Lengths:
    """Counts words and seconds of pages as people see them, each question as seen only once."""

    def __init__(self, languages: Sequence[str]) -> None:
        self.languages = tuple(languages)
        self._known: dict[tuple[object, ...], Effort] = {}

    def page(self, section: Section, first: bool, shown: Iterable[Question], language: str) -> Effort:
        """Return the effort of one page as one person saw it."""
        own = self._once((section.name, first, language), lambda: of_section(section, language, first))
        return sum((self.question(question, language) for question in shown), own)

    def question(self, question: Question, language: str) -> Effort:
        offered = frozenset(choice.code for choice in question.choices)
        return self._once((question.name, offered, language, ""), lambda: of_question(question, language))

    def _once(self, key: tuple[object, ...], effort: Callable[[], Effort]) -> Effort:
        if key not in self._known:
            self._known[key] = effort()
        return self._known[key]
