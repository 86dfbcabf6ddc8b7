"""Two versions of a questionnaire: what changed, which columns stay comparable, what may not change.

A code keeps its meaning for ever. Words may be polished, questions and choices added, conditions changed;
what would give answers that were already collected another meaning is refused when it is published.
"""

from __future__ import annotations

from questionnaires.versions.changes import Change, Changes, QuestionChange, changes
from questionnaires.versions.comparable import ColumnChange, Comparable
from questionnaires.versions.promises import broken_promises

__all__ = [
    "Change",
    "Changes",
    "ColumnChange",
    "Comparable",
    "QuestionChange",
    "broken_promises",
    "changes",
]
