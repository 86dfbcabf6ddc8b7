"""A weighting → the weighted file, how it was made, and a picture: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis.files.appending import append_column, check_target
from analysis.problems import DataProblem
from analysis.show.weighting_picture import as_svg
from analysis.weighting.recipe import recipe_json
from analysis.weighting.weighted_file import recipe_path
from analysis.weighting.weighting import Weighting


def check_files(source: Path, target: Path, picture: Path | None, force: bool) -> None:
    """Raise DataProblem for what would keep the files from being written, before anything is worked out."""
    if picture is not None and picture.suffix.lower() != ".svg":
        raise DataProblem("file_unsupported", value=picture.name, known=".svg")
    if source.exists():
        check_target(source, target, [target, recipe_path(target), *([picture] if picture else [])], force)


def write_files(
    source: Path, weighting: Weighting, target: Path, picture: Path | None = None, force: bool = False
) -> tuple[Path, ...]:
    """Write `source` with its weights to `target`, the recipe beside it, and the picture; return the files.

    Raises DataProblem "file_unsupported", "file_itself", "file_exists" or "file_unwritable".
    """
    check_files(source, target, picture, force)
    figures = weighting.diagnostics
    facts: Mapping[str, object] = {
        "file": target.name,
        "rows": len(weighting.weights),
        "iterations": weighting.calibration.iterations,
        "design_effect": figures.design_effect,
        "effective_base": figures.effective_base,
    }
    texts = {recipe_path(target): recipe_json(weighting.recipe, facts)}
    if picture is not None:
        texts[picture] = as_svg(weighting)
    append_column(source, target, weighting.recipe.name, weighting.weights, texts, force)
    return (target, *texts)
