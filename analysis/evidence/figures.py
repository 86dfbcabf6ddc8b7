"""A file of published figures → claims to audit, each with what the others of its survey say about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.evidence.claim import CONSISTENT, INCONSISTENT, Check, Claim, beside
from analysis.evidence.stated import Stated, printed_share
from analysis.problems import DataProblem
from analysis.table.naming import listed
from questionnaires.formats.shapes import FigureShape, shaped
from questionnaires.formats.study_folder import read_study
from questionnaires.formats.yaml_source import read_yaml
from questionnaires.problems import StudyFault

PUBLISHED = "published.yaml"


@dataclass(frozen=True)
class Figure:
    """One figure as its file gives it; `codes` are None where no questionnaire lies beside the file."""

    shape: FigureShape
    codes: frozenset[int] | None

    @property
    def share(self) -> Stated | None:
        """Return the printed share, None where only an order was printed."""
        return None if self.shape.value is None else printed_share(self.shape.value)

    @property
    def survey(self) -> str:
        """Return what the source is called before its first colon or semicolon."""
        return re.split("[:;]", self.shape.source)[0].strip()


@dataclass(frozen=True)
class Reading:
    """A claim of a file with checks against other figures, and what the file notes about it."""

    claim: Claim
    more: tuple[Check, ...]
    notes: tuple[str, ...]


def read_claims(path: Path, ids: Sequence[str] = ()) -> tuple[Reading, ...]:
    """Read the figures of a study folder or a published.yaml; `ids` names some of them (none: all).

    Raises DataProblem "file_not_found", "published_unreadable" or "figure_unknown".
    """
    figures = _figures(path / PUBLISHED if path.is_dir() else path)
    known = [figure.shape.id for figure in figures]
    for name in ids:
        if name not in known:
            raise DataProblem("figure_unknown", value=name, known=listed(known))
    return tuple(_reading(one, figures) for one in figures if not ids or one.shape.id in ids)


def _figures(file: Path) -> list[Figure]:
    if not file.is_file():
        raise DataProblem("file_not_found", value=str(file))
    source = read_yaml(file.name, file.read_bytes())
    items = source.data if isinstance(source.data, list) else []
    if not source.problems and not items:
        raise DataProblem("published_unreadable", value=file.name, reason="it should be a list of figures")
    shapes = [shaped(source, FigureShape, item, (at,)) for at, item in enumerate(items)]
    for at, shape in enumerate(shapes):
        if shape is not None and shape.value is not None and not 0 <= shape.value <= 1:
            source.fault("share-range", (at, "value"), key="value", value=shape.value)
    if source.problems:
        raise DataProblem("published_unreadable", value=file.name, reason=str(source.problems[0]))
    codes = _codes(file.parent)
    return [Figure(shape, codes.get(shape.id)) for shape in shapes if shape is not None]


def _codes(folder: Path) -> Mapping[str, frozenset[int]]:
    """Return which answers each figure means, if the questionnaire is there and can be read."""
    try:
        return {figure.id: frozenset(figure.codes) for figure in read_study(folder).published}
    except (StudyFault, OSError):
        return {}


def _reading(figure: Figure, figures: Sequence[Figure]) -> Reading:
    shape = figure.shape
    fellows = [one for one in figures if one is not figure and one.survey == figure.survey]
    parts = [one for one in fellows if _is_part(one, figure)]
    claim = Claim(
        shape.id,
        figure.share,
        shape.n,
        part_name=parts[0].shape.id if parts else "part",
        part=parts[0].share if parts else None,
        part_n=parts[0].shape.n if parts else None,
        known=tuple(shape.known),
        unknown=tuple(shape.unknown),
    )
    checks = [*_reading_checks(figure)]
    for whole in fellows:
        if _is_part(figure, whole):
            checks += beside(
                Claim(whole.shape.id, whole.share, whole.shape.n, shape.id, figure.share, shape.n)
            )
        checks += _nested(figure, whole)
    notes = [f"Source: {shape.source}.", *([shape.note["en"]] if shape.note.get("en") else [])]
    return Reading(claim, tuple(checks), tuple(notes))


def _is_part(one: Figure, whole: Figure) -> bool:
    """Tell whether one figure is the other's share in a segment of its people."""
    same = one.shape.question == whole.shape.question and one.shape.choices == whole.shape.choices
    return same and one.share is not None and whole.share is not None and bool(
        one.shape.where and not whole.shape.where
    )  # fmt: skip


def _reading_checks(figure: Figure) -> list[Check]:
    if figure.shape.reading != "exclusive" or figure.shape.source_reading != "cumulative":
        return []
    text = (
        f"{figure.shape.id}: the shares were added up, but the source gives them one within the other: "
        "they must not be added."
    )
    return [Check("reading", INCONSISTENT, True, text)]


def _nested(figure: Figure, other: Figure) -> list[Check]:
    """Hold a figure against one of the same people whose answers include all of its own, or the reverse."""
    alike = (figure.shape.question, figure.shape.where) == (other.shape.question, other.shape.where)
    mine, theirs = figure.codes, other.codes
    if not alike or not mine or not theirs or "exclusive" in (figure.shape.reading, other.shape.reading):
        return []
    if figure.share is None or other.share is None or not (mine < theirs or theirs < mine):
        return []
    inner, outer = (figure, other) if mine < theirs else (other, figure)
    assert inner.share is not None and outer.share is not None
    fits = inner.share.low <= outer.share.high
    text = (
        f"The answers of {inner.shape.id} ({inner.share}) are among those of {outer.shape.id} ({outer.share})"
    )
    text += "." if fits else ": it cannot be larger."
    return [Check("nested", CONSISTENT if fits else INCONSISTENT, True, text)]
