"""The rows of a file → a tally. `count` is the one heavy operation of all statistics here, and the door to it.

The file is gone through twice: first for the values of each column, then for sums in arrays whose shape is known.
What the codes of a tally mean is not asked here. Another engine takes this one's place by returning the same tally.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.files.data_file import Batch, DataFile
from analysis.problems import DataProblem
from analysis.table.column import Codes, Mask, Numbers, floats_of, numpy_of
from analysis.table.count_plan import CHOSEN, NO_ANSWER, NOT_CHOSEN, OUT, PICKED, WRONG, CountPlan, Part
from analysis.table.design import wrong_weights
from analysis.table.sums import DENSE, Sums, add_up, matrix_of
from analysis.table.tally import LIMIT, Tally
from analysis.table.values import Classes, Values, cell_at

MOST_UNITS = 1_000_000
"""Strata or clusters; each takes some hundred bytes."""
BUDGET = 10 << 20
"""Cells of all parts that are counted on one way through the file."""
KEPT = 64 << 20
"""Bytes of cells that are kept between two ways through a file."""
PENDING = 1 << 20
"""Keys that wait before they are merged."""
TABLE = 1 << 22
"""Combinations of stratum and cluster that are looked up in a table; more are searched for."""

CodesByColumn = Mapping[str, Codes | None]
CodesByClass = Mapping[tuple[str, object], Codes]


def count(opened: DataFile, plan: CountPlan) -> Tally:
    """Add up the rows of a file by first-stage unit, place (conditions, segments, weighting cell) and answer.

    A tally has, for every part of the plan, Σw, Σw² and the number of people of each unit, place and answer; the
    values that its codes stand for; and what notes tell of rows. Raises DataProblem "too_many_choices",
    "too_many_units", "bad_weight", "design_missing", "bad_fpc", "fpc_varies", "not_a_number", and
    what reading a file raises.
    """
    rows = _Rows(opened, plan)
    values, units = find_values(rows, opened.decimal, plan)
    tally = Tally(plan, values)
    tally.check_choices()
    waiting = list(plan.parts)
    while waiting:
        counter = _Counter(tally, units, opened.decimal, waiting)
        for batch in rows:
            counter.add(batch)
        counter.finish()
        waiting = waiting[len(counter.parts) :]
    return tally


class _Rows:
    """The rows of a file, batch by batch, as often as they are gone through; a small file is read once and kept."""

    def __init__(self, opened: DataFile, plan: CountPlan) -> None:
        self.opened, self.names = opened, plan.columns()
        self.memory: list[Batch] | None = None

    def __iter__(self) -> Iterator[Batch]:
        if self.memory is not None:
            yield from self.memory
            return
        memory, room = [], KEPT
        for batch in self.opened.batches(self.names):
            room -= sum(cells.nbytes for cells in batch.cells.values())
            if room >= 0:
                memory.append(batch)
            else:
                memory.clear()
            yield batch
        self.memory = memory if room >= 0 else None


def find_values(rows: Iterable[Batch], decimal: str, plan: CountPlan) -> tuple[dict[str, Values], Codes]:
    """Go through a file once: return the values of each column that is told apart, and the units that occur.

    Units are the codes of stratum and cluster, shape (units, 2). Raises DataProblem "too_many_units".
    """
    roles = {"strata": plan.design.strata, "cluster": plan.design.cluster}
    drawn = {role: name for role, name in roles.items() if name is not None}
    # numbers and weighting cells are as many as there are; what a condition names is looked for among all values
    free = {
        plan.cell,
        *(name for name, _ in plan.where),
        *(part.column for part in plan.parts if part.numbers),
    }
    limits = {name: LIMIT for name in plan.coded_columns() if name not in free}
    limits |= dict.fromkeys(drawn.values(), MOST_UNITS)
    values = {name: Values(name, decimal, limits.get(name)) for name in plan.coded_columns()}
    pairs = [np.zeros(0, dtype=np.int64)]
    for batch in rows:
        for name, column in values.items():
            column.learn(batch.cells[name])
        for role, name in drawn.items():
            if values[name].full:
                raise DataProblem("too_many_units", column=name, role=role, limit=f"{MOST_UNITS:,}")
        if len(drawn) == 2:
            stratum, cluster = (values[name].codes(batch.cells[name]) for name in drawn.values())
            pairs.append(numpy_of(pa.array(stratum << 32 | cluster).unique()))
    if len(drawn) == 2:
        keys = np.unique(np.concatenate(pairs))
        return values, np.stack([keys >> 32, keys % (1 << 32)], axis=1)
    codes = np.zeros(1, dtype=np.int64)
    for name in drawn.values():
        codes = np.arange(1, values[name].size)
    none = np.zeros_like(codes)
    return values, np.stack([none, codes] if "cluster" in drawn else [codes, none], axis=1)


class _Counter:
    """The second way through a file, one batch after the other."""

    def __init__(self, tally: Tally, units: Codes, decimal: str, waiting: Sequence[Part]) -> None:
        self.tally, self.plan = tally, tally.plan
        self.units, self.decimal = units, decimal
        self.unit_rows = np.zeros(len(units), dtype=np.int64)
        # what is told of rows is noted on the first way
        self.notes_rows = not tally.sums
        self.cells: dict[str, _Dense | _Keyed] = {}
        room = 0
        for part in waiting:
            columns = tally.places * tally.answer_codes(part)
            size = len(units) * columns
            room += min(size, DENSE)
            if self.cells and room > BUDGET:
                break
            self.cells[part.name] = (_Dense if size <= DENSE else _Keyed)(len(units), columns)
        self.parts = list(waiting[: len(self.cells)])
        plan, values = self.plan, tally.values
        rules: dict[tuple[str, object], tuple[str, Any]] = {
            ("band", name): (name, partial(plan.band_of, bands=bands)) for name, bands in plan.bands.items()
        }
        for at, (name, value) in enumerate(plan.where):
            rules["where", at] = (name, partial(plan.keeps, value=value))
        for part in self.parts:
            rules |= {("option", name): (name, plan.option) for name in part.among}
        self.classes = {
            key: Classes(values[name], rule) for key, (name, rule) in rules.items() if name in values
        }
        self.unit_numbers = _UnitNumbers(units)

    def add(self, batch: Batch) -> None:
        """Add up a batch of rows."""
        codes: CodesByColumn = {
            name: None if values.full else values.codes(batch.cells[name])
            for name, values in self.tally.values.items()
        }
        classes = {
            key: column.of(batch.cells[column.values.name], codes[column.values.name])
            for key, column in self.classes.items()
        }
        weight = self._weights(batch)
        unit = self._units(batch, codes)
        inside, place = self._places(batch, codes, classes)
        if self.notes_rows:
            self._note_rows(batch, inside, classes)
        pair = np.empty(batch.rows, dtype=np.complex128)
        pair.real, pair.imag = weight, weight**2
        idle = np.flatnonzero(weight == 0)
        answered: dict[tuple[str, ...], Mask] = {}
        begun: dict[int, Codes] = {}
        for part in self.parts:
            if part.among and part.among not in answered:
                answered[part.among] = np.any([classes["option", name] > 0 for name in part.among], axis=0)
            answer = self._answers(part, codes, classes, answered)
            answers = self.tally.answer_codes(part)
            if answers not in begun:
                begun[answers] = place * answers
            self.cells[part.name].add(unit, begun[answers] + answer, pair, idle)

    def finish(self) -> None:
        """Give the tally what was added up."""
        stratum, cluster = self.units.T
        clustered = self.plan.design.cluster is not None
        drawn = np.bincount(stratum, None if clustered else self.unit_rows).astype(np.int64)
        for part in self.parts:
            columns, weight, square, people, idle = self.cells.pop(part.name).matrices()
            kinds = self.tally.kinds(part, columns)
            self.tally.sums[part.name] = Sums(
                stratum, cluster, kinds, weight, square, people, idle, drawn, clustered
            )

    def _answers(
        self,
        part: Part,
        codes: CodesByColumn,
        classes: CodesByClass,
        answered: Mapping[tuple[str, ...], Mask],
    ) -> Codes:
        if not part.among:
            return (
                classes["band", part.column] if part.column in self.plan.bands else _known(codes[part.column])
            )
        picked = np.any([classes["option", name] == PICKED for name in part.picked], axis=0)
        return np.where(answered[part.among], np.where(picked, CHOSEN, NOT_CHOSEN), NO_ANSWER)

    def _note_rows(self, batch: Batch, inside: Mask, classes: CodesByClass) -> None:
        """Note how many rows picked an option, and which values lie in no band."""
        tally = self.tally
        for (kind, name), categories in classes.items():
            if kind == "option":
                tally.picked[str(name)] = tally.picked.get(str(name), 0) + int((categories == PICKED).sum())
            elif kind == "band" and name in self.plan.by:
                rows = np.flatnonzero((categories == OUT) & inside)
                if len(rows):
                    beyond = batch.cells[str(name)].take(rows).unique().to_pylist()
                    tally.outside.setdefault(str(name), {}).update(dict.fromkeys(beyond))

    # --- the design --------------------------------------------------------------------------------------

    def _weights(self, batch: Batch) -> Numbers:
        name = self.plan.design.weight
        if name is None:
            return np.ones(batch.rows)
        weight = floats_of(batch.cells[name], self.decimal)
        for row in wrong_weights(weight)[:1].tolist():
            value = quoted(cell_at(batch.cells[name], row))
            raise DataProblem("bad_weight", column=name, value=value, row=row + batch.first)
        return weight

    def _units(self, batch: Batch, codes: CodesByColumn) -> Codes:
        """Return each row's first-stage unit; where people are the units, its stratum."""
        design, none = self.plan.design, np.zeros(batch.rows, dtype=np.int64)
        stratum = none if design.strata is None else _known(codes[design.strata])
        cluster = none if design.cluster is None else _known(codes[design.cluster])
        for role, name, drawn in (("strata", design.strata, stratum), ("cluster", design.cluster, cluster)):
            if name is not None and not drawn.all():
                row = int(drawn.argmin()) + batch.first
                raise DataProblem("design_missing", column=name, row=row, role=role)
        if design.fpc is not None and self.notes_rows:
            self._populations(batch, design.fpc, stratum)
        unit = self.unit_numbers.of(stratum, cluster)
        self.unit_rows += np.bincount(unit, minlength=len(self.unit_rows))
        return unit

    def _populations(self, batch: Batch, name: str, stratum: Codes) -> None:
        """Note what a batch says of the population of its strata."""
        cells = batch.cells[name]
        values = floats_of(cells, self.decimal)
        wrong = np.flatnonzero(~(values > 0))
        if len(wrong):
            row = int(wrong[0])
            cell = cell_at(cells, row)
            if cell is None:
                raise DataProblem("design_missing", column=name, row=row + batch.first, role="fpc")
            raise DataProblem("bad_fpc", column=name, value=quoted(cell), row=row + batch.first)
        present, first = np.unique(stratum, return_index=True)
        by_stratum = np.zeros(self.tally.strata)
        for code, row in zip(present.tolist(), first.tolist(), strict=True):
            by_stratum[code] = values[row]
            self.tally.add_population(
                code, float(values[row]), row + batch.first, quoted(cell_at(cells, row))
            )
        for row in np.flatnonzero(values != by_stratum[stratum])[:1].tolist():
            cell = quoted(cell_at(cells, row))
            self.tally.add_population(int(stratum[row]), float(values[row]), row + batch.first, cell)

    # --- places ------------------------------------------------------------------------------------------

    def _places(self, batch: Batch, codes: CodesByColumn, classes: CodesByClass) -> tuple[Mask, Codes]:
        """Return who is inside the conditions, and each row's place as `Tally.place_members` reads it."""
        plan = self.plan
        for (kind, name), categories in classes.items():
            if kind == "band" and (categories == WRONG).any():
                row = int((categories == WRONG).argmax())
                value = cell_at(batch.cells[str(name)], row)
                raise DataProblem("not_a_number", column=str(name), value=value, row=row + batch.first)
        inside = np.ones(batch.rows, dtype=bool)
        for at in range(len(plan.where)):
            inside &= classes["where", at] > 0
        segment = np.zeros(batch.rows, dtype=np.int64)
        for name, size in zip(plan.by, self.tally.by_sizes, strict=True):
            segment = segment * size + (classes["band", name] if name in plan.bands else _known(codes[name]))
        place = np.where(inside, segment + 1, 0)
        if plan.cell is not None:
            place = place * self.tally.cell_size + _known(codes[plan.cell])
        return inside, place


