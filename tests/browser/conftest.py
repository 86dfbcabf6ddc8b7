"""A real browser, where this machine has one, and the real app behind a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from questionnaires.formats.study_folder import read_study
from questionnaires.study import Study
from tests.browser.stand import Stand, closing, serving

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
def stand(
    complaint_channels: Study, library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    """The studies of the library, and one that a test may close."""
    studies = [complaint_channels, read_study(library / "showcase"), closing(library)]
    with serving(studies, tmp_path_factory.mktemp("data")) as stand:
        yield stand


@pytest.fixture(scope="session")
def address(stand: Stand, complaint_channels: Study) -> str:
    """The open link of the library's first study."""
    return f"{stand.root}/s/{complaint_channels.name}"
