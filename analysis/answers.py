"""A data file and a request → the sums of every question with what they mean: what tables and tests start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from analysis.estimators.proportion import Answer
from analysis.evidence.marked import synthetic_note
from analysis.problems import DataProblem
from analysis.request import Plan, Request, make_plan, read_net
from analysis.table.columns import Codes, Column
from analysis.table.design import Design, census_note, sampling_fractions
from analysis.table.files import open_file
from analysis.table.jobs import count_file
from analysis.table.meaning import (
    Bearings,
    Drawn,
    bearings,
    choices_of,
    class_rows,
    drawn,
    few_choices,
    outside,
    plain,
    sums,
    unmatched,
)
from analysis.table.naming import listed
from analysis.table.notes import Note, answer_notes, by_notes, choice_notes, missing_notes, sample_notes
from analysis.table.reading import BLANK, CHOSEN, NO, NOT_CHOSEN, OUT, YES, Part, Reading
from analysis.table.segments import NO_SEGMENT, OUTSIDE, Segment
from analysis.table.sums import ANSWER, SEGMENT, Sums
from analysis.table.tally import Tally
from analysis.table.weighting import Calibration
from analysis.table.weighting.weighed import CELL, Weighed, weighed


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

    Raises DataProblem for anything wrong with the file or the request. A file is read once, and again only for
    questions whose sums memory had no room for.
    """
    opened = open_file(path)
    plan = make_plan(request, opened.names)
    known = weighed(opened, plan.design.weight, request.calibrated)
    reading = _weighed_reading(reading_of(plan, request), known)
    count = partial(count_file, known.file, reading, jobs=request.jobs)
    invented = synthetic_note(opened)
    notes = (*([invented] if invented else []), *opened.notes, *known.notes)
    for one in answers_of(plan, request, notes, count):
        yield replace(one, calibration=known.calibration)


def answers_of(
    plan: Plan,
    request: Request,
    notes: Sequence[Note],
    count: Callable[[Sequence[Part]], Tally],
    keep: bool = False,
) -> Iterator[Answered]:
    """Yield every question of a plan; `count` gives a tally that holds at least the first of the parts asked for.

    A part's sums leave the tally as they are used, unless told to `keep` them.
    """
    waiting = [part for question in plan.questions for part in parts_of(question, plan)]
    found: _Found | None = None
    for question in plan.questions:
        parts = []
        asked: _Asked | None = None
        for part in parts_of(question, plan):
            if found is None or part not in found.tally.parts:
                found = asked = None  # so that their memory is free before the next are counted
                found = _find(count(waiting), plan, request, notes)
            asked = asked or _asked(question, plan, found.tally)
            waiting.remove(part)
            block = found.tally.blocks[part.name] if keep else found.tally.blocks.pop(part.name)
            parts.append((sums(block, found.drawn, found.where, asked.codes), asked.answers[part.name]))
        if found is not None and asked is not None:
            told = _answer_notes(question, parts[0][0], asked.base, bool(plan.by))
            said = (*found.notes, *asked.notes, *told)
            segments = found.where.segmentation.segments
            yield Answered(question, plan.by, plan.design, tuple(parts), asked.base, segments, said)


def _weighed_reading(reading: Reading, known: Weighed) -> Reading:
    """Read base weights and weighting cells where it is known how the weights were made."""
    if known.calibration is None:
        return reading
    return replace(reading, design=replace(reading.design, weight=known.weight), cells=((CELL, ()),))


def _answer_notes(question: str, first: Sums, base: frozenset[int], by: bool) -> list[Note]:
    if first.by_unit is not None:
        people = first.by_unit.people
        answered = np.isin(np.arange(people.shape[1]), list(base))
        rows, apart = people[OUTSIDE + 1 :], people[NO_SEGMENT, answered]
        silent = int(rows[:, ~answered].sum())
        return answer_notes(question, int(rows.sum()), silent, int(apart.sum()) if by else 0)
    people, segment = first.n + first.idle, first.keys[:, SEGMENT]
    answered = np.isin(first.keys[:, ANSWER], list(base))
    inside = segment != OUTSIDE
    apart = people[answered & (segment == NO_SEGMENT)]
    silent = int(people[inside & ~answered].sum())
    return answer_notes(question, int(people[inside].sum()), silent, int(apart.sum()) if by else 0)


def reading_of(plan: Plan, request: Request) -> Reading:
    """Return what must be read of a file for a plan."""
    parts = [part for question in plan.questions for part in parts_of(question, plan)]
    return Reading(tuple(parts), plan.design, plan.by, plan.where, plan.bands, request.missing)


