"""Rehearsal: simulated people answer a questionnaire before anyone is asked.

They answer through the same judge and the same routing as real people, so that what nobody can get past,
what nobody is ever asked and what takes too long is known in time. Pure: the seed comes as an argument, the
people are the same every time.

What people answer stands in candidates and proposals, how they walk in trips. What they meet is watched in
conditions and counted in routes and bases; findings make notes of it; summary and picture show the outcome.
"""

from __future__ import annotations

from questionnaires.rehearsal.notes import NOTES, RehearsalNote, Severity
from questionnaires.rehearsal.rehearsing import PEOPLE, Outcome, rehearse

__all__ = ["NOTES", "PEOPLE", "Outcome", "RehearsalNote", "Severity", "rehearse"]
