"""Third-party browser files are unmodified: each is as its checksum says, and has its licence beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parent.parent / "vendor"
ONLY_TESTS = Path(__file__).parent / "browser" / "vendor"


@pytest.mark.parametrize("folder", [SHIPPED, ONLY_TESTS], ids=["shipped", "only tests"])
def test_checksums_and_licences(folder: Path) -> None:
    listed = dict(
        re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M)
    )
    files = {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix in (".js", ".css", ".woff2")
    }
    assert files and set(listed) == files
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
        assert (folder / name).parent.joinpath("LICENSE").is_file(), name
