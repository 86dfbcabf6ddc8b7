"""The audit of a published figure: what arithmetic allows, and what cannot be said without more facts.

A verdict is "consistent" only where something that could have failed did not; a check that nothing could
fail proves nothing, and most figures end as "not checkable".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.evidence import parts
from analysis.evidence.claim_tables import intervals, part_rows, smallest
from analysis.evidence.facts import Fact, checklist
from analysis.evidence.stated import MOST_LISTED, Stated, always_from, counts, impossible_bases, ranges
from analysis.findings import Verdict
from analysis.problems import DataProblem
from analysis.rows import people

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = (
    Verdict.CONSISTENT.value,
    Verdict.INCONSISTENT.value,
    Verdict.NOT_CHECKABLE.value,
)
EFFECTS = (1.0, 1.5, 2.0)
PLAUSIBLE = (0.1, 0.14, 0.17, 0.25, 0.3)


@dataclass(frozen=True)
class Claim:
    """A published share (`whole`; None: only an order was printed), and perhaps one of a part of the same people.

    `part_shares` are plausible shares of the sample that the part makes up, used where `part_n` is unknown;
    `segments` is from how many segments the part was picked; `addends` are printed shares of all answers to
    a question of which one could be chosen. `weighted` figures need not be counts of people.
    """

    name: str
    whole: Stated | None
    n: int | None = None
    part_name: str = "part"
    part: Stated | None = None
    part_n: int | None = None
    part_shares: tuple[float, ...] = PLAUSIBLE
    segments: int = 2
    addends: tuple[Stated, ...] = ()
    weighted: bool = False
    effects: tuple[float, ...] = EFFECTS
    level: float = 0.95
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def comparisons(self) -> int:
        """Return how many pairs of segments there were to pick from."""
        return self.segments * (self.segments - 1) // 2


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `could_fail`: there are figures of this kind that it would refute."""

    check: str
    verdict: str
    could_fail: bool
    text: str

    def as_row(self) -> dict[str, Any]:
        """Return the check as `earshot audit --format json` prints it."""
        return {
            "check": self.check,
            "verdict": self.verdict,
            "could_fail": self.could_fail,
            "text": self.text,
        }


@dataclass(frozen=True)
class Audit:
    """A claim's verdict with its reasons, every check, and the tables behind them (rows as in the JSON)."""

    claim: Claim
    verdict: str
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    intervals: tuple[dict[str, Any], ...] = ()
    part_rows: tuple[dict[str, Any], ...] = ()
    smallest: tuple[dict[str, Any], ...] = ()
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def part_for_5_points(self) -> int | None:
        """Return how many people of the part would give its share a margin of 5 points; None without one."""
        return None if self.claim.part is None else parts.part_for_margin(self.claim.part.value, 0.05)

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


def audit(claim: Claim, more: Sequence[Check] = (), notes: Sequence[str] = ()) -> Audit:
    """Audit a claim; `more` are checks against other figures. Raises DataProblem "plan_range"."""
    _check_sizes(claim)
    checks = [*_granularity(claim), *beside(claim), *_sum(claim), *more]
    verdict, reasons = judged(checks, needs_n=claim.whole is not None and claim.n is None)
    return Audit(
        claim,
        verdict,
        reasons,
        tuple(checks),
        tuple(intervals(claim)),
        tuple(part_rows(claim)),
        tuple(smallest(claim)),
        checklist([*claim.known, *(["n"] if claim.n is not None else [])], claim.unknown),
        tuple(notes),
    )


def judged(checks: Sequence[Check], needs_n: bool = False) -> tuple[str, tuple[str, ...]]:
    """Return the verdict that checks add up to, and the texts of those that decide it.

    A share of an unknown number of people (`needs_n`) can be refuted, but nothing makes it consistent.
    """
    failed = [check for check in checks if check.verdict == INCONSISTENT]
    if failed:
        return INCONSISTENT, tuple(check.text for check in failed)
    held = [check for check in checks if check.verdict == CONSISTENT and check.could_fail]
    if held and not needs_n:
        return CONSISTENT, tuple(check.text for check in held)
    return NOT_CHECKABLE, tuple(check.text for check in checks) or ("No number of people is given.",)


