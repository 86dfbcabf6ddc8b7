"""From rows to weighted sums: the last place where a person's row exists."""
