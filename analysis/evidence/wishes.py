"""What can be wished for of a sample: the margin, the difference, and how people are drawn and reached."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from analysis.evidence import sample_size as size
from analysis.problems import DataProblem
from analysis.rows import percent

ROUNDING = 1e-9  # people; a need this little above a whole number is that number


def whole(people: float) -> int:
    """Return whole people, rounded up."""
    return math.ceil(people - ROUNDING)


@dataclass(frozen=True)
class Fielding:
    """How people are drawn and reached: what turns effective people into people to invite.

    `design_effect` multiplies the clusters' 1 + (m-1)ρ (Kish 1965, §5.4) and the weights' 1 + CV² (Kish 1965,
    §11.7). `population` None: so large that it does not matter.
    """

    design_effect: float = 1.0
    cluster_size: float | None = None
    icc: float = 0.0
    weight_cv: float = 0.0
    population: int | None = None
    response_rate: float = 1.0

    @property
    def effect(self) -> float:
        """Return the design effect of everything together."""
        clusters = 1.0 if self.cluster_size is None else 1 + (self.cluster_size - 1) * self.icc
        return self.design_effect * clusters * (1 + self.weight_cv**2)

    def people(self, effective: float, part: float = 1.0) -> int:
        """Return who must answer, in a part of the population: n₀/(1 + (n₀-1)/N) (Cochran 1977, §4.4)."""
        n = effective * self.effect
        if self.population is not None:
            n = n / (1 + (n - 1) / (self.population * part))
        return whole(n)

    def effective(self, people: float, part: float = 1.0) -> float:
        """Return the effective people of `people` answers: n(N-1)/((N-n)·deff); infinite if all are asked."""
        if self.population is None:
            return people / self.effect
        everyone = self.population * part
        if people >= everyone:
            return math.inf
        return people * (everyone - 1) / (everyone - people) / self.effect

    def invited(self, people: int) -> int:
        """Return how many must be invited for so many answers."""
        return whole(people / self.response_rate)


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

    def check(self) -> None:
        """Raise DataProblem for anything out of its range, in the words of the command line."""
        for option, value, low, high, form in _ranges(self):
            if value is not None and not low <= value <= high:
                raise DataProblem("plan_range", option=option, value=f"{value:g}", form=form)
        _check_together(self)


def _ranges(wish: Wish) -> tuple[tuple[str, float | None, float, float, str], ...]:
    fielding = wish.fielding
    return (
        ("--share", wish.share, 0, 1, "from 0% to 100%"),
        ("--margin", wish.margin, 1e-6, 0.5, "from above 0% to 50%"),
        ("--segment-margin", wish.segment_margin, 1e-6, 0.5, "from above 0% to 50%"),
        ("--difference", wish.difference, 1e-6, 1, "from above 0% to 100%"),
        ("--n", wish.n, 2, 1e12, "2 people or more"),
        ("--ratio", wish.ratio, 1e-6, 1e6, "above 0"),
        ("--level", wish.level, 0.5, 1 - 1e-9, "from 50% to below 100%"),
        ("--alpha", wish.alpha, 1e-9, 0.5, "from above 0 to 0.5"),
        ("--power", wish.power, 0.01, 1 - 1e-9, "from 1% to below 100%"),
        ("--deff", fielding.design_effect, 0.01, 1e6, "above 0, usually from 1 to 3"),
        ("--cluster-size", fielding.cluster_size, 1, 1e9, "1 or more"),
        ("--icc", fielding.icc, 0, 1, "from 0 to 1"),
        ("--weight-cv", fielding.weight_cv, 0, 1e6, "0 or more"),
        ("--population", fielding.population, 2, 1e15, "2 people or more"),
        ("--response-rate", fielding.response_rate, 1e-6, 1, "from above 0% to 100%"),
    )


def _check_together(wish: Wish) -> None:
    if wish.interval not in size.INTERVALS:
        known = ", ".join(size.INTERVALS)
        raise DataProblem("unknown_option", option="--interval", value=wish.interval, known=known)
    if wish.interval == size.NORMAL and wish.share in (0.0, 1.0):
        form = "wilson, since by the normal formula a share of 0% or 100% needs nobody"
        raise DataProblem("plan_range", option="--interval", value=wish.interval, form=form)
    total = sum(share for _, share in wish.segments)
    if wish.segments and (len(wish.segments) < 2 or min(s for _, s in wish.segments) <= 0 or total > 1.005):
        form = "two or more parts of the sample that make up at most 100%, such as young=30%,old=70%"
        raise DataProblem("plan_range", option="--segments", value=f"{100 * total:g}%", form=form)
    if wish.segment_margin is not None and not wish.segments:
        raise DataProblem("option_needs", option="--segment-margin", needed="--segments")
    population = wish.fielding.population
    if wish.n is not None and population is not None and wish.n > population:
        form = f"at most the population's {population} people"
        raise DataProblem("plan_range", option="--n", value=wish.n, form=form)
    if wish.n is None and wish.margin is None and wish.segment_margin is None and wish.difference is None:
        raise DataProblem("plan_nothing")
    gap = wish.difference or 0.0
    if wish.share + gap > 1 and wish.share - gap < 0:
        form = f"small enough to leave a share between 0% and 100% beside {percent(wish.share)}"
        raise DataProblem("plan_range", option="--difference", value=percent(gap), form=form)
