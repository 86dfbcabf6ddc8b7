"""Weights that bring a sample to its population: worked out on sums, by cell, never on rows.

`rake`, `poststratify` and `calibrate` return a Calibration: the factor of each cell, and what the population's
margins explain of a value, so that every estimator takes its errors from the residuals.
"""

from __future__ import annotations

from analysis.table.weighting.calibrating import Limits, calibrate, check_feasible
from analysis.table.weighting.calibration import Calibration, Raking
from analysis.table.weighting.margins import NOT_GIVEN, Cells, Level, Margin, cells_of
from analysis.table.weighting.raking import poststratify, rake
from analysis.table.weighting.trimming import limits_of, spread

__all__ = [
    "NOT_GIVEN",
    "Calibration",
    "Cells",
    "Level",
    "Limits",
    "Margin",
    "Raking",
    "calibrate",
    "cells_of",
    "check_feasible",
    "limits_of",
    "poststratify",
    "rake",
    "spread",
]
