"""The report in a browser: charts are drawn, nothing is fetched, nothing is wider than the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from analysis.plan import run
from analysis.table.responses import read_snapshot
from questionnaires.study import Study
from reports.outline import outline
from reports.render.html import standalone
from survey_app.config import read_settings
from survey_app.storage import fieldwork
from survey_app.storage.opening import open_database
from survey_app.storage.snapshot import take


@pytest.fixture(scope="session")
def report_file(complaint_channels: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of forty made-up people who preferred Facebook or the phone."""
    from datetime import UTC, datetime

    from questionnaires.routing import pages
    from survey_app.storage.collect import Collector
    from survey_app.storage.posts import PagePost

    folder = tmp_path_factory.mktemp("report")
    engine = open_database(read_settings({}, data=folder / "data").database_url)
    fieldwork.publish(engine, complaint_channels, 0)
    collector = Collector(engine)
    cut = pages(complaint_channels.questionnaire)
    for number in range(120):
        answers = {
            "consent": 1, "age": 18 + number % 70, "channel": 1 + 7 * (number % 2), "use": 2, "complained": 1,
            "platform": 1, "reply_social": 1 + number % 9, "recommend_quick": 1 + number % 5,
            "recommend_none": 5 - number % 5, "gender": 1 + number % 2, "region": 1,
        }  # fmt: skip
        for page in cut:
            given = {q.name: answers[q.name] for q in page.questions if q.name in answers}
            collector.keep(
                PagePost(
                    submission_key=f"{number}-{page.number}",
                    response=f"{number:032x}",
                    study=complaint_channels.name,
                    version=complaint_channels.version,
                    synthetic=True,
                    page=page.name,
                    answers=given,
                    language="en",
                    final=page is cut[-1],
                    posted_ms=number,
                )
            )
    collector.close()
    snapshot = take(engine, complaint_channels, folder / "snapshots", datetime(2026, 11, 22, tzinfo=UTC))
    engine.dispose()
    findings = run(read_snapshot(snapshot))
    for language in ("en", "uk", "ru"):
        (folder / f"report.{language}.html").write_bytes(standalone(outline(findings, language)))
    return folder


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_report(browser: Browser, report_file: Path, language: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url) if "http" in request.url[:5] else None)
    page.goto((report_file / f"report.{language}.html").as_uri())
    page.wait_for_selector("svg.main-svg")
    charts = page.locator("figure [role=img]").count()
    assert charts >= 4
    assert page.locator("figure svg.main-svg").count() >= charts
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints == []
    context.close()


def test_without_scripts_every_table_is_open(browser: Browser, report_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report_file / "report.en.html").as_uri())
    tables = page.locator("details table")
    assert tables.count() >= 4
    assert all(tables.nth(number).is_visible() for number in range(tables.count()))
    context.close()
