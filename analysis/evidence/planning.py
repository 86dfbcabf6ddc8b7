"""`earshot plan-sample`: a wish → how many people must answer, and how many must be asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

from analysis.evidence import sample_size as size
from analysis.evidence.sample_size import Fielding, whole
from analysis.problems import DataProblem
from analysis.rows import aligned, people, percent, span

EVERYONE = "all"
OK, BEYOND = "ok", "beyond_population"
_HEADS = ("segments", "share", "margin", "interval", "told apart", "power", "answers", "of total", "invite")


@dataclass(frozen=True)
class Wish:
    """What is planned for: a margin of error, a difference, or what `n` people can show.

    `segments` are shares of the sample by name (none: two of `ratio`, second to first, for a difference).
    `margin` is wanted for everyone, `segment_margin` in each segment, `difference` between any two segments.
    """

    share: float = 0.5
    margin: float | None = None
    segment_margin: float | None = None
    difference: float | None = None
    n: int | None = None
    segments: tuple[tuple[str, float], ...] = ()
    ratio: float = 1.0
    level: float = 0.95
    alpha: float = 0.05
    power: float = 0.8
    interval: str = size.WILSON
    bonferroni: bool = True
    fielding: Fielding = field(default_factory=Fielding)

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """Return the segments, or the two of `ratio`."""
        pair = (("first", 1 / (1 + self.ratio)), ("second", self.ratio / (1 + self.ratio)))
        return self.segments or pair

    @property
    def comparisons(self) -> int:
        """Return by how many the error rate is divided: the pairs of segments (Bonferroni)."""
        count = len(self.parts)
        return count * (count - 1) // 2 if self.bonferroni else 1

    @property
    def versus(self) -> float:
        """Return the share that differs by `difference`: above if there is room, else below."""
        gap = self.difference or 0.0
        return self.share + gap if self.share + gap <= 1 else self.share - gap

    def bounds(self, effective: float) -> tuple[float, float]:
        """Return the interval of the share among so many effective people."""
        if math.isinf(effective):
            return self.share, self.share
        return size.bounds(self.share, effective, self.level, self.interval)

    def check(self) -> None:
        """Raise DataProblem for anything out of its range, in the words of the command line."""
        fielding = self.fielding
        for option, value, low, high, form in (
            ("--share", self.share, 0, 1, "from 0% to 100%"),
            ("--margin", self.margin, 1e-6, 0.5, "from above 0% to 50%"),
            ("--segment-margin", self.segment_margin, 1e-6, 0.5, "from above 0% to 50%"),
            ("--difference", self.difference, 1e-6, 1, "from above 0% to 100%"),
            ("--n", self.n, 2, 1e12, "2 people or more"),
            ("--ratio", self.ratio, 1e-6, 1e6, "above 0"),
            ("--level", self.level, 0.5, 1 - 1e-9, "from 50% to below 100%"),
            ("--alpha", self.alpha, 1e-9, 0.5, "from above 0 to 0.5"),
            ("--power", self.power, 0.01, 1 - 1e-9, "from 1% to below 100%"),
            ("--deff", fielding.design_effect, 0.01, 1e6, "above 0, usually from 1 to 3"),
            ("--cluster-size", fielding.cluster_size, 1, 1e9, "1 or more"),
            ("--icc", fielding.icc, 0, 1, "from 0 to 1"),
            ("--weight-cv", fielding.weight_cv, 0, 1e6, "0 or more"),
            ("--population", fielding.population, 2, 1e15, "2 people or more"),
            ("--response-rate", fielding.response_rate, 1e-6, 1, "from above 0% to 100%"),
        ):
            if value is not None and not low <= value <= high:
                raise DataProblem("plan_range", option=option, value=f"{value:g}", form=form)
        self._check_together()

    def _check_together(self) -> None:
        """Raise DataProblem for values that are each in range and do not go together."""
        if self.interval not in size.INTERVALS:
            methods = ", ".join(size.INTERVALS)
            raise DataProblem("unknown_option", option="--interval", value=self.interval, known=methods)
        if self.interval == size.NORMAL and self.share in (0.0, 1.0):
            form = "wilson, since by the normal formula a share of 0% or 100% needs nobody"
            raise DataProblem("plan_range", option="--interval", value=self.interval, form=form)
        parts = [share for _, share in self.segments]
        if parts and (len(parts) < 2 or min(parts) <= 0 or sum(parts) > 1.005):
            form = "two or more parts of the sample that make up at most 100%, such as young=30%,old=70%"
            raise DataProblem("plan_range", option="--segments", value=f"{100 * sum(parts):g}%", form=form)
        if self.segment_margin is not None and not parts:
            raise DataProblem("option_needs", option="--segment-margin", needed="--segments")
        population = self.fielding.population
        if self.n is not None and population is not None and self.n > population:
            form = f"at most the population's {population} people"
            raise DataProblem("plan_range", option="--n", value=self.n, form=form)
        if (self.n, self.margin, self.segment_margin, self.difference) == (None, None, None, None):
            raise DataProblem("plan_nothing")
        gap = self.difference or 0.0
        if self.share + gap > 1 and self.share - gap < 0:
            form = f"small enough to leave a share between 0% and 100% beside {percent(self.share)}"
            raise DataProblem("plan_range", option="--difference", value=percent(gap), form=form)


@dataclass(frozen=True)
class Need:
    """One wish worked out for one segment or one pair of them.

    `base` people of it must answer, out of `total` in the whole sample, for which `invite` are asked. Shares
    and margins are fractions; `margin` is half the interval from `low` to `high`. `lower` and `higher` are
    the smallest differences, below and above the share, that would be found. None: does not apply.
    """

    goal: str
    segment: str
    share: float
    versus: float | None = None
    margin: float | None = None
    low: float | None = None
    high: float | None = None
    power: float | None = None
    alpha: float | None = None
    lower: float | None = None
    higher: float | None = None
    effective_base: float | None = None
    base: int | None = None
    total: int | None = None
    invite: int | None = None
    status: str = OK
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the row that `earshot plan-sample --format json` prints."""
        return asdict(self)

    def line(self) -> tuple[str, ...]:
        """Return the cells of the text table."""
        apart = "-"
        if self.versus is not None:
            apart = f"{percent(self.share)} / {percent(self.versus)}"
        elif self.lower is not None or self.higher is not None:
            sides = (("-", self.lower), ("+", self.higher))
            apart = " ".join(f"{sign}{percent(gap)}" for sign, gap in sides if gap is not None)
        return (
            self.segment, percent(self.share), "-" if self.margin is None else f"±{percent(self.margin)}",
            span(self.low, self.high), apart, percent(self.power, 0), f"{self.base:,}", f"{self.total:,}",
            f"{self.invite:,}",
        )  # fmt: skip


