"""Earlier answers in later words: `{channel}` stands for what was answered, `{n: one=day | other=days}` for a form.

Plain substitution in one pass: what a person wrote is never read again as a placeholder. A placeholder names a
question, or a question and forms of words: by the plural form of a number (zero, one, two, few, many, other), or
by the name of a choice. `other` is the form of everything else, the unanswered included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.texts import date_words, in_language, plural

UNKNOWN = "…"
"""What stands in for an answer that is not there."""
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


@dataclass(frozen=True)
class Pipe:
    """One placeholder: the question it names, and its forms where it has any."""

    name: str
    forms: Mapping[str, str] = field(default_factory=dict)
    written: str = ""


def pieces(text: str) -> list[str | Pipe]:
    """Cut a text into literal text and placeholders; `{{` and `}}` are braces."""
    parts: list[str | Pipe] = []
    start = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(text[start : match.start()])
        if match[1] is None:
            parts.append(match[0][0])
        else:
            name, _, rest = match[1].partition(":")
            pairs = [pair.partition("=") for pair in rest.split("|")] if rest.strip() else []
            forms = {form.strip(): words.strip() for form, _, words in pairs}
            parts.append(Pipe(name.strip(), forms, match[1]))
        start = match.end()
    parts.append(text[start:])
    return [part for part in parts if part]


def pipes(text: str) -> list[Pipe]:
    """Return the placeholders of a text."""
    return [piece for piece in pieces(text) if isinstance(piece, Pipe)]


def filled(text: str, language: str, questionnaire: Questionnaire, settled: Mapping[str, Answer]) -> str:
    """Return a text with what was answered in place of its placeholders."""
    return "".join(
        piece if isinstance(piece, str) else pipe_words(piece, language, questionnaire, settled)
        for piece in pieces(text)
    )


def pipe_words(pipe: Pipe, language: str, questionnaire: Questionnaire, settled: Mapping[str, Answer]) -> str:
    """Return what stands in place of one placeholder."""
    question = questionnaire.question(pipe.name)
    answer = settled.get(pipe.name, Missing.NOT_ANSWERED)
    if pipe.forms:
        form = "other"
        if isinstance(answer, int | float) and not isinstance(answer, Missing):
            choice = question.choice(int(answer)) if question.choices else None
            form = choice.name if choice else plural(language, answer)
        return pipe.forms.get(form, pipe.forms["other"])
    if isinstance(answer, Missing):
        return UNKNOWN
    words = answer_words(question, answer, language)
    # Within a sentence the words of an interval do not begin a new one.
    return words[:1].lower() + words[1:] if question.type == "reply_time" else words


def plain(text: str) -> str:
    """Return a text for readers who answer nothing: the form `other` of each placeholder, or … where it has none."""
    return "".join(
        piece if isinstance(piece, str) else piece.forms.get("other", UNKNOWN) for piece in pieces(text)
    )


def question_words(question: Question, language: str) -> str:
    """Return what a question asks, for readers who answer nothing; the row of a matrix follows its matrix."""
    row = question.type == "single" and question.label
    texts = [question.label, question.text] if row else [question.text]
    return " – ".join(plain(in_language(text, language)) for text in texts)


def answer_words(
    question: Question, answer: Answer, language: str, fill: Callable[[str], str] = plain
) -> str:
    """Return a substantive answer in words: the choice's text, the number, the text as written.

    `fill` fills in the placeholders of a choice's text; what a person wrote has none.
    """
    if isinstance(answer, tuple):
        return ", ".join(fill(_choice_words(question, code, language)) for code in answer)
    if question.type == "date":
        return date_words(int(str(answer)), language)
    if question.choices:
        return fill(_choice_words(question, answer, language))
    # Six places are as many as a number can have; `:g` would round 12345.67 to six digits.
    return f"{answer:.6f}".rstrip("0").rstrip(".") if isinstance(answer, float) else str(answer)


def _choice_words(question: Question, code: object, language: str) -> str:
    choice = next((choice for choice in question.choices if choice.code == code), None)
    return in_language(choice.text, language) if choice else UNKNOWN
