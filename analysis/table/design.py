"""How people were drawn: weights, strata, clusters, finite population; read from a table and checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.files.data_file import Table
from analysis.problems import DataProblem
from analysis.table.column import Codes, Numbers, cell_text, number_text
from analysis.table.naming import listed
from analysis.table.notes import Note

SMALLEST, LARGEST = 1e-50, 1e50
"""A weight that is not 0 lies between."""
LONELY = ("fail", "certainty", "adjust", "average")


@dataclass(frozen=True)
class Design:
    """The columns that say how people were drawn (None = no such column), and the rule for lonely units.

    Clusters nest in strata: one cluster id in two strata is two clusters. `fpc` is the stratum's number of
    first-stage units in the population (people, or clusters where there are clusters) or a sampling fraction
    of at most 1. `lonely` is what to do with a stratum of one unit: fail, certainty, adjust or average.
    """

    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    fpc: str | None = None
    lonely: str = "fail"

    def __post_init__(self) -> None:
        if self.lonely not in LONELY:
            raise DataProblem("unknown_option", option="--lonely", value=self.lonely, known=", ".join(LONELY))

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns in use."""
        return tuple(name for name in self.as_row().values() if name is not None)

    def as_row(self) -> dict[str, str | None]:
        """Return the design as `earshot tabulate --format json` prints it."""
        return {"weight": self.weight, "strata": self.strata, "cluster": self.cluster, "fpc": self.fpc}


@dataclass(frozen=True)
class Sample:
    """Every row's place in the design; arrays of shape (rows,).

    `stratum` and `cluster` are codes from 0 (`cluster` None: each person is a first-stage unit); `strata`
    names the strata by code, `fpc` gives their population (above 1) or sampling fraction (None: not drawn).
    """

    weight: Numbers
    stratum: Codes
    cluster: Codes | None = None
    strata: tuple[str, ...] = ("",)
    fpc: tuple[float, ...] | None = None

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.weight)


def sample_of(rows: int, weight: Numbers | None = None) -> Sample:
    """Return a sample of `rows` people drawn one by one, without strata; weights 1 unless given."""
    weights = np.ones(rows) if weight is None else np.asarray(weight, dtype=np.float64)
    return Sample(weights, np.zeros(rows, dtype=np.int64))


def weighted_sample(table: Table, weight: str | None) -> Sample:
    """Return a table's rows as people drawn one by one, with the weights of a column (None: 1 each).

    Raises DataProblem "bad_weight" or "weights_zero".
    """
    if weight is None:
        return sample_of(table.rows)
    column = table.columns[weight]
    weights = column.numbers()
    for row in wrong_weights(weights)[:1].tolist():
        raise DataProblem("bad_weight", column=weight, value=cell_text(column, row), row=row + table.first_row)
    if not weights.any():
        raise DataProblem("weights_zero", column=weight)
    return sample_of(table.rows, weights)


def wrong_weights(weight: Numbers) -> Codes:
    """Return the rows whose weight is none.

    Beyond these bounds squares overflow; no survey has such weights, a slipped decimal or an id does.
    """
    return np.flatnonzero(~((weight == 0) | ((weight >= SMALLEST) & (weight <= LARGEST))))


def check_fpc(
    units: Codes, strata: tuple[str, ...], fpc: tuple[float, ...] | None, design: Design, clustered: bool
) -> None:
    """Check that strata are all counted or all fractions, and none smaller in the population than in the sample.

    Raises DataProblem "fpc_mixed", "fpc_small". As in R survey, a 1 beside counts is a count.
    """
    drawn = [row for row in zip(strata, units.tolist(), fpc or (), strict=False) if row[1] > 0]
    largest = max((population for _, _, population in drawn), default=0.0)
    nouns = ("cluster", "clusters") if clustered else ("person", "people")
    for name, sampled, population in drawn:
        if largest > 1.0 > population:
            raise DataProblem(
                "fpc_mixed", column=design.fpc, value=number_text(population), other=number_text(largest)
            )
        if largest > 1.0 and population < sampled:
            raise DataProblem(
                "fpc_small",
                column=design.fpc,
                value=number_text(population),
                place=f"stratum '{name}' has" if name else "there are",
                units=nouns[population != 1],
                sample=sampled,
            )


def fpc_varies(column: str, value: str, row: int, other: float, stratum: str) -> DataProblem:
    """Return the problem "fpc_varies": `value` in `row` is not the `other` that its stratum had before."""
    rule = (
        f"every row of stratum '{stratum}' needs the same number"
        if stratum
        else "every row needs the same number, unless --strata names a column of strata"
    )
    return DataProblem("fpc_varies", column=column, value=value, row=row, other=number_text(other), rule=rule)


def census_note(
    design: Design, units: Codes, strata: tuple[str, ...], fpc: tuple[float, ...] | None, clustered: bool
) -> Note | None:
    """Say where the population was drawn whole and has no sampling error; None where it was not."""
    if fpc is None:
        return None
    drawn = units > 0
    full = drawn & (sampling_fractions(units, fpc) >= 1)
    whole = [strata[at] for at in np.flatnonzero(full)]
    if not whole:
        return None
    every = "every cluster" if clustered else "everybody"
    why = "1 means 100 %" if max(fpc) <= 1 else "as many as in the data"
    if full.sum() == drawn.sum():
        text = f"'{design.fpc}' says that {every} in the population was drawn ({why}): figures have no sampling error."
    else:
        text = (
            f"'{design.fpc}' says that {every} was drawn ({why}) in {len(whole)} of {drawn.sum()} strata "
            f"({listed(whole, 3)}): these add no sampling error."
        )
    return Note("census", text, design.fpc, None, len(whole))


def sampling_fractions(units: Codes, fpc: tuple[float, ...] | None) -> Numbers:
    """Return the share of each stratum's first-stage units that was drawn, shape (strata,); 0 without fpc."""
    if fpc is None:
        return np.zeros(len(units))
    population = np.asarray(fpc, dtype=np.float64)
    return np.where(population <= 1.0, population, units / population)
