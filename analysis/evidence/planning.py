"""The whole of `earshot plan-sample`: a wish → how many people must answer, and how many must be asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from analysis.evidence import sample_size as size
from analysis.evidence.wishes import Fielding, Wish, whole
from analysis.rows import aligned, people, percent, span

__all__ = ["Fielding", "Need", "SamplePlan", "Wish", "plan_sample"]

EVERYONE = "all"
OK, BEYOND = "ok", "beyond_population"


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


@dataclass(frozen=True)
class SamplePlan:
    """Every need of a wish; `total` meets them all (None where a population is too small for that)."""

    wish: Wish
    needs: tuple[Need, ...]
    total: int | None
    invite: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the object that `earshot plan-sample --format json` prints."""
        wish = asdict(self.wish)
        wish["segments"] = dict(self.wish.segments)
        return {
            "wish": wish,
            "design_effect": self.wish.fielding.effect,
            "comparisons": self.wish.comparisons,
            "total": self.total,
            "invite": self.invite,
            "rows": [need.as_row() for need in self.needs],
        }

    def __str__(self) -> str:
        return _shown(self)


def plan_sample(wish: Wish) -> SamplePlan:
    """Work out a wish. Raises DataProblem "plan_nothing", "bad_option" or "plan_range"."""
    wish.check()
    needs = _given(wish) if wish.n is not None else _wanted(wish)
    totals = [need.total for need in needs]
    if any(need.status == BEYOND for need in needs):
        return SamplePlan(wish, tuple(needs), None, None)
    total = max(one for one in totals if one is not None)
    return SamplePlan(wish, tuple(needs), total, wish.fielding.invited(total))


# --- from a wish to people ---------------------------------------------------------------------------------


def _wanted(wish: Wish) -> list[Need]:
    needs = []
    if wish.margin is not None:
        needs.append(_for_margin(wish, EVERYONE, 1.0, wish.margin))
    if wish.segment_margin is not None:
        needs += [_for_margin(wish, name, part, wish.segment_margin) for name, part in wish.segments]
    if wish.difference is not None:
        needs += [_for_difference(wish, pair) for pair in combinations(wish.parts, 2)]
    return needs


def _for_margin(wish: Wish, name: str, part: float, margin: float) -> Need:
    effective = size.people_for_margin(wish.share, margin, wish.level, wish.interval)
    base = max(wish.fielding.people(effective, part), 1)
    reached = wish.fielding.effective(base, part)
    low, high = _bounds(wish, reached)
    total = base if part == 1.0 else whole(base / part)
    return Need(
        "margin", name, wish.share, margin=(high - low) / 2, low=low, high=high, effective_base=effective,
        base=base, total=total, invite=wish.fielding.invited(total),
    )  # fmt: skip


