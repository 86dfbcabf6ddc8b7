"""Finished reports as they lie in the data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shelved:
    """One finished report: where it is, what it says of itself in each language, and the files to keep."""

    study: str
    snapshot: str
    synthetic: bool
    words: Mapping[str, Mapping[str, str]]
    files: tuple[str, ...]

    def in_language(self, language: str) -> Mapping[str, str]:
        return self.words.get(language) or next(iter(self.words.values()))


def finished(folder: Path) -> list[Shelved]:
    """Return the finished reports below a folder, newest first."""
    found = []
    for path in folder.glob("*/*/page/about.json"):
        study, snapshot = path.parts[-4:-2]
        if study.startswith(".") or snapshot.startswith("."):  # one that is being written
            continue
        about = json.loads(path.read_text(encoding="utf-8"))
        files = sorted(one.name for one in path.parent.parent.glob("report.*") if one.is_file())
        found.append(Shelved(study, snapshot, about["synthetic"], about["words"], tuple(files)))
    return sorted(found, key=lambda report: (report.snapshot, report.study), reverse=True)
