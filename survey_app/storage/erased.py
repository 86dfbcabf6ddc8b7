"""The list of erased responses that lies beside the database: what no restored backup may bring back.

One SHA-256 of a response's key a line, in hexadecimal; only ever appended to. The database has the same hashes in
its table `gone`, which an older backup does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from survey_app.storage.durable import append
from survey_app.storage.unusable import Unusable

FILE = "erased"
_HASH = re.compile(r"[0-9a-f]{64}")
_BROKEN_OFF = re.compile(r"[0-9a-f]{0,63}")


class NotRecorded(Unusable):
    """The list cannot be written, so that nothing may be said to be deleted for good."""


class BadList(ValueError):
    """A file that is not such a list; the message says which line."""


def record(folder: Path, hashes: Iterable[str]) -> None:
    """Append hashes to the list in a data folder; they are on the disk when this returns. Raises NotRecorded."""
    try:
        append(folder / FILE, hashes)
    except OSError as error:
        raise NotRecorded(
            f"{folder / FILE} cannot be written ({error.strerror or error}); see that its disk has room"
        ) from None


def recorded(path: Path) -> frozenset[str]:
    """Return the hashes of a list; raise OSError, and BadList for a line that is no hash.

    A line that was broken off is passed over: its erasure was never acknowledged.
    """
    found = set()
    with path.open(encoding="ascii", errors="replace") as file:
        for number, written in enumerate(file, start=1):
            line = written.rstrip("\n")
            if _HASH.fullmatch(line):
                found.add(line)
            elif not _BROKEN_OFF.fullmatch(line):
                raise BadList(f"{path}, line {number}: this is not a list of erased responses")
    return frozenset(found)
