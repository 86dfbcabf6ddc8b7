"""WEIGHTING: what is known of a population, in a person's words → a weight for every row.

Weights are worked out on sums, by cell, never on rows. A Calibration is the factor of each cell, and what the
population's margins explain of a value, so that every estimator takes its errors from the residuals. `weigh`
reads and answers, `write_files` writes: nothing is written before all of it can be.
"""
