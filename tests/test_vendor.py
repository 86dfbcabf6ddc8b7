"""Third-party browser files are unmodified: each is as its checksum says, and has its licence beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "vendor"


def test_checksums_and_licences() -> None:
    listed = dict(
        re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M)
    )
    files = {
        p.relative_to(VENDOR).as_posix() for p in VENDOR.rglob("*") if p.suffix in (".js", ".css", ".woff2")
    }
    assert set(listed) == files
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
        assert (VENDOR / name).parent.joinpath("LICENSE").is_file(), name
