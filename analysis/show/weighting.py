"""A weighting as text to read: margins before and after, what it costs, and a histogram of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from types import MappingProxyType

from analysis.rows import as_csv as csv_of_rows
from analysis.rows import as_objects, check_format
from analysis.weighting.diagnostics import Diagnostics, plain
from analysis.weighting.weighting import MarginRow, Weighting

METHOD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "rake": "raking",
        "poststratify": "post-stratification",
        "linear": "linear calibration",
        "logit": "logit calibration",
        "raking-distance": "calibration with the raking distance",
    }
)
_BAR = 40
"""Letters of the longest bar."""
_HEADS = ("", "people", "sample", "before", "after", "target")


def as_text(weighting: Weighting) -> str:
    """Return the weighting as aligned tables; shares in percent."""
    margins, figures = _margins(weighting.margins), _figures(weighting.diagnostics)
    notes = [f"- {note.text}" for note in weighting.notes]
    rest = ["", "Notes", *notes] if notes else []
    return "\n".join([*_head(weighting), "", *margins, *figures, *rest]) + "\n"


def _head(weighting: Weighting) -> Iterator[str]:
    recipe, steps = weighting.recipe, weighting.calibration.iterations
    yield f"{weighting.source}: {METHOD_NAMES[recipe.method]}, column '{recipe.name}'"
    base = f"base weights '{recipe.base}'" if recipe.base else "everyone counts alike before"
    yield f"converged in {steps} {'round' if steps == 1 else 'rounds'}; {base}"
    if recipe.bounds is not None:
        yield f"factors between {recipe.bounds[0]:g} and {recipe.bounds[1]:g}"
    if recipe.trim is not None:
        of = "" if recipe.trim.of == "weight" else f" times the {recipe.trim.of} weight"
        then = "calibrated again" if recipe.trim.anew else "the rest spread over the others"
        yield f"weights trimmed to {recipe.trim.low:g} to {recipe.trim.high:g}{of}, {then}"


def _margins(rows: Sequence[MarginRow]) -> Iterator[str]:
    lines = [_line(row) for row in rows]
    widths = [max(len(line[at]) for line in [_HEADS, *lines]) for at in range(len(_HEADS))]
    for name, group in groupby(zip(rows, lines, strict=True), key=lambda pair: pair[0].margin):
        yield _aligned((name, *_HEADS[1:]), [max(widths[0], len(name)), *widths[1:]])
        for row, line in group:
            yield _aligned(line, [max(widths[0], len(name)), *widths[1:]]) + (" kept" if row.kept else "")
        yield ""


def _line(row: MarginRow) -> tuple[str, ...]:
    figures = (row.sample, row.before, row.after, row.target)
    if row.category is None:
        return ("  mean", str(row.people), *(f"{figure:.6g}" for figure in figures))
    return (
        "  " + " ".join(row.category.split()),
        str(row.people),
        *(f"{100 * figure:.2f}" for figure in figures),
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        [
            line[0].ljust(widths[0]),
            *(word.rjust(width) for word, width in zip(line[1:], widths[1:], strict=True)),
        ]
    )


def _figures(figures: Diagnostics) -> Iterator[str]:
    lines = [
        ("people", f"{figures.people}"),
        ("design effect (Kish, 1 + CV²)", f"{figures.design_effect:.3f}"),
        ("effective people", f"{figures.effective_base:.1f}"),
        ("smallest weight", plain(figures.smallest)),
        ("median weight", plain(figures.median)),
        ("mean weight", plain(figures.mean)),
        ("largest weight", plain(figures.largest)),
        ("largest / smallest", f"{figures.ratio:.1f}" if figures.ratio < 1e6 else f"{figures.ratio:.3g}"),
        ("weight on the heaviest 1 %", f"{100 * figures.top_1:.1f} %"),
        ("weight on the heaviest 5 %", f"{100 * figures.top_5:.1f} %"),
        ("sum of weights", f"{figures.total:.10g}"),
    ]
    width, right = max(len(name) for name, _ in lines), max(len(text) for _, text in lines)
    for name, text in lines:
        yield f"{name.ljust(width)}  {text.rjust(right)}"
    yield ""
    # the histogram
    labels = [f"{plain(low)} - {plain(high)}" for low, high in pairwise(figures.edges)]
    width, most = max(map(len, labels)), max(figures.counts)
    for label, count in zip(labels, figures.counts, strict=True):
        bar = "#" * (0 if count == 0 else max(1, round(_BAR * count / most)))
        yield f"{label.rjust(width)}  {bar} {count}".rstrip()


def as_csv(weighting: Weighting) -> str:
    """Return a line per category: the margins before and after."""
    return csv_of_rows([row.as_row() for row in weighting.margins])


def printed(weighting: Weighting, form: str, files: Sequence[Path] = ()) -> str:
    """Return the weighting as "text", "csv" or "json", and name the files that were written.

    Raises DataProblem "unknown_option" for any other form.
    """
    check_format(form)
    if form == "text":
        return as_text(weighting) + "".join(f"\n{path}" for path in files) + ("\n" if files else "")
    if form == "json":
        return as_objects([{**weighting.as_json(), "files": [str(path) for path in files]}])
    return as_csv(weighting)
