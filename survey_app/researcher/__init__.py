"""The people who run a study: what they may see of it, and what they may set going. Computes nothing."""
