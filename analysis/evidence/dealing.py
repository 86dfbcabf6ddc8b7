"""Dealing answers to people so that weighted shares are exactly as asked, in whole people.

Maximum entropy: everything the targets do not say stays as the seed shares have it, with no invented
association (iterative proportional fitting, Deming & Stephan 1940). Counts are whole people, by controlled
rounding (Cox 1987) as a small integer programme. Targets that cannot be met are named, never fudged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.evidence.feasible import CellShare, CellTotals, share_range, smallest_contradiction
from questionnaires.model import Answer
from questionnaires.problems import Place, Problem, StudyFault
from questionnaires.study import Target

Floats = NDArray[np.float64]
ROUNDS = 5000
TOLERANCES = (0.0002, 0.0005, 0.001, 0.002, 0.004)
"""Distances from a target share that whole people may leave, the smallest possible first."""


@dataclass(frozen=True)
class Outcomes:
    """The possible answers to a question with their seed shares, shape (outcomes,), adding up to 1.

    `counted` marks those in the base of a share.
    """

    answers: tuple[Answer, ...]
    seed: Floats
    counted: NDArray[np.bool_]


def deal(
    weights: Sequence[float],
    inside: Sequence[tuple[bool, ...]],
    outcomes: Outcomes,
    targets: Sequence[Target],
    name: str,
    chance: np.random.Generator,
) -> list[Answer]:
    """Return an answer for every person such that each target's weighted share holds in its domain.

    `weights` and `inside` (which targets' domains a person is in) are one per person. People alike in both
    get answers in whole numbers, dealt at random among them. Raises StudyFault "share-infeasible".
    """
    groups = alike(list(zip(weights, inside, strict=True)))
    if not groups:
        return []
    counts = np.array([len(group) for group in groups])
    weight = np.array([weights[group[0]] for group in groups])
    events = [
        _Event(target, np.array([inside[group[0]][place] for group in groups]), outcomes)
        for place, target in enumerate(targets)
    ]
    shares = _fit(weight * counts, outcomes, events)
    if shares is None:
        raise _contradiction(weight * counts, outcomes, events)
    whole = whole_people(counts, shares, [event.rounding(weight) for event in events], name)
    return hand_out(groups, outcomes.answers, whole, chance)


def hand_out(
    groups: Sequence[Sequence[int]],
    answers: Sequence[Answer],
    counts: NDArray[np.int64],
    chance: np.random.Generator,
) -> list[Answer]:
    """Return each person's answer: in every group each answer goes to its count of people, at random."""
    dealt: dict[int, Answer] = {}
    for group, row in zip(groups, counts.tolist(), strict=True):
        hands = [answer for answer, count in zip(answers, row, strict=True) for _ in range(count)]
        for person, answer in zip(chance.permutation(group), hands, strict=True):
            dealt[int(person)] = answer
    return [dealt[person] for person in range(len(dealt))]


def alike(keys: Sequence[tuple[object, ...]]) -> list[list[int]]:
    """Return the places of equal keys together, in the order first met."""
    places: dict[tuple[object, ...], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return list(places.values())


def normal(shares: Sequence[float]) -> Floats:
    """Return shares that add up to 1."""
    values = np.asarray(shares, dtype=np.float64)
    return np.asarray(values / values.sum(), dtype=np.float64)


class _Event:
    """A target as masks: which groups are in its domain, which outcomes it is a share of, which count."""

    def __init__(self, target: Target, groups: NDArray[np.bool_], outcomes: Outcomes) -> None:
        self.target = target
        self.groups = groups
        self.chosen = np.array([answer in target.codes for answer in outcomes.answers])
        self.counted = outcomes.counted

    def rounding(self, weight: Floats) -> Floats:
        """Return the coefficients, shape (groups, outcomes), whose sum is 0 where the share is exact.

        Scaled so that the sum is the distance from the share times the weighted base.
        """
        inside = self.groups[:, None] * weight[:, None]
        return np.asarray(inside * (self.chosen - self.target.share * self.counted), dtype=np.float64)

    def share(self, table: Floats, mass: Floats) -> float:
        """Return the weighted share in a table, 0 where nobody counts."""
        people = table * mass[:, None]
        base = people[self.groups[:, None] & self.counted].sum()
        return float(people[self.groups][:, self.chosen].sum() / base) if base else 0.0

    def scale(self, table: Floats, share: float) -> bool:
        """Bring the share to its target, each group's total kept; return False where it cannot be."""
        target = self.target.share
        up = target / share if share > 0 else (1.0 if target == 0 else np.inf)
        down = (1 - target) / (1 - share) if share < 1 else (1.0 if target == 1 else np.inf)
        if np.isinf(up) or np.isinf(down):
            return False
        rows = table[self.groups]
        counted = rows[:, self.counted].sum(axis=1, keepdims=True)
        rows[:, self.chosen] *= up
        rows[:, self.counted & ~self.chosen] *= down
        rows[:, self.counted] *= counted / rows[:, self.counted].sum(axis=1, keepdims=True)
        table[self.groups] = rows
        return True


def _fit(mass: Floats, outcomes: Outcomes, events: Sequence[_Event]) -> Floats | None:
    """Return each group's shares of the outcomes, shape (groups, outcomes), by proportional fitting.

    None where it does not settle, or where a share is to be raised from nothing.
    """
    table = np.tile(outcomes.seed, (len(mass), 1))
    for _ in range(ROUNDS):
        off = 0.0
        for event in events:
            share = event.share(table, mass)
            off = max(off, abs(share - event.target.share))
            if not event.scale(table, share):
                return None
        if off < 1e-10:
            return table
    return None


def whole_people(
    counts: NDArray[np.int64], shares: Floats, events: Sequence[Floats], name: str
) -> NDArray[np.int64]:
    """Round counts x shares to whole people, up or down by less than one, keeping every group's total.

    `events` are coefficients whose weighted sum must stay near 0. Outcome totals stay within one person
    where the events leave room for that.
    """
    expected = counts[:, None] * shares
    floor = np.floor(expected + 1e-9)
    fraction = np.clip(expected - floor, 0.0, 1.0)
    size = expected.size
    groups, outcomes = expected.shape
    need = np.rint(counts - floor.sum(axis=1))
    groups_kept = LinearConstraint(np.kron(np.eye(groups), np.ones(outcomes)), need, need)
    column = fraction.sum(axis=0)
    totals_near = LinearConstraint(
        np.tile(np.eye(outcomes), groups), np.floor(column - 1e-9), np.ceil(column + 1e-9)
    )
    allowed = np.where(expected > floor + 1e-9, 1.0, 0.0).ravel()
    for tolerance, also in [*((t, [totals_near]) for t in TOLERANCES), *((t, []) for t in TOLERANCES)]:
        near = []
        for event in events:
            off = float((event * floor).sum())
            room = tolerance * float((np.abs(event).max(axis=1) * counts).sum())
            near.append(LinearConstraint(event.reshape(1, -1), -room - off, room - off))
        solution = milp(
            c=(1.0 - 2.0 * fraction).ravel(),
            integrality=np.ones(size),
            bounds=Bounds(np.zeros(size), allowed),
            constraints=[groups_kept, *also, *near],
            options={"mip_rel_gap": 0.02, "node_limit": 20_000},
        )
        if solution.x is not None:
            return np.asarray(floor + np.rint(solution.x).reshape(expected.shape), dtype=np.int64)
    raise _infeasible(f"the shares of {name} cannot be met by {int(counts.sum())} whole people")


def _contradiction(mass: Floats, outcomes: Outcomes, events: Sequence[_Event]) -> StudyFault:
    """Return the fault that names the fewest targets that no answers of these people can have together."""
    # people in the same targets' domains are alike here, however many groups of weights they make
    kinds, kind = np.unique(np.stack([event.groups for event in events], axis=1), axis=0, return_inverse=True)
    people = np.bincount(kind.reshape(-1), weights=mass, minlength=len(kinds))
    # fitting leaves every kind as many people who count as the seeds give it
    sides = [
        np.kron(np.eye(len(kinds)), side.astype(np.float64)) for side in (outcomes.counted, ~outcomes.counted)
    ]
    counting = float(outcomes.seed[outcomes.counted].sum())
    totals = np.concatenate([people * counting, people * (1 - counting)])
    cells = CellTotals(np.vstack(sides), totals, np.tile(outcomes.seed > 0, len(kinds)))
    figures = []
    for inside, event in zip(kinds.T, events, strict=True):
        base = (inside[:, None] & event.counted).ravel()
        chosen = (inside[:, None] & event.chosen).ravel()
        figures.append(CellShare(event.target.name, chosen, base, event.target.share, event.target.share))
    # figures that contradict each other only nearly would be fitted for ever: then all are named
    worst = smallest_contradiction(cells, figures) or tuple(figures)
    sentences = []
    for figure in worst:
        left = share_range(cells, [other for other in worst if other is not figure], figure)
        room = "" if left is None else f" (they leave {left[0]:.3f} to {left[1]:.3f})"
        sentences.append(
            f'the share {figure.low:g} of "{figure.name}" contradicts the other targets or seeds{room}'
        )
    return _infeasible("; ".join(sentences))


def _infeasible(detail: str) -> StudyFault:
    return StudyFault([Problem("share-infeasible", Place("synthetic.yaml"), {"detail": detail})])
