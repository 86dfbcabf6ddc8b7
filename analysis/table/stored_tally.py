"""A tally in a file, so that new rows are added to the sums of old ones without reading those again.

The file is a NumPy archive (.npz) without pickles: "about" is JSON with everything that has a name, the other
arrays are each part's sums.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.problems import DataProblem
from analysis.table.count_plan import CountPlan, Part
from analysis.table.design import Design
from analysis.table.sums import Sums, entries, matrix_of
from analysis.table.tally import Tally
from analysis.table.values import Values
from questionnaires.bands import Band

SCHEMA = 2
_PLAIN = ("stratum", "cluster", "columns", "people", "idle", "units")


def write_tally(tally: Tally, path: Path) -> None:
    """Write a tally, whole or not at all. Raises OSError."""
    names = ("decimal", "limit", "kind", "full", "dotted")
    about = {
        "schema": SCHEMA,
        "plan": asdict(tally.plan),
        "values": {
            name: {**{key: getattr(column, key) for key in names}, "values": list(column.place)}
            for name, column in tally.values.items()
        },
        "population": [[stratum, *row] for stratum, row in tally.population.items()],
        "picked": tally.picked,
        "outside": {name: list(values) for name, values in tally.outside.items()},
    }
    arrays: dict[str, Any] = {"about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)}
    for number, part in enumerate(tally.plan.parts):
        sums = tally.sums[part.name]
        row, column, weight = entries(sums.weight)
        arrays |= {f"{name} {number}": getattr(sums, name) for name in _PLAIN}
        arrays |= {f"row {number}": row, f"column {number}": column, f"weight {number}": weight}
        # a unit has squares where it has weights
        arrays[f"square {number}"] = np.asarray(sums.square[row, column])
    aside = path.with_name(f"{path.name}.part")
    with aside.open("wb") as file:
        np.savez_compressed(file, **arrays)
    aside.replace(path)


def read_tally(path: Path) -> Tally:
    """Read a tally. Raises DataProblem "file_not_found" or "file_unreadable"."""
    if not path.is_file():
        raise DataProblem("file_not_found", value=str(path))
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            if about["schema"] != SCHEMA:
                raise ValueError(f"schema {about['schema']}, this program reads {SCHEMA}")
            plan = _plan(about["plan"])
            tally = Tally(plan, {name: _values(name, column) for name, column in about["values"].items()})
            for number, part in enumerate(plan.parts):
                tally.sums[part.name] = _sums(stored, number, plan.design.cluster is not None)
            tally.population = {stratum: (size, row) for stratum, size, row in about["population"]}
            tally.picked = dict(about["picked"])
            tally.outside = {name: dict.fromkeys(values) for name, values in about["outside"].items()}
            return tally
    except (OSError, ValueError, KeyError, EOFError) as fault:
        raise DataProblem("file_unreadable", value=path.name, reason=str(fault), kind="tally") from fault


def _sums(stored: Mapping[str, Any], number: int, clustered: bool) -> Sums:
    """Return a part's sums as they were stored."""
    plain = {name: stored[f"{name} {number}"] for name in _PLAIN}
    shape = (len(plain["stratum"]), len(plain["columns"]))
    row, column = stored[f"row {number}"], stored[f"column {number}"]
    weight, square = (
        matrix_of(row, column, stored[f"{name} {number}"], shape) for name in ("weight", "square")
    )
    return Sums(weight=weight, square=square, clustered=clustered, **plain)


def _plan(about: Mapping[str, Any]) -> CountPlan:
    return CountPlan(
        tuple(
            Part(part["name"], part["column"], tuple(part["picked"]), tuple(part["among"]), part["numbers"])
            for part in about["parts"]
        ),
        Design(**about["design"]),
        tuple(about["by"]),
        tuple((name, value) for name, value in about["where"]),
        {name: tuple(Band(**band) for band in bands) for name, bands in about["bands"].items()},
        tuple(about["missing"]),
        about["cell"],
    )


def _values(name: str, about: Mapping[str, Any]) -> Values:
    values = Values(name, about["decimal"], about["limit"])
    values.place = {value: place for place, value in enumerate(about["values"])}
    values.kind, values.full, values.dotted = about["kind"], about["full"], about["dotted"]
    return values
