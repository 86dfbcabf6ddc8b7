"""Make the pictures of the pages in docs/types from the YAML that stands on them.

The form is served as it is, on this machine, and Chromium takes a picture of the questions, 390 px wide:
what a reader sees beside the YAML is what that YAML makes. Run it again after a change of the form or of a page:

    python docs/pictures/make.py            # all of them
    python docs/pictures/make.py matrix     # one

A page may say in a comment what is done before the picture is taken, `<!-- picture: channel=9 next -->`: answers
by the names of their fields, and `next` for the button.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

DOCS = Path(__file__).parent.parent
TYPES = DOCS / "types"
PICTURES = Path(__file__).parent / "types"
WIDTH, AROUND = 390, 12
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)
_STEPS = re.compile(r"<!-- picture: (.*?) -->")
_LANGUAGES = re.compile(r"^languages: \[(.*)\]", re.M)
RECORD = """
title: {%s}
mode: web
frame: Nobody is asked
sample: nonprobability
zone: Europe/Kyiv
retention: 2027-12-31
"""
AROUND_QUESTIONS = """
name: %s
languages: [en]
sections:
  - name: asked
    title: {en: Questions}
    questions:
%s
"""


def yaml_blocks(page: str) -> list[str]:
    """Return the YAML that stands on a page of the documentation."""
    return _BLOCK.findall(page)


def whole_study(block: str, name: str = "docs") -> Study:
    """Return the study of a list of questions, of sections, or of a whole questionnaire; raise StudyFault."""
    whole = block
    if block.startswith("- "):
        whole = AROUND_QUESTIONS % (name, indent(block, "      "))
    elif block.startswith("sections:"):
        whole = f"name: {name}\nlanguages: [en]\n{block}"
    languages = _LANGUAGES.search(whole)
    title = ", ".join(f"{one}: Docs" for one in languages[1].split(", ")) if languages else "en: Docs"
    return study_from_files({"study.yaml": (RECORD % title).encode(), "questionnaire.yaml": whole.encode()})


def main(wanted: list[str]) -> None:
    """Take the picture of every page, or of the wanted ones."""
    from playwright.sync_api import sync_playwright

    chromium = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    if chromium is None:
        sys.exit("no Chromium on this machine: install the package `chromium`; no picture was made")
    found = [*sorted(TYPES.glob("*.md")), DOCS / "tutorial.md"]
    pages = {path.stem: path for path in found if not wanted or path.stem in wanted}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    studies = {name: whole_study(yaml_blocks(text)[0], f"docs_{name}") for name, text in texts.items()}
    PICTURES.mkdir(exist_ok=True)
    with served(list(studies.values())) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for name, study in studies.items():
            context = browser.new_context(viewport={"width": WIDTH, "height": 900}, locale="en")
            tab = context.new_page()
            tab.goto(f"{address}/s/{study.name}")
            steps = _STEPS.search(texts[name])
            for step in steps[1].split() if steps else ():
                take_step(tab, step)
            whole = pages[name].parent == DOCS
            take_picture(tab, (PICTURES.parent if whole else PICTURES) / f"{name}.png", whole)
            context.close()
        browser.close()


@contextmanager
def served(studies: list[Study]) -> Iterator[str]:
    """Serve studies from a database that is thrown away."""
    import waitress

    from survey_app.config import read_settings
    from survey_app.factory import create_app
    from survey_app.storage import fieldwork
    from survey_app.storage.opening import open_database

    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({}, data=Path(folder))
        engine = open_database(settings.database_url)
        for study in studies:
            fieldwork.publish(engine, study, 0)
        app = create_app(settings, engine)
        server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=_until_closed, args=(server.run,), daemon=True).start()
        yield f"http://127.0.0.1:{server.effective_port}"
        server.close()
        app.extensions["earshot-collector"].close()
        engine.dispose()


def _until_closed(run: Callable[[], None]) -> None:
    with suppress(OSError):  # closing takes the sockets away while the server waits for them
        run()


def take_step(tab: Tab, step: str) -> None:
    """Give one answer, or press the button."""
    if step == "next":
        with tab.expect_navigation():
            tab.click("button.main")
        return
    field, _, value = step.partition("=")
    one = tab.locator(f'[name="{field}"][value="{value}"]')
    if one.count():
        one.check()
    elif tab.locator(f'select[name="{field}"]').count():
        tab.select_option(f'select[name="{field}"]', value)
    else:
        tab.fill(f'[name="{field}"]', value)


def take_picture(tab: Tab, path: Path, whole: bool) -> None:
    """Take the whole page, or its questions only, and make the file small where a program for it is there."""
    tab.evaluate("document.activeElement && document.activeElement.blur()")
    box = tab.locator("body" if whole else "#questions").bounding_box()
    assert box is not None
    top = max(0.0, box["y"] - AROUND)
    clip = {"x": 0.0, "y": top, "width": float(WIDTH), "height": box["height"] + 2 * AROUND}
    tab.screenshot(path=str(path), full_page=True, clip=clip)
    convert = shutil.which("convert")
    if convert is not None:  # ImageMagick: flat colours need no more than this, and a third of the bytes
        subprocess.run(
            [convert, str(path), "-strip", "+dither", "-colors", "128", f"PNG8:{path}"], check=True
        )
    print(f"{path.name}  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
