"""A report over every type of question: nothing stands in its way, and what it says can be counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.plan import run
from analysis.table.responses import read_snapshot
from questionnaires.formats.study_folder import read_study, study_from_files
from questionnaires.study import Study
from reports.outline import outline
from survey_app.config import read_settings
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.opening import open_database
from survey_app.storage.posts import PagePost
from survey_app.storage.snapshot import take

REPORT = b"parts:\n  - {headline: channel}\n  - {chart: important.fast}\n  - {curve: expected}\n"


@pytest.fixture
def showcase(library: Path) -> Study:
    study = read_study(library / "showcase")
    return study_from_files({**study.files, "report.yaml": REPORT})


def test_every_type_is_reported(showcase: Study, tmp_path: Path) -> None:
    settings = read_settings({}, data=tmp_path)
    engine = open_database(settings.database_url)
    fieldwork.publish(engine, showcase, 0)
    collector = Collector(engine)
    answers = {
        "consent": 1, "age": 34, "channel": 1, "used": (1, 2), "expected": 2, "tolerated": 3, "country": 520,
        "important.fast": 1, "recommend": 9, "shop": 2, "shop.speed": 1, "shop.outcome": 2, "contacts": 3,
        "complaints": 1, "spent": 12.5, "sent": 20260131, "story": "It broke.", "channel.order": (2, 1),
    }  # fmt: skip
    for number, ranks in enumerate(((1, 2, 3), (1, 3, 2), (2, 1, 3))):
        collector.keep(
            PagePost(
                f"n{number}", f"k{number}" * 16, "showcase", showcase.version, False, "words",
                {**answers, "ranks": ranks}, "en", True, 1_000 + number, end="done",
            )
        )  # fmt: skip
    collector.close()
    folder = take(engine, showcase, tmp_path / "snapshots", datetime.now(UTC))
    engine.dispose()
    findings = run(read_snapshot(folder))
    entries = {entry.question.name: {row.choice: row for row in entry.rows} for entry in findings.topline}
    assert entries["ranks"]["reply"].n == 2  # put first by two of three
    assert entries["ranks"]["reply"].estimate is not None
    assert entries["ranks"]["reply"].estimate.share == pytest.approx(2 / 3)
    assert list(entries["country"]) == ["ua"]
    assert entries["shop"]["m30_refused"].n == 3
    assert entries["ways"]["answered"].n == 3
    assert entries["spent"]["answered"].n == 3
    assert not {"about", "channel.order", "first_pair.place"} & entries.keys()
    for language in showcase.questionnaire.languages:
        assert outline(findings, language).slides
    codebook = json.loads((folder / "codebook.json").read_text())
    shown = {column["name"]: column for column in codebook["columns"]}
    assert shown["important.fast"]["of"]["en"].startswith("How important")
    assert shown["platform"]["asked_if"] == 'channel in group("online")'
