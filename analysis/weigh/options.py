"""Words of an option → a column and what is said of it; a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.problems import DataProblem
from analysis.table.naming import leading, near, squeezed

_SHOWN = 6  # shares of a margin in a message


def finite(text: str) -> float | None:
    """Return the number, or None where the text is none that one can reckon with."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def listed_shares(shares: Mapping[str, float]) -> str:
    """Write shares as they were read, at most six of them."""
    few = [f"'{squeezed(name)}' {share:g}" for name, share in list(shares.items())[:_SHOWN]]
    return ", ".join(few) + (f" and {len(shares) - _SHOWN} more" if len(shares) > _SHOWN else "")


def column_first(option: str, text: str, names: Sequence[str], mark: str, form: str) -> tuple[str, str]:
    """Split "COLUMN<mark>rest" at the longest column name that fits.

    Raises DataProblem "bad_option" or "unknown_column".
    """
    found = leading(text, names, mark)
    if found is not None:
        return found
    if mark not in text:
        raise DataProblem("bad_option", option=option, value=text, form=form)
    wanted = text.split(mark)[0]
    same = [name for name in names if " ".join(name.split()) == " ".join(wanted.split())]
    if len(same) == 1:
        return same[0], text.split(mark, 1)[1]
    raise DataProblem("unknown_column", value=wanted, near=near(wanted, names))
