"""What every table stands on."""

from __future__ import annotations

from sqlalchemy import MetaData, String

metadata = MetaData()


def word(length: int) -> String:
    """Ordered by code point everywhere: a server's own order changes with its operating system."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")
