"""Shares and lists as a person writes them on a command line, and results as they are printed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from analysis.problems import DataProblem
from analysis.rows import as_csv

FORMS = ("text", "csv", "json")
_SHARE = re.compile(r"\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(%?)\s*")


class Shown(Protocol):
    """A result that shows itself as text and as JSON."""

    def as_json(self) -> dict[str, Any]: ...


def number_of_share(option: str, text: str) -> float:
    """Return the fraction written as "34%", "34,5 %" or "0.34". Raises DataProblem "bad_option"."""
    found = _SHARE.fullmatch(text)
    value = None if found is None else float(found[1].replace(",", ".")) / (100 if found[2] else 1)
    if found is None or value is None or value > 1:
        hint = f", perhaps {text.strip()}%" if found is not None and not found[2] else ""
        raise DataProblem("bad_option", option=option, value=text, form=f"34% or 0.34{hint}")
    return value


def segments_of(text: str | None) -> tuple[tuple[str, float], ...]:
    """Read "18-23=12%,24+=88%", or "6" for six equal parts. Raises DataProblem "bad_option"."""
    if text is None:
        return ()
    if text.strip().isdigit():
        count = int(text)
        if not 2 <= count <= 100:
            raise DataProblem(
                "bad_option", option="--segments", value=text, form="a number from 2 to 100, or NAME=SHARE,…"
            )
        return tuple((f"segment {place}", 1 / count) for place in range(1, count + 1))
    pairs = [part.rpartition("=") for part in text.split(",")]
    for name, mark, _ in pairs:
        if not mark or not name.strip() or [one.strip() for one, _, _ in pairs].count(name.strip()) > 1:
            form = "NAME=SHARE,NAME=SHARE with a name for each, or their number"
            raise DataProblem("bad_option", option="--segments", value=text, form=form)
    return tuple((name.strip(), number_of_share("--segments", share)) for name, _, share in pairs)


def names_of(text: str | None) -> tuple[str, ...]:
    """Return the parts of "a, b"; none of None."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def check_form(form: str) -> None:
    """Raise DataProblem "unknown_option" unless `form` is text, csv or json."""
    if form not in FORMS:
        raise DataProblem("unknown_option", option="--format", value=form, known=", ".join(FORMS))


def printed(result: Shown, rows: Sequence[Mapping[str, Any]], form: str) -> str:
    """Return a result as text, as CSV (its `rows`) or as JSON."""
    check_form(form)
    if form == "csv":
        return as_csv(rows)
    if form == "json":
        return json.dumps(result.as_json(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return str(result)