class _UnitNumbers:
    """The numbers of units by the codes of their stratum and cluster."""

    def __init__(self, units: Codes) -> None:
        self.stride = int(units[:, 1].max(initial=0)) + 1
        self.keys = units[:, 0] * self.stride + units[:, 1]
        self.order = np.argsort(self.keys)
        room = int(self.keys.max(initial=0)) + 1
        self.table = np.zeros(room if room <= TABLE else 0, dtype=np.int64)
        if len(self.table):
            self.table[self.keys] = np.arange(len(units))

    def of(self, stratum: Codes, cluster: Codes) -> Codes:
        """Return the units of rows."""
        key = stratum * self.stride + cluster
        if len(self.table):
            return np.asarray(self.table[key])
        return self.order[np.searchsorted(self.keys, key, sorter=self.order)]


Matrices = tuple[Codes, Any, Any, Codes, Codes]


class _Dense:
    """Σw + i·Σw² of each unit and column in one array, and people by column.

    Two sums in one complex number, because adding a number to its cell once costs half as much as twice.
    """

    def __init__(self, units: int, columns: int) -> None:
        self.units = units
        self.pair = np.zeros(units * columns, dtype=np.complex128)
        self.rows, self.idle = np.zeros((2, columns), dtype=np.int64)

    def add(self, unit: Codes, column: Codes, pair: NDArray[np.complex128], idle: Codes) -> None:
        """Add rows up; `idle` are those with weight 0."""
        columns = len(self.rows)
        np.add.at(self.pair, column * self.units + unit, pair)
        self.rows += np.bincount(column, minlength=columns)
        if len(idle):
            self.idle += np.bincount(column[idle], minlength=columns)

    def matrices(self) -> Matrices:
        """Return the columns in use, Σw and Σw² (units, columns in use), people and idle of each of these."""
        used = np.flatnonzero(self.rows)
        pair = self.pair.reshape(len(self.rows), self.units)[used]
        idle = self.idle[used]
        return used, pair.real.T, pair.imag.T, self.rows[used] - idle, idle


