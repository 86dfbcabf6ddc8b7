"""Two versions → what changed, in words, question by question in the order of the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from questionnaires.model import Question, Questionnaire, Section
from questionnaires.problems import Problem
from questionnaires.versions.comparable import ColumnChange, Comparable, column_changes
from questionnaires.versions.formulas import written
from questionnaires.versions.frame import frame_changes
from questionnaires.versions.promises import broken_promises
from questionnaires.versions.wording import Change, question_changes

__all__ = ["Change", "Changes", "QuestionChange", "changes"]


@dataclass(frozen=True)
class QuestionChange:
    """What became of one question (`rating.phone` for a part); `state` is added, removed or changed."""

    question: str
    state: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Changes:
    """The difference of two versions.

    `frame` are changes of what is no question: languages, sections, checks, ends; `broken` are the promises
    for which publishing is refused.
    """

    frame: tuple[Change, ...]
    questions: tuple[QuestionChange, ...]
    columns: tuple[ColumnChange, ...]
    broken: tuple[Problem, ...]

    @property
    def none(self) -> bool:
        """Whether the two are alike in everything that is read here."""
        same = all(column.state is Comparable.SAME for column in self.columns)
        return same and not (self.frame or self.questions or self.broken)


def changes(old: Questionnaire, new: Questionnaire) -> Changes:
    """Return everything that differs between two versions, the promises that break included."""
    broken = tuple(broken_promises(old, new))
    questions = _questions(old, new)
    found = {change.question: change for change in questions}
    touched = {
        variable.name: _why(variable, question, section, found, old, new)
        for section in new.sections
        for question in section.questions
        for variable in question.variables
    }
    return Changes(frame_changes(old, new), questions, column_changes(old, new, touched, broken), broken)


def _questions(old: Questionnaire, new: Questionnaire) -> tuple[QuestionChange, ...]:
    before, after = _told(old), _told(new)
    moved = _moves(old, new)
    found = []
    for name, question in after.items():
        if name not in before:
            found.append(QuestionChange(name, "added", (Change("added", f"{question.type} question"),)))
            continue
        own = (*moved.get(name, ()), *question_changes(before[name], question, old, new))
        if own:
            found.append(QuestionChange(name, "changed", own))
    gone = [n for n in before if n not in after]
    return (*found, *(QuestionChange(name, "removed") for name in gone))


def _told(questionnaire: Questionnaire) -> dict[str, Question]:
    """Return the questions and those parts that an author wrote: rows of a matrix, factors."""
    found: dict[str, Question] = {}
    for question in questionnaire.questions:
        parts = (part for part in question.parts if part in question.items or part.type == "factor")
        found |= {each.name: each for each in (question, *parts)}
    return found


def _moves(old: Questionnaire, new: Questionnaire) -> dict[str, tuple[Change, ...]]:
    """Return the questions that stand elsewhere; the longest run that kept its order counts as unmoved."""
    before = {q.name: section.name for section in old.sections for q in section.questions}
    after = {q.name: section.name for section in new.sections for q in section.questions}
    names = [name for name in before if name in after], [name for name in after if name in before]
    kept = {
        names[0][block.a + step]
        for block in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks()
        for step in range(block.size)
    }
    found: dict[str, tuple[Change, ...]] = {}
    for name in names[1]:
        if name not in kept:
            was, now = _before(name, list(before)), _before(name, list(after))
            found[name] = (Change("moved", f"stood {was}, stands {now} now"),)
        elif before[name] != after[name]:
            words = f'stood in the section "{before[name]}", stands in "{after[name]}" now'
            found[name] = (Change("moved", words),)
    return found


def _before(name: str, names: Sequence[str]) -> str:
    index = names.index(name)
    return f'after "{names[index - 1]}"' if index else "at the beginning"


_HARMLESS = frozenset({"groups"})
"""Changes that leave what is read and who is asked as it was."""


def _why(
    variable: Question,
    question: Question,
    section: Section,
    found: Mapping[str, QuestionChange],
    old: Questionnaire,
    new: Questionnaire,
) -> tuple[str, ...]:
    """Return why answers to a stored question need care, in a few words each."""
    names = dict.fromkeys((question.name, variable.name))
    kinds = dict.fromkeys(
        change.kind
        for name in names
        if name in found
        for change in found[name].changes
        if change.kind not in _HARMLESS
    )
    why = [_REASONS.get(kind, kind) for kind in kinds]
    if _ways_out(old, question.name) != _ways_out(new, question.name):
        why.append("others are screened out before it")
    return tuple(dict.fromkeys(why))


_REASONS = {
    **dict.fromkeys(("text", "hint", "label", "unit", "low", "high", "choice-text"), "other words"),
    "condition": "other people are asked",
    "moved": "stands elsewhere",
    "choice-added": "choices added",
    "choice-removed": "choices removed",
    "choice-order": "choices in another order",
    "choice-offered": "choices offered to others",
    "choice-renamed": "choices renamed",
    "choice-place": "choices shown otherwise",
    "order": "shown in another order",
    "required": "required or optional now",
    "special": "other special answers",
    "limits": "other limits",
    "value": "other formula",
}


def _ways_out(questionnaire: Questionnaire, name: str) -> tuple[str, ...]:
    """Return the screen-outs that a person has passed when this question is asked."""
    found: list[str] = []
    for section in questionnaire.sections:
        if any(question.name == name for question in section.questions):
            break
        found += [written(end.condition, questionnaire) for end in section.screen_out]
    return tuple(found)