def _check_sizes(claim: Claim) -> None:
    if len(claim.addends) == 1:
        alone = str(claim.addends[0])
        raise DataProblem(
            "plan_range", option="--adds-up", value=alone, form="two shares or more, as 34%,66%"
        )
    for option, value, low, high, form in (
        ("--n", claim.n, 1, 1e10, "1 person or more"),
        ("--part-n", claim.part_n, 1, claim.n or 1e10, "from 1 to the number of everyone"),
        ("--segments", claim.segments, 2, 1000, "2 or more"),
        ("--level", claim.level, 0.5, 1 - 1e-9, "from 50% to below 100%"),
        *(("--deff", one, 0.01, 1e6, "above 0, usually from 1 to 3") for one in claim.effects),
        *(("--part-share", one, 1e-6, 1 - 1e-6, "between 0% and 100%") for one in claim.part_shares),
    ):
        if value is not None and not low <= value <= high:
            raise DataProblem("plan_range", option=option, value=f"{value:g}", form=form)


# --- checks ------------------------------------------------------------------------------------------------


def _granularity(claim: Claim) -> list[Check]:
    if claim.whole is None and claim.addends:
        return []
    if claim.whole is None:
        return [Check("share", NOT_CHECKABLE, False, f"{claim.name}: no share was printed.")]
    if claim.weighted:
        text = "Weighted shares need not be counts of people, so no number of people can refute them."
        return [Check("granularity", NOT_CHECKABLE, False, text)]
    pairs = ((claim.name, claim.whole, claim.n), (claim.part_name, claim.part, claim.part_n))
    return [_counted(name, share, n) for name, share, n in pairs if share is not None]


def _counted(name: str, share: Stated, n: int | None) -> Check:
    if n is None:
        few = f"only some numbers below {always_from(share):,} could be refuted"
        listed = ranges(impossible_bases(share))
        listed += f", others from {MOST_LISTED:,} on" if always_from(share) > MOST_LISTED else ""
        text = f"{name}: {share} of an unknown number of people; {few}: {listed}."
        return Check("granularity", NOT_CHECKABLE, False, text)
    found = counts(share, n)
    could_fail = n < always_from(share) and 0 < share.value < 1  # 0 % and 100 % always have a count
    if found is None:
        text = (
            f"{name}: no count of {people(n)} is {share}; "
            "only a weighted share, another base or a misprint could be."
        )
        return Check("granularity", INCONSISTENT, True, text)
    span = f"{found[0]:,} to {found[1]:,}" if found[0] < found[1] else f"{found[0]:,}"
    text = f"{name}: {share} of {people(n)} is {span} of them"
    text += "." if could_fail else "; so many people can give any such per cent, so this proves nothing."
    return Check("granularity", CONSISTENT, could_fail, text)


def beside(claim: Claim) -> list[Check]:
    """Hold the part against the whole: shares, and whole people where both numbers are known."""
    if claim.part is None or claim.whole is None:
        return []
    most = parts.largest_part(claim.whole, claim.part)
    said = f"{claim.part} of {claim.part_name} can stand beside {claim.whole} of all only if"
    limit = f"{said} they are at most {100 * most:.0f}% of the people" if most < 1 else ""
    if claim.part_n is None or claim.n is None:
        text = f"{limit}; how many they are is unknown." if limit else "The part can be of any size."
        return [Check("part", NOT_CHECKABLE, False, text)]
    size = claim.part_n / claim.n
    could_fail = parts.can_contradict(claim.whole, size)
    # for weighted shares the part's share of the weights is not known, only that of the people
    fits = size <= most and (
        claim.weighted or parts.counts_fit(claim.whole, claim.n, claim.part, claim.part_n)
    )
    if not fits and claim.weighted:
        return [Check("part", NOT_CHECKABLE, False, f"{limit}; their share after weighting is unknown.")]
    text = f"{limit or said + ' it can'}; they are {100 * size:.1f}%."
    return [Check("part", CONSISTENT if fits else INCONSISTENT, could_fail, text)]


def _sum(claim: Claim) -> list[Check]:
    if not claim.addends:
        return []
    low, high = sum(one.low for one in claim.addends), sum(one.high for one in claim.addends)
    fits = low <= 1 + 1e-9 and high >= 1 - 1e-9
    printed = " + ".join(map(str, claim.addends))
    total = sum(one.value for one in claim.addends)
    text = f"{printed} = {100 * total:g}%; rounding allows {100 * low:g}% to {100 * high:g}%"
    text += "." if fits else ", not 100%: several answers could be chosen, one is missing, or a misprint."
    return [Check("sum", CONSISTENT if fits else INCONSISTENT, True, text)]
