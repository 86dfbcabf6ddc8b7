"""A tally in a file, so that new rows are added to the sums of old ones without reading those again.

The file is a NumPy archive (.npz) without pickles: "about" is JSON with everything that has a name, the other
arrays are each part's groups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from analysis.problems import DataProblem
from analysis.table.block import Block, Groups
from analysis.table.coding import Coding
from analysis.table.crossing import Crossing
from analysis.table.design import Design
from analysis.table.reading import Part, Reading
from analysis.table.tally import Fault, Frame, Population, Tally, answer_codes
from questionnaires.bands import parse_band

SCHEMA = 1


def write_tally(tally: Tally, path: Path) -> None:
    """Write a tally, whole or not at all. Raises OSError."""
    about = {"schema": SCHEMA, "reading": asdict(tally.reading), "frame": _frame_told(tally.frame)}
    arrays: dict[str, Any] = {
        "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        "unit_rows": tally.frame.unit_rows,
        "place_rows": tally.frame.place_rows,
        "units": np.array(tally.frame.units.members, dtype=np.int64),
        "places": np.array(tally.frame.places.members, dtype=np.int64),
    }
    for number, part in enumerate(tally.parts):
        groups = tally.blocks[part.name].groups()
        for name in ("keys", "rows", "idle", "pair"):
            arrays[f"{name} {number}"] = getattr(groups, name)
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
            return _tally(about, stored)
    except (OSError, ValueError, KeyError, EOFError) as fault:
        raise DataProblem("file_unreadable", value=path.name, reason=str(fault), kind="tally") from fault


def _tally(about: Mapping[str, Any], stored: Mapping[str, Any]) -> Tally:
    reading = _reading(about["reading"])
    frame = _frame(about["frame"], stored)
    tally = Tally(reading, reading.parts, frame, {})
    for number, part in enumerate(reading.parts):
        keys, rows, idle, pair = (stored[f"{name} {number}"] for name in ("keys", "rows", "idle", "pair"))
        block = tally.blocks[part.name] = Block()
        block.fit((frame.units.size, frame.places.size, answer_codes(reading, frame, part)))
        block.put(Groups(keys, rows, idle, pair))
    return tally


def _reading(told: Mapping[str, Any]) -> Reading:
    parts = [
        Part(one["name"], one["column"], tuple(one["picked"]), tuple(one["among"])) for one in told["parts"]
    ]
    return Reading(
        tuple(parts),
        Design(**told["design"]),
        tuple(told["by"]),
        tuple((name, value) for name, value in told["where"]),
        {name: _bands(some) for name, some in told["bands"].items()},
        tuple(told["missing"]),
        tuple((name, _bands(some)) for name, some in told["cells"]),
    )


def _bands(told: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(band for one in told if (band := parse_band(one["label"])) is not None)


def _frame_told(frame: Frame) -> dict[str, Any]:
    return {
        "codings": {
            name: {
                "values": list(one.place),
                "text": one.text,
                "ordered": one.ordered,
                "decimal": one.decimal,
                "limit": one.limit,
                "full": one.full,
            }
            for name, one in frame.codings.items()
        },
        "rows": frame.rows,
        "idle": frame.idle,
        "weighs": frame.weighs,
        "seen": {key: sorted(seen) for key, seen in frame.seen.items()},
        "dotted": frame.dotted,
        "picked": frame.picked,
        "outside": [[name, classes, list(some)] for (name, classes), some in frame.outside.items()],
        "faults": [[code, column, asdict(one)] for (code, column), one in frame.faults.items()],
        "populations": [[stratum, asdict(one)] for stratum, one in frame.populations.items()],
    }


def _frame(told: Mapping[str, Any], stored: Mapping[str, Any]) -> Frame:
    units, places = (Crossing.of(stored[name]) for name in ("units", "places"))
    frame = Frame({name: _coding(name, one) for name, one in told["codings"].items()}, units, places)
    frame.rows, frame.idle, frame.weighs = told["rows"], told["idle"], told["weighs"]
    frame.unit_rows, frame.place_rows = stored["unit_rows"], stored["place_rows"]
    frame.seen = {key: set(some) for key, some in told["seen"].items()}
    frame.dotted, frame.picked = dict(told["dotted"]), dict(told["picked"])
    frame.outside = {(name, tuple(at)): dict.fromkeys(some) for name, at, some in told["outside"]}
    frame.faults = {(code, column): Fault(**one) for code, column, one in told["faults"]}
    for stratum, one in told["populations"]:
        other = None if one["other"] is None else Fault(**one["other"])
        frame.populations[stratum] = Population(one["value"], one["row"], one["cell"], other)
    return frame


def _coding(name: str, told: Mapping[str, Any]) -> Coding:
    coding = Coding(name, told["limit"])
    coding.place = {value: code for code, value in enumerate(told["values"])}
    coding.text, coding.ordered, coding.decimal = told["text"], told["ordered"], told["decimal"]
    coding.full = told["full"]
    return coding
