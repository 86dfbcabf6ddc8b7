"""Two versions of a questionnaire: what changed, which columns stay comparable, what may not change.

A code keeps its meaning for ever. Words may be polished, questions and choices added, conditions changed;
what would give answers that were already collected another meaning is refused when it is published.
"""

from __future__ import annotations

from questionnaires.versions.changes import Changes, ColumnChange, Comparable, QuestionChange, changes
from questionnaires.versions.promises import broken_promises
from questionnaires.versions.wording import Change

__all__ = [
    "Change",
    "Changes",
    "ColumnChange",
    "Comparable",
    "QuestionChange",
    "broken_promises",
    "changes",
]
