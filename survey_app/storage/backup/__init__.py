"""The database as one file, and back: taken while people answer, put back wholly or not at all.

A backup is of one moment. It can go back into either kind of database, and proves that it did by the Merkle roots
of its studies. What was erased after it was made does not come back with it.
"""

from __future__ import annotations

from survey_app.storage.backup.archive import Backup, opened
from survey_app.storage.backup.making import make, summary
from survey_app.storage.backup.manifest import Manifest
from survey_app.storage.backup.refusals import BackupRefused, BadBackup, NotEmpty, OtherKey
from survey_app.storage.backup.restoring import Compared, Destination, Restored, drill, restore
from survey_app.storage.backup.roots import Root, TimedRoot

__all__ = [
    "Backup",
    "BackupRefused",
    "BadBackup",
    "Compared",
    "Destination",
    "Manifest",
    "NotEmpty",
    "OtherKey",
    "Restored",
    "Root",
    "TimedRoot",
    "drill",
    "make",
    "opened",
    "restore",
    "summary",
]  # fmt: skip
