"""Two versions of a questionnaire: what may not change once people have answered.

A code keeps its meaning for ever. Words may be polished, questions and choices added, conditions changed.
"""

from __future__ import annotations

from questionnaires.model import Question, Questionnaire
from questionnaires.problems import Place, Problem


def broken_promises(old: Questionnaire, new: Questionnaire) -> list[Problem]:
    """Return what would give answers to `old` another meaning, or none, in the words of `new`."""
    before = {question.name: question for question in old}
    return [problem for q in new if q.name in before for problem in _changed(before[q.name], q)]


def _changed(old: Question, new: Question) -> list[Problem]:
    place = Place("questionnaire.yaml", None, new.name)
    if old.type != new.type:
        return [Problem("type-changed", place, {"old": old.type, "new": new.type})]
    problems = []
    for choice in old.choices:
        now = new.choice(choice.code)
        values = {"code": str(choice.code), "old": choice.name, "new": now.name if now else ""}
        if now is None:
            problems.append(Problem("choice-gone", place, values))
        elif now.name != choice.name:
            problems.append(Problem("code-reused", place, values))
    return problems
