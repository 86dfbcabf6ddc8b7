"""What is asked of a data file, as one typed value: the command line, a notebook and a report plan all make this."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.estimators.intervals import AUTO
from analysis.problems import DataProblem
from analysis.table.design import Design
from analysis.table.naming import find, listed, split_known
from questionnaires.bands import Band


@dataclass(frozen=True)
class Request:
    """What to tabulate or compare.

    `by` names columns of segments, which are crossed; `bands` cuts columns of numbers; `nets` are unions of choices
    by question and name; `sets` are several columns as one question with several answers; `where` keeps rows by
    column and value; `missing` are values that mean no answer. `total` shows everybody beside the segments;
    `calibrated` is the recipe of the weights (None: the one beside the file).
    """

    questions: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    nets: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    design: Design = field(default_factory=Design)
    interval: str = AUTO
    total: bool = False
    level: float = 0.95
    calibrated: Path | None = None

    def among(self, names: Sequence[str]) -> Request:
        """Return the request with every column found among a file's columns; sets come last among the questions.

        Raises DataProblem "no_question", "unknown_column" or "unused_option".
        """
        sets = {name: tuple(find(option, names) for option in options) for name, options in self.sets.items()}
        questions = [name if name in sets else find(name, names) for name in self.questions]
        questions = list(dict.fromkeys([*questions, *sets]))
        if not questions:
            raise DataProblem("no_question", known=listed(names))
        by = tuple(dict.fromkeys(find(name, names) for name in self.by))
        where = tuple((find(name, names), value) for name, value in self.where)
        bands = {find(name, names): cut for name, cut in self.bands.items()}
        nets = {name if name in sets else find(name, names): unions for name, unions in self.nets.items()}
        cut = {*(name for name in questions if name not in sets), *by, *(name for name, _ in where)}
        for option, used, fitting, places in (
            ("--bands", bands, cut, "--question, --by or --where"),
            ("--net", nets, set(questions), "--question"),
        ):
            for column in used:
                if column not in fitting:
                    raise DataProblem("unused_option", column=column, option=option, places=places)
        roles = ((role, name) for role, name in self.design.as_row().items() if name is not None)
        design = replace(self.design, **{role: find(name, names) for role, name in roles})
        return replace(
            self,
            questions=tuple(questions),
            by=by,
            bands=bands,
            nets=nets,
            sets=sets,
            where=where,
            design=design,
        )

    def columns(self) -> tuple[str, ...]:
        """Return the columns that must be read, each once."""
        plain = [name for name in self.questions if name not in self.sets]
        options = [name for names in self.sets.values() for name in names]
        places = [*self.by, *(name for name, _ in self.where)]
        return tuple(dict.fromkeys([*plain, *options, *places, *self.design.columns()]))


def net_choices(question: str, name: str, written: Sequence[str], choices: Collection[str]) -> list[str]:
    """Return the choices of a net; one that was cut at a "|" of its own is put together again.

    Raises DataProblem "unknown_choice" or "name_taken".
    """
    if name in choices:
        raise DataProblem("name_taken", column=question, value=name)
    if all(choice in choices for choice in written):
        return list(written)
    joined = split_known("|".join(written), choices, "|")
    if joined is None:
        wrong = next(choice for choice in written if choice not in choices)
        raise DataProblem("unknown_choice", column=question, value=wrong, known=listed(choices))
    return joined
