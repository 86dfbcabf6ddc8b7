"""Findings → notes: what nobody gets past, what never happens, what is too long, too few or left unfinished.

Some come from the people who walked, some can be seen without anyone walking: lists too long, grids too large for
a phone, texts not translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from questionnaires.expressions import names
from questionnaires.model import Questionnaire, Text
from questionnaires.problems import Place
from questionnaires.question_types import QUESTION_TYPES
from questionnaires.rehearsal.bases import HIDDEN, MARKED, Base, smallest
from questionnaires.rehearsal.conditions import Condition, Conditions, Sightings
from questionnaires.rehearsal.notes import Places, RehearsalNote
from questionnaires.rehearsal.routes import Length, PageRow, words
from questionnaires.study import Study
from questionnaires.versions.formulas import written

RARE = 0.02
MOST_MINUTES = 10
MOST_PAGE_WORDS = 300
MOST_ITEMS, MOST_GRID_CHOICES = 5, 7
MOST_CHOICES, MOST_RANKED = 12, 7
MOST_CHOICE_WORDS = 8
_GAP = re.compile(r"\[[^\[\]{}]{2,}\]")
SAME_WORDS = 3
"""Texts of more words that are alike in two languages were probably forgotten."""

NEVER = {
    "question": "never-asked",
    "item": "item-never-asked",
    "choice": "choice-never-offered",
    "screen_out": "screen-out-never",
}
ALWAYS = {
    "question": "always-asked",
    "item": "item-always-asked",
    "choice": "choice-always-offered",
    "screen_out": "screen-out-always",
    "end": "end-always",
}
"""The code of the note about a condition of each kind that was true for nobody, or for everyone."""


@dataclass(frozen=True)
class WalkNotes:
    """Reads the sightings of a rehearsal; `plain` are the people who stand for shares, `every` all of them."""

    questionnaire: Questionnaire
    conditions: Conditions
    plain: Sightings
    every: Sightings
    places: Places

    def all(self) -> Iterator[RehearsalNote]:
        yield from self._stuck()
        for condition in self.conditions.all:
            yield from self._condition(condition)
        # What nobody reached is said once, of the first question: those after it follow from it. Where everyone
        # stood still before, that is said already.
        evaluated = {c.question for c in self.conditions.all if c.kind == "question" and self.every.of(c)}
        missed = [
            question.name
            for question in self.questionnaire.questions
            if QUESTION_TYPES[question.type].shown
            and not self.every.asked[question.name]
            and question.name not in evaluated
        ]
        if missed and sum(self.every.stuck.values()) != self.every.trips:
            more = f" (nor {len(missed) - 1} of those after it)" if missed[1:] else ""
            yield RehearsalNote("never-reached", self.places.of("question", missed[0]), {"more": more})
        yield from self._ends()
        for question in self.questionnaire.questions:
            share = self.plain.asked[question.name] / self.plain.trips if self.plain.trips else 1.0
            if self.every.asked[question.name] and share < RARE and QUESTION_TYPES[question.type].asks:
                values = {"share": f"{100 * share:.1f} %" if share else "none"}
                yield RehearsalNote("question-rare", self.places.of("question", question.name), values)

    def _stuck(self) -> Iterator[RehearsalNote]:
        """Say once of each question and check where people stood still or had no answer, most of them first."""
        checks = {condition.name: condition for condition in self.conditions.all if condition.kind == "check"}
        for (question, check), count in self.every.stuck.most_common():
            says = self.every.says[check or question]
            values: dict[str, object] = {"people": count, "trips": self.every.trips, "says": says}
            if not check:
                yield RehearsalNote("stuck", self.places.of("question", question), values)
                continue
            outcomes = self.every.of(checks[check])
            if outcomes[True] or outcomes[None]:
                values["condition"] = self._written(checks[check])
                yield RehearsalNote("check-blocks", self.places.of("check", check, question), values)
        stuck = {question for question, check in self.every.stuck if not check}
        for question, count in self.every.unanswerable.most_common():
            if question not in stuck:
                values = {"people": count, "trips": self.every.trips, "says": self.every.says[question]}
                yield RehearsalNote("unanswerable", self.places.of("question", question), values)

    def _condition(self, condition: Condition) -> Iterator[RehearsalNote]:
        outcomes = self.every.of(condition)
        if not outcomes:
            return
        if condition.kind == "check":
            code = "" if outcomes[False] else "check-never-fails"
            if not (outcomes[True] or outcomes[None]):
                code = "check-always-fails"
            if code:
                values = {"condition": self._written(condition)}
                yield RehearsalNote(code, self.places.of("check", condition.name), values)
            return
        is_end = condition.kind in ("screen_out", "end")
        about = ("end", condition.name) if is_end else ("question", condition.question)
        place = self.places.of(*about)
        name = condition.name.partition(".")[2] if condition.kind == "item" else condition.name
        values = {"name": name, "condition": self._written(condition)}
        if not outcomes[True] and condition.kind in NEVER:
            # It may need a question which is never asked either: mending that may be enough.
            met = {q.name for q in self.questionnaire if self.every.asked[q.name]}
            met |= {q.name for q in self.questionnaire if not QUESTION_TYPES[q.type].asks}
            missing = sorted(names(condition.tree) - met)
            because = f' ("{missing[0]}", which it needs, is never asked either)' if missing else ""
            yield RehearsalNote(NEVER[condition.kind], place, {**values, "because": because})
        if outcomes[True] and not (outcomes[False] or outcomes[None]):
            yield RehearsalNote(ALWAYS[condition.kind], place, values)

    def _ends(self) -> Iterator[RehearsalNote]:
        """An end may be true for nobody, or stand behind another that always comes first."""
        # Where nobody came to an end, that is said already.
        if not sum(self.every.ends.values()) and self.every.stuck:
            return
        evaluated = {
            condition.name for condition in self.conditions.of("end", "") if self.every.of(condition)
        }
        for end in self.questionnaire.ends:
            if self.every.ends[end.name]:
                continue
            why = "another end always comes first"
            if end.condition is not None and end.name in evaluated:
                why = f"`{written(end.condition, self.questionnaire)}` was true for nobody"
            yield RehearsalNote("end-never", self.places.of("end", end.name), {"name": end.name, "why": why})

    def _written(self, condition: Condition) -> str:
        return written(condition.tree, self.questionnaire)


def length_notes(
    rows: Sequence[PageRow], lengths: Sequence[Length], places: Places
) -> Iterator[RehearsalNote]:
    """Say that the questionnaire takes too long, and once of each page that it has too many words."""
    slowest = max(lengths, key=lambda length: length.median)
    if slowest.median > MOST_MINUTES:
        values: dict[str, object] = {"minutes": f"{slowest.median:.0f}", "ninety": f"{slowest.ninetieth:.0f}"}
        values |= {"language": slowest.language, "limit": MOST_MINUTES}
        yield RehearsalNote("minutes-long", places.of("questionnaire", ""), values)
    sections = {row.name: row.section for row in rows}
    pages: set[str] = set()
    for length in sorted(lengths, key=lambda length: -length.longest_words):
        page = length.longest_page
        if length.longest_words > MOST_PAGE_WORDS and page not in pages:
            pages.add(page)
            values = {"name": page, "words": length.longest_words, "limit": MOST_PAGE_WORDS}
            values["language"] = length.language
            yield RehearsalNote("page-long", places.of("section", sections[page]), values)


def base_notes(bases: Iterable[Base], planned: int) -> Iterator[RehearsalNote]:
    """Say once of a question and segment that a base is too small: where it is smallest."""
    for base in smallest(bases):
        if base.people < MARKED:
            among = f" in {base.segment} {base.category}" if base.segment else ""
            hidden = base.people < HIDDEN
            values = {"what": f'"{base.question}"{among}', "people": int(base.people), "planned": planned}
            values["limit"] = HIDDEN if hidden else MARKED
            yield RehearsalNote("base-hidden" if hidden else "base-small", Place("report.yaml"), values)


def text_notes(study: Study, places: Places) -> Iterator[RehearsalNote]:
    """Yield the notes about questions, and the study's title, as they are written."""
    record = Place("study.yaml")
    yield from _unfilled("the title", study.record.title, record)
    yield from _unfilled("the frame", {"": study.record.frame}, record)
    for section in study.questionnaire.sections:
        place = places.of("section", section.name)
        yield from _proof_read("the title of the page", section.title, place)
        yield from _proof_read("the intro of the page", section.intro, place)
    for question in study.questionnaire.questions:
        place = places.of("question", question.name)
        choices = question.choices if question.type not in ("list", "vignette") else ()
        count = len(question.choices)
        if question.items and (len(question.items) > MOST_ITEMS or count > MOST_GRID_CHOICES):
            most = {"most_items": MOST_ITEMS, "most_choices": MOST_GRID_CHOICES}
            yield RehearsalNote("grid-large", place, {"items": len(question.items), "choices": count, **most})
        if question.type == "ranking" and count > MOST_RANKED:
            yield RehearsalNote("ranking-long", place, {"choices": count, "most": MOST_RANKED})
        if question.type in ("single", "several", "reply_time", "pair") and count > MOST_CHOICES:
            yield RehearsalNote("list-long", place, {"choices": count, "most": MOST_CHOICES})
        # Of a choice it is said once, where it is longest.
        for choice in choices:
            counts = {language: words(text) for language, text in choice.text.items()}
            language = max(counts, key=lambda name: counts[name])
            if counts[language] > MOST_CHOICE_WORDS and not choice.write:
                values = {"name": choice.name, "words": counts[language], "most": MOST_CHOICE_WORDS}
                values |= {"language": language, "text": choice.text[language]}
                yield RehearsalNote("choice-long", place, values)
        texts = [("the text", question.text), ("the hint", question.hint), ("the label", question.label)]
        texts += [(f'the item "{item.name.partition(".")[2]}"', item.text) for item in question.items]
        texts += [(f'the choice "{choice.name}"', choice.text) for choice in choices]
        for key, text in texts:
            yield from _proof_read(key, text, place)


def _proof_read(key: str, text: Text, place: Place) -> Iterator[RehearsalNote]:
    """Say that two languages have the same words, and that a gap is not filled."""
    languages: dict[str, str] = {}
    for language, phrase in text.items():
        earlier = languages.setdefault(phrase, language)
        if earlier != language and words(phrase) > SAME_WORDS:
            values = {"key": key, "first": earlier, "second": language, "text": phrase[:60]}
            yield RehearsalNote("text-same", place, values)
            break
    yield from _unfilled(key, text, place)


def _unfilled(key: str, text: Text, place: Place) -> Iterator[RehearsalNote]:
    """A text in square brackets is a gap that a template left for its author."""
    gap = next((match for phrase in text.values() if (match := _GAP.search(phrase))), None)
    if gap:
        yield RehearsalNote("text-unfilled", place, {"key": key, "text": gap[0][:60]})
