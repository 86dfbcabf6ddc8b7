"""WHAT IT MEANS: from a table of answers to estimates that carry their uncertainty.

Knows no web and no SQL. Rows become weighted sums in one place; estimators see only sums.
"""
