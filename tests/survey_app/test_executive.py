"""Finished reports are handed out as they are; nothing else of the disk is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from survey_app.factory import create_app

from .conftest import Field
from .workplace import Colleague, actions, make

ABOUT = {
    "synthetic": True,
    "words": {
        "en": {"title": "A study", "kicker": "Report of today", "headline": "34% <b>online</b>"},
        "uk": {"title": "Дослідження", "kicker": "Звіт", "headline": "34% онлайн"},
    },
}


@pytest.fixture
def client(field: Field) -> Iterator[FlaskClient]:
    page = field.settings.reports / "small" / "20261122" / "page"
    page.mkdir(parents=True)
    (page / "about.json").write_text(json.dumps(ABOUT))
    (page / "en.html").write_text("the report")
    (page.parent / "estimates.json").write_text("{}")
    app = create_app(replace(field.settings, reports_open=True), field.engine)
    yield app.test_client()
    app.extensions["earshot-collector"].close()


def test_the_list_says_what_was_found(client: FlaskClient) -> None:
    text = client.get("/reports/", headers={"Accept-Language": "uk"}).text
    assert "34% онлайн" in text
    assert "Синтетичні дані" in text
    assert "34% &lt;b&gt;online" in client.get("/reports/").text


def test_files_of_a_report(client: FlaskClient) -> None:
    with client.get("/reports/small/20261122/en.html") as answer:
        assert answer.text == "the report"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    [
        "small/20261122/../estimates.json",
        "small/20261122/nothing.html",
        "small/1/en.html",
        "../secret-key",
        "small/..",
    ],
)
def test_nothing_else(client: FlaskClient, address: str) -> None:
    assert client.get(f"/reports/{address}").status_code == 404


def test_closed_unless_opened(field: Field) -> None:
    answer = field.app.test_client().get("/reports/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/reports/")


def test_no_reports_yet(field: Field, tmp_path: Path) -> None:
    app = create_app(replace(field.settings, reports_open=True, data=tmp_path), field.engine)
    assert "no reports yet" in app.test_client().get("/reports/").text
    app.extensions["earshot-collector"].close()


def test_the_files_to_keep(client: FlaskClient, field: Field) -> None:
    folder = field.settings.reports / "small" / "20261122"
    (folder / "report.en.html").write_text("stand-alone")
    assert "/reports/small/20261122/files/report.en.html" in client.get("/reports/").text
    with client.get("/reports/small/20261122/files/report.en.html") as answer:
        assert answer.text == "stand-alone"
        assert answer.headers["Content-Disposition"] == "attachment; filename=small-report.en.html"
        assert answer.headers["Cache-Control"] == "private, no-cache"
    for name in ("estimates.json", "report.pdf", "about.json"):
        assert client.get(f"/reports/small/20261122/files/{name}").status_code == 404


def test_a_report_that_is_being_written_is_not_there(client: FlaskClient, field: Field) -> None:
    folder = field.settings.reports / "small"
    (folder / "20261122").rename(folder / ".20261122.part")
    assert "no reports yet" in client.get("/reports/").text
    assert client.get("/reports/small/.20261122.part/en.html").status_code == 404


def test_who_reads_a_report_of_their_study_is_written_down(client: FlaskClient, field: Field) -> None:
    make(field.engine, "exec@example.org", study="small", role="executive")
    make(field.engine, "other@example.org")
    reader, stranger = (Colleague(field.app, f"{name}@example.org") for name in ("exec", "other"))
    assert "34% <b>online</b>" in reader.open("/reports/").text
    assert "no reports yet" in stranger.open("/reports/").text
    with reader.client.get("/reports/small/20261122/en.html") as answer:
        assert answer.text == "the report"
    assert stranger.open("/reports/small/20261122/en.html").status == 404
    assert actions(field.engine)[-1] == "report_downloaded"
