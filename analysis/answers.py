"""A data file and a request → the sums of every question with what they mean: what tables and tests start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.estimators.proportion import Answer
from analysis.evidence.marked import synthetic_note
from analysis.files.data_file import DataFile
from analysis.problems import DataProblem
from analysis.request import Request, net_choices
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


def answers(opened: DataFile, request: Request) -> Iterator[Answered]:
    """Yield every question of a request, in its order; sets not listed as questions come last.

    Raises DataProblem for anything wrong with the file or the request.
    """
    request = request.among(opened.names)
    weighted = weighted_file(opened, request.design.weight, request.calibrated)
    plan = count_plan(request)
    if weighted.calibration is not None:
        plan = replace(plan, design=replace(plan.design, weight=weighted.weight), cell=CELL)
    synthetic = synthetic_note(opened)
    notes = (*([synthetic] if synthetic else []), *opened.notes, *weighted.notes)
    for answered in answers_of(count(weighted.file, plan), request, notes):
        yield replace(answered, calibration=weighted.calibration)


def answers_of(tally: Tally, request: Request, notes: Sequence[Note]) -> Iterator[Answered]:
    """Yield every question of a request from its tally; `notes` are those of the file and its weights."""
    decoded = decode(tally, request.total)
    notes = (*notes, *_sample_notes(decoded))
    for question in request.questions:
        is_set = question in request.sets
        choices = (_choices_of_set if is_set else _choices_of_column)(question, request, tally)
        parts = tuple(
            (decoded.sums(part, choices.codes), choices.answers[part.name])
            for part in parts_of(question, request)
        )
        sums = parts[0][0]
        rows, segment = sums.people + sums.idle, sums.columns[:, SEGMENT]
        answered, inside = np.isin(sums.columns[:, ANSWER], list(choices.base)), segment != OUTSIDE
        silent = int(rows[inside & ~answered].sum())
        apart = int(rows[answered & (segment == NO_SEGMENT)].sum()) if request.by else 0
        missing = answer_notes(question, int(rows[inside].sum()), silent, apart)
        segments = decoded.segmentation.segments
        all_notes = (*notes, *choices.notes, *missing)
        yield Answered(question, request.by, request.design, parts, choices.base, segments, all_notes)


def count_plan(request: Request) -> CountPlan:
    """Return what must be counted of a file for a request whose columns were found among the file's."""
    parts = [part for question in request.questions for part in parts_of(question, request)]
    return CountPlan(tuple(parts), request.design, request.by, request.where, request.bands, request.missing)


def parts_of(question: str, request: Request) -> list[Part]:
    """Return the parts of a question: one for a column, one for each option and net of a set."""
    if question not in request.sets:
        return [Part(f"={question}", question)]
    options = request.sets[question]
    picked: dict[str, tuple[str, ...]] = {name: (name,) for name in options}
    for net, written in request.nets.get(question, {}).items():
        choices = net_choices(question, net, written, tuple(picked))
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


def _choices_of_column(question: str, request: Request, tally: Tally) -> _Choices:
    choices, codes = choices_of(tally, question)
    place = {choice: code for code, choice in enumerate(choices, start=1)}
    answers = [Answer(choice, frozenset({code})) for choice, code in place.items()]
    for name, written in request.nets.get(question, {}).items():
        union = net_choices(question, name, written, choices)
        answers.append(Answer(name, frozenset(place[choice] for choice in union)))
    notes = () if question in request.bands else tuple(choice_notes(question, choices))
    return _Choices({f"={question}": tuple(answers)}, codes, frozenset(place.values()), notes)


def _choices_of_set(question: str, request: Request, tally: Tally) -> _Choices:
    """Each option of a multiple-response set is a two-valued question among those who answered the set."""
    notes = []
    for name in request.sets[question]:
        column = tally.column(name)
        notes.append(Note("multi_coding", f"'{name}': {_picked(column)}", name, None, tally.picked[name]))
        notes += [note for note in choice_notes(name, column.choices) if note.code == "missing_look"]
    chosen = frozenset({CHOSEN})
    answers = {
        part.name: (Answer(part.name.removeprefix(f"{question}="), chosen),)
        for part in parts_of(question, request)
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
