"""COMPARING SEGMENTS: does the answer depend on the segment, and between which segments.

`compare` asks a file, `comparison` one question that is read already. The figures come from `estimators/`; this
room decides which are asked for, names columns by letters and prints them.
"""

from __future__ import annotations

from analysis.compare.compared import Column, Comparison
from analysis.compare.comparing import compare, comparison

__all__ = ["Column", "Comparison", "compare", "comparison"]
