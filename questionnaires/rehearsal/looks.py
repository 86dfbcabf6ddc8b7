"""What can be seen without anyone walking: lists too long, grids too large for a phone, texts not translated."""

from __future__ import annotations

from collections.abc import Iterator

from questionnaires.model import Choice, Question, Questionnaire, Text
from questionnaires.problems import Place
from questionnaires.rehearsal.length import words
from questionnaires.rehearsal.notes import Note, Places

MOST_ITEMS, MOST_GRID_CHOICES = 5, 7
MOST_CHOICES, MOST_RANKED = 12, 7
MOST_CHOICE_WORDS = 8
SAME_WORDS = 3
"""Texts of more words that are alike in two languages were probably forgotten."""


def looks(questionnaire: Questionnaire, places: Places) -> tuple[Note, ...]:
    """Return the notes about questions as they are written."""
    found: list[Note] = []
    for section in questionnaire.sections:
        for key, text in (("title", section.title), ("intro", section.intro)):
            found += _same(f"the {key} of the page", text, places.of("section", section.name))
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
        yield from _same(key, text, place)


def _long(choice: Choice, places: Places, question: Question) -> Iterator[Note]:
    """Say it once of a choice, in the language in which it is longest."""
    counts = {language: words(text) for language, text in choice.text.items()}
    language = max(counts, key=lambda name: counts[name])
    if counts[language] > MOST_CHOICE_WORDS and not choice.write:
        values = {"name": choice.name, "words": counts[language], "most": MOST_CHOICE_WORDS}
        values |= {"language": language, "text": choice.text[language]}
        yield Note("choice-long", places.of("question", question.name), values)


def _same(key: str, text: Text, place: Place) -> Iterator[Note]:
    first: dict[str, str] = {}
    for language, words_ in text.items():
        earlier = first.setdefault(words_, language)
        if earlier != language and words(words_) > SAME_WORDS:
            yield Note(
                "text-same", place, {"key": key, "first": earlier, "second": language, "text": words_[:60]}
            )
            return