class _Keyed:
    """The same sums of the (unit, column) that occur, where an array for all of them would be too large."""

    def __init__(self, units: int, columns: int) -> None:
        self.units, self.columns = units, columns
        self.keys = [np.zeros(0, dtype=np.int64)]
        self.sums = [np.zeros((4, 0))]

    def add(self, unit: Codes, column: Codes, pair: NDArray[np.complex128], idle: Codes) -> None:
        """Add rows up; `idle` are those with weight 0."""
        counts = np.ones((2, len(unit)))
        counts[1] = 0.0
        counts[1, idle] = 1.0
        self._put(unit * self.columns + column, np.stack([*counts, pair.real, pair.imag]))
        # merged once the new keys are as many as the old ones, so that each is sorted a few times only
        if sum(map(len, self.keys[1:])) > max(PENDING, len(self.keys[0])):
            self._merge()

    def _put(self, key: Codes, sums: Numbers) -> None:
        distinct, at = np.unique(key, return_inverse=True)
        self.keys.append(distinct)
        self.sums.append(np.stack([np.bincount(at, values, len(distinct)) for values in sums]))

    def _merge(self) -> None:
        key, sums = np.concatenate(self.keys), np.concatenate(self.sums, axis=1)
        self.keys, self.sums = [], []
        self._put(key, sums)

    def matrices(self) -> Matrices:
        """Return what `_Dense.matrices` does."""
        self._merge()
        rows, idle, weight, square = self.sums[0]
        unit, column = np.divmod(self.keys[0], self.columns)
        used, place = np.unique(column, return_inverse=True)
        shape = (self.units, len(used))
        idle_by_column = add_up(place, idle, len(used)).astype(np.int64)
        people = add_up(place, rows, len(used)).astype(np.int64) - idle_by_column
        weight, square = (matrix_of(unit, place, values, shape) for values in (weight, square))
        return used, weight, square, people, idle_by_column


def _known(codes: Codes | None) -> Codes:
    """Return the codes of a column that is not full, as `Tally.check_choices` has seen."""
    assert codes is not None
    return codes


def quoted(cell: str | None) -> str:
    """Return a cell as a message shows it."""
    return "an empty cell" if cell is None else f"'{cell}'"
