"""Two versions of a questionnaire: what changed, which columns stay comparable, what may not change.

A code keeps its meaning for ever. Words may be polished, questions and choices added, conditions changed;
what would give answers that were already collected another meaning is refused when it is published.
"""
