"""Every type of question and every rule, from the open link to the receipt: each page looked at on the way."""

from __future__ import annotations

import re
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.begun import STORED, begun
from tests.browser.looking import cut_when_spaced, faults, too_wide
from tests.browser.person import person
from tests.browser.stand import Stand

LANGUAGES, WIDTHS = ("en", "uk", "ru"), (390, 1280)
WAYS = [*product(LANGUAGES, WIDTHS, (True, False))]
SHORT = {("uk", 390, False), ("en", 1280, True)}
"""The ways of the short walk: each language and each width matters less than scripts and none."""


def ways() -> list[object]:
    return [
        pytest.param(
            *way,
            marks=[] if way in SHORT else pytest.mark.long,
            id=f"{way[0]}-{way[1]}-{'scripts' if way[2] else 'none'}",
        )
        for way in WAYS
    ]


@pytest.mark.parametrize(("language", "width", "scripts"), ways())
def test_from_the_link_to_the_receipt(
    browser: Browser, stand: Stand, language: str, width: int, scripts: bool
) -> None:
    found: list[str] = []

    def look(page: Page) -> None:
        # Without scripts axe cannot run: those pages are looked at with the script held back, in test_states.
        look_at = [*faults(page), *cut_when_spaced(page)] if scripts else too_wide(page)
        found.extend(f"{page.url}: {one}" for one in look_at)
        assert page.locator("html").get_attribute("lang") == language

    with person(browser, stand.link("showcase", language), scripts=scripts, width=width) as someone:
        someone.walk(at_each=look)
        code = someone.page.locator(".code").text_content() or ""
        assert re.fullmatch(r"\w{4}-\w{4}-\w{5}-\w{4}-\w{4}-\w{5}", code)
        stored = stand.answers(someone.page.url)
        assert {name: stored.get(name) for name in STORED} == STORED
        assert stand.response(someone.page.url).end == "complainer"
        assert found == []


def test_the_receipt_shows_the_answers(browser: Browser, stand: Stand) -> None:
    with person(browser, begun(stand, "check", "ru"), scripts=False) as someone:
        someone.walk()
        page = someone.page
        code = page.locator(".code").text_content() or ""
        page.click(".receipt a")
        page.fill("#code", code.lower().replace("-", " "))
        someone.go_on()
        row = page.locator("details code").last.text_content() or ""
        assert "by fax" in row and "ACME" in row


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_is_changed_from_the_list(browser: Browser, stand: Stand, scripts: bool) -> None:
    with person(browser, begun(stand, "check"), scripts=scripts) as someone:
        someone.walk("check")
        page = someone.page
        row = page.locator("dl div", has_text="Which company was it?")
        expect(row.locator("dd").first).to_have_text("ACME")
        row.locator("a").click()
        expect(page.locator("#company")).to_have_value("ACME")
        page.fill("#company", "Bolt & Sons")
        someone.go_on()
        expect(row.locator("dd").first).to_have_text("Bolt & Sons")
        someone.go_on()
        assert stand.answers(page.url)["company"] == "Bolt & Sons"
        assert stand.response(page.url).submitted


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_off_the_path_is_kept_and_comes_back(browser: Browser, stand: Stand, scripts: bool) -> None:
    """Whoever turns from a messenger to the phone and back finds the platform still chosen."""
    with person(browser, begun(stand, "channels"), scripts=scripts) as someone:
        someone.walk("waiting")
        page = someone.page
        key = page.url.split("/waiting")[0]
        page.goto(f"{key}/channels")
        page.check("#channel-1")
        if scripts:
            expect(page.locator("#platform-3")).to_be_hidden()
        someone.go_on()
        page.goto(f"{key}/waiting")
        expect(page.get_by_text("complaint (A phone call)")).to_be_visible()
        page.goto(f"{key}/channels")
        page.check("#channel-4")
        someone.go_on()
        if scripts:
            page.goto(f"{key}/channels")
        expect(page.locator("#platform-3")).to_be_checked()
