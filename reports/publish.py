"""A snapshot → finished report files. The whole back half of the house on one page."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.findings import Findings
from analysis.plan import run
from analysis.table.responses import read_snapshot
from reports.disclosure import unseen
from reports.outline import outline
from reports.render import RENDERERS
from reports.render.html import served


@dataclass(frozen=True)
class PublishedReport:
    """The findings and the files they became; the first file is in the study's first language."""

    findings: Findings
    files: tuple[Path, ...]
    snapshot: Path


def publish_report(snapshot: Path, folder: Path) -> PublishedReport:
    """Make the report of a snapshot in every language: stand-alone files, and pages to be served.

    Written aside and renamed, so that nobody reads half a report. Raises DataProblem.
    """
    findings = run(read_snapshot(snapshot))
    aside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "page").mkdir(parents=True)
    names = []
    about: dict[str, dict[str, str]] = {}
    for language in findings.study.questionnaire.languages:
        report = outline(findings, language)
        about[language] = {"title": report.title, "kicker": report.kicker, "headline": report.headline}
        for ending, render in RENDERERS.items():
            names.append(f"report.{language}.{ending}")
            (aside / names[-1]).write_bytes(render(report))
        for name, content in served(report).items():
            (aside / "page" / name).write_bytes(content)
    documents = {
        aside / "estimates.json": numbers(findings),
        aside / "page" / "about.json": {"synthetic": findings.basis.synthetic, "words": about},
    }
    for path, document in documents.items():
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        path.write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)
    return PublishedReport(findings, tuple(folder / name for name in names), snapshot)


def numbers(findings: Findings) -> dict[str, Any]:
    """Return every number that the report prints as data, with the snapshot it can be computed from again."""
    return {
        "snapshot": findings.basis.folder,
        "merkle_root": findings.basis.merkle_root,
        "synthetic": findings.basis.synthetic,
        "estimates": [
            {"question": estimate.question, **unseen(estimate).as_row()}
            for part in findings.parts
            for estimate in part.estimates
        ],
    }
