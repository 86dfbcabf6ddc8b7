"""The files of a published study beside its questionnaire and record: what reports are planned by, as published."""

from __future__ import annotations

import shutil
from pathlib import Path

from questionnaires.study import Study

OWN = ("questionnaire.yaml", "study.yaml")
"""What the database has; its versions are many, and the others are as they were published last."""


def folder_of(data: Path, name: str) -> Path:
    return data / "studies" / name


def keep_files(data: Path, study: Study) -> None:
    """Keep the further files of a study in the data folder: all of them, or those that were kept before."""
    folder = folder_of(data, study.name)
    aside, before = folder.with_name(f".{study.name}.part"), folder.with_name(f".{study.name}.before")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, content in study.files.items():
        if name not in OWN:
            (aside / name).write_bytes(content)
    if folder.exists():
        shutil.rmtree(before, ignore_errors=True)
        folder.replace(before)
    aside.replace(folder)
    shutil.rmtree(before, ignore_errors=True)


def files_of(data: Path, name: str) -> dict[str, bytes] | None:
    """Return the further files of a study; None where it was published by an earlier version."""
    folder = folder_of(data, name)
    return {path.name: path.read_bytes() for path in folder.glob("*.yaml")} if folder.is_dir() else None
