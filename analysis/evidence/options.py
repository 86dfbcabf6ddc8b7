"""Shares and lists as a person writes them on a command line."""

from __future__ import annotations

import re

from analysis.problems import DataProblem

_SHARE = re.compile(r"\s*(\d+(?:[.,]\d*)?|[.,]\d+)\s*(%?)\s*")


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
