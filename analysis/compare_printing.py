"""A comparison as text to read, as CSV for a spreadsheet, and as JSON to compute with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from analysis.compared import Comparison, as_text
from analysis.problems import DataProblem

__all__ = ["FORMATS", "as_csv", "as_json", "as_text", "check_format", "printed"]


def as_json(found: Sequence[Comparison]) -> str:
    """Return one object for one question, a list of objects for several; shares are fractions."""
    done = [one.as_json() for one in found]
    return (
        json.dumps(done[0] if len(done) == 1 else done, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    )


def as_csv(found: Sequence[Comparison]) -> str:
    """Return a line per pair of segments and choice, with both shares and the difference's figures."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    figures: list[str] | None = None
    for one in found:
        cells = {(row.segment, row.choice): row for row in one.estimates}
        for pair in one.differences:
            row = pair.as_row()
            if figures is None:
                figures = [name for name in row if name not in ("choice", "first", "second")]
                head = ["question", "choice", "first", "second", "first_share", "second_share"]
                writer.writerow([*head, "first_base", "second_base", *figures])
            sides = [cells[pair.first, pair.choice], cells[pair.second, pair.choice]]
            known = [*(side.share for side in sides), *(side.base for side in sides)]
            names = [one.question, pair.choice, pair.first, pair.second]
            writer.writerow([*names, *known, *(row[name] for name in figures)])
    return out.getvalue()


FORMATS: Mapping[str, Callable[[Sequence[Comparison]], str]] = {
    "text": as_text,
    "csv": as_csv,
    "json": as_json,
}


def printed(found: Sequence[Comparison], form: str) -> str:
    """Return comparisons as "text", "csv" or "json". Raises DataProblem "unknown_option" for anything else."""
    check_format(form)
    return FORMATS[form](found)


def check_format(form: str) -> None:
    """Raise DataProblem "unknown_option" unless `form` is one of FORMATS."""
    if form not in FORMATS:
        raise DataProblem("unknown_option", option="--format", value=form, known=", ".join(FORMATS))
