"""Published figures: beside our estimate in a report, and read from their file as claims to audit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from scipy.special import stdtrit
from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import Estimate
from analysis.evidence.claim import CONSISTENT, INCONSISTENT, Claim, ClaimCheck, part_checks
from analysis.evidence.stated import Stated, printed_share
from analysis.findings import PublishedComparison, Verdict
from analysis.problems import DataProblem
from analysis.table.naming import listed
from questionnaires.formats.shapes import FigureShape, shaped
from questionnaires.formats.study_folder import read_study
from questionnaires.formats.yaml_source import read_yaml
from questionnaires.model import Question
from questionnaires.problems import StudyFault
from questionnaires.study import Figure

PUBLISHED = "published.yaml"
ROUNDING = 0.005
"""Published shares are whole per cents: the true figure may be half a point off."""


# --- beside our estimate -----------------------------------------------------------------------------------


def compare(
    figure: Figure,
    ours: Estimate,
    second: Estimate | None,
    each: Sequence[Estimate],
    question: Question,
    synthetic: bool,
) -> PublishedComparison:
    """Return the comparison of a figure with our estimate of the same share.

    `second` is our estimate on the figure's second definition; `each` holds the estimate of every single choice
    of the question, for a figure that claims a rank.
    The published interval is Wilson's for a simple random sample of the published n (Wilson 1927), the best
    case, since weighting and design are not published; None where n is unknown.
    """
    low = high = leader = None
    if figure.value is not None and figure.n is not None:
        low, high = map(float, proportion_confint(figure.value * figure.n, figure.n, method="wilson"))
    agrees = _agrees(figure, ours)
    if figure.rank:
        leader = _leader(each)
        names = {choice.name for choice in question.choices if choice.code in figure.codes}
        agrees = leader in names if leader else None
    if figure.reading == "exclusive" and figure.source_reading == "cumulative" and agrees is not True:
        verdict = Verdict.CUMULATIVE_SOURCE
    elif synthetic:
        verdict = Verdict.REPRODUCED if agrees else Verdict.NOT_REPRODUCED
    elif agrees is None:
        verdict = Verdict.NOT_CHECKABLE
    else:
        verdict = Verdict.CONSISTENT if agrees else Verdict.INCONSISTENT
    return PublishedComparison(figure, ours, verdict, second, low, high, leader)


def _leader(each: Sequence[Estimate]) -> str | None:
    """Return the choice with the largest share, None where its lead is within the intervals."""
    ranked = sorted((e for e in each if e.share is not None), key=lambda e: e.share or 0.0, reverse=True)
    if len(ranked) < 2:
        return ranked[0].choice if ranked else None
    first, second = ranked[0], ranked[1]
    clear = first.low is not None and second.high is not None and first.low > second.high
    return first.choice if clear else None


def _agrees(figure: Figure, ours: Estimate) -> bool | None:
    """Tell whether both shares can be the same; None where that cannot be told.

    With a published n: a two-sided 5 % test of the difference, p(1-p)/n for the published variance (best
    case), after half a point of rounding. Without: inside our interval they can be the same; outside it
    nothing follows, since the published sampling error is unknown.
    """
    if figure.value is None or ours.low is None or ours.high is None or ours.share is None:
        return None
    gap = max(abs(figure.value - ours.share) - ROUNDING, 0.0)
    if figure.n is not None:
        own = figure.value * (1 - figure.value) / figure.n
        return gap <= float(stdtrit(max(ours.df, 1), 0.975)) * sqrt((ours.se or 0.0) ** 2 + own)
    return True if ours.low - ROUNDING <= figure.value <= ours.high + ROUNDING else None


# --- as claims to audit ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileClaim:
    """A claim of a file with checks against other figures, and what the file notes about it."""

    claim: Claim
    checks: tuple[ClaimCheck, ...]
    notes: tuple[str, ...]


def read_claims(path: Path, ids: Sequence[str] = ()) -> tuple[FileClaim, ...]:
    """Read the figures of a study folder or a published.yaml; `ids` names some of them (none: all).

    Raises DataProblem "file_not_found", "published_unreadable" or "figure_unknown".
    """
    file = path / PUBLISHED if path.is_dir() else path
    if not file.is_file():
        raise DataProblem("file_not_found", value=str(file))
    shapes = _figure_shapes(file)
    codes: Mapping[str, frozenset[int]] = {}
    # without a questionnaire beside the file nobody knows which answers a figure means
    with suppress(StudyFault, OSError):
        codes = {figure.id: frozenset(figure.codes) for figure in read_study(file.parent).published}
    figures = [_FileFigure(shape, codes.get(shape.id)) for shape in shapes]
    names = [shape.id for shape in shapes]
    for name in ids:
        if name not in names:
            raise DataProblem("figure_unknown", value=name, known=listed(names))
    return tuple(_file_claim(figure, figures) for figure in figures if not ids or figure.shape.id in ids)


def _figure_shapes(file: Path) -> list[FigureShape]:
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
    return [shape for shape in shapes if shape is not None]


@dataclass(frozen=True)
class _FileFigure:
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

    def is_part_of(self, whole: _FileFigure) -> bool:
        """Tell whether this figure is the other's share in a segment of its people."""
        same = (self.shape.question, self.shape.choices) == (whole.shape.question, whole.shape.choices)
        printed = self.share is not None and whole.share is not None
        return same and printed and bool(self.shape.where and not whole.shape.where)


