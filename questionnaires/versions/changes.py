"""Two versions → what changed, question by question, and which columns of the data stay comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from questionnaires.codebook import columns
from questionnaires.model import Question, Questionnaire
from questionnaires.problems import CATALOGUE, Problem
from questionnaires.question_types import ResponseColumn
from questionnaires.versions.formulas import written
from questionnaires.versions.promises import broken_promises
from questionnaires.versions.wording import Change, Wording

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
"""Why answers need care, by the kind of change."""
_HARMLESS = frozenset({"groups"})
"""Changes that leave what is read and who is asked as it was."""


class Comparable(StrEnum):
    """Whether answers of two versions may stand in one column, from safe to forbidden."""

    SAME = "same"
    WORDED = "worded"
    """Comparable with care: other words, or other people are asked."""
    BROKEN = "broken"
    ADDED = "added"
    GONE = "gone"


@dataclass(frozen=True)
class ColumnChange:
    """One column of the data, whether it stays comparable, and why not."""

    name: str
    state: Comparable
    why: str = ""


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
    wording = Wording(old, new)
    before, after = _written_by_author(old), _written_by_author(new)
    moves = _moves(old, new)
    questions = []
    for name, question in after.items():
        if name not in before:
            added = Change("added", f"{question.type} question")
            questions.append(QuestionChange(name, "added", (added,)))
            continue
        own = (*moves.get(name, ()), *wording.of_question(before[name], question))
        if own:
            questions.append(QuestionChange(name, "changed", own))
    questions += [QuestionChange(name, "removed") for name in before if name not in after]
    # By stored question, what changed in what people read or in who is asked.
    kinds = {change.question: [each.kind for each in change.changes] for change in questions}
    reasons: dict[str, tuple[str, ...]] = {}
    for section in new.sections:
        for question in section.questions:
            elsewhere = _ways_out(old, question.name) != _ways_out(new, question.name)
            for variable in question.variables:
                own_kinds = [*kinds.get(question.name, ()), *kinds.get(variable.name, ())]
                why = [_REASONS.get(kind, kind) for kind in own_kinds if kind not in _HARMLESS]
                why += ["others are screened out before it"] if elsewhere else []
                reasons[variable.name] = tuple(dict.fromkeys(why))
    column_changes = _column_changes(old, new, reasons, broken)
    return Changes(tuple(wording.of_frame()), tuple(questions), column_changes, broken)


def _written_by_author(questionnaire: Questionnaire) -> dict[str, Question]:
    """Return the questions and those parts that an author wrote: rows of a matrix, factors."""
    questions: dict[str, Question] = {}
    for question in questionnaire.questions:
        parts = (part for part in question.parts if part in question.items or part.type == "factor")
        questions |= {each.name: each for each in (question, *parts)}
    return questions


def _moves(old: Questionnaire, new: Questionnaire) -> dict[str, tuple[Change, ...]]:
    """Return the questions that stand elsewhere; the longest run that kept its order counts as unmoved."""
    before = {q.name: section.name for section in old.sections for q in section.questions}
    after = {q.name: section.name for section in new.sections for q in section.questions}
    old_names, new_names = [n for n in before if n in after], [n for n in after if n in before]
    unmoved = {
        old_names[block.a + step]
        for block in SequenceMatcher(None, old_names, new_names, autojunk=False).get_matching_blocks()
        for step in range(block.size)
    }
    moves: dict[str, tuple[Change, ...]] = {}
    for name in new_names:
        if name not in unmoved:
            words = f"stood {_where(name, list(before))}, stands {_where(name, list(after))} now"
            moves[name] = (Change("moved", words),)
        elif before[name] != after[name]:
            words = f'stood in the section "{before[name]}", stands in "{after[name]}" now'
            moves[name] = (Change("moved", words),)
    return moves


def _where(name: str, names: Sequence[str]) -> str:
    index = names.index(name)
    return f'after "{names[index - 1]}"' if index else "at the beginning"


def _ways_out(questionnaire: Questionnaire, name: str) -> tuple[str, ...]:
    """Return the screen-outs that a person has passed when this question is asked."""
    conditions: list[str] = []
    for section in questionnaire.sections:
        if any(question.name == name for question in section.questions):
            break
        conditions += [written(end.condition, questionnaire) for end in section.screen_out]
    return tuple(conditions)


def _column_changes(
    old: Questionnaire, new: Questionnaire, reasons: Mapping[str, Sequence[str]], broken: Sequence[Problem]
) -> tuple[ColumnChange, ...]:
    """Return every column of both versions, in the order of `new`, those that are gone last."""
    before = {column.name: column for column in columns([old])}
    after = {column.name: column for column in columns([new])}
    changed: list[ColumnChange] = []
    for name, column in after.items():
        promise = next((problem for problem in broken if _concerns(problem, column)), None)
        why = reasons.get(column.question, ())
        if name not in before:
            changed.append(ColumnChange(name, Comparable.ADDED))
        elif promise is not None:
            words = CATALOGUE[promise.code][0].format(**promise.values)
            changed.append(ColumnChange(name, Comparable.BROKEN, words))
        else:
            state = Comparable.WORDED if why else Comparable.SAME
            changed.append(ColumnChange(name, state, "; ".join(why)))
    return (*changed, *(ColumnChange(name, Comparable.GONE) for name in before if name not in after))


def _concerns(problem: Problem, column: ResponseColumn) -> bool:
    """One choice of several breaks its own column only; the others hold what they held."""
    about = problem.place.question
    if about == column.question:
        return column.choice is None or str(column.choice) == problem.values.get("code", str(column.choice))
    # Of a matrix, it is said once for all rows.
    is_whole = about == column.question.partition(".")[0]
    return is_whole and problem.code in ("code-reused", "choice-gone") and column.kind in ("code", "order")
