"""A published figure and what arithmetic, other figures and our own answers can say of it, check by check.

A verdict is "consistent" only where something that could have failed did not; a check that nothing could
fail proves nothing. "Not significantly different" is not "the same": only the two one-sided tests can say that
two shares agree, within a margin that was stated beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from scipy.special import stdtr, stdtrit

from analysis.estimate import Estimate
from analysis.evidence.stated import (
    MOST_LISTED,
    Stated,
    always_from,
    counts,
    counts_fit,
    impossible_bases,
    largest_part,
    ranges,
)
from analysis.findings import Verdict
from analysis.problems import DataProblem
from analysis.rows import people, points_span

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = (
    Verdict.CONSISTENT.value,
    Verdict.INCONSISTENT.value,
    Verdict.NOT_CHECKABLE.value,
)
EFFECTS = (1.0, 1.5, 2.0)
PLAUSIBLE = (0.1, 0.14, 0.17, 0.25, 0.3)

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "n": "how many people the per cent is of; without it there is no interval",
        "base": "whose per cent it is: of everyone, of those who complained, of users of the channel",
        "population": "whom the sample stands for",
        "country": "where they live",
        "dates": "when they were asked",
        "mode": "how they answered: by web, telephone, face to face",
        "frame": "how they were found: drawn at random, a panel, volunteers",
        "response": "how many of those asked answered",
        "weighting": "how it was weighted; weights widen the interval, 1.5 to 2 times in variance is usual",
        "wording": "the question as it was asked",
        "answers": "which answers were offered, and whether one or several could be chosen",
        "sponsor": "who paid",
        "conductor": "who did the fieldwork",
    }
)
"""What must be known of a figure before it can be judged, after the disclosure lists of AAPOR and ESOMAR/WAPOR."""

_SAME = {"year": "dates", "date": "dates", "base_n": "n", "question": "wording", "funder": "sponsor"}


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
    facts_known: tuple[str, ...] = ()
    facts_unknown: tuple[str, ...] = ()

    @property
    def comparisons(self) -> int:
        """Return how many pairs of segments there were to pick from."""
        return self.segments * (self.segments - 1) // 2

    @property
    def figures(self) -> list[tuple[str, Stated, int | None]]:
        """Return the share of all and that of the part, those that were printed, each with its name and n."""
        pairs = ((self.name, self.whole, self.n), (self.part_name, self.part, self.part_n))
        return [(name, share, n) for name, share, n in pairs if share is not None]

    def check(self) -> None:
        """Raise DataProblem "plan_range" for anything out of its range, in the words of the command line."""
        if len(self.addends) == 1:
            alone = str(self.addends[0])
            form = "two shares or more, as 34%,66%"
            raise DataProblem("plan_range", option="--adds-up", value=alone, form=form)
        for option, value, low, high, form in (
            ("--n", self.n, 1, 1e10, "1 person or more"),
            ("--part-n", self.part_n, 1, self.n or 1e10, "from 1 to the number of everyone"),
            ("--segments", self.segments, 2, 1000, "2 or more"),
            ("--level", self.level, 0.5, 1 - 1e-9, "from 50% to below 100%"),
            *(("--deff", effect, 0.01, 1e6, "above 0, usually from 1 to 3") for effect in self.effects),
            *(("--part-share", share, 1e-6, 1 - 1e-6, "between 0% and 100%") for share in self.part_shares),
        ):
            if value is not None and not low <= value <= high:
                raise DataProblem("plan_range", option=option, value=f"{value:g}", form=form)


@dataclass(frozen=True)
class ClaimCheck:
    """One thing that was looked at. `could_fail`: there are figures of this kind that it would refute."""

    check: str
    verdict: str
    could_fail: bool
    text: str

    def as_row(self) -> dict[str, Any]:
        """Return the check as `earshot audit --format json` prints it."""
        return asdict(self)


def judged(checks: Sequence[ClaimCheck], needs_n: bool = False) -> tuple[str, tuple[str, ...]]:
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


# --- facts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One fact of the checklist: its state is "known", "unknown" or "not said", `why` it is needed."""

    fact: str
    state: str
    why: str

    def as_row(self) -> dict[str, Any]:
        """Return the fact as `earshot audit --format json` prints it."""
        return asdict(self)


