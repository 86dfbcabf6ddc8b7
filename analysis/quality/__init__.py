"""Rows that may not be answers: flagged, never dropped. Every table can be shown with and without them.

A flag is a suspicion with a threshold from the literature, not a proof: a fast reader is fast on every page.
"""

from analysis.quality.checks import Flags, QualityCheck, flags_of, read_checks
from analysis.quality.duplicates import near_duplicates
from analysis.quality.patterns import missing_sequence, page_seconds, speeding, straight_lining
from analysis.quality.with_and_without import WithAndWithout, with_and_without

__all__ = [
    "Flags",
    "QualityCheck",
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
