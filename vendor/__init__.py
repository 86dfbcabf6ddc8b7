"""Unmodified third-party browser files, each with its licence and a checksum that a test reads."""
