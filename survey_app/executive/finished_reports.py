"""Finished reports as they lie in the data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FinishedReport:
    """One finished report: where it is, what it says of itself in each language, and the files to keep."""

    study: str
    snapshot: str
    synthetic: bool
    words: Mapping[str, Mapping[str, str]]
    files: tuple[str, ...]

    def in_language(self, language: str) -> Mapping[str, str]:
        return self.words.get(language) or next(iter(self.words.values()))


def finished(folder: Path) -> list[FinishedReport]:
    """Return the finished reports below a folder, newest first."""
    reports = []
    for path in folder.glob("*/*/page/about.json"):
        study, snapshot = path.parts[-4:-2]
        # A name with a dot is a report that is being written.
        if study.startswith(".") or snapshot.startswith("."):
            continue
        about = json.loads(path.read_text(encoding="utf-8"))
        files = sorted(file.name for file in path.parent.parent.glob("report.*") if file.is_file())
        reports.append(FinishedReport(study, snapshot, about["synthetic"], about["words"], tuple(files)))
    return sorted(reports, key=lambda report: (report.snapshot, report.study), reverse=True)
