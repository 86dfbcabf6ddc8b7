"""Every state of a page in every way of seeing it: nothing for axe to find, nothing cut, nothing too wide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from questionnaires.formats.study_folder import study_from_files
from questionnaires.texts import OWN_NAMES
from survey_app.storage import fieldwork
from tests.browser import states
from tests.browser.begun import begun
from tests.browser.looking import cut_when_spaced, faults
from tests.browser.looks import LOOKS
from tests.browser.person import Person, expect_page, person
from tests.browser.stand import Stand, closing, serving

NO_SCRIPT = "/* held back */"
"""Stands for scripts switched off where axe, a script itself, must still run."""


def hold_script_back(page: Page) -> None:
    page.route(
        "**/respondent.js*", lambda route: route.fulfill(body=NO_SCRIPT, content_type="text/javascript")
    )


def looked_at(someone: Person, passing: Iterator[str], looks: tuple[str, ...] = tuple(LOOKS)) -> list[str]:
    return [
        f"{state}, {name}: {one}" for state in passing for name in looks for one in LOOKS[name](someone.page)
    ]


WAYS = [
    pytest.param("en", 390, True, tuple(LOOKS), id="en-390-scripts"),
    pytest.param("ru", 390, False, ("as it is",), id="ru-390-none-short"),
    *(
        pytest.param(
            *way,
            tuple(LOOKS),
            id=f"{way[0]}-{way[1]}-{'scripts' if way[2] else 'none'}",
            marks=pytest.mark.long,
        )
        for way in product(("en", "uk", "ru"), (390, 1280), (True, False))
        if way != ("en", 390, True)
    ),
]
"""Language, width, scripts, and which of the looks are taken."""


@pytest.mark.parametrize(("language", "width", "scripts", "looks"), WAYS)
def test_every_state(
    browser: Browser, stand: Stand, language: str, width: int, scripts: bool, looks: tuple[str, ...]
) -> None:
    found: list[str] = []
    with person(browser, "about:blank", width=width) as someone:
        if not scripts:
            hold_script_back(someone.page)
        someone.page.goto(stand.link("showcase", language))
        found += looked_at(someone, states.filling_in(someone), looks)
        found += looked_at(someone, states.ending(someone), looks)
        someone.page.goto(begun(stand, "words", language))
        someone.go_on()
        found += looked_at(someone, states.leaving(someone), looks)
        someone.page.goto(stand.link("closing", language))
        found += looked_at(someone, too_young(someone), looks)
    with person(browser, "about:blank", width=width) as someone:
        if not scripts:
            hold_script_back(someone.page)
        found += looked_at(someone, states.refused(someone, stand), looks)
    assert not found, "\n".join(found)


def too_young(someone: Person) -> Iterator[str]:
    someone.page.check("#consent-1")
    someone.page.fill("#age", "17")
    someone.go_on()
    expect_page(someone.page, "end")
    yield "screened out"


def test_a_study_that_closes_while_someone_is_inside(browser: Browser, stand: Stand, library: Path) -> None:
    with person(browser, stand.link("closing")) as someone:
        someone.walk("channels")
        kept = stand.posts(someone.page.url)
        fieldwork.close(stand.engine, "closing", 1)
        try:
            someone.answer()
            someone.go_on()
            expect(someone.page.locator("h1")).to_have_text("This survey is closed")
            found = looked_at(someone, iter(["closed"]))
            assert stand.posts(someone.page.url) == kept
        finally:
            fieldwork.publish(stand.engine, closing(library), 2)
        assert not found, "\n".join(found)


TEST_LANGUAGE = "ar"
"""A language written from right to left of which the catalogues know nothing but its direction."""


def in_the_test_language(file: str) -> str:
    """Return a file of the showcase in English and the test language, which has the English words."""
    file = file.replace("[en, uk, ru]", f"[en, {TEST_LANGUAGE}]", 1)
    file = re.sub(r'en: ("[^"]*"), uk: "[^"]*", ru: "[^"]*"', rf"en: \1, {TEST_LANGUAGE}: \1", file)
    file = re.sub(r'( +)en: (".*")\n +uk: .*\n +ru: .*\n', rf"\1en: \2\n\1{TEST_LANGUAGE}: \2\n", file)
    every_form = r"one=\1 | zero=\2 | two=\2 | few=\2 | many=\2 | other=\2"
    return re.sub(r"one=(\w+) \| other=(\w+)", every_form, file)


@pytest.fixture
def mirrored_stand(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """The showcase in the test language: its words are the English ones, its countries and plurals Arabic."""
    monkeypatch.setattr("questionnaires.formats.yaml_form.LANGUAGES", ("en", TEST_LANGUAGE))
    monkeypatch.setitem(OWN_NAMES, TEST_LANGUAGE, "العربية")
    files = {path.name: path.read_text(encoding="utf-8") for path in (library / "showcase").iterdir()}
    study = study_from_files({name: in_the_test_language(text).encode() for name, text in files.items()})
    with serving([study], tmp_path) as stand:
        yield stand


@pytest.mark.parametrize("scripts", [pytest.param(True), pytest.param(False, marks=pytest.mark.long)])
def test_right_to_left(browser: Browser, mirrored_stand: Stand, scripts: bool) -> None:
    found: list[str] = []

    def look(page: Page) -> None:
        html = page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (TEST_LANGUAGE, "rtl")
        found.extend(f"{page.url}: {one}" for one in [*faults(page), *cut_when_spaced(page)])

    with person(browser, "about:blank") as someone:
        if not scripts:
            hold_script_back(someone.page)
        someone.page.goto(mirrored_stand.link("showcase", TEST_LANGUAGE))
        box, words = (someone.page.locator(f"#consent-1{part}").bounding_box() for part in ("", " + span"))
        assert box and words and box["x"] > words["x"]
        someone.walk(at_each=look)
    assert not found, "\n".join(found)
