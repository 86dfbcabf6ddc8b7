"""Rows of a whole table as a sample, straight from its columns: a second way to the design of a file."""

from __future__ import annotations

import numpy as np

from analysis.files.data_file import Table
from analysis.table.design import Design, Sample


def sample_of_table(table: Table, design: Design) -> Sample:
    """Return the sample that a table's columns of weight, stratum, cluster and population describe."""
    columns = table.columns
    weight = np.ones(table.rows) if design.weight is None else columns[design.weight].numbers()
    stratum, strata = np.zeros(table.rows, dtype=np.int64), ("",)
    if design.strata is not None:
        stratum, strata = columns[design.strata].codes, columns[design.strata].choices
    cluster = None if design.cluster is None else columns[design.cluster].codes
    fpc = None
    if design.fpc is not None:
        numbers = columns[design.fpc].numbers()
        fpc = tuple(float(numbers[stratum == code][0]) for code in range(len(strata)))
    return Sample(weight, stratum, cluster, strata, fpc)
