"""Bands of numbers, as a person writes them: 18-23, 24-34, 65+."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"-?\d+(?:\.\d+)?"
_BAND = re.compile(rf"(?P<low>{_NUMBER})(?:(?P<open>\+)|\s*[-–]\s*(?P<high>{_NUMBER}))?")


@dataclass(frozen=True)
class Band:
    """Numbers from `low` to `high`, both inside; `high` is infinite for an open band such as 65+."""

    label: str
    low: float
    high: float = math.inf


def parse_band(text: str) -> Band | None:
    """Return the band written as "18-23", "65+" or "40"; None where it is none or its ends are swapped."""
    label = str(text).strip()
    match = _BAND.fullmatch(label)
    if match is None:
        return None
    low = float(match["low"])
    high = math.inf if match["open"] else float(match["high"] or low)
    return Band(label, low, high) if low <= high else None