def checklist(facts_known: Collection[str], facts_unknown: Collection[str]) -> tuple[Fact, ...]:
    """Return every fact with its state; names that are not on the list are added to its end."""
    have = {_SAME.get(name, name) for name in facts_known}
    lack = {_SAME.get(name, name) for name in facts_unknown}
    names = [*FACTS, *sorted((have | lack) - FACTS.keys())]
    return tuple(
        Fact(
            name, "unknown" if name in lack else "known" if name in have else "not said", FACTS.get(name, "")
        )
        for name in names
    )


# --- what the figures say of each other --------------------------------------------------------------------


def granularity_checks(claim: Claim) -> list[ClaimCheck]:
    """Ask of every share whether its number of people can give it."""
    if claim.whole is None and claim.addends:
        return []
    if claim.whole is None:
        return [ClaimCheck("share", NOT_CHECKABLE, False, f"{claim.name}: no share was printed.")]
    if claim.weighted:
        text = "Weighted shares need not be counts of people, so no number of people can refute them."
        return [ClaimCheck("granularity", NOT_CHECKABLE, False, text)]
    return [_counted(name, share, n) for name, share, n in claim.figures]


def _counted(name: str, share: Stated, n: int | None) -> ClaimCheck:
    if n is None:
        few = f"only some numbers below {always_from(share):,} could be refuted"
        listed = ranges(impossible_bases(share))
        listed += f", others from {MOST_LISTED:,} on" if always_from(share) > MOST_LISTED else ""
        text = f"{name}: {share} of an unknown number of people; {few}: {listed}."
        return ClaimCheck("granularity", NOT_CHECKABLE, False, text)
    hits = counts(share, n)
    if hits is None:
        text = (
            f"{name}: no count of {people(n)} is {share}; "
            "only a weighted share, another base or a misprint could be."
        )
        return ClaimCheck("granularity", INCONSISTENT, True, text)
    # 0 % and 100 % always have a count
    could_fail = n < always_from(share) and 0 < share.value < 1
    span = f"{hits[0]:,} to {hits[1]:,}" if hits[0] < hits[1] else f"{hits[0]:,}"
    text = f"{name}: {share} of {people(n)} is {span} of them"
    text += "." if could_fail else "; so many people can give any such per cent, so this proves nothing."
    return ClaimCheck("granularity", CONSISTENT, could_fail, text)


def part_checks(claim: Claim) -> list[ClaimCheck]:
    """Hold the part against the whole: shares, and whole people where both numbers are known."""
    if claim.part is None or claim.whole is None:
        return []
    most = largest_part(claim.whole, claim.part)
    condition = f"{claim.part} of {claim.part_name} can stand beside {claim.whole} of all only if"
    limit = f"{condition} they are at most {100 * most:.0f}% of the people" if most < 1 else ""
    if claim.part_n is None or claim.n is None:
        text = f"{limit}; how many they are is unknown." if limit else "The part can be of any size."
        return [ClaimCheck("part", NOT_CHECKABLE, False, text)]
    size = claim.part_n / claim.n
    could_fail = claim.whole.high < size or 1 - claim.whole.low < size
    # for weighted shares the part's share of the weights is not known, only that of the people
    fits = size <= most and (claim.weighted or counts_fit(claim.whole, claim.n, claim.part, claim.part_n))
    if not fits and claim.weighted:
        text = f"{limit}; their share after weighting is unknown."
        return [ClaimCheck("part", NOT_CHECKABLE, False, text)]
    text = f"{limit or condition + ' it can'}; they are {100 * size:.1f}%."
    return [ClaimCheck("part", CONSISTENT if fits else INCONSISTENT, could_fail, text)]


def sum_checks(claim: Claim) -> list[ClaimCheck]:
    """Ask whether shares that should add up to 100 % can, rounding allowed for."""
    if not claim.addends:
        return []
    low, high = sum(share.low for share in claim.addends), sum(share.high for share in claim.addends)
    fits = low <= 1 + 1e-9 and high >= 1 - 1e-9
    printed = " + ".join(map(str, claim.addends))
    total = sum(share.value for share in claim.addends)
    text = f"{printed} = {100 * total:g}%; rounding allows {100 * low:g}% to {100 * high:g}%"
    text += "." if fits else ", not 100%: several answers could be chosen, one is missing, or a misprint."
    return [ClaimCheck("sum", CONSISTENT if fits else INCONSISTENT, True, text)]


