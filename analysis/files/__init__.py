"""A data file → named columns in Arrow batches. A reader says nothing of what cells mean: `analysis.table` does."""
