"""The ways of seeing a page: in the dark, on a narrow screen, with large text, from right to left, on paper."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.looking import cut, cut_when_spaced, faults


def as_it_is(page: Page) -> list[str]:
    return [*faults(page), *cut(page), *cut_when_spaced(page)]


def dark(page: Page) -> list[str]:
    page.emulate_media(color_scheme="dark")
    found = faults(page)
    page.emulate_media(color_scheme="light")
    return found


def forced_colours(page: Page) -> list[str]:
    page.emulate_media(forced_colors="active")
    found = faults(page)
    page.emulate_media(forced_colors="none")
    return found


def narrow(page: Page) -> list[str]:
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    found = [*faults(page), *cut(page), *cut_when_spaced(page)]
    page.set_viewport_size(before)
    return found


def large_text(page: Page) -> list[str]:
    """Text at 200 per cent by the browser's own setting, which lengths in rem and widths of screens follow."""
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    found = cut(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    browser.detach()
    return found


def mirrored(page: Page) -> list[str]:
    page.evaluate("document.documentElement.dir = 'rtl'")
    found = [*faults(page), *cut(page)]
    page.evaluate("document.documentElement.removeAttribute('dir')")
    return found


def printed(page: Page) -> list[str]:
    """On paper no question, no answer and no text of the page is lost."""
    on_screen = page.evaluate(_TEXTS)
    page.emulate_media(media="print")
    on_paper = page.evaluate(_TEXTS)
    found = [*(f"lost on paper: {text}" for text in on_screen if text not in on_paper), *cut(page)]
    page.emulate_media(media="screen")
    return found


_TEXTS = """() => [...document.querySelectorAll(
        "main :is(h1, h2, legend, .ask, .option, .point, label, dt, dd, .code, p, input, select, textarea)")]
    .filter(one => one.checkVisibility() && !one.closest(".buttons"))
    .map(one => one.innerText.trim() || one.id)"""


LOOKS: dict[str, Callable[[Page], list[str]]] = {
    "as it is": as_it_is, "dark": dark, "forced colours": forced_colours, "320 pixels": narrow, "200 %": large_text,
    "right to left": mirrored, "on paper": printed,
}  # fmt: skip
