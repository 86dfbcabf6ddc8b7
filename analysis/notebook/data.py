"""Data to ask: a file, a mapping of arrays or a data frame, with the design that its people were drawn by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from analysis.compare import Comparison, compare
from analysis.estimate import Measure
from analysis.estimators.intervals import AUTO
from analysis.estimators.means import means, totals
from analysis.estimators.quantiles import quantiles
from analysis.expectations.reply_expectation import ReplyExpectation, reply_expectation
from analysis.files.data_file import DataFile
from analysis.files.formats import open_file
from analysis.notebook import tables
from analysis.notebook.folder import Folder
from analysis.notebook.shown import Table
from analysis.notebook.sources import as_arrow
from analysis.notebook.summed import summed
from analysis.notebook.words import (
    Bands,
    Names,
    Nets,
    by_name,
    margins_of,
    names,
    pair_of,
    probabilities_of,
    request_of,
)
from analysis.quality import Flags, QualityCheck, WithAndWithout, flags_of, read_checks, with_and_without
from analysis.request import Request
from analysis.table.design import Design
from analysis.tabulate import Tabulation, tabulate
from analysis.weighting.output_files import write_files
from analysis.weighting.request import WeightRequest
from analysis.weighting.weighting import Weighting, weigh


def read(
    source: object,
    *,
    weight: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    fpc: str | None = None,
    lonely: str = "fail",
    missing: object = (),
) -> Data:
    """Return data to ask, and the columns that say how its people were drawn.

    `source` is a path (CSV, Parquet, .sav, .dta, or a folder of Parquet files), a mapping of column names to
    arrays of one length, or a data frame (pandas, polars, pyarrow; anything with Arrow's or the interchange
    protocol). `missing` is a value that means no answer, or several, in every column. Arrays are kept in a
    temporary file as long as the data are. Raises DataProblem "unreadable_source", "ragged_columns", and those of
    a file.
    """
    drawn = {"weight": weight, "strata": strata, "cluster": cluster, "fpc": fpc}
    design = Design(lonely=lonely, **{role: str(name) for role, name in drawn.items() if name is not None})
    values = names(missing)
    if isinstance(source, (str, Path)):
        opened = open_file(Path(source))
        return Data(opened, design, values)
    kept = Folder()
    path = kept.path / "data.parquet"
    pq.write_table(as_arrow(source), path)
    return Data(open_file(path), design, values, kept)


@dataclass(frozen=True, repr=False)
class Data:
    """Answers of people, and how these were drawn; `read` makes it. Nothing that is asked of it changes it.

    Every method returns a Table. `by` names columns of segments, `bands` cuts columns of numbers
    ({"age": "18-34,35+"}), `where` keeps rows ({"country": "US"}), `level` is the confidence of intervals, above
    0.5 and below 1. Raises DataProblem for anything wrong with the data or the question.
    """

    opened: DataFile
    design: Design
    missing: tuple[str, ...] = ()
    _kept: Folder | None = field(default=None, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return self.opened.names

    def __repr__(self) -> str:
        drawn = ", ".join(f"{role} {name}" for role, name in self.design.as_row().items() if name is not None)
        return f"{self.opened.path.name}: {', '.join(self.names)}" + (f" ({drawn})" if drawn else "")

    def tabulate(
        self,
        *questions: str,
        by: Names = (),
        bands: Bands | None = None,
        nets: Nets | None = None,
        multi: Mapping[str, Sequence[str]] | None = None,
        where: Mapping[str, object] | None = None,
        interval: str = AUTO,
        total: bool = False,
        level: float = 0.95,
    ) -> Table[list[Tabulation]]:
        """Tabulate shares with their errors and intervals, as `earshot tabulate`.

        `nets` are unions of choices, {"channel": {"online": ["web", "app"]}}; `multi` are several columns as one
        question, {"used": ["used_web", "used_app"]}; `total` shows everyone beside the segments.
        """
        asked = self._request(
            questions, by=by, bands=bands, nets=nets, multi=multi, where=where, interval=interval, total=total,
            level=level,
        )  # fmt: skip
        return tables.of_tabulations(tabulate(self.opened, asked))

    def compare(
        self,
        *questions: str,
        by: Names,
        bands: Bands | None = None,
        nets: Nets | None = None,
        multi: Mapping[str, Sequence[str]] | None = None,
        where: Mapping[str, object] | None = None,
        test: str = "rao-scott",
        adjust: str = "holm",
        margin: float | None = None,
        level: float = 0.95,
    ) -> Table[list[Comparison]]:
        """Test whether answers depend on segments, and which columns differ, as `earshot compare`.

        `margin` (a fraction) asks whether shares are the same within it. `rows` are the pairs of segments.
        """
        asked = self._request(questions, by=by, bands=bands, nets=nets, multi=multi, where=where, level=level)
        return tables.of_comparisons(compare(self.opened, asked, test=test, adjust=adjust, margin=margin))

    def reply_curve(
        self,
        question: str,
        limits: Mapping[str, str | float],
        *,
        by: Names = (),
        bands: Bands | None = None,
        where: Mapping[str, object] | None = None,
        level: float = 0.95,
    ) -> Table[ReplyExpectation]:
        """Say by when people expect a reply: cumulative shares with a band, and the step that holds the median.

        `limits` gives each choice's time: "15 min", "4 h", a number of minutes, "none" (no limit) or "aside".
        """
        asked = self._request((question,), by=by, bands=bands, where=where, level=level)
        return tables.of_curves(reply_expectation(self.opened, asked, by_name("limits", limits)))

    def means(
        self,
        column: str,
        *,
        by: Names = (),
        bands: Bands | None = None,
        where: Mapping[str, object] | None = None,
        total: bool = False,
        level: float = 0.95,
    ) -> Table[tuple[Measure, ...]]:
        """Estimate the mean of a column of numbers, by segment."""
        asked = self._request((), by=by, bands=bands, where=where, total=total, level=level)
        return self._measured(column, asked, lambda sums: means(**sums, level=level).rows)

    def totals(
        self,
        column: str,
        *,
        by: Names = (),
        bands: Bands | None = None,
        where: Mapping[str, object] | None = None,
        total: bool = False,
        level: float = 0.95,
    ) -> Table[tuple[Measure, ...]]:
        """Estimate the population's total of a column of numbers, by segment; weights must add up to it."""
        asked = self._request((), by=by, bands=bands, where=where, total=total, level=level)
        return self._measured(column, asked, lambda sums: totals(**sums, level=level).rows)

    def quantiles(
        self,
        column: str,
        probabilities: float | Sequence[float] = (0.25, 0.5, 0.75),
        *,
        by: Names = (),
        bands: Bands | None = None,
        where: Mapping[str, object] | None = None,
        total: bool = False,
        interval: str = AUTO,
        level: float = 0.95,
    ) -> Table[tuple[Measure, ...]]:
        """Estimate quantiles of a column of numbers with Woodruff's intervals, by segment.

        `interval` is one of those of docs/methods/quantiles.md.
        """
        asked = self._request((), by=by, bands=bands, where=where, total=total, level=level)
        shares = probabilities_of(probabilities)
        return self._measured(
            column,
            asked,
            lambda sums: quantiles(**sums, probabilities=shares, interval=interval, level=level),
        )

    def weigh(
        self,
        margins: Mapping[str, Mapping[str, float]] | None = None,
        *,
        population: str | Path | None = None,
        method: str | None = None,
        bounds: tuple[float, float] | None = None,
        trim: tuple[float, float] | None = None,
        name: str = "weight",
    ) -> Weighted:
        """Weight the data to margins of the population, {"gender": {"woman": 0.52, "man": 0.48}}, by raking.

        Shares, per cent or counts do. `population` is a population.yaml instead or besides; `method`, `bounds` and
        `trim` (of the mean weight) as in `earshot weight`. Present weights are the base weights.
        """
        asked = WeightRequest(
            margins=margins_of(margins), population=None if population is None else Path(population), method=method,
            bounds=pair_of("bounds", bounds), trim=pair_of("trim", trim), weight=self.design.weight,
            missing=self.missing, name=name,
        )  # fmt: skip
        found = weigh(self.opened.path, asked)
        kept = Folder()
        suffix = ".csv" if self.opened.path.suffix.lower() == ".csv" else ".parquet"
        path = kept.path / f"weighted{suffix}"
        write_files(self.opened.path, found, path)
        design = replace(self.design, weight=name)
        return Weighted(open_file(path), design, self.missing, kept, weighting=found, before=self)

    def quality(self, checks: Mapping[str, Names], *, not_asked: Sequence[object] = ()) -> Table[Flags]:
        """Flag rows that may not be answers; nothing is dropped.

        `checks`: {"seconds": columns of times, "grid": columns of one grid, "text": a column of open answers,
        "sequence": columns in the order in which they were asked}. `result.by_check` has a mask for each flag.
        """
        silent = names(not_asked)
        return tables.of_flags(flags_of(self.opened, self._checks(checks), self.missing, silent))

    def with_and_without(
        self, question: str, checks: Mapping[str, Names], *, by: Names = (), bands: Bands | None = None
    ) -> Table[WithAndWithout]:
        """Tabulate a question twice: for everybody, and without the rows that any of the checks flags."""
        asked = self._request((question,), by=by, bands=bands)
        return tables.of_both(with_and_without(self.opened, asked, self._checks(checks)))

    def _checks(self, checks: Mapping[str, Names]) -> tuple[QualityCheck, ...]:
        return read_checks(
            tuple(f"{kind}:{','.join(names(some))}" for kind, some in by_name("checks", checks).items()),
            self.names,
        )

    def _request(self, questions: Sequence[str], **asked: Any) -> Request:
        return request_of(questions, self.design, self.missing, **asked)

    def _measured(
        self, column: str, asked: Request, estimate: Callable[[dict[str, Any]], Sequence[Measure]]
    ) -> Table[tuple[Measure, ...]]:
        found = summed(self.opened, str(column), asked)
        return tables.of_measures(tuple(estimate(found.arguments())), found.notes, asked.level)


@dataclass(frozen=True, repr=False)
class Weighted(Data):
    """Data with new weights in a column of their own; it shows what weighting did, and is asked like any data."""

    weighting: Weighting = field(kw_only=True)
    before: Data = field(kw_only=True)

    @property
    def table(self) -> Table[Weighting]:
        """Return the margins before and after, with what weighting costs."""
        return tables.of_weighting(self.weighting)

    @property
    def weights(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the weights, one for each row of the data."""
        return np.asarray(self.weighting.weights, dtype=np.float64)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the data with their weights, and how these were made beside them; never over a file unless told."""
        return write_files(self.before.opened.path, self.weighting, Path(path), force=force)[0]

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()
