"""Rows → a tally. `count` is the one heavy operation of all statistics here, and the door to it.

It goes through batches of rows once and knows nothing of choices, shares or errors; all else sees only the
sums that it returns. Another engine takes its place by returning the same tally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from analysis.problems import DataProblem
from analysis.table.block import Block, Keys, Weights
from analysis.table.coding import LIMIT, MOST_UNITS, Coded, Coding, Fold, Misread, most_codes
from analysis.table.columns import Codes, Column, Numbers
from analysis.table.crossing import Crossing
from analysis.table.design import LARGEST, SMALLEST
from analysis.table.reading import OUT, PICKED, WRONG, Part, Reading, Sets
from analysis.table.stream import Batch
from analysis.table.tally import Fault, Frame, Population, Tally, add_population, answer_codes

BUDGET = 10 << 20  # cells of all dense blocks together; parts beyond wait for another reading of the file

FEW_UNITS = 500  # up to so many units sums stay in the processor's cache

Read = Callable[[Sequence[str]], Iterator[Batch]]


def count(
    read: Read, reading: Reading, parts: Iterable[Part] | None = None, budget: int | None = None
) -> Tally:
    """Add up rows by (stratum, cluster), place and answer, for `parts` of a reading (None: all of them).

    `read` gives the batches of the named columns. Parts that would take more than `budget` (BUDGET) cells together are
    left out of the tally, the last first, but never the first. Raises DataProblem "bad_weight" at once; every
    other fault is in the tally's frame.
    """
    wanted = reading.parts if parts is None else tuple(parts)
    plain: frozenset[str] = frozenset()
    while True:
        try:
            return count_once(read, reading, wanted, budget, plain)
        except Misread as found:
            plain |= {found.column}


def count_once(
    read: Read, reading: Reading, parts: Sequence[Part], budget: int | None, plain: frozenset[str]
) -> Tally:
    """Count in one go; `plain` are text columns known not to be whole numbers written as 1.0. Raises Misread."""
    counter = Counter(reading, parts, budget, plain)
    for batch in read(counter.columns):
        counter.add(batch)
    return counter.tally()


class Counter:
    """The work of `count`, one batch after the other."""

    def __init__(
        self, reading: Reading, parts: Sequence[Part], budget: int | None, plain: frozenset[str]
    ) -> None:
        self.reading, self.parts = reading, list(parts)
        self.budget = BUDGET if budget is None else budget
        first = [name for name in (reading.design.strata, reading.design.cluster) if name is not None]
        places = reading.place_columns()
        asked = [*(name for part in parts for name in part.columns()), *places]
        apart = [*first, *(name for name, _ in reading.cells)]  # however many of them there are
        codings = {name: Coding(name, LIMIT) for name in asked} | {name: Coding(name) for name in apart}
        codings |= {name: Coding(name, MOST_UNITS) for name in first}
        self.frame = Frame(codings, Crossing(len(first)), Crossing(len(places)))
        self.first = first
        self.blocks = {part.name: Block() for part in parts}
        self.folds = self._folds(plain)
        self.columns = tuple(dict.fromkeys([*codings, *reading.design.columns()]))

    def _folds(self, plain: frozenset[str]) -> dict[str, Fold]:
        reading, codings = self.reading, self.frame.codings
        wanted: dict[str, tuple[str, Callable[[Column], Codes]]] = {
            f"band {name}": (name, partial(reading.band_of, bands=bands))
            for name, bands in reading.bands.items()
            if name in codings
        }
        for at, (name, value) in enumerate(reading.where):
            wanted[f"where {at}"] = (name, partial(reading.held_against, value=value))
        for at, (name, bands) in enumerate(reading.cells):
            if bands:
                wanted[f"cell {at}"] = (name, partial(reading.band_of, bands=bands))
        for name in dict.fromkeys(one for part in self.parts for one in part.among):
            wanted[f"option {name}"] = (name, reading.option)
        return {key: Fold(codings[name], classify, name in plain) for key, (name, classify) in wanted.items()}

    def add(self, batch: Batch) -> None:
        """Add up a batch of rows."""
        frame = self.frame
        coded = {name: coding.codes(batch.cells[name]) for name, coding in frame.codings.items()}
        folded = {
            key: fold.codes(batch.cells[fold.coding.name], coded[fold.coding.name])
            for key, fold in self.folds.items()
        }
        weights = self._weights(batch)
        unit = self._units(batch, coded)
        place = self._places(batch, coded, folded)
        frame.unit_rows = _counted(frame.unit_rows, unit, frame.units.size)
        frame.place_rows = _counted(frame.place_rows, place, frame.places.size)
        frame.rows += batch.rows
        self._not_numbers(batch, folded)
        order = _order(unit, frame.units.size)
        keys, weights, answered = Keys(unit, place, order), weights.taken(order), Sets(folded)
        for part in self.parts:
            answer = self._answers(part, coded, folded, answered)
            if answer is not None:
                block = self.blocks[part.name]
                block.fit((frame.units.size, frame.places.size, answer_codes(self.reading, frame, part)))
                block.add(keys, answer.taken(order), weights)
        for key, codes in folded.items():
            if key.startswith("option "):
                name = key.removeprefix("option ")
                frame.picked[name] = frame.picked.get(name, 0) + int((codes == PICKED).sum())
        self._put_off()

    def tally(self) -> Tally:
        """Return what was added up."""
        self.frame.seen = {key: fold.seen for key, fold in self.folds.items()}
        self.frame.dotted = {
            fold.coding.name: fold.dotted for fold in self.folds.values() if fold.dotted is not None
        }
        return Tally(self.reading, tuple(self.parts), self.frame, self.blocks)

    def _put_off(self) -> None:
        while len(self.parts) > 1 and sum(block.cells for block in self.blocks.values()) > self.budget:
            del self.blocks[self.parts.pop().name]

    def _answers(
        self, part: Part, coded: dict[str, Coded | None], folded: dict[str, Codes], answered: Sets
    ) -> Coded | None:
        if part.among:
            return Coded(answered.of(part))
        if part.column in self.reading.bands:
            return Coded(folded[f"band {part.column}"])
        return self._tabled(part.column, coded)

    def _tabled(self, name: str, coded: dict[str, Coded | None]) -> Coded | None:
        """Return a column's codes, None where it has more choices than a table; that is said in the end."""
        few = self.frame.codings[name].size <= most_codes(self.reading.missing)
        return coded[name] if few or name in [one for one, _ in self.reading.cells] else None

    # --- the design --------------------------------------------------------------------------------------

    def _weights(self, batch: Batch) -> Weights:
        name = self.reading.design.weight
        if name is None:
            self.frame.weighs = True
            return Weights()
        weight = batch.cells[name].floats()
        least = float(weight.min(initial=LARGEST))
        if not (least >= SMALLEST and float(weight.max(initial=0.0)) <= LARGEST):
            self._check(batch, name, weight)
        idle = weight == 0 if least < SMALLEST else None
        if idle is not None:
            self.frame.idle += int(idle.sum())
        self.frame.weighs |= bool(weight.any())
        pair = np.empty(batch.rows, dtype=np.complex128)
        pair.real = weight
        np.multiply(weight, weight, out=pair.imag)
        return Weights(pair, idle)

    def _check(self, batch: Batch, name: str, weight: Numbers) -> None:
        # Beyond these bounds squares overflow; no survey has such weights, a slipped decimal or an id does.
        wrong = np.flatnonzero(~((weight == 0) | ((weight >= SMALLEST) & (weight <= LARGEST))))
        if len(wrong):
            row = int(wrong[0])
            value = shown(batch.cells[name].text(row))
            raise DataProblem("bad_weight", column=name, value=value, row=row + batch.first)

    def _units(self, batch: Batch, coded: dict[str, Coded | None]) -> Codes:
        parts = []
        for name in self.first:
            found = coded[name]
            if found is None:
                role = "strata" if name == self.reading.design.strata else "cluster"
                raise DataProblem("too_many_units", column=name, role=role, limit=f"{MOST_UNITS:,}")
            parts.append(found.codes())
        for name, codes in zip(self.first, parts, strict=True):
            if not codes.all():
                self.frame.fault("design_missing", name, Fault(int(codes.argmin()) + batch.first))
        sizes = [self.frame.codings[name].size for name in self.first]
        if self.reading.design.fpc is not None:
            stratum = (
                parts[0] if self.reading.design.strata is not None else np.zeros(batch.rows, dtype=np.int64)
            )
            self._populations(batch, self.reading.design.fpc, stratum)
        return self.frame.units.codes(parts, sizes, batch.rows)

    def _populations(self, batch: Batch, name: str, stratum: Codes) -> None:
        """Note what a batch says of the population of its strata."""
        cells = batch.cells[name]
        values = cells.floats()
        wrong = np.flatnonzero(~(values > 0)).tolist()
        for empty, code in ((True, "design_missing"), (False, "bad_fpc")):
            row = next((row for row in wrong if (cells.text(row) is None) == empty), None)
            if row is not None:
                self.frame.fault(code, name, Fault(row + batch.first, cells.text(row)))
        present, first = np.unique(stratum, return_index=True)
        by_stratum = np.ones(int(present.max(initial=0)) + 1)
        by_stratum[present] = values[first]
        varies = values != by_stratum[stratum]
        for one, row in zip(present.tolist(), first.tolist(), strict=True):
            found = Population(values[row], row + batch.first, cells.text(row) or "")
            if varies.any():
                differing = np.flatnonzero(varies & (stratum == one))
                if len(differing):
                    at = int(differing[0])
                    found.other = Fault(at + batch.first, cells.text(at))
            add_population(self.frame.populations, one, found)

    # --- places ------------------------------------------------------------------------------------------

    def _places(self, batch: Batch, coded: dict[str, Coded | None], folded: dict[str, Codes]) -> Codes:
        """Return where each row lies by conditions, segments and weighting cells."""
        reading, codings = self.reading, self.frame.codings
        none = np.zeros(batch.rows, dtype=np.int64)

        def plain(name: str) -> tuple[Codes, int]:
            found = self._tabled(name, coded)
            return (none, 1) if found is None else (found.codes(), codings[name].size)

        held = [(folded[f"where {at}"], 4) for at in range(len(reading.where))]
        for name in reading.by:
            bands = reading.bands.get(name)
            held.append(plain(name) if bands is None else (folded[f"band {name}"], 3 + len(bands)))
        for at, (name, cut) in enumerate(reading.cells):
            held.append((folded[f"cell {at}"], 3 + len(cut)) if cut else plain(name))
        self._outside(batch, held, folded)
        codes, sizes = [one for one, _ in held], [size for _, size in held]
        return self.frame.places.codes(codes, sizes, batch.rows)

    def _outside(self, batch: Batch, held: list[tuple[Codes, int]], folded: dict[str, Codes]) -> None:
        """Keep the values of segment columns that lie in no band, apart by the conditions' classes."""
        for name in self.reading.by:
            if name not in self.reading.bands:
                continue
            out = folded[f"band {name}"] == OUT
            if not out.any():
                continue
            values, place = batch.cells[name].distinct()
            conditions = np.stack(
                [codes[out] for codes, _ in held[: len(self.reading.where)]] or [place[out] * 0]
            )
            pairs = np.unique(np.concatenate([conditions, place[out][None]]), axis=1)
            for *classes, at in pairs.T.tolist():
                classes = tuple(classes) if self.reading.where else ()
                self.frame.outside.setdefault((name, classes), {})[values[at]] = None

    def _not_numbers(self, batch: Batch, folded: dict[str, Codes]) -> None:
        for key, fold in self.folds.items():
            if WRONG in fold.seen and key.startswith(("band ", "cell ")):
                wrong = folded[key] == WRONG
                if wrong.any():
                    row, name = int(wrong.argmax()), fold.coding.name
                    found = Fault(row + batch.first, batch.cells[name].text(row))
                    self.frame.fault("not_a_number", name, found)


def _order(unit: Codes, units: int) -> Codes | None:
    """Return the rows in order of their units, None where that is not worth the while.

    Sums of many units do not fit into the processor's cache: rows in order find theirs twice as fast. Codes of
    16 bits are sorted in time proportional to the rows.
    """
    if not FEW_UNITS < units <= 1 << 16:
        return None
    return np.argsort(unit.astype(np.uint16), kind="stable")


def _counted(total: Codes, codes: Codes, size: int) -> Codes:
    now = np.bincount(codes, minlength=size)
    now[: len(total)] += total
    return now


def shown(cell: str | None) -> str:
    """Return a cell as a message shows it."""
    return "an empty cell" if cell is None else f"'{cell}'"
