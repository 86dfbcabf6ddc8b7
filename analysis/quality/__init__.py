"""Rows that may not be answers: flagged, never dropped. Every table can be shown with and without them.

A flag is a suspicion with a threshold from the literature, not a proof: a fast reader is fast on every page.
"""

from analysis.quality.beside import WithAndWithout, with_and_without
from analysis.quality.checks import Check, Flags, flags_of, read_checks
from analysis.quality.duplicates import near_duplicates
from analysis.quality.gaps import missing_sequence
from analysis.quality.pace import page_seconds, speeding
from analysis.quality.straight import straight_lining

__all__ = [
    "Check",
    "Flags",
    "WithAndWithout",
    "flags_of",
    "missing_sequence",
    "near_duplicates",
    "page_seconds",
    "read_checks",
    "speeding",
    "straight_lining",
    "with_and_without",
]
