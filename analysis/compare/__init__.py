"""COMPARING SEGMENTS: does the answer depend on the segment, and between which segments.

`compare` asks a file, `comparison` one question that is read already. The figures come from `estimators/`; this
room decides which are asked for and names columns by letters; `show/` prints them.
"""

from __future__ import annotations

from analysis.compare.comparison import ComparedColumn, Comparison, compare, comparison

__all__ = ["ComparedColumn", "Comparison", "compare", "comparison"]
