"""Why no backup is made or put back: each message says what is wrong and what to do."""

from __future__ import annotations


class BackupRefused(Exception):
    """Nothing was changed."""


class BadBackup(BackupRefused):
    """The file is not a backup, not whole, or of a version that is not known here."""


class NotEmpty(BackupRefused):
    """The database holds something already."""


class OtherKey(BackupRefused):
    """The data folder has a secret key of its own."""
