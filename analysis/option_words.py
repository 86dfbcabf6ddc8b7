"""The words of a table's options on the command line → a request; nothing parses them after this.

Columns and choices may hold the marks of the options themselves, so words are read against a file's columns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.problems import DataProblem
from analysis.request import Request
from analysis.table.naming import find, leading, near, split_known, squeezed
from analysis.table.segments import parse_bands
from questionnaires.bands import Band


def read_request(
    names: Sequence[str],
    *,
    questions: Sequence[str] = (),
    bands: Sequence[str] = (),
    nets: Sequence[str] = (),
    multi: Sequence[str] = (),
    where: Sequence[str] = (),
    **options: Any,
) -> Request:
    """Read "age=18-23,24+" (bands), "channel:online=web|app" (nets), "used=a,b" (multi) and "age=18-23" (where).

    `names` are the file's columns, `options` the further fields of a Request. Raises DataProblem "bad_option",
    "bad_bands", "unknown_column" or "named_twice".
    """
    sets: dict[str, tuple[str, ...]] = {}
    for text in multi:
        name, columns = _set(text, names)
        sets[_new(name, sets, "--multi")] = columns
    cuts: dict[str, tuple[Band, ...]] = {}
    for text in bands:
        column, written = column_first("--bands", text, names, "=", "COLUMN=18-23,24-34,35+")
        cuts[_new(column, cuts, "--bands")] = parse_bands(column, written)
    unions: dict[str, dict[str, tuple[str, ...]]] = {}
    form = "COLUMN:NAME=CHOICE|CHOICE"
    for text in nets:
        column, written = column_first("--net", text, [*sets, *names], ":", form)
        name, mark, choices = written.partition("=")
        if not mark or not name.strip():
            raise DataProblem("bad_option", option="--net", value=text, form=form)
        here = unions.setdefault(column, {})
        here[_new(name, here, "--net")] = tuple(choices.split("|"))
    conditions = tuple(column_first("--where", text, names, "=", "COLUMN=VALUE") for text in where)
    return Request(tuple(questions), bands=cuts, nets=unions, sets=sets, where=conditions, **options)


def column_first(option: str, text: str, names: Sequence[str], mark: str, form: str) -> tuple[str, str]:
    """Split "COLUMN<mark>rest" at the longest column name that fits.

    Raises DataProblem "bad_option" or "unknown_column".
    """
    parts = leading(text, names, mark) or leading(squeezed(text), [squeezed(name) for name in names], mark)
    if parts is not None:
        return find(parts[0], names), parts[1]
    if mark not in text:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    name = text.split(mark)[0]
    raise DataProblem("unknown_column", value=name, near=near(name, names))


def _new(name: str, taken: Collection[str] | Mapping[str, object], option: str) -> str:
    if name in taken:
        raise DataProblem("named_twice", option=option, value=name)
    return name


def _set(text: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Read "NAME=COLUMN,COLUMN"; the name ends at the first "=" behind which columns follow."""
    marks = [place for place, letter in enumerate(text) if letter == "=" and text[:place].strip()]
    if not marks:
        raise DataProblem("bad_option", option="--multi", value=text, form="NAME=COLUMN,COLUMN")
    for place in marks:
        columns = split_known(text[place + 1 :], names, ",")
        if columns is not None:
            return text[:place], tuple(dict.fromkeys(columns))
    parts = text[marks[0] + 1 :].split(",")
    return text[: marks[0]], tuple(find(part.strip(), names) for part in parts)