def parts_of(question: str, plan: Plan) -> list[Part]:
    """Return the parts of a question: one for a column, one for each option and net of a set."""
    if question not in plan.sets:
        return [Part(f"={question}", question)]
    options = plan.sets[question]
    picked: dict[str, tuple[str, ...]] = {name: (name,) for name in options}
    for text in plan.nets.get(question, ()):
        nets = [name for name in picked if name not in options]
        net, choices = read_net(question, text, tuple(picked), nets)
        picked[net] = tuple(dict.fromkeys(one for choice in choices for one in picked[choice]))
    return [Part(f"{question}={name}", "", some, options) for name, some in picked.items()]


# --- what the codes mean -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A tally with its design, its places and the notes that hold for every question."""

    tally: Tally
    drawn: Drawn
    where: Bearings
    notes: tuple[Note, ...]


def _find(tally: Tally, plan: Plan, request: Request, notes: Sequence[Note]) -> _Found:
    design = drawn(tally)
    where = bearings(tally, request.total)
    told = [*notes, *missing_notes(unmatched(tally)), *_sample_notes(tally, design, where)]
    for at, name in enumerate(plan.by):
        if name not in plan.bands:
            told += choice_notes(name, plain(tally, name).choices)
        missing, out = (class_rows(tally, at, where, one) for one in (BLANK, OUT))
        rows = int(where.rows[where.domain].sum())
        told += by_notes(name, rows, missing, out, outside(tally, at, where.domain) if out else ())
    return _Found(tally, design, where, tuple(told))


def _sample_notes(tally: Tally, design: Drawn, where: Bearings) -> list[Note]:
    rates = sampling_fractions(design.units, design.fpc)
    unequal = tally.reading.design.weight is None and not np.allclose(rates, rates[0], rtol=0.01)
    conditions = [f"'{name}' = '{value}'" for name, value in tally.reading.where]
    kept = int(where.rows[where.domain].sum())
    told = sample_notes(tally.frame.idle, kept, tally.frame.rows, conditions, unequal)
    whole = census_note(
        tally.reading.design, design.units, design.strata, design.fpc, clustered=design.clustered
    )
    return told if whole is None else [*told, whole]


@dataclass(frozen=True)
class _Asked:
    """A question's answers by part; `codes` leads from a tally's answer codes to those of the answers."""

    answers: Mapping[str, tuple[Answer, ...]]
    codes: Codes
    base: frozenset[int]
    notes: tuple[Note, ...] = ()


def _asked(question: str, plan: Plan, tally: Tally) -> _Asked:
    nets = plan.nets.get(question, ())
    if question in plan.sets:
        return _asked_set(question, plan, tally)
    few_choices(tally, question)
    choices, codes = choices_of(tally, question)
    place = {choice: code for code, choice in enumerate(choices, start=1)}
    answers = [Answer(choice, frozenset({code})) for choice, code in place.items()]
    for text in nets:
        known = [answer.name for answer in answers[len(choices) :]]
        name, union = read_net(question, text, choices, known)
        answers.append(Answer(name, frozenset(place[choice] for choice in union)))
    told = () if question in plan.bands else tuple(choice_notes(question, choices))
    return _Asked({f"={question}": tuple(answers)}, codes, frozenset(place.values()), told)


def _asked_set(question: str, plan: Plan, tally: Tally) -> _Asked:
    """Each option of a multiple-response set is a two-valued question among those who answered the set."""
    notes = []
    for name in plan.sets[question]:
        column = plain(tally, name)
        picked = tally.frame.picked[name]
        notes.append(Note("multi_coding", f"'{name}': {_picked(column)}", name, None, picked))
        notes += [note for note in choice_notes(name, column.choices) if note.code == "missing_look"]
    chosen = frozenset({CHOSEN})
    answers = {
        part.name: (Answer(part.name.removeprefix(f"{question}="), chosen),)
        for part in parts_of(question, plan)
    }
    return _Asked(answers, np.arange(3), frozenset({NOT_CHOSEN, CHOSEN}), tuple(notes))


def _picked(column: Column) -> str:
    """Say who chose an option: 1 or yes in a column of 0/1 or yes/no, else whoever has anything there."""
    meaning = [choice.strip().lower() for choice in column.choices]
    if meaning and all(one in YES | NO for one in meaning):
        yes = [code for code, one in enumerate(meaning) if one in YES]
        names = listed([column.choices[code] for code in yes]) if yes else "'1' or 'yes', which nobody has"
        return f"chosen where the cell is {names}."
    if any(one in YES | NO for one in meaning):
        odd = next(choice for choice, one in zip(column.choices, meaning, strict=True) if one not in YES | NO)
        raise DataProblem("multi_mixed", column=column.name, value=odd)
    return "chosen where the cell is not empty."
