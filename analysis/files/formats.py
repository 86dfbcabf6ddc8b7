"""A data file of any supported kind → an opened file; the ending tells the kind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from analysis.files.data_file import DataFile, unreadable
from analysis.files.delimited import open_delimited
from analysis.files.labelled import open_labelled
from analysis.files.parquet import open_folder, open_parquet
from analysis.problems import DataProblem


def open_file(path: Path) -> DataFile:
    """Open a CSV, Parquet, .sav, .zsav, .por or .dta file, told by its ending; cells are not read yet.

    A folder is its Parquet files, one after the other. Raises DataProblem: "file_not_found", "file_unsupported",
    "file_unreadable", "formats_missing", "no_rows", "folder_empty", "part_differs".
    """
    if not path.exists():
        raise DataProblem("file_not_found", value=str(path))
    opener = open_folder if path.is_dir() else OPENERS.get(path.suffix.lower())
    if opener is None:
        raise DataProblem("file_unsupported", value=path.name, known=", ".join(OPENERS))
    try:
        return opener(path)
    except (OSError, csv.Error, pa.ArrowException) as fault:
        raise unreadable(path, fault) from fault


OPENERS: Mapping[str, Callable[[Path], DataFile]] = {
    ".csv": open_delimited,
    ".tsv": open_delimited,
    ".txt": open_delimited,
    ".parquet": open_parquet,
    ".sav": open_labelled,
    ".zsav": open_labelled,
    ".por": open_labelled,
    ".dta": open_labelled,
}
