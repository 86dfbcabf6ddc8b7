"""What a figure rests on: how many people it needs, what a published one can mean, and answers that are made up.

Published figures are audited and held against ours; synthetic answers say that they are, and prove nothing.
"""
