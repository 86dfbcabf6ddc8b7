"""Where answers are kept: append-only page posts, one writer, and the way out to a snapshot."""