def _for_difference(wish: Wish, pair: Sequence[tuple[str, float]]) -> Need:
    """Take the worse of both cases: the higher share may be in either segment."""
    (first, part), (second, other) = sorted(pair, key=lambda one: one[1])
    versus, alpha = wish.versus, wish.alpha / wish.comparisons
    effective = max(
        size.people_for_difference(one, two, wish.power, alpha, other / part)
        for one, two in ((wish.share, versus), (versus, wish.share))
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


# --- from people to what they show -------------------------------------------------------------------------


def _given(wish: Wish) -> list[Need]:
    n = wish.n or 0
    needs = [_reached(wish, EVERYONE, 1.0, n)]
    needs += [_reached(wish, name, part, n) for name, part in wish.segments]
    return [*needs, *(_told_apart(wish, pair, n) for pair in combinations(wish.parts, 2))]


def _reached(wish: Wish, name: str, part: float, n: int) -> Need:
    effective = wish.fielding.effective(n * part, part)
    low, high = _bounds(wish, effective)
    return Need(
        "given", name, wish.share, margin=(high - low) / 2, low=low, high=high,
        effective_base=None if math.isinf(effective) else effective, base=round(n * part), total=n,
        invite=wish.fielding.invited(n), reason="everybody answers" if math.isinf(effective) else "",
    )  # fmt: skip


def _told_apart(wish: Wish, pair: Sequence[tuple[str, float]], n: int) -> Need:
    (first, part), (second, other) = sorted(pair, key=lambda one: one[1])
    alpha, effect = wish.alpha / wish.comparisons, wish.fielding.effect
    few, many = n * part / effect, n * other / effect
    lower, higher = size.smallest_difference(wish.share, few, many, wish.power, alpha)
    power = versus = None
    if wish.difference is not None:
        versus = wish.versus
        power = min(
            size.power(one, two, few, many, alpha)
            for one, two in ((wish.share, versus), (versus, wish.share))
        )
    return Need(
        "given", f"{first} / {second}", wish.share, versus=versus, power=power, alpha=alpha, lower=lower,
        higher=higher, effective_base=few, base=round(n * part), total=n, invite=wish.fielding.invited(n),
    )  # fmt: skip


def _bounds(wish: Wish, effective: float) -> tuple[float, float]:
    if math.isinf(effective):
        return wish.share, wish.share
    return size.bounds(wish.share, effective, wish.level, wish.interval)


# --- text --------------------------------------------------------------------------------------------------

_HEADS = ("segments", "share", "margin", "interval", "told apart", "power", "answers", "of total", "invite")


def _shown(plan: SamplePlan) -> str:
    wish = plan.wish
    table = aligned(_HEADS, _lines(plan.needs))
    notes = [f"- {need.segment}: {need.reason}." for need in plan.needs if need.reason]
    notes += _assumptions(wish)
    if plan.total is None:
        head = "No sample of this population is large enough."
    elif wish.n is None:
        head = f"{people(plan.total)} must answer; invite {plan.invite:,}."
    else:
        head = f"What {people(wish.n)} can show (invite {plan.invite:,})."
    return "\n".join([head, "", table, "", "Assumed", *notes, ""])


def _lines(needs: Sequence[Need]) -> list[tuple[str, ...]]:
    """Return a line per need; pairs of segments that all need the same are one line."""
    pairs = [_line(need)[1:] for need in needs if need.alpha is not None]
    if len(pairs) < 2 or len(set(pairs)) > 1:
        return [_line(need) for need in needs]
    each = [_line(need) for need in needs if need.alpha is None]
    return [*each, (f"any two ({len(pairs)} pairs)", *pairs[0])]


def _line(need: Need) -> tuple[str, ...]:
    apart = "-"
    if need.versus is not None:
        apart = f"{percent(need.share)} / {percent(need.versus)}"
    elif need.lower is not None or need.higher is not None:
        sides = (("-", need.lower), ("+", need.higher))
        apart = " ".join(f"{sign}{percent(gap)}" for sign, gap in sides if gap is not None)
    return (
        need.segment,
        percent(need.share),
        "-" if need.margin is None else f"±{percent(need.margin)}",
        span(need.low, need.high),
        apart,
        percent(need.power, 0),
        f"{need.base:,}",
        f"{need.total:,}",
        f"{need.invite:,}",
    )


def _assumptions(wish: Wish) -> list[str]:
    fielding = wish.fielding
    why = _reasons(fielding)
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


def _reasons(fielding: Fielding) -> str:
    """Say what the design effect is made of; nothing where it is 1 because nothing was given."""
    made = []
    if fielding.design_effect == fielding.effect != 1:
        return ", as given"
    if fielding.design_effect != 1:
        made.append(f"{fielding.design_effect:g} as given")
    if fielding.cluster_size is not None:
        size, icc = fielding.cluster_size, fielding.icc
        effect = f"1 + ({size:g} - 1)·{icc:g} = {1 + (size - 1) * icc:.3g}"
        made.append(f"{effect} for clusters of {size:g}, intraclass correlation {icc:g}")
    if fielding.weight_cv:
        cv = fielding.weight_cv
        made.append(f"1 + {cv:g}² = {1 + cv**2:.3g} for weights with a coefficient of variation of {cv:g}")
    return f": {', times '.join(made)}" if made else ""
