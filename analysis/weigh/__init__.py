"""WEIGHTING A FILE: what is known of a population, in a person's words → a weight for every row.

`weigh` reads and answers, `write_files` keeps: nothing is written before all of it can be. How weights are
solved is not here: `analysis.table.weighting` works them out on sums, and reads them back for every estimate.
"""

from __future__ import annotations

from analysis.weigh.files import check_files, write_files
from analysis.weigh.request import WeightRequest
from analysis.weigh.weighing import weigh
from analysis.weigh.weighting import MarginRow, Weighting

__all__ = [
    "MarginRow",
    "WeightRequest",
    "Weighting",
    "check_files",
    "weigh",
    "write_files",
]
