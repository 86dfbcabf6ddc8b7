"""The way through a questionnaire: its pages, and which questions lie on a person's path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from questionnaires.expressions import SPECIAL, evaluate, names
from questionnaires.model import Answer, Missing, Question, Questionnaire, Section


@dataclass(frozen=True)
class Page:
    """What a person sees at once: a section, or a part of it."""

    name: str
    number: int
    section: Section
    questions: tuple[Question, ...]


def pages(questionnaire: Questionnaire) -> tuple[Page, ...]:
    """Cut the questionnaire into pages: a section each.

    A section is cut before a question whose condition needs an answer of the same page, so that every
    condition is decided on the server and the form works without scripts.
    """
    parts: list[tuple[Section, list[Question]]] = []
    for section in questionnaire.sections:
        parts.append((section, []))
        for question in section.questions:
            needed = names(question.condition) if question.condition else frozenset()
            if needed & {earlier.name for earlier in parts[-1][1]}:
                parts.append((section, []))
            parts[-1][1].append(question)
    count: dict[str, int] = {}
    cut = []
    for number, (section, questions) in enumerate(parts, start=1):
        count[section.name] = count.get(section.name, 0) + 1
        suffix = f"-{count[section.name]}" if count[section.name] > 1 else ""
        cut.append(Page(section.name + suffix, number, section, tuple(questions)))
    return tuple(cut)


def on_path(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return an answer for every question: the given one, NOT_ANSWERED, or NOT_ASKED off the path.

    Answers off the path steer nothing and never count, whatever was stored for them.
    """
    settled: dict[str, Answer] = {}
    known: dict[str, object] = {}
    for question in questionnaire:
        if question.condition is not None and evaluate(question.condition, known) is not True:
            settled[question.name] = Missing.NOT_ASKED
            continue
        answer = answers.get(question.name, Missing.NOT_ANSWERED)
        settled[question.name] = answer
        if answer is not Missing.NOT_ANSWERED:
            known[question.name] = comparable(answer)
    return settled


def comparable(answer: Answer) -> object:
    """Return an answer as the condition language compares it."""
    return SPECIAL[answer.name.lower()] if isinstance(answer, Missing) else answer


def asked(page: Page, settled: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Return the questions of a page that lie on the path."""
    return tuple(q for q in page.questions if settled[q.name] is not Missing.NOT_ASKED)


def page_after(cut: tuple[Page, ...], number: int, settled: Mapping[str, Answer]) -> Page | None:
    """Return the next page with anything to ask after page `number`; None at the end."""
    return next((page for page in cut if page.number > number and asked(page, settled)), None)


def page_before(cut: tuple[Page, ...], number: int, settled: Mapping[str, Answer]) -> Page | None:
    """Return the page before page `number` that had anything to ask."""
    return next((page for page in reversed(cut) if page.number < number and asked(page, settled)), None)


def first_open(
    cut: tuple[Page, ...], settled: Mapping[str, Answer], answers: Mapping[str, Answer]
) -> Page | None:
    """Return the first page that asks something the person has not confirmed yet; None when all is.

    `answers` holds what was confirmed, NOT_ANSWERED included. A question that came onto the path by a
    change on an earlier page is open again, even if its page was posted before.
    """
    return next((page for page in cut if any(q.name not in answers for q in asked(page, settled))), None)
