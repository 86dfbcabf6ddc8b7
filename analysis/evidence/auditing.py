"""`earshot audit`: claims from options or a file, perhaps held against our own data, with their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.estimate import Estimate
from analysis.estimators.intervals import interval_head
from analysis.estimators.significance import p_cell
from analysis.evidence.claim import (
    Against,
    Claim,
    ClaimCheck,
    Fact,
    checklist,
    granularity_checks,
    hold_against,
    judged,
    own_data_check,
    part_checks,
    sum_checks,
)
from analysis.evidence.marked import refuse_synthetic
from analysis.evidence.published import FileClaim, read_claims
from analysis.evidence.sample_size import bounds, part_for_margin, smallest_part
from analysis.evidence.stated import largest_part, remainder, remainder_range
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
class AuditRequest:
    """What is to be audited: the `claim` itself, or the figures of a `file`, perhaps beside our `own` data.

    `file` is a study folder or a published.yaml, `ids` name some of its figures (none: all). Of its claim such a
    request takes what no file says: `effects`, `level`, `segments`, `weighted` and `part_shares`.
    """

    claim: Claim
    file: Path | None = None
    ids: tuple[str, ...] = ()
    own: Own | None = None


@dataclass(frozen=True)
class Audit:
    """A claim's verdict with its reasons, every check, and the tables behind them (rows as in the JSON)."""

    claim: Claim
    verdict: str
    reasons: tuple[str, ...]
    checks: tuple[ClaimCheck, ...]
    intervals: tuple[dict[str, Any], ...] = ()
    part_rows: tuple[dict[str, Any], ...] = ()
    smallest: tuple[dict[str, Any], ...] = ()
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def part_for_5_points(self) -> int | None:
        """Return how many people of the part would give its share a margin of 5 points; None without one."""
        return None if self.claim.part is None else part_for_margin(self.claim.part.value, 0.05)

    def as_json(self) -> dict[str, Any]:
        """Return the object that `earshot audit --format json` prints."""
        claim = self.claim
        return {
            "id": claim.name,
            "share": None if claim.whole is None else claim.whole.value,
            "rounding": None if claim.whole is None else [claim.whole.low, claim.whole.high],
            "n": claim.n,
            "part": None if claim.part is None else claim.part.value,
            "part_n": claim.part_n,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "checks": [check.as_row() for check in self.checks],
            "intervals": list(self.intervals),
            "parts": list(self.part_rows),
            "smallest_part": list(self.smallest),
            "part_for_5_points": self.part_for_5_points,
            "facts": [fact.as_row() for fact in self.facts],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Audited:
    """An audit, with our own estimate beside it where there is one."""

    audit: Audit
    own: Estimate | None = None
    against: tuple[Against, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that `earshot audit --format json` prints."""
        own = None if self.own is None else self.own.as_row()
        return {**self.audit.as_json(), "own": own, "against": [row.as_row() for row in self.against]}

    def __str__(self) -> str:
        audit, claim = self.audit, self.audit.claim
        share = "no share" if claim.whole is None else str(claim.whole)
        counted = f" of {people(claim.n)}" if claim.n is not None else ", number of people unknown"
        lines = [f"{claim.name}: {share}{counted}", f"Verdict: {audit.verdict}"]
        lines += [f"  because {reason}" for reason in audit.reasons]
        lines += [
            f"  {check.check}: {check.text}" for check in audit.checks if check.text not in audit.reasons
        ]
        for title, heads, cells, tail in _tables(self):
            if cells:
                lines += ["", title, aligned(heads, cells, tail=tail)]
        if audit.part_for_5_points is not None:
            lines += ["", f"A margin of 5 points for the part needs {people(audit.part_for_5_points)} of it."]
        lack = [fact.fact for fact in audit.facts if fact.state != "known"]
        lines += ["", f"Not known: {', '.join(lack)}"] if lack else []
        return "\n".join([*lines, *audit.notes, ""])


@dataclass(frozen=True)
class Audits:
    """Several audits as one result."""

    audits: tuple[Audited, ...]

    def as_json(self) -> dict[str, Any]:
        """Return {"audits": [...]}, or the one audit itself."""
        if len(self.audits) == 1:
            return self.audits[0].as_json()
        return {"audits": [audited.as_json() for audited in self.audits]}

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per audit, for CSV."""
        return [
            {
                "id": audited.audit.claim.name,
                "share": None if audited.audit.claim.whole is None else audited.audit.claim.whole.value,
                "n": audited.audit.claim.n,
                "verdict": audited.audit.verdict,
                "reasons": list(audited.audit.reasons),
            }
            for audited in self.audits
        ]

    def __str__(self) -> str:
        if len(self.audits) == 1:
            return str(self.audits[0])
        lines = [
            (audit.claim.name, audit.verdict, str(audit.claim.whole or "-"), _count(audit.claim.n))
            for audit in (audited.audit for audited in self.audits)
        ]
        table = aligned(("figure", "verdict", "share", "n"), lines, left=2)
        return "\n".join([table, "", *map(str, self.audits)])


def audit(request: AuditRequest) -> Audits:
    """Audit a claim or the figures of a file; with own data exactly one figure.

    Raises DataProblem "file_not_found", "published_unreadable", "figure_unknown", "option_needs", "plan_range" for a
    claim out of range, and all that `tabulate` raises.
    """
    if request.file is None:
        return Audits((_audited(FileClaim(request.claim, (), ()), request.own),))
    figures = read_claims(request.file, request.ids)
    if request.own is not None and len(figures) != 1:
        raise DataProblem("option_needs", option="--data", needed="--share, or --id with one figure,")
    names = ("effects", "level", "segments", "weighted", "part_shares")
    assumed = {name: getattr(request.claim, name) for name in names}
    claims = [replace(figure, claim=replace(figure.claim, **assumed)) for figure in figures]
    return Audits(tuple(_audited(claim, request.own) for claim in claims))


def _audited(figure: FileClaim, own: Own | None) -> Audited:
    claim = figure.claim
    if own is None or claim.whole is None:
        return Audited(audit_claim(claim, figure.checks, figure.notes))
    opened = open_file(own.file)
    refuse_synthetic(opened, "an audit")
    (table,) = tabulate(opened, replace(own.request, by=()))
    estimate = next((estimate for estimate in table.estimates if estimate.choice == own.choice), None)
    if estimate is None:
        choices = listed([estimate.choice for estimate in table.estimates])
        raise DataProblem("unknown_choice", column=table.question, value=own.choice, known=choices)
    held = hold_against(claim.whole, claim.n, estimate, own.margin, claim.effects, claim.level)
    check = own_data_check(held, claim.whole, estimate, own.margin)
    return Audited(audit_claim(claim, [*figure.checks, check], figure.notes), estimate, held)


def audit_claim(claim: Claim, more: Sequence[ClaimCheck] = (), notes: Sequence[str] = ()) -> Audit:
    """Audit one claim; `more` are checks against other figures. Raises DataProblem "plan_range"."""
    claim.check()
    checks = [*granularity_checks(claim), *part_checks(claim), *sum_checks(claim), *more]
    verdict, reasons = judged(checks, needs_n=claim.whole is not None and claim.n is None)
    facts = checklist([*claim.facts_known, *(["n"] if claim.n is not None else [])], claim.facts_unknown)
    intervals = []
    for name, share, n in claim.figures:
        for effect in claim.effects if n else ():
            low, high = bounds(share.value, (n or 0) / effect, claim.level)
            row = {"figure": name, "share": share.value, "n": n, "design_effect": effect}
            intervals.append({**row, "low": low, "high": high})
    return Audit(
        claim, verdict, reasons, tuple(checks), tuple(intervals), tuple(_part_rows(claim)),
        tuple(_smallest_rows(claim)), facts, tuple(notes),
    )  # fmt: skip


def _part_rows(claim: Claim) -> list[dict[str, Any]]:
    """Return what each plausible size of the part implies; the one size where it is known."""
    if claim.part is None or claim.whole is None:
        return []
    whole, part, sizes = claim.whole, claim.part, claim.part_shares
    if claim.part_n is not None and claim.n is not None:
        sizes = (claim.part_n / claim.n,)
    rows = []
    for size in sizes:
        n = None if claim.n is None else claim.part_n if claim.part_n is not None else round(size * claim.n)
        low, high = bounds(part.value, n, claim.level) if n else (None, None)
        row = {"share_of_sample": size, "n": n, "low": low, "high": high}
        row |= {"remainder": None, "remainder_low": None, "remainder_high": None}
        if size < 1:
            rest, (least, most) = remainder(whole.value, part.value, size), remainder_range(whole, part, size)
            # where only rounding leaves the others a share, it has bounds and no value
            if most >= 0 and least <= 1:
                row["remainder"] = rest if 0 <= rest <= 1 else None
                row |= {"remainder_low": max(least, 0.0), "remainder_high": min(most, 1.0)}
        rows.append({**row, "possible": size <= largest_part(whole, part)})
    return rows


def _smallest_rows(claim: Claim) -> list[dict[str, Any]]:
    """Return the fewest people in the part for a significant difference, by design effect and comparisons."""
    if claim.part is None or claim.whole is None or claim.n is None:
        return []
    whole, part = claim.whole.value, claim.part.value
    return [
        {
            "design_effect": effect,
            "comparisons": comparisons,
            "significant": smallest_part(whole, part, claim.n, effect, comparisons),
            "power_80": smallest_part(whole, part, claim.n, effect, comparisons, 0.8),
        }
        for effect in claim.effects
        for comparisons in dict.fromkeys((1, claim.comparisons))
    ]


def _tables(audited: Audited) -> list[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]], int]]:
    """Return the tables below an audit: title, heads, lines, and how many last columns hold words."""
    audit, level = audited.audit, interval_head(audited.audit.claim.level)
    intervals = [
        (row["figure"], percent(row["share"]), _count(row["n"]), f"{row['design_effect']:g}",
         span(row["low"], row["high"]))
        for row in audit.intervals
    ]  # fmt: skip
    parts = [
        (percent(row["share_of_sample"], 0), _count(row["n"]), span(row["low"], row["high"]),
         percent(row["remainder"]), span(row["remainder_low"], row["remainder_high"]),
         "yes" if row["possible"] else "no")
        for row in audit.part_rows
    ]  # fmt: skip
    smallest = [
        (f"{row['design_effect']:g}", str(row["comparisons"]), _count(row["significant"]), _count(row["power_80"]))
        for row in audit.smallest
    ]  # fmt: skip
    own = [
        (f"{row.design_effect:g}", points(row.difference), points_span(row.low, row.high), p_cell(row.p),
         p_cell(row.p_equivalent), row.verdict)
        for row in audited.against
    ]  # fmt: skip
    part_heads = ("of the sample", "n", "interval of the part", "the others", "with rounding", "possible")
    return [
        ("Intervals by design effect, which is not published", ("figure", "share", "n", "deff", level), intervals, 0),
        ("What the part's size implies", part_heads, parts, 0),
        ("Fewest people in the part for a significant difference from the others",
         ("deff", "pairs to pick from", "significant", "80% power"), smallest, 0),
        ("Against our data, by the published design effect",
         ("deff", "difference", level, "p", "p equivalent", ""), own, 1),
    ]  # fmt: skip


def _count(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"
