"""The whole of `earshot tabulate`: a data file and a request → a table of shares for every question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import Estimate
from analysis.estimators.intervals import check_method
from analysis.estimators.proportion import Answer, shares
from analysis.problems import DataProblem
from analysis.request import Plan, Request, make_plan, read_net
from analysis.table.columns import Codes, Column
from analysis.table.datafile import Table
from analysis.table.design import Design, Sample, first_stage_units, read_sample, sampling_fractions
from analysis.table.files import open_file
from analysis.table.naming import listed
from analysis.table.notes import Note, answer_notes, by_notes, sample_notes
from analysis.table.segments import Segmentation, banded, crossed, everyone
from analysis.table.sums import sums_of

MOST_CHOICES = 1000
NO_ANSWER, NOT_CHOSEN, CHOSEN = 0, 1, 2  # answer codes of a two-valued question
YES = frozenset({"1", "yes", "y", "true", "t"})
NO = frozenset({"0", "no", "n", "false", "f"})

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Tabulation:
    """One question's table: estimates segment by segment, and the notes a reader needs."""

    question: str
    by: tuple[str, ...]
    design: Design
    notes: tuple[Note, ...]
    estimates: tuple[Estimate, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--format json` prints."""
        return {
            "question": self.question,
            "by": list(self.by),
            "design": self.design.as_row(),
            "notes": [note.as_row() for note in self.notes],
            "rows": [estimate.as_row() for estimate in self.estimates],
        }


def tabulate(path: Path, request: Request) -> list[Tabulation]:
    """Tabulate every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request; nothing is printed.
    """
    check_method(request.interval)
    opened = open_file(path)
    plan = make_plan(request, opened.names)
    table = opened.read(plan.columns())
    sample = read_sample(table, plan.design)
    answers = {name: column.without(request.missing) for name, column in table.columns.items()}
    domain = _domain(plan, answers, table)
    columns = {name: _banded(name, column, plan, table.first_row) for name, column in answers.items()}
    segmentation = _segmentation(plan, columns, domain, request.total)
    notes = [*opened.notes, *_sample_notes(plan, sample, domain)]
    for name in plan.by:
        notes += by_notes(answers[name], columns[name], domain)
    done = []
    for question in plan.questions:
        asked = _asked(question, plan, columns, answers)
        estimates = _estimates(asked, sample, segmentation, plan.design, request)
        answered = np.isin(asked.parts[0][0], list(asked.base))
        told = answer_notes(question, answered, segmentation.codes, bool(plan.by))
        done.append(
            Tabulation(question, plan.by, plan.design, (*notes, *asked.notes, *told), tuple(estimates))
        )
    return done


# --- the domain and its segments ---------------------------------------------------------------------------


def _domain(plan: Plan, columns: Mapping[str, Column], table: Table) -> Mask:
    """Return which rows every --where keeps; the others stay in the design."""
    inside = np.ones(table.rows, dtype=bool)
    for name, value in plan.where:
        column = columns[name]
        if value in column.choices:
            inside &= column.codes == column.choices.index(value)
        elif value in [band.label for band in plan.bands.get(name, ())]:
            cut = _banded(name, column, plan, table.first_row)
            inside &= cut.codes == cut.choices.index(value)
        else:
            raise DataProblem("unknown_choice", column=name, value=value, known=listed(column.choices))
    return inside


def _sample_notes(plan: Plan, sample: Sample, domain: Mask) -> list[Note]:
    drawn = sampling_fractions(first_stage_units(sample), sample.fpc)
    unequal = plan.design.weight is None and not np.allclose(drawn, drawn[0], rtol=0.01)
    return sample_notes(
        sample.weight, domain, [f"'{name}' = '{value}'" for name, value in plan.where], unequal
    )


def _banded(name: str, column: Column, plan: Plan, first_row: int) -> Column:
    return banded(column, plan.bands[name], first_row) if name in plan.bands else column


def _segmentation(plan: Plan, columns: Mapping[str, Column], domain: Mask, total: bool) -> Segmentation:
    if not plan.by:
        return everyone(len(domain), domain)
    chosen = [columns[name] for name in plan.by]
    for column in chosen:
        _few_choices(column)
    return crossed(chosen, domain, total)


def _few_choices(column: Column) -> None:
    if len(column.choices) > MOST_CHOICES:
        count = len(column.choices)
        raise DataProblem("too_many_choices", column=column.name, value=count, limit=MOST_CHOICES)


# --- one question ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A question ready for the sums: parts that share a base, each with rows' answer codes and answers."""

    question: str
    parts: tuple[tuple[Codes, tuple[Answer, ...]], ...]
    base: frozenset[int]
    notes: tuple[Note, ...] = ()


def _asked(
    question: str, plan: Plan, columns: Mapping[str, Column], unbanded: Mapping[str, Column]
) -> _Asked:
    nets = plan.nets.get(question, ())
    if question in plan.sets:
        return _asked_set(question, plan.sets[question], nets, unbanded)
    column = columns[question]
    _few_choices(column)
    place = {choice: code for code, choice in enumerate(column.choices, start=1)}
    answers = [Answer(choice, frozenset({code})) for choice, code in place.items()]
    for text in nets:
        name, choices = read_net(question, text, column.choices)
        answers.append(Answer(name, frozenset(place[choice] for choice in choices)))
    return _Asked(question, ((column.codes + 1, tuple(answers)),), frozenset(place.values()))


def _asked_set(
    question: str, options: Sequence[str], nets: Sequence[str], columns: Mapping[str, Column]
) -> _Asked:
    """Each option of a multiple-response set is a two-valued question among those who answered the set."""
    answered = np.any([columns[name].codes >= 0 for name in options], axis=0)
    picked: dict[str, Mask] = {}
    notes = []
    for name in options:
        picked[name], text = _picked(columns[name])
        notes.append(Note("multi_coding", f"'{name}': {text}", name, None, int(picked[name].sum())))
    for text in nets:
        net, choices = read_net(question, text, tuple(picked))
        picked[net] = np.any([picked[choice] for choice in choices], axis=0)
    parts = tuple(
        (
            np.where(~answered, NO_ANSWER, np.where(mask, CHOSEN, NOT_CHOSEN)),
            (Answer(name, frozenset({CHOSEN})),),
        )
        for name, mask in picked.items()
    )
    return _Asked(question, parts, frozenset({NOT_CHOSEN, CHOSEN}), tuple(notes))


def _picked(column: Column) -> tuple[Mask, str]:
    """Tell who chose an option: 1 or yes in a column of 0/1 or yes/no, else whoever has anything there."""
    meaning = [choice.strip().lower() for choice in column.choices]
    if meaning and all(one in YES | NO for one in meaning):
        yes = [code for code, one in enumerate(meaning) if one in YES]
        names = listed([column.choices[code] for code in yes]) if yes else "'1' or 'yes', which nobody has"
        return np.isin(column.codes, yes), f"chosen where the cell is {names}."
    if any(one in YES | NO for one in meaning):
        odd = next(choice for choice, one in zip(column.choices, meaning, strict=True) if one not in YES | NO)
        raise DataProblem("multi_mixed", column=column.name, value=odd)
    return column.codes >= 0, "chosen where the cell is not empty."


def _estimates(
    asked: _Asked, sample: Sample, segmentation: Segmentation, design: Design, request: Request
) -> list[Estimate]:
    by_part = [
        shares(
            sums_of(sample, codes, segmentation.codes),
            question=asked.question,
            answers=answers,
            segments=segmentation.segments,
            design=design,
            interval=request.interval,
            level=request.level,
            base_codes=asked.base,
        )
        for codes, answers in asked.parts
    ]
    rows: list[Estimate] = []
    for at in range(len(segmentation.segments)):
        for (_, answers), found in zip(asked.parts, by_part, strict=True):
            rows += found[at * len(answers) : (at + 1) * len(answers)]
    return rows
