"""Finding the names a person typed among the names that are there, whatever characters those hold."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Sequence

from analysis.problems import DataProblem

MOST = 12


def squeezed(name: str) -> str:
    """Return the name as the eye sees it: one space for any white space, compatible characters folded."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def listed(names: Collection[str], most: int = MOST) -> str:
    """Write names as one line for a message, at most `most` of them."""
    few = [f"'{squeezed(name)}'" for name in list(names)[:most]]
    rest = len(names) - len(few)
    return ", ".join(few) + (f" and {rest} more" if rest > 0 else "") if few else "none"


def near(name: str, names: Sequence[str]) -> str:
    """Say which of `names` come close to `name`, or list what there is."""
    by_lower = {squeezed(other).lower(): other for other in names}
    lower = squeezed(name).lower()
    close = [by_lower[hit] for hit in difflib.get_close_matches(lower, list(by_lower), n=3, cutoff=0.6)]
    close += [other for low, other in by_lower.items() if lower and lower in low and other not in close][:3]
    return f"did you mean {listed(close)}?" if close else f"it has {listed(names)}"


def find(name: str, names: Sequence[str]) -> str:
    """Return the column that `name` means; a difference in white space only is forgiven.

    Raises DataProblem "unknown_column" with close names.
    """
    if name in names:
        return name
    same = [other for other in names if squeezed(other) == squeezed(name)]
    if len(same) == 1:
        return same[0]
    raise DataProblem("unknown_column", value=name, near=near(name, names))


def leading(text: str, names: Sequence[str], mark: str) -> tuple[str, str] | None:
    """Split `text` into the longest known name followed by `mark`, and the rest; None where no name fits."""
    for name in sorted(names, key=len, reverse=True):
        if text.startswith(name + mark):
            return name, text[len(name) + len(mark) :]
    return None


def split_known(text: str, names: Collection[str], mark: str) -> list[str] | None:
    """Split a list such as "A|B, C|D" into known names, which may hold the mark themselves.

    The longest names are tried first, shorter ones where the rest would not fit. None where nothing fits.
    """
    if text in names:
        return [text]
    for end in range(len(text) - 1, 0, -1):
        if text.startswith(mark, end) and text[:end] in names:
            rest = split_known(text[end + len(mark) :], names, mark)
            if rest is not None:
                return [text[:end], *rest]
    return None
