"""SPSS and Stata files: value labels name the choices, code order is their order, user-missing is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.files.data_file import Batch, DataFile, named, unreadable
from analysis.problems import DataProblem
from analysis.table.column import number_text

Labels = Mapping[Any, str]
Range = Mapping[str, Any]


def open_labelled(path: Path) -> DataFile:
    """Open a .sav, .zsav, .por or .dta file.

    Raises DataProblem "formats_missing" where the reading package is not installed, "file_unreadable".
    """
    try:
        import pyreadstat
    except ImportError as absent:
        raise DataProblem("formats_missing", value=path.name) from absent
    kind = path.suffix.lower()
    load: Any = {".por": pyreadstat.read_por, ".dta": pyreadstat.read_dta}.get(kind, pyreadstat.read_sav)

    def call(**options: Any) -> tuple[Mapping[str, list[Any]], Any]:
        try:
            data, about = load(str(path), output_format="dict", **options)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError) as fault:
            raise unreadable(path, fault) from fault
        return data, about

    # Only SPSS files list their user-missing codes, and only when asked for them as values.
    _, about = call(metadataonly=True, **({} if kind == ".por" else {"user_missing": True}))
    ranges: Mapping[str, list[Range]] = about.missing_ranges

    def read(wanted: Sequence[str]) -> Iterator[Batch]:
        data, about = call(usecols=list(dict.fromkeys(wanted)))
        labels: Mapping[str, Labels] = about.variable_value_labels
        cells = {name: _cells(data[name], labels.get(name, {}), ranges.get(name, [])) for name in wanted}
        yield Batch(cells, len(next(iter(data.values()), [])), 1)

    names, notes = named(list(about.column_names))
    return DataFile(path, names, tuple(notes), read)


def _cells(cells: Sequence[Any], labels: Labels, ranges: Sequence[Range]) -> pa.Array:
    """Return a column's cells; labelled ones as an ordered dictionary in code order.

    Choices are every labelled code that is not user-missing, and every code that occurs.
    """
    numeric = all(cell is None or isinstance(cell, (int, float)) for cell in cells)
    fitting = {code: text for code, text in labels.items() if isinstance(code, str) != numeric}
    if not fitting:
        words = (None if cell is None else str(cell) for cell in cells)
        return pa.array(cells, pa.float64(), from_pandas=True) if numeric else pa.array(words, pa.string())
    present = {cell for cell in cells if not _blank(cell)}
    labelled = {
        code
        for code in fitting
        if not any(type(code) is type(span["lo"]) and span["lo"] <= code <= span["hi"] for span in ranges)
    }
    order = sorted(present | labelled)
    place = {code: at for at, code in enumerate(order)}
    places = pa.array([None if _blank(cell) else place[cell] for cell in cells], pa.int32())
    plain = [fitting[code] if fitting.get(code, "").strip() else _code_text(code) for code in order]
    # two codes under one label stay apart by showing the code
    names = [
        f"{text} [{_code_text(code)}]" if plain.count(text) > 1 else text
        for code, text in zip(order, plain, strict=True)
    ]
    return pa.DictionaryArray.from_arrays(places, pa.array(names, pa.string()), ordered=True)


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell == ""


def _code_text(code: Any) -> str:
    return number_text(float(code)) if isinstance(code, (int, float)) else str(code)