@dataclass(frozen=True)
class SamplePlan:
    """Every need of a wish; `total` meets them all (None where a population is too small for that)."""

    wish: Wish
    needs: tuple[Need, ...]
    total: int | None
    invite: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the object that `earshot plan-sample --format json` prints."""
        return {
            "wish": {**asdict(self.wish), "segments": dict(self.wish.segments)},
            "design_effect": self.wish.fielding.effect,
            "comparisons": self.wish.comparisons,
            "total": self.total,
            "invite": self.invite,
            "rows": [need.as_row() for need in self.needs],
        }

    def __str__(self) -> str:
        wish = self.wish
        lines = [need.line() for need in self.needs]
        pairs = [line[1:] for line, need in zip(lines, self.needs, strict=True) if need.alpha is not None]
        if len(pairs) > 1 and len(set(pairs)) == 1:
            # pairs of segments that all need the same are one line
            lines = [line for line, need in zip(lines, self.needs, strict=True) if need.alpha is None]
            lines.append((f"any two ({len(pairs)} pairs)", *pairs[0]))
        notes = [f"- {need.segment}: {need.reason}." for need in self.needs if need.reason]
        if self.total is None:
            head = "No sample of this population is large enough."
        elif wish.n is None:
            head = f"{people(self.total)} must answer; invite {self.invite:,}."
        else:
            head = f"What {people(wish.n)} can show (invite {self.invite:,})."
        return "\n".join([head, "", aligned(_HEADS, lines), "", "Assumed", *notes, *_assumptions(wish), ""])


def plan_sample(wish: Wish) -> SamplePlan:
    """Work out a wish. Raises DataProblem "plan_nothing", "bad_option" or "plan_range"."""
    wish.check()
    needs: list[Need] = []
    if wish.n is not None:
        parts = [(EVERYONE, 1.0), *wish.segments]
        needs += [_shown_by(wish, name, part, wish.n) for name, part in parts]
        needs += [_told_apart(wish, pair, wish.n) for pair in combinations(wish.parts, 2)]
    else:
        if wish.margin is not None:
            needs.append(_for_margin(wish, EVERYONE, 1.0, wish.margin))
        if wish.segment_margin is not None:
            needs += [_for_margin(wish, name, part, wish.segment_margin) for name, part in wish.segments]
        if wish.difference is not None:
            needs += [_for_difference(wish, pair) for pair in combinations(wish.parts, 2)]
    if any(need.status == BEYOND for need in needs):
        return SamplePlan(wish, tuple(needs), None, None)
    total = max(need.total for need in needs if need.total is not None)
    return SamplePlan(wish, tuple(needs), total, wish.fielding.invited(total))


def _for_margin(wish: Wish, name: str, part: float, margin: float) -> Need:
    effective = size.people_for_margin(wish.share, margin, wish.level, wish.interval)
    base = max(wish.fielding.people(effective, part), 1)
    low, high = wish.bounds(wish.fielding.effective(base, part))
    total = base if part == 1.0 else whole(base / part)
    return Need(
        "margin", name, wish.share, margin=(high - low) / 2, low=low, high=high, effective_base=effective,
        base=base, total=total, invite=wish.fielding.invited(total),
    )  # fmt: skip


def _for_difference(wish: Wish, pair: Sequence[tuple[str, float]]) -> Need:
    """Take the worse of both cases: the higher share may be in either segment."""
    (first, part), (second, other) = sorted(pair, key=lambda segment: segment[1])
    versus, alpha = wish.versus, wish.alpha / wish.comparisons
    effective = max(
        size.people_for_difference(lower, higher, wish.power, alpha, other / part)
        for lower, higher in ((wish.share, versus), (versus, wish.share))
    )
    # No finite population here: a test asks whether the segments differ beyond those who happen to exist.
    base = max(whole(effective * wish.fielding.effect), 1)
    total = whole(base / part)
    population = wish.fielding.population
    beyond = population is not None and total > population
    return Need(
        "difference", f"{first} / {second}", wish.share, versus=versus, power=wish.power, alpha=alpha,
        effective_base=effective, base=base, total=total, invite=wish.fielding.invited(total),
        status=BEYOND if beyond else OK,
        reason=f"the population has only {population} people" if beyond else "",
    )  # fmt: skip


def _shown_by(wish: Wish, name: str, part: float, n: int) -> Need:
    effective = wish.fielding.effective(n * part, part)
    low, high = wish.bounds(effective)
    return Need(
        "given", name, wish.share, margin=(high - low) / 2, low=low, high=high,
        effective_base=None if math.isinf(effective) else effective, base=round(n * part), total=n,
        invite=wish.fielding.invited(n), reason="everybody answers" if math.isinf(effective) else "",
    )  # fmt: skip


def _told_apart(wish: Wish, pair: Sequence[tuple[str, float]], n: int) -> Need:
    (first, part), (second, other) = sorted(pair, key=lambda segment: segment[1])
    alpha, effect = wish.alpha / wish.comparisons, wish.fielding.effect
    few, many = n * part / effect, n * other / effect
    lower, higher = size.smallest_difference(wish.share, few, many, wish.power, alpha)
    power = versus = None
    if wish.difference is not None:
        versus = wish.versus
        cases = ((wish.share, versus), (versus, wish.share))
        power = min(size.power(case[0], case[1], few, many, alpha) for case in cases)
    return Need(
        "given", f"{first} / {second}", wish.share, versus=versus, power=power, alpha=alpha, lower=lower,
        higher=higher, effective_base=few, base=round(n * part), total=n, invite=wish.fielding.invited(n),
    )  # fmt: skip


def _assumptions(wish: Wish) -> list[str]:
    fielding = wish.fielding
    why = _effect_reasons(fielding)
    lines = [f"- {100 * wish.level:.10g}% {wish.interval} intervals{'' if why else '; design effect 1'}."]
    lines += [f"- Design effect {fielding.effect:.3g}{why}."] if why else []
    pairs = wish.comparisons
    if wish.difference is not None or (wish.n is not None and wish.segments):
        shared = f", shared by {pairs} comparisons (Bonferroni)" if pairs > 1 else ""
        lines.append(
            f"- Differences: two-sided test at {wish.alpha:g}{shared}, power {percent(wish.power, 0)}; "
            "answers are those of the smaller segment."
        )
    if fielding.population is not None:
        lines.append(f"- A population of {fielding.population:,}; tests of differences do not count on it.")
    if fielding.response_rate < 1:
        lines.append(f"- {100 * fielding.response_rate:g}% of those invited answer.")
    else:
        lines.append("- Everyone who is invited answers: no response rate below 100% is given.")
    lines.append("- People drawn at random. Where they chose themselves no number of them makes this true.")
    return lines


def _effect_reasons(fielding: Fielding) -> str:
    """Say what the design effect is made of; nothing where it is 1 because nothing was given."""
    reasons = []
    if fielding.design_effect == fielding.effect != 1:
        return ", as given"
    if fielding.design_effect != 1:
        reasons.append(f"{fielding.design_effect:g} as given")
    if fielding.cluster_size is not None:
        m, icc = fielding.cluster_size, fielding.icc
        effect = f"1 + ({m:g} - 1)·{icc:g} = {1 + (m - 1) * icc:.3g}"
        reasons.append(f"{effect} for clusters of {m:g}, intraclass correlation {icc:g}")
    if fielding.weight_cv:
        cv = fielding.weight_cv
        reasons.append(f"1 + {cv:g}² = {1 + cv**2:.3g} for weights with a coefficient of variation of {cv:g}")
    return f": {', times '.join(reasons)}" if reasons else ""
