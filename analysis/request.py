"""What a person asks of a data file, and where each name in it leads among the file's columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.estimators.intervals import AUTO
from analysis.problems import DataProblem
from analysis.table.design import Design
from analysis.table.naming import find, leading, listed, near, split_known, squeezed
from analysis.table.segments import parse_bands
from questionnaires.bands import Band


@dataclass(frozen=True)
class Request:
    """What to tabulate, in the words of the command line (`nets`, `bands`, `multi`, `where` unread texts)."""

    questions: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    nets: tuple[str, ...] = ()
    multi: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    design: Design = field(default_factory=Design)
    interval: str = AUTO
    total: bool = False
    level: float = 0.95
    calibrated: Path | None = None


@dataclass(frozen=True)
class Plan:
    """A request with every column found: `sets` are the multiple-response sets, `nets` texts by question."""

    questions: tuple[str, ...]
    by: tuple[str, ...]
    bands: Mapping[str, tuple[Band, ...]]
    nets: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]
    where: tuple[tuple[str, str], ...]
    design: Design

    def columns(self) -> tuple[str, ...]:
        """Return the columns that must be read, each once."""
        plain = [name for name in self.questions if name not in self.sets]
        options = [name for names in self.sets.values() for name in names]
        asked = [*plain, *options, *self.by, *(name for name, _ in self.where), *self.design.columns()]
        return tuple(dict.fromkeys(asked))


def make_plan(request: Request, names: Sequence[str]) -> Plan:
    """Find every column a request names among a file's columns.

    Raises DataProblem "no_question", "unknown_column", "bad_option", "bad_bands", "named_twice" or "unused_option".
    """
    sets: dict[str, tuple[str, ...]] = {}
    for text in request.multi:
        name, options = _read_set(text, names)
        sets[_new(name, sets, "--multi")] = options
    asked = [one if one in sets else find(one, names) for one in request.questions]
    questions = tuple(dict.fromkeys([*asked, *sets]))
    if not questions:
        raise DataProblem("no_question", known=listed(names))
    by = tuple(dict.fromkeys(find(one, names) for one in request.by))
    where = tuple(_column_first("--where", text, names, "=", "COLUMN=VALUE") for text in request.where)
    bands: dict[str, tuple[Band, ...]] = {}
    for text in request.bands:
        column, written = _column_first("--bands", text, names, "=", "COLUMN=18-23,24-34,35+")
        bands[_new(column, bands, "--bands")] = parse_bands(column, written)
    nets: dict[str, tuple[str, ...]] = {}
    for text in request.nets:
        question, rest = _column_first("--net", text, [*questions, *names], ":", "COLUMN:NAME=CHOICE|CHOICE")
        nets[question] = (*nets.get(question, ()), rest)
    cut = {*(one for one in questions if one not in sets), *by, *(column for column, _ in where)}
    for option, used, fitting, places in (
        ("--bands", bands, cut, "--question, --by or --where"),
        ("--net", nets, set(questions), "--question"),
    ):
        for column in used:
            if column not in fitting:
                raise DataProblem("unused_option", column=column, option=option, places=places)
    return Plan(questions, by, bands, nets, sets, where, _found_design(request.design, names))


def _new(name: str, known: Collection[str], option: str) -> str:
    if name in known:
        raise DataProblem("named_twice", option=option, value=name)
    return name


def _column_first(option: str, text: str, names: Sequence[str], mark: str, form: str) -> tuple[str, str]:
    found = leading(text, names, mark) or leading(squeezed(text), [squeezed(name) for name in names], mark)
    if found is not None:
        return find(found[0], names), found[1]
    if mark not in text:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    wanted = text.split(mark)[0]
    raise DataProblem("unknown_column", value=wanted, near=near(wanted, names))


def _read_set(text: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    marks = [place for place, letter in enumerate(text) if letter == "=" and text[:place].strip()]
    if not marks:
        raise DataProblem("bad_option", option="--multi", value=text, form="NAME=COLUMN,COLUMN")
    for place in marks:
        columns = split_known(text[place + 1 :], names, ",")
        if columns is not None:
            return text[:place], tuple(dict.fromkeys(columns))
    parts = text[marks[0] + 1 :].split(",")
    return text[: marks[0]], tuple(find(part.strip(), names) for part in parts)


def _found_design(design: Design, names: Sequence[str]) -> Design:
    columns = (design.weight, design.strata, design.cluster, design.fpc)
    weight, strata, cluster, fpc = (None if one is None else find(one, names) for one in columns)
    return Design(weight, strata, cluster, fpc, design.lonely)


def read_net(
    question: str, text: str, choices: Collection[str], nets: Collection[str] = ()
) -> tuple[str, list[str]]:
    """Read "NAME=CHOICE|CHOICE" against a question's choices, which may themselves hold "=" and "|".

    `nets` are the names of those read before. Raises DataProblem "bad_option", "unknown_choice", "name_taken" or
    "named_twice".
    """
    marks = [place for place, letter in enumerate(text) if letter == "=" and text[:place].strip()]
    form = "COLUMN:NAME=CHOICE|CHOICE"
    if not marks:
        raise DataProblem("bad_option", option="--net", value=f"{question}:{text}", form=form)
    for place in marks:
        found = split_known(text[place + 1 :], choices, "|")
        if found is None:
            continue
        _new(text[:place], nets, "--net")
        if text[:place] in choices:
            raise DataProblem("name_taken", column=question, value=text[:place])
        return text[:place], found
    parts = text[marks[0] + 1 :].split("|")
    wrong = next((part for part in parts if part not in choices), parts[0])
    raise DataProblem("unknown_choice", column=question, value=wrong, known=listed(choices))
