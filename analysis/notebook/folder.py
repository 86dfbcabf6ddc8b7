"""A temporary folder that lasts as long as the data in it are asked."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path


class Folder:
    """A folder that is gone when nobody holds it any more, or when the program ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="earshot-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
