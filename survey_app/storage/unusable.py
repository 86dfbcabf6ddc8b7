"""Databases in which answers cannot be kept: each says in one line what is wrong and what to do."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError


class Unusable(SQLAlchemyError):
    """A database in which answers cannot be kept; the message has no password in it."""


class BadAddress(Unusable):
    """EARSHOT_DATABASE_URL does not name a database that can be opened."""


class MissingDriver(Unusable):
    """The package that speaks with this kind of database is not installed."""


class WeakDatabase(Unusable):
    """A database that would acknowledge what a power cut can take back."""


class EmptyDatabase(Unusable):
    """A database without tables, whose owner decides when they are made."""


class OldDatabase(Unusable):
    """A database of an earlier version, whose tables lack what this one writes."""


class NewDatabase(Unusable):
    """A database that a later version has changed."""


class ForeignDatabase(Unusable):
    """A database that holds the tables of another program."""


class DamagedDatabase(Unusable):
    """A database that says it is of this version and lacks what this version writes."""
