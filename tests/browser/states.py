"""The states that a page of the form can be in, one after another, as one person meets them."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

from playwright.sync_api import expect

from survey_app.storage.posts import NotKept
from tests.browser.person import Person, expect_page, of
from tests.browser.stand import Stand

WRONG = {
    "contacts": "many",
    "spent": "=1+1",
    "sent.day": "31",
    "sent.month": "2",
    "sent.year": "26",
    "born.year": "1800",
}


def filling_in(someone: Person) -> Iterator[str]:
    """From the open link to the receipt, with every mistake on the way; yields the name of each state."""
    page = someone.page
    yield "first show"
    someone.go_on()
    yield "everything empty"
    someone.walk("channels")
    someone.go_on()
    yield "a choice is missing"
    page.check("#channel-9")
    page.check("#used-9") if page.locator("#used-9").count() else None
    yield "please write"
    someone.walk("waiting")
    page.check("#expected-5")
    page.check("#tolerated-1")
    someone.go_on()
    expect(page.locator(".summary.soft")).to_be_visible()
    yield "soft warning"
    someone.go_on()
    expect_page(page, "ratings")
    someone.go_on()
    yield "rows are missing"
    someone.walk("experience")
    yield "numbers and dates"
    page.click(".buttons a.button")
    expect(page.locator(":checked")).to_have_count(1)
    yield "back"
    someone.go_on()
    yield from _wrong_numbers(someone)
    someone.walk("words")
    page.fill("#company", "long " * 40)
    someone.go_on()
    yield "too long"
    if page.locator("#country-search").count():
        page.fill("#country-search", "uk")
        yield "searching a list"
        page.fill("#country-search", "")
    someone.walk("check")
    yield "check your answers"


def _wrong_numbers(someone: Person) -> Iterator[str]:
    page = someone.page
    for half in ("first", "second"):  # without scripts what depends on a number stands on a page of its own
        for name, value in WRONG.items():
            if page.locator(of(name)).count():
                page.fill(of(name), value)
        someone.go_on()
        expect(page.locator(".summary li")).not_to_have_count(0)
        yield f"wrong numbers and dates, {half} page"
        if page.locator(of("born.year")).count():
            return
        someone.answer()
        someone.go_on()


def leaving(someone: Person) -> Iterator[str]:
    """From a page in the middle: leave, come back by the code and by the link."""
    page = someone.page
    page.fill("#company", "half an ans")
    someone.press("[value=leave]")
    yield "left"
    code = page.locator("main code").first.text_content() or ""
    link = page.locator("main p > a").last.get_attribute("href") or ""
    page.goto(page.locator("main p > a").first.get_attribute("href") or "")
    yield "asked for the code"
    page.fill("#code", "0000-0000-0000-0000")
    someone.go_on()
    expect(page.locator(".summary")).to_be_visible()
    yield "a wrong code"
    page.goto(link)
    yield "the personal link"
    someone.go_on()
    expect(page.locator("#company")).to_have_value("half an ans")
    page.goto(link.rpartition("/")[0])
    page.fill("#code", code)
    someone.go_on()
    expect(page.locator("#company")).to_have_value("half an ans")
    yield "resumed"


def ending(someone: Person) -> Iterator[str]:
    """From the list of answers: the receipt, what it shows, and the question before all is deleted."""
    page = someone.page
    someone.go_on()
    expect_page(page, "end")
    yield "thanks and the receipt"
    code = page.locator(".code").text_content() or ""
    page.click(".receipt a")
    yield "asked for a receipt"
    page.fill("#code", "nothing")
    someone.go_on()
    expect(page.locator(".summary")).to_be_visible()
    yield "a wrong receipt"
    page.fill("#code", code)
    someone.go_on()
    for more in page.locator("summary").all():
        more.click()
    yield "what the receipt shows"
    someone.press("[value=ask]")
    yield "before deleting"
    someone.press("[value=erase]")
    yield "deleted"


def refused(someone: Person, stand: Stand) -> Iterator[str]:
    """Pages that are no questions: none found, all surveys, and a page that cannot be kept."""
    page = someone.page
    page.goto(f"{stand.root}/nowhere")
    yield "not found"
    page.goto(f"{stand.root}/")
    yield "all surveys"
    page.goto(stand.link("showcase"))
    someone.answer()
    with patch.object(stand.collector, "keep", side_effect=NotKept("a test")):
        page.click("button.main")
        expect(page.locator(".summary")).to_be_visible()
        expect(page.locator("#age")).to_have_value("34")
        yield "not kept"
    someone.go_on()
    expect_page(page, "channels")
