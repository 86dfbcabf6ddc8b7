"""The form in a browser: it fits the phone, speaks the language, keeps what was typed; no script needed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone with scripts switched off."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def fill_to_the_end(page: Page) -> None:
    page.check("#consent-1")
    page.fill("#age", "29")
    page.click("button.main")
    for choice in ("#channel-1", "#use-2", "#complained-1", "#used-7"):
        page.check(choice)
    page.click("button.main")
    for choice in ("#platform-1", "#reply_social-2", "#recommend_quick-1", "#recommend_none-5"):
        page.check(choice)
    page.click("button.main")
    page.check("#gender-1")
    page.check("#region-1")
    page.fill("#comment", "<b>fine</b>")


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_to_the_end_without_scripts(page: Page, address: str, language: str) -> None:
    page.goto(f"{address}?language={language}")
    fill_to_the_end(page)
    page.click("button.main")
    expect(page).to_have_url(re.compile("/end$"))
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for language in ("en", "uk", "ru"):
        page.goto(f"{address}?language={language}")
        page.click("button.main")
        expect(page.locator(".summary")).to_be_visible()  # with its errors the page is at its widest
        assert page.evaluate("document.documentElement.scrollWidth") == width
    fill_to_the_end(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [text for text in complaints if "422" not in text] == []
    context.close()


def test_the_summary_has_the_focus_and_leads_to_the_field(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.click("button.main")
    expect(page.locator(".summary")).to_be_focused()
    page.click('.summary a[href="#age"]')
    assert page.evaluate("document.activeElement.id") == "age"
    assert page.title().startswith("Error: ")
    context.close()


def test_enter_continues_and_does_not_change_the_language(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}?language=en")
    page.check("#consent-1")
    page.fill("#age", "41")
    page.press("#age", "Enter")
    expect(page).to_have_url(re.compile("/complaining$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_language_changes_with_everything_typed(page: Page, address: str) -> None:
    page.goto(f"{address}?language=en")
    page.fill("#age", "41")
    page.check("#consent-1")
    page.click('button[lang="uk"]')
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.locator("#age")).to_have_value("41")
    expect(page.locator("#consent-1")).to_be_checked()


def test_the_browsers_back_button_finds_the_answers(page: Page, address: str) -> None:
    page.goto(f"{address}?language=en")
    page.check("#consent-1")
    page.fill("#age", "41")
    page.click("button.main")
    expect(page).to_have_url(re.compile("/complaining$"))  # a page that is only being left has no history
    page.go_back()
    expect(page.locator("#age")).to_have_value("41")
    page.fill("#age", "42")
    page.click("button.main")
    page.click("a.button")
    expect(page.locator("#age")).to_have_value("42")


def test_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Tab and space lead through a page in the order in which it is read, and every stop can be seen."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}?language=en")
    stops: list[str] = []
    for _ in range(6):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        ring = "getComputedStyle(document.activeElement.closest('.option') || document.activeElement).outlineStyle"
        assert page.evaluate(ring) == "solid", stops[-1]
    assert stops == ["Українська", "Русский", "consent-1", "age", "age-prefer_not", "Continue"]
    context.close()
