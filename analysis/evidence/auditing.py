"""The whole of `earshot audit`: claims from options or a file, perhaps held against our own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.estimate import Estimate
from analysis.estimators.intervals import interval_head
from analysis.estimators.significance import p_cell
from analysis.evidence.against import Against, checked, hold_against
from analysis.evidence.claim import Audit, Claim, audit
from analysis.evidence.figures import Reading, read_claims
from analysis.evidence.marked import refuse_synthetic
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.request import Request
from analysis.rows import aligned, people, percent, points, points_span, span
from analysis.table.naming import listed
from analysis.tabulate import tabulate


@dataclass(frozen=True)
class Own:
    """Our own data to hold a claim against: the file, what to tabulate, which choice, the stated margin."""

    file: Path
    request: Request
    choice: str
    margin: float | None = None


@dataclass(frozen=True)
class Audited:
    """An audit, with our own estimate beside it where there is one."""

    audit: Audit
    own: Estimate | None = None
    against: tuple[Against, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that `earshot audit --format json` prints."""
        own = None if self.own is None else self.own.as_row()
        return {**self.audit.as_json(), "own": own, "against": [one.as_row() for one in self.against]}

    def __str__(self) -> str:
        return _shown(self)


@dataclass(frozen=True)
class Audits:
    """Several audits as one result."""

    audits: tuple[Audited, ...]

    def as_json(self) -> dict[str, Any]:
        """Return {"audits": [...]}, or the one audit itself."""
        if len(self.audits) == 1:
            return self.audits[0].as_json()
        return {"audits": [one.as_json() for one in self.audits]}

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per audit, for CSV."""
        return [
            {
                "id": one.audit.claim.name,
                "share": None if one.audit.claim.whole is None else one.audit.claim.whole.value,
                "n": one.audit.claim.n,
                "verdict": one.audit.verdict,
                "reasons": list(one.audit.reasons),
            }
            for one in self.audits
        ]

    def __str__(self) -> str:
        if len(self.audits) == 1:
            return str(self.audits[0])
        heads = ("figure", "verdict", "share", "n")
        lines = [
            (
                one.audit.claim.name,
                one.audit.verdict,
                "-" if one.audit.claim.whole is None else str(one.audit.claim.whole),
                _count(one.audit.claim.n),
            )
            for one in self.audits
        ]
        return "\n".join([aligned(heads, lines, left=2), "", *(str(one) for one in self.audits)])


def audit_claim(claim: Claim, own: Own | None = None) -> Audits:
    """Audit one claim. Raises DataProblem for a claim out of range, and all that `tabulate` raises."""
    return Audits((_audited(Reading(claim, (), ()), own),))


def audit_file(
    path: Path, ids: Sequence[str] = (), own: Own | None = None, assumed: Mapping[str, Any] | None = None
) -> Audits:
    """Audit the figures of a study folder or published.yaml; with own data exactly one of them.

    `assumed` are fields of each Claim that the file does not give: effects, level, segments, weighted,
    part_shares. Raises DataProblem "file_not_found", "published_unreadable", "figure_unknown", "option_needs".
    """
    readings = read_claims(path, ids)
    if own is not None and len(readings) != 1:
        raise DataProblem("option_needs", option="--data", needed="--share, or --id with one figure,")
    claims = [replace(one.claim, **(assumed or {})) for one in readings]
    return Audits(
        tuple(_audited(replace(one, claim=claim), own) for one, claim in zip(readings, claims, strict=True))
    )


def _audited(reading: Reading, own: Own | None) -> Audited:
    claim, more = reading.claim, list(reading.more)
    estimate: Estimate | None = None
    held: tuple[Against, ...] = ()
    if own is not None and claim.whole is not None:
        estimate = _estimate(own)
        held = hold_against(claim.whole, claim.n, estimate, own.margin, claim.effects, claim.level)
        more.append(checked(held, claim.whole, estimate, own.margin))
    return Audited(audit(claim, more, reading.notes), estimate, held)


def _estimate(own: Own) -> Estimate:
    refuse_synthetic(open_file(own.file), "an audit")
    (table,) = tabulate(own.file, replace(own.request, by=()))
    found = [one for one in table.estimates if one.choice == own.choice]
    if not found:
        known = listed([one.choice for one in table.estimates])
        raise DataProblem("unknown_choice", column=table.question, value=own.choice, known=known)
    return found[0]


# --- text --------------------------------------------------------------------------------------------------


def _shown(audited: Audited) -> str:
    found = audited.audit
    claim = found.claim
    share = "no share" if claim.whole is None else str(claim.whole)
    counted = f" of {people(claim.n)}" if claim.n is not None else ", number of people unknown"
    lines = [f"{claim.name}: {share}{counted}", f"Verdict: {found.verdict}"]
    lines += [f"  because {reason}" for reason in found.reasons]
    told = [check for check in found.checks if check.text not in found.reasons]
    lines += [f"  {check.check}: {check.text}" for check in told]
    for title, table in (
        ("Intervals by design effect, which is not published", _intervals(found)),
        ("What the part's size implies", _parts(found)),
        ("Fewest people in the part for a significant difference from the others", _smallest(found)),
        ("Against our data, by the published design effect", _own(audited)),
    ):
        if table:
            lines += ["", title, table]
    if found.part_for_5_points is not None:
        lines += ["", f"A margin of 5 points for the part needs {people(found.part_for_5_points)} of it."]
    lack = [fact.fact for fact in found.facts if fact.state != "known"]
    lines += ["", f"Not known: {', '.join(lack)}"] if lack else []
    return "\n".join([*lines, *found.notes, ""])


def _intervals(found: Audit) -> str:
    lines = [
        (row["figure"], percent(row["share"]), _count(row["n"]), f"{row['design_effect']:g}",
         span(row["low"], row["high"]))
        for row in found.intervals
    ]  # fmt: skip
    head = ("figure", "share", "n", "deff", interval_head(found.claim.level))
    return aligned(head, lines) if lines else ""


def _parts(found: Audit) -> str:
    lines = [
        (percent(row["share_of_sample"], 0), _count(row["n"]), span(row["low"], row["high"]),
         percent(row["remainder"]), span(row["remainder_low"], row["remainder_high"]),
         "yes" if row["possible"] else "no")
        for row in found.part_rows
    ]  # fmt: skip
    head = ("of the sample", "n", "interval of the part", "the others", "with rounding", "possible")
    return aligned(head, lines) if lines else ""


def _smallest(found: Audit) -> str:
    lines = [
        (
            f"{row['design_effect']:g}",
            str(row["comparisons"]),
            _count(row["significant"]),
            _count(row["power_80"]),
        )
        for row in found.smallest
    ]
    return aligned(("deff", "pairs to pick from", "significant", "80% power"), lines) if lines else ""


def _own(audited: Audited) -> str:
    lines = [
        (f"{one.design_effect:g}", points(one.difference), points_span(one.low, one.high), p_cell(one.p),
         p_cell(one.p_equivalent), one.verdict)
        for one in audited.against
    ]  # fmt: skip
    level = interval_head(audited.audit.claim.level)
    head = ("deff", "difference", level, "p", "p equivalent", "")
    return aligned(head, lines, tail=1) if lines else ""


def _count(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"