def _file_claim(figure: _FileFigure, figures: Sequence[_FileFigure]) -> FileClaim:
    """Return a figure as a claim: with a part of its people, and checks against the others of its survey."""
    shape = figure.shape
    fellows = [other for other in figures if other is not figure and other.survey == figure.survey]
    part = next((other for other in fellows if other.is_part_of(figure)), None)
    claim = Claim(
        shape.id,
        figure.share,
        shape.n,
        part_name=part.shape.id if part else "part",
        part=part.share if part else None,
        part_n=part.shape.n if part else None,
        facts_known=tuple(shape.known),
        facts_unknown=tuple(shape.unknown),
    )
    checks = []
    if shape.reading == "exclusive" and shape.source_reading == "cumulative":
        text = (
            f"{shape.id}: the shares were added up, but the source gives them one within the other: "
            "they must not be added."
        )
        checks.append(ClaimCheck("reading", INCONSISTENT, True, text))
    for whole in fellows:
        if figure.is_part_of(whole):
            both = Claim(whole.shape.id, whole.share, whole.shape.n, shape.id, figure.share, shape.n)
            checks += part_checks(both)
        checks += _nested(figure, whole)
    notes = [f"Source: {shape.source}.", *([shape.note["en"]] if shape.note.get("en") else [])]
    return FileClaim(claim, tuple(checks), tuple(notes))


def _nested(figure: _FileFigure, other: _FileFigure) -> list[ClaimCheck]:
    """Hold a figure against one of the same people whose answers include all of its own, or the reverse."""
    alike = (figure.shape.question, figure.shape.where) == (other.shape.question, other.shape.where)
    mine, theirs = figure.codes, other.codes
    if not alike or not mine or not theirs or "exclusive" in (figure.shape.reading, other.shape.reading):
        return []
    if figure.share is None or other.share is None or not (mine < theirs or theirs < mine):
        return []
    pairs = [(figure.shape.id, figure.share), (other.shape.id, other.share)]
    (inner, share), (outer, larger) = pairs if mine < theirs else pairs[::-1]
    fits = share.low <= larger.high
    text = f"The answers of {inner} ({share}) are among those of {outer} ({larger})"
    text += "." if fits else ": it cannot be larger."
    return [ClaimCheck("nested", CONSISTENT if fits else INCONSISTENT, True, text)]
