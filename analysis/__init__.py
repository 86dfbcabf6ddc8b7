"""WHAT IT MEANS: from a table of answers to estimates that carry their uncertainty.

Knows no web and no SQL. Rows become weighted sums in one place; estimators see only sums.

In a notebook six lines are enough:

    from analysis import read
    answers = read("answers.csv", weight="w", strata="region", cluster="branch")
    answers.tabulate("channel", by="age", bands={"age": "18-34,35+"})
    answers.compare("channel", by="gender")
    answers.means("minutes", by="gender")
    answers.weigh({"gender": {"woman": 0.52, "man": 0.48}}).tabulate("channel")

`read` takes a file, a mapping of arrays or a data frame. `plan_sample`, `audit`, `kaplan_meier`,
`log_rank` and `synthetic_table` need none. Every result shows itself as a table and holds its figures in `rows`;
docs/notebook.md runs through all of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.notebook.data import Data, read
    from analysis.notebook.evidence import audit, kaplan_meier, log_rank, plan_sample, synthetic_table
    from analysis.notebook.shown import Table
    from analysis.problems import DataProblem

__all__ = [
    "Data",
    "DataProblem",
    "Table",
    "audit",
    "kaplan_meier",
    "log_rank",
    "plan_sample",
    "read",
    "synthetic_table",
]

_HOMES = {
    "Data": "analysis.notebook.data",
    "DataProblem": "analysis.problems",
    "Table": "analysis.notebook.shown",
    "audit": "analysis.notebook.evidence",
    "kaplan_meier": "analysis.notebook.evidence",
    "log_rank": "analysis.notebook.evidence",
    "plan_sample": "analysis.notebook.evidence",
    "read": "analysis.notebook.data",
    "synthetic_table": "analysis.notebook.evidence",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for; the room itself loads nothing, so that a command starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
