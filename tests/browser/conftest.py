"""A real browser, where this machine has one, and the real app behind a real server."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress
from playwright.sync_api import Browser, sync_playwright

from questionnaires.study import Study
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork
from survey_app.storage.tables import open_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install the package `chromium` to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(complaint_channels: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The open link of the library's study."""
    data: Path = tmp_path_factory.mktemp("data")
    settings = read_settings({}, data=data)
    engine = open_database(settings.database_url)
    fieldwork.publish(engine, complaint_channels, 0)
    app = create_app(settings, engine)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/s/{complaint_channels.name}"
    server.close()
    app.extensions["earshot-collector"].close()
    engine.dispose()
