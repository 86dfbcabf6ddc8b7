"""A data file and a request → the sums of every question with what they mean: what tables and tests start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimators.proportion import Answer
from analysis.evidence.marked import synthetic_note
from analysis.files.formats import open_file
from analysis.problems import DataProblem
from analysis.request import Plan, Request, make_plan, read_net
from analysis.table.column import Codes, Column
from analysis.table.count_plan import BLANK, CHOSEN, NO, NOT_CHOSEN, OUT, YES, CountPlan, Part
from analysis.table.counting import count
from analysis.table.decoding import Decoded, choices_of, decode, unmatched
from analysis.table.design import Design, census_note
from analysis.table.naming import listed
from analysis.table.notes import Note, answer_notes, by_notes, choice_notes, missing_notes, sample_notes
from analysis.table.segments import NO_SEGMENT, OUTSIDE, Segment
from analysis.table.sums import ANSWER, SEGMENT, Sums
from analysis.table.tally import Tally
from analysis.weighting.weighted_file import CELL, weighted_file

if TYPE_CHECKING:
    from analysis.weighting.calibration import Calibration


@dataclass(frozen=True)
class Answered:
    """One question's sums: `parts` share the base, the people whose answer code is in `base`.

    A plain question is one part with all its answers; each option of a multiple-response set is a part of its
    own, in which the answer code is 0 (the set was not answered), 1 (not chosen) or 2 (chosen).
    """

    question: str
    by: tuple[str, ...]
    design: Design
    parts: tuple[tuple[Sums, tuple[Answer, ...]], ...]
    base: frozenset[int]
    segments: tuple[Segment, ...]
    notes: tuple[Note, ...]
    calibration: Calibration | None = None


def answers(path: Path, request: Request) -> Iterator[Answered]:
    """Yield every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request.
    """
    opened = open_file(path)
    plan = make_plan(request, opened.names)
    known = weighted_file(opened, plan.design.weight, request.calibrated)
    counted = count_plan(plan, request)
    if known.calibration is not None:
        counted = replace(counted, design=replace(counted.design, weight=known.weight), cell=CELL)
    invented = synthetic_note(opened)
    notes = (*([invented] if invented else []), *opened.notes, *known.notes)
    for answered in answers_of(count(known.file, counted), plan, request, notes):
        yield replace(answered, calibration=known.calibration)


def answers_of(
    tally: Tally, plan: Plan, request: Request, notes: Sequence[Note]
) -> Iterator[Answered]:
    """Yield every question of a plan from its tally; `notes` are those of the file and its weights."""
    decoded = decode(tally, request.total)
    notes = (*notes, *_sample_notes(decoded))
    for question in plan.questions:
        choices = _set_choices(question, plan, tally) if question in plan.sets else _choices(question, plan, tally)
        parts = tuple(
            (decoded.sums(part, choices.codes), choices.answers[part.name]) for part in parts_of(question, plan)
        )
        told = _answer_notes(question, parts[0][0], choices.base, bool(plan.by))
        segments = decoded.segmentation.segments
        all_notes = (*notes, *choices.notes, *told)
        yield Answered(question, plan.by, plan.design, parts, choices.base, segments, all_notes)


def _answer_notes(question: str, sums: Sums, base: frozenset[int], by: bool) -> list[Note]:
    rows, segment = sums.people + sums.idle, sums.columns[:, SEGMENT]
    answered = np.isin(sums.columns[:, ANSWER], list(base))
    inside = segment != OUTSIDE
    silent = int(rows[inside & ~answered].sum())
    apart = int(rows[answered & (segment == NO_SEGMENT)].sum())
    return answer_notes(question, int(rows[inside].sum()), silent, apart if by else 0)


def count_plan(plan: Plan, request: Request) -> CountPlan:
    """Return what must be counted of a file for a plan."""
    parts = [part for question in plan.questions for part in parts_of(question, plan)]
    return CountPlan(tuple(parts), plan.design, plan.by, plan.where, plan.bands, request.missing)


def parts_of(question: str, plan: Plan) -> list[Part]:
    """Return the parts of a question: one for a column, one for each option and net of a set."""
    if question not in plan.sets:
        return [Part(f"={question}", question)]
    options = plan.sets[question]
    picked: dict[str, tuple[str, ...]] = {name: (name,) for name in options}
    for text in plan.nets.get(question, ()):
        nets = [name for name in picked if name not in options]
        net, choices = read_net(question, text, tuple(picked), nets)
        picked[net] = tuple(dict.fromkeys(option for choice in choices for option in picked[choice]))
    return [Part(f"{question}={name}", "", columns, options) for name, columns in picked.items()]


def _sample_notes(decoded: Decoded) -> list[Note]:
    """Return the notes that hold for every question: on missing values, weights, conditions and segments."""
    tally, plan = decoded.tally, decoded.tally.plan
    idle = int(next(iter(tally.sums.values())).idle.sum())
    kept = int(decoded.rows[decoded.domain].sum())
    unequal = plan.design.weight is None and decoded.sampled_unequally()
    conditions = [f"'{name}' = '{value}'" for name, value in plan.where]
    notes = missing_notes(unmatched(tally))
    notes += sample_notes(idle, kept, int(decoded.rows.sum()), conditions, unequal)
    clustered = plan.design.cluster is not None
    census = census_note(plan.design, decoded.units, decoded.strata, decoded.fpc, clustered)
    notes += [] if census is None else [census]
    for at, name in enumerate(plan.by):
        if name not in plan.bands:
            notes += choice_notes(name, tally.column(name).choices)
        missing, out = (decoded.class_rows(at, wanted) for wanted in (BLANK, OUT))
        notes += by_notes(name, kept, missing, out, decoded.outside(name) if out else ())
    return notes


@dataclass(frozen=True)
class _Choices:
    """A question's answers by part; `codes` leads from a tally's answer codes to those of the answers."""

    answers: Mapping[str, tuple[Answer, ...]]
    codes: Codes
    base: frozenset[int]
    notes: tuple[Note, ...]


def _choices(question: str, plan: Plan, tally: Tally) -> _Choices:
    choices, codes = choices_of(tally, question)
    place = {choice: code for code, choice in enumerate(choices, start=1)}
    answers = [Answer(choice, frozenset({code})) for choice, code in place.items()]
    for text in plan.nets.get(question, ()):
        nets = [answer.name for answer in answers[len(choices) :]]
        name, union = read_net(question, text, choices, nets)
        answers.append(Answer(name, frozenset(place[choice] for choice in union)))
    notes = () if question in plan.bands else tuple(choice_notes(question, choices))
    return _Choices({f"={question}": tuple(answers)}, codes, frozenset(place.values()), notes)


def _set_choices(question: str, plan: Plan, tally: Tally) -> _Choices:
    """Each option of a multiple-response set is a two-valued question among those who answered the set."""
    notes = []
    for name in plan.sets[question]:
        column = tally.column(name)
        notes.append(Note("multi_coding", f"'{name}': {_picked(column)}", name, None, tally.picked[name]))
        notes += [note for note in choice_notes(name, column.choices) if note.code == "missing_look"]
    chosen = frozenset({CHOSEN})
    answers = {
        part.name: (Answer(part.name.removeprefix(f"{question}="), chosen),)
        for part in parts_of(question, plan)
    }
    return _Choices(answers, np.arange(3), frozenset({NOT_CHOSEN, CHOSEN}), tuple(notes))


def _picked(column: Column) -> str:
    """Say who chose an option: 1 or yes in a column of 0/1 or yes/no, else whoever has anything there."""
    words = [choice.strip().lower() for choice in column.choices]
    if words and all(word in YES | NO for word in words):
        yes = [choice for choice, word in zip(column.choices, words, strict=True) if word in YES]
        names = listed(yes) if yes else "'1' or 'yes', which nobody has"
        return f"chosen where the cell is {names}."
    if any(word in YES | NO for word in words):
        odd = next(choice for choice, word in zip(column.choices, words, strict=True) if word not in YES | NO)
        raise DataProblem("multi_mixed", column=column.name, value=odd)
    return "chosen where the cell is not empty."
