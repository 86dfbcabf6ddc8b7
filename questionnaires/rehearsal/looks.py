"""What can be seen without anyone walking: lists too long, grids too large for a phone, texts not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from questionnaires.model import Choice, Question, Text
from questionnaires.problems import Place
from questionnaires.rehearsal.length import words
from questionnaires.rehearsal.notes import Note, Places
from questionnaires.study import Study

MOST_ITEMS, MOST_GRID_CHOICES = 5, 7
MOST_CHOICES, MOST_RANKED = 12, 7
MOST_CHOICE_WORDS = 8
_GAP = re.compile(r"\[[^\[\]{}]{2,}\]")
SAME_WORDS = 3
"""Texts of more words that are alike in two languages were probably forgotten."""


def looks(study: Study, places: Places) -> tuple[Note, ...]:
    """Return the notes about questions, and the study's title, as they are written."""
    questionnaire = study.questionnaire
    found = list(_unfilled("the title", study.record.title, Place("study.yaml")))
    found += _unfilled("the frame", {"": study.record.frame}, Place("study.yaml"))
    for section in questionnaire.sections:
        for key, text in (("title", section.title), ("intro", section.intro)):
            found += _read(f"the {key} of the page", text, places.of("section", section.name))
    for question in questionnaire.questions:
        found += _of_question(question, places)
    return tuple(found)


def _of_question(question: Question, places: Places) -> Iterator[Note]:
    place = places.of("question", question.name)
    count = len(question.choices)
    if question.items and (len(question.items) > MOST_ITEMS or count > MOST_GRID_CHOICES):
        most = {"most_items": MOST_ITEMS, "most_choices": MOST_GRID_CHOICES}
        yield Note("grid-large", place, {"items": len(question.items), "choices": count, **most})
    if question.type == "ranking" and count > MOST_RANKED:
        yield Note("ranking-long", place, {"choices": count, "most": MOST_RANKED})
    if question.type in ("single", "several", "reply_time", "pair") and count > MOST_CHOICES:
        yield Note("list-long", place, {"choices": count, "most": MOST_CHOICES})
    listed = question.choices if question.type not in ("list", "vignette") else ()
    for choice in listed:
        yield from _long(choice, places, question)
    texts = [("the text", question.text), ("the hint", question.hint), ("the label", question.label)]
    texts += [(f'the item "{item.name.partition(".")[2]}"', item.text) for item in question.items]
    texts += [(f'the choice "{choice.name}"', choice.text) for choice in listed]
    for key, text in texts:
        yield from _read(key, text, place)


def _long(choice: Choice, places: Places, question: Question) -> Iterator[Note]:
    """Say it once of a choice, in the language in which it is longest."""
    counts = {language: words(text) for language, text in choice.text.items()}
    language = max(counts, key=lambda name: counts[name])
    if counts[language] > MOST_CHOICE_WORDS and not choice.write:
        values = {"name": choice.name, "words": counts[language], "most": MOST_CHOICE_WORDS}
        values |= {"language": language, "text": choice.text[language]}
        yield Note("choice-long", places.of("question", question.name), values)


def _read(key: str, text: Text, place: Place) -> Iterator[Note]:
    """Read one text as a proof-reader would."""
    yield from _same(key, text, place)
    yield from _unfilled(key, text, place)


def _unfilled(key: str, text: Text, place: Place) -> Iterator[Note]:
    """A text in square brackets is a gap that a template left for its author."""
    gap = next((found for words_ in text.values() if (found := _GAP.search(words_))), None)
    if gap:
        yield Note("text-unfilled", place, {"key": key, "text": gap[0][:60]})


def _same(key: str, text: Text, place: Place) -> Iterator[Note]:
    first: dict[str, str] = {}
    for language, words_ in text.items():
        earlier = first.setdefault(words_, language)
        if earlier != language and words(words_) > SAME_WORDS:
            yield Note(
                "text-same", place, {"key": key, "first": earlier, "second": language, "text": words_[:60]}
            )
            return
