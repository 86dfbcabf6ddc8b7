"""Tables that are kept up to date: the sums of old rows are kept, those of new rows are added.

    kept = tally_file(Path("march.parquet"), request)
    write_tally(kept, Path("sums.npz"))
    ...
    kept = read_tally(Path("sums.npz"))
    kept.add(tally_file(Path("april.parquet"), request))   # only April is read
    for table in tables_of(kept, request):
        print(table.as_json())

The second file comes after the first as if it stood below it in one file; the request must be the same.
"""

from __future__ import annotations

from pathlib import Path

from analysis.answers import answers_of, count_plan
from analysis.files.formats import open_file
from analysis.request import Request
from analysis.table.counting import count
from analysis.table.notes import Note
from analysis.table.stored_tally import read_tally, write_tally
from analysis.table.tally import Tally
from analysis.tabulate import Tabulation, tabulation

__all__ = ["Tally", "read_tally", "tables_of", "tally_file", "write_tally"]


def tally_file(path: Path, request: Request) -> Tally:
    """Return the sums of a file for every question of a request. Raises DataProblem."""
    opened = open_file(path)
    return count(opened, count_plan(request.among(opened.names)))


def tables_of(tally: Tally, request: Request) -> list[Tabulation]:
    """Return the tables of a tally: those that `tabulate` gives for its rows in one file. Raises DataProblem.

    Errors take weights as fixed, also those that `earshot weight` made. Raises ValueError for a request that the
    tally was not made for.
    """
    request = request.among(tally.plan.columns())
    if count_plan(request) != tally.plan:
        raise ValueError("the tally was made for another request")
    weight = request.design.weight
    fixed = Note("weights_fixed", f"Errors take the weights of '{weight}' as fixed.", weight)
    notes = () if weight is None else (fixed,)
    return [tabulation(answered, request) for answered in answers_of(tally, request, notes)]
