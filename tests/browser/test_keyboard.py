"""By keyboard alone: every stop can be seen, stops come in the order of reading, and the way leads to the end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.begun import begun
from tests.browser.person import CHOSEN, TICKED, WRITTEN, Person, of, person
from tests.browser.stand import Stand

MOST_STOPS = 60

_STOP = """() => {
  const at = document.activeElement;
  const shown = at.closest(".option,.point") || at;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  return {id: at.id, name: at.name || "", value: at.value || "", type: at.type || "", tag: at.tagName,
    words: at.textContent.trim(), outline: style.outlineStyle, thick: parseFloat(style.outlineWidth),
    top: box.top + scrollY, left: box.left, bottom: box.bottom + scrollY,
    covered: box.bottom < 0 || box.top > innerHeight, item: at.closest("li")?.dataset.item || ""};
}"""


def tab(page: Page) -> Mapping[str, object]:
    """Move to the next stop, which must be seen to be one."""
    page.keyboard.press("Tab")
    stop = page.evaluate(_STOP)
    if stop["tag"] != "BODY":
        assert stop["outline"] != "none" and stop["thick"] >= 2, f"no focus to be seen: {stop}"
        assert not stop["covered"], f"focus outside of the screen: {stop}"
    return stop


def answer(page: Page, stop: Mapping[str, object]) -> None:
    """Answer at a stop by the keys that it needs."""
    keys, name = page.keyboard, str(stop["name"])
    if stop["type"] == "radio":
        wanted = next((t for t in TICKED if t.rpartition("-")[0] == name), None)
        for _ in range(12 if wanted else 0):
            keys.press("Space")
            if page.evaluate("document.activeElement.id") == wanted:
                return
            keys.press("ArrowDown")
    elif stop["type"] == "checkbox" and stop["id"] in TICKED:
        keys.press("Space")
    elif stop["type"] == "select-one":
        choose(page, str(stop["id"]))
    elif stop["id"] == "country-search":
        keys.type("ukr")
        keys.press("Enter")
    elif stop["id"] in WRITTEN:
        keys.type(WRITTEN[str(stop["id"])])


def choose(page: Page, name: str) -> None:
    """Choose in a list by arrows."""
    wanted = CHOSEN.get(name, "")
    for _ in range(8):
        if page.evaluate("document.activeElement.value") == wanted:
            return
        page.keyboard.press("ArrowDown")


def walk_a_page(someone: Person) -> list[Mapping[str, object]]:
    """Go through a page by Tab, answering at each stop, press Continue there, and return the stops."""
    page, stops = someone.page, []
    for _ in range(MOST_STOPS):
        stop = tab(page)
        stops.append(stop)
        if stop["words"] in ("Continue", "Submit"):
            page.evaluate("document.body.dataset.old = '1'")
            page.keyboard.press("Enter")
            page.wait_for_selector("body:not([data-old])", state="attached")
            return stops
        answer(page, stop)
    raise AssertionError(f"no button after {MOST_STOPS} stops on {page.url}")


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)])
def test_to_the_end_by_keys(browser: Browser, stand: Stand, scripts: bool) -> None:
    with person(browser, stand.link("showcase"), scripts=scripts) as someone:
        page = someone.page
        for _ in range(20):
            if someone.name == "end":
                break
            before = page.url
            in_order(walk_a_page(someone))
            assert page.url != before, page.locator("main").inner_text()[:300]
        answers = stand.answers(page.url)
        expected = {
            "channel": 4,
            "used": (1, 9),
            "important.solves": 3,
            "pair_bill": 3,
            "born": 19900000,
            "age": 34,
        }
        assert {name: answers[name] for name in expected} == expected
        assert answers["country"] == 520 or not scripts
        assert stand.response(page.url).submitted


def in_order(stops: list[Mapping[str, object]]) -> None:
    """Refuse a stop that stands above the one before it; an item that is ranked moves under one's hands."""
    for one, following in pairwise(stops):
        if one["item"]:
            continue
        above = float(str(following["bottom"])) <= float(str(one["top"]))
        assert not above, f"{following} comes after {one}"


def test_enter_in_a_text_continues_and_chooses_no_language(browser: Browser, stand: Stand) -> None:
    with person(browser, begun(stand, "words")) as someone:
        page = someone.page
        page.fill("#company", "ACME")
        page.press("#company", "Enter")
        page.wait_for_url("**/summary")
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_ranking_by_buttons(browser: Browser, stand: Stand) -> None:
    """From nothing chosen to an order of one's own by the two buttons of each item; the focus stays."""
    with person(browser, begun(stand, "ratings")) as someone:
        page = someone.page
        item = page.locator("li", has_text="Give the money back")
        item.get_by_role("button", name="Up").focus()
        for _ in range(2):
            page.keyboard.press("Enter")
        expect(item.locator("select")).to_have_value("1")
        expect(item.get_by_role("button", name="Up")).to_be_focused()
        assert page.locator("ol li").first.get_attribute("data-item") == "Give the money back"
        expect(page.locator("[role=status]", has_text="in place 1")).to_have_count(1)
        for row in ("fast", "person", "solves"):
            page.check(of(f"important.{row}-1"))
        someone.go_on()
        ranks = stand.answers(page.url)["ranks"]
        assert isinstance(ranks, tuple) and ranks[0] == 3 and sorted(ranks) == [1, 2, 3]


def test_ranking_agrees_with_the_order_shown(browser: Browser, stand: Stand) -> None:
    """Up on what is shown first says that it is first, whatever lot has put it there."""
    with person(browser, begun(stand, "ratings")) as someone:
        page = someone.page
        up = page.locator("ol li").first.get_by_role("button", name="Up")
        expect(up).to_have_attribute("aria-disabled", "false")
        up.press("Enter")
        for index in range(3):
            expect(page.locator("ol li select").nth(index)).to_have_value(str(index + 1))
        expect(up).to_have_attribute("aria-disabled", "true")
