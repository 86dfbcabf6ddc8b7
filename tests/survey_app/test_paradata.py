"""What is known about the answering: a row a post, times and returns, and never an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from questionnaires.study import Study
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.posts import PagePost
from survey_app.storage.snapshot import take

FIRST = PagePost(
    submission_key="a",
    response="r" * 32,
    study="small",
    version="",
    synthetic=False,
    page="start",
    answers={"age": 34, "channel": 8},
    language="en",
    final=False,
    posted_ms=5_000,
    shown_ms=2_500,
    width="phone",
)


@pytest.fixture
def snapshot(engine: Engine, small: Study, tmp_path: Path) -> Path:
    fieldwork.publish(engine, small, 0)
    collector = Collector(engine)
    first = replace(FIRST, version=small.version)
    for page_post in (
        first,
        replace(first, submission_key="b", page="more", answers={"comment": "a secret"}, posted_ms=6_000,
                shown_ms=6_500, width="desktop"),
        replace(first, submission_key="c", answers={"age": 35}, posted_ms=9_000, shown_ms=None, width="",
                language="uk"),
        replace(first, submission_key="d", response="s" * 32, final=True, end="end", screened=True),
    ):  # fmt: skip
        collector.keep(page_post)
    collector.close()
    return take(engine, small, tmp_path / "snapshots", datetime(2026, 11, 22, tzinfo=UTC))


def rows(snapshot: Path) -> list[dict[str, Any]]:
    """The posts of finished responses stand in the first parts, those of the others follow."""
    parts = sorted((snapshot / "paradata").iterdir(), reverse=True)
    return [row for path in parts for row in pq.read_table(path).to_pylist()]


def test_a_row_a_post(snapshot: Path) -> None:
    found = rows(snapshot)
    assert [(r["page"], r["visit"]) for r in found] == [
        ("start", 1), ("more", 1), ("start", 2), ("start", 1),
    ]  # fmt: skip
    called = [r["_response"] for r in found]
    assert called[0] == called[1] == called[2] != called[3]
    assert not {"r" * 32, "s" * 32} & set(called)  # the keys stand in addresses, and so in logs
    assert [r["seconds"] for r in found] == [2.5, None, None, 2.5]  # the clock went back; not known
    assert [r["width"] for r in found] == ["phone", "desktop", "", "phone"]
    assert [r["language"] for r in found] == ["en", "en", "uk", "en"]
    assert (found[0]["shown"], found[0]["posted"]) == (
        datetime(1970, 1, 1, 0, 0, 2, 500_000, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC),
    )


def test_no_answers_in_it(snapshot: Path) -> None:
    path = snapshot / "paradata" / "part-00000.parquet"
    assert pq.read_schema(path).names == [
        "_response", "page", "visit", "shown", "posted", "seconds", "language", "width",
    ]  # fmt: skip
    assert "a secret" not in str(rows(snapshot))
    assert "paradata/part-00000.parquet" in json.loads((snapshot / "manifest.json").read_text())["files"]


def test_counts_of_the_fieldwork(snapshot: Path) -> None:
    counts = json.loads((snapshot / "fieldwork.json").read_text())
    assert counts["by_disposition"] == {"partial": 1, "screened_out": 1}
    assert counts["by_break_off"] == {"start": 1}
    assert counts["by_end"] == {"end": 1}
    assert counts["by_width"] == {"phone": 1, "unknown": 1}
