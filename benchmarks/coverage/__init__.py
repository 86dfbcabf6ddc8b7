"""How often intervals hold the truth, and how often tests of nothing find something: simulated, cell by cell.

Every cell draws samples from a population whose truth is known, and asks the product's own estimators for the
figures, through the same sums that a file would give. A miss is printed as a miss.
"""
