"""Tables of a file by its path, asked in the words of the command line: what most tests of tables need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from analysis import compare as comparing
from analysis import tabulate as tabulating
from analysis.answers import Answered
from analysis.answers import answers as answers_of
from analysis.expectations import reply_expectation as reply_times
from analysis.files.formats import open_file
from analysis.option_words import read_request
from analysis.quality import with_and_without as twice
from analysis.request import Request
from analysis.table.design import Design


@dataclass(frozen=True)
class Words:
    """The options of a table verb as a person writes them."""

    questions: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    nets: tuple[str, ...] = ()
    multi: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    design: Design = field(default_factory=Design)
    interval: str = "auto"
    total: bool = False
    level: float = 0.95
    calibrated: Path | None = None

    def read(self, names: Sequence[str]) -> Request:
        """Return the request that these words are for a file with such columns."""
        return read_request(names, **{option.name: getattr(self, option.name) for option in fields(self)})


def answers(path: Path, words: Words) -> Iterator[Answered]:
    opened = open_file(path)
    return answers_of(opened, words.read(opened.names))


def tabulate(path: Path, words: Words, *more: Any, **options: Any) -> list[tabulating.Tabulation]:
    opened = open_file(path)
    return tabulating.tabulate(opened, words.read(opened.names), *more, **options)


def compare(path: Path, words: Words, **options: Any) -> list[comparing.Comparison]:
    opened = open_file(path)
    return comparing.compare(opened, words.read(opened.names), **options)


def with_and_without(path: Path, words: Words, *more: Any, **options: Any) -> Any:
    opened = open_file(path)
    return twice(opened, words.read(opened.names), *more, **options)


def reply_expectation(path: Path, words: Words, limits: Mapping[str, str | float]) -> Any:
    opened = open_file(path)
    return reply_times.reply_expectation(opened, words.read(opened.names), limits)
