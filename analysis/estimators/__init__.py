"""From weighted sums to estimates, each with its formula and source."""