# --- what our own answers say ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Against:
    """Our share less the published one, if the published sample had this design effect.

    `low` and `high` bound the difference at the confidence level; `inner_low` and `inner_high` are the narrower
    interval (90 % beside 95 %) that lies within the margin exactly where both are the same. `p` tests that the
    difference is 0, after the published figure's rounding; `p_equivalent` (the larger of both one-sided p)
    that it lies within the margin, None where none is given.
    """

    design_effect: float
    difference: float
    se: float
    low: float
    high: float
    inner_low: float
    inner_high: float
    p: float
    p_equivalent: float | None
    verdict: str

    def as_row(self) -> dict[str, Any]:
        """Return the row that `earshot audit --format json` prints."""
        return asdict(self)


def hold_against(
    published: Stated,
    n: int | None,
    ours: Estimate,
    margin: float | None = None,
    effects: Sequence[float] = EFFECTS,
    level: float = 0.95,
) -> tuple[Against, ...]:
    """Hold a published share of n people against our estimate; empty where either has no variance.

    t = (ours - published)/√(se² + deff·p(1-p)/n) with t(df of ours); TOST (Schuirmann 1987) with the stated
    margin. Rounding of the published share counts against whichever conclusion is drawn.
    """
    if n is None or ours.share is None or ours.se is None or ours.df < 1:
        return ()
    gap, df = ours.share - published.value, ours.df
    rows = []
    for effect in effects:
        se = math.sqrt(ours.se**2 + effect * published.value * (1 - published.value) / n)
        reach = float(stdtrit(df, (1 + level) / 2)) * se
        inner = float(stdtrit(df, level)) * se + published.half
        p = _upper(max(abs(gap) - published.half, 0.0), se, df) * 2
        same = None if margin is None else _upper(margin - abs(gap) - published.half, se, df)
        equivalent = same is not None and same < 1 - level
        verdict = CONSISTENT if equivalent else INCONSISTENT if p < 1 - level else NOT_CHECKABLE
        bounds = (gap - reach, gap + reach, gap - inner, gap + inner)
        rows.append(Against(effect, gap, se, *bounds, min(p, 1.0), same, verdict))
    return tuple(rows)


def _upper(distance: float, se: float, df: int) -> float:
    """Return P(T > distance/se) of Student's t; without any variance 0 or 1."""
    if se == 0.0:
        return 0.0 if distance > 0 else 1.0
    return float(stdtr(df, -distance / se))


def own_data_check(
    held: Sequence[Against], published: Stated, ours: Estimate, margin: float | None
) -> ClaimCheck:
    """Return the check that comparisons under several design effects add up to: their verdict if it is one."""
    if not held:
        unknown = "how many people the published share is of is unknown"
        why = unknown if ours.share is not None else "nobody answered"
        text = f"Against our data nothing can be tested: {why}."
        return ClaimCheck("own data", NOT_CHECKABLE, False, text)
    verdicts = {row.verdict for row in held}
    verdict = verdicts.pop() if len(verdicts) == 1 else NOT_CHECKABLE
    widest = max(held, key=lambda row: row.se)
    how = {
        CONSISTENT: f"the same within {100 * (margin or 0):g} points",
        INCONSISTENT: "further apart than chance and rounding allow",
        NOT_CHECKABLE: "too few people to tell the same from different"
        if margin is not None
        else "not significantly different, which does not mean the same: state a margin for that",
    }[verdict]
    if len({row.verdict for row in held}) > 1:
        how = "it depends on the published design effect, which is unknown"
    text = (
        f"Ours is {100 * (ours.share or 0):.1f}%, published {published} "
        f"(the difference is {points_span(widest.low, widest.high)} points): {how}."
    )
    return ClaimCheck("own data", verdict, verdict != NOT_CHECKABLE, text)
