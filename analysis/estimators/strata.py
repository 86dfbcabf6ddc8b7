"""How strata add up to a variance, those with a single first-stage unit by the design's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.problems import DataProblem
from analysis.table.column import Codes, Mask, Numbers
from analysis.table.design import Design

WHOLE = 1e-7
"""A stratum is fully sampled when less than this share of it was left out (R survey's limit)."""


@dataclass(frozen=True)
class Rule:
    """What the strata count for in a variance, arrays of shape (strata,), and strata of one unit by the design's rule.

    `scale` is (1-f)·n/(n-1) of what is centred on the stratum's mean. certainty: a stratum of one unit adds nothing;
    adjust: its unit is not centred, and counts by `alone`, its part that was left out; average: the others' total
    is multiplied by `average` (R's survey.lonely.psu).
    """

    scale: Numbers
    alone: Numbers
    average: float = 1.0


def rule_of(
    design: Design,
    strata: tuple[str, ...],
    units: Codes,
    left_out: Numbers,
    active: Mask,
    unit: str,
) -> Rule:
    """Weigh the strata of `units` first-stage units each, `left_out` being 1 - f; `active` ones take part.

    Raises DataProblem "lonely_stratum", "lonely_all" and "one_unit" (no strata); `unit` is what they call it.
    """
    sampled = left_out < WHOLE
    lonely = active & (units == 1) & ~sampled
    spread = units / np.maximum(units - 1, 1)
    scale = np.where(sampled | (units < 2), 0.0, left_out * spread)
    none = np.zeros(len(scale))
    if not lonely.any() or design.lonely == "certainty":
        return Rule(scale, none)
    if design.lonely == "adjust":
        return Rule(scale, np.where(lonely, left_out, 0.0))
    if design.strata is None and len(strata) == 1:
        raise DataProblem("one_unit", unit=unit)
    column = design.strata or ""
    if design.lonely == "fail":
        name = strata[int(np.flatnonzero(lonely)[0])]
        raise DataProblem("lonely_stratum", column=column, value=name, unit=unit)
    present, alone = int(active.sum()), int(lonely.sum())
    if present == alone:
        raise DataProblem("lonely_all", column=column, unit=unit)
    return Rule(scale, none, present / (present - alone))
