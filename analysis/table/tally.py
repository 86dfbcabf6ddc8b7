"""What rows add up to, by raw codes, before anybody asks which value is which choice; tallies add up too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.table.block import Block
from analysis.table.coding import Coding, Misread
from analysis.table.columns import Codes
from analysis.table.crossing import Crossing
from analysis.table.reading import Part, Reading


@dataclass(frozen=True)
class Fault:
    """The first row in which a column is wrong, as a spreadsheet numbers it, and its cell (None: empty)."""

    row: int
    cell: str | None = None
    other: str = ""
    stratum: int = 0


@dataclass
class Population:
    """What a stratum's rows say of its population: the first one's value, and the first that differs."""

    value: float
    row: int
    cell: str
    other: Fault | None = None


def _none() -> Codes:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Frame:
    """What a tally knows beside its sums: which code is what, how many rows are where, what was wrong first.

    `units` are combinations of the codes of stratum and cluster; `places` those of conditions, segments and
    weighting cells. `outside` holds values in no band by (column, classes of the conditions); `seen` the classes
    that a fold met; `dotted` the text columns that were taken as whole numbers written as 1.0.
    """

    codings: dict[str, Coding]
    units: Crossing
    places: Crossing
    rows: int = 0
    idle: int = 0
    weighs: bool = False
    unit_rows: Codes = field(default_factory=_none)
    place_rows: Codes = field(default_factory=_none)
    seen: dict[str, set[int]] = field(default_factory=dict)
    dotted: dict[str, bool] = field(default_factory=dict)
    picked: dict[str, int] = field(default_factory=dict)
    outside: dict[tuple[str, tuple[int, ...]], dict[Any, None]] = field(default_factory=dict)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    populations: dict[int, Population] = field(default_factory=dict)

    def fault(self, code: str, column: str, found: Fault) -> None:
        """Keep a fault if it is the first of its kind."""
        known = self.faults.get((code, column))
        if known is None or found.row < known.row:
            self.faults[code, column] = found


@dataclass(frozen=True)
class Tally:
    """A reading's sums: a block for each of the `parts` that is in here, under one frame."""

    reading: Reading
    parts: tuple[Part, ...]
    frame: Frame
    blocks: dict[str, Block]

    def add(self, other: Tally) -> None:
        """Add the sums of other rows to these; the others' come after these in the order of a file.

        Raises Misread where a text column must be read again, ValueError for another reading.
        """
        if self.parts != other.parts:
            raise ValueError("tallies can be added only if they hold the same parts")
        to = self.take_frame(other)
        for part in self.parts:
            self.take_block(part, other.blocks[part.name], to)

    def take_frame(self, other: Tally) -> Aligned:
        """Take over what another tally knows beside its sums; return where its codes lead."""
        if self.reading != other.reading:
            raise ValueError("tallies can be added only if they are of the same reading")
        for name, dotted in other.frame.dotted.items():
            if self.frame.dotted.setdefault(name, dotted) != dotted:
                raise Misread(name)
        return _aligned(self.reading, self.frame, other.frame)

    def take_block(self, part: Part, theirs: Block, to: Aligned) -> None:
        """Add another tally's block."""
        if not part.among and self.frame.codings[part.column].full:
            return
        plain = not part.among and part.column not in self.reading.bands
        answers = to.values[part.column] if plain else np.arange(self.answers(part))
        block = self.blocks[part.name]
        block.fit((self.frame.units.size, self.frame.places.size, self.answers(part)))
        block.absorb(theirs, (to.units, to.places, answers))

    def only(self, count: int) -> Tally:
        """Return the tally of the first `count` parts."""
        parts = self.parts[:count]
        return Tally(self.reading, parts, self.frame, {part.name: self.blocks[part.name] for part in parts})

    def without_blocks(self) -> Tally:
        """Return all but the sums."""
        return Tally(self.reading, self.parts, self.frame, {})

    def answers(self, part: Part) -> int:
        """Return the number of answer codes of a part."""
        return answer_codes(self.reading, self.frame, part)


def answer_codes(reading: Reading, frame: Frame, part: Part) -> int:
    """Return the number of answer codes of a part."""
    if part.among:
        return 3
    bands = reading.bands.get(part.column)
    return frame.codings[part.column].size if bands is None else 3 + len(bands)


@dataclass(frozen=True)
class Aligned:
    """Where the codes of one tally lead in another: by column its values', and units' and places'."""

    values: dict[str, Codes]
    units: Codes
    places: Codes


def _aligned(reading: Reading, mine: Frame, other: Frame) -> Aligned:
    values = {name: coding.absorb(other.codings[name]) for name, coding in mine.codings.items()}
    design = reading.design
    first = [values[name] for name in (design.strata, design.cluster) if name is not None]
    units = _absorbed(mine.units, other.units, first)
    places = _absorbed(mine.places, other.places, place_maps(reading, values))
    mine.unit_rows = _added(mine.unit_rows, other.unit_rows, units, mine.units.size)
    mine.place_rows = _added(mine.place_rows, other.place_rows, places, mine.places.size)
    mine.rows += other.rows
    mine.idle += other.idle
    mine.weighs |= other.weighs
    for key, seen in other.seen.items():
        mine.seen.setdefault(key, set()).update(seen)
    for option, count in other.picked.items():
        mine.picked[option] = mine.picked.get(option, 0) + count
    for place, found in other.outside.items():
        mine.outside.setdefault(place, {}).update(found)
    _add_faults(mine, other, values.get(design.strata or ""))
    return Aligned(values, units, places)


def place_maps(reading: Reading, values: dict[str, Codes]) -> list[Codes | None]:
    """Return for each member of a place where its codes lead; None: they are classes, the same everywhere."""
    maps: list[Codes | None] = [None] * len(reading.where)
    maps += [None if name in reading.bands else values[name] for name in reading.by]
    return maps + [None if bands else values[name] for name, bands in reading.cells]


def _absorbed(mine: Crossing, other: Crossing, maps: Sequence[Codes | None]) -> Codes:
    to = []
    for members in other.members:
        at = zip(members, maps, strict=True)
        to.append(mine.learn(tuple(code if one is None else int(one[code]) for code, one in at)))
    return np.array(to, dtype=np.int64)


def _added(mine: Codes, other: Codes, to: Codes, size: int) -> Codes:
    total = np.zeros(size, dtype=np.int64)
    total[: len(mine)] = mine
    np.add.at(total, to[: len(other)], other)
    return total


def _add_faults(mine: Frame, other: Frame, strata: Codes | None) -> None:
    for (code, column), found in other.faults.items():
        if code != "fpc_varies":
            mine.fault(code, column, found)
    for theirs, population in other.populations.items():
        stratum = theirs if strata is None else int(strata[theirs])
        add_population(mine.populations, stratum, population)


def add_population(populations: dict[int, Population], stratum: int, found: Population) -> None:
    """Hold what later rows say of a stratum's population against what earlier rows said."""
    known = populations.setdefault(stratum, found)
    if known is found or known.other is not None:
        return
    if found.value != known.value:
        known.other = Fault(found.row, found.cell)
    else:
        known.other = found.other
