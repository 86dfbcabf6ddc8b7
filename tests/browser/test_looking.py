"""The checks of pages find what they are there to find: silence elsewhere means something."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import cut, cut_when_spaced, faults
from tests.browser.looks import large_text, narrow, printed

LONG = "unbreakable" * 9
FAULTY = {
    "color-contrast": "<p style='color: #999'>Pale words on white</p>",
    "label": "<input style='min-height: 24px'>",
    "no name": "<input placeholder='Your age'>",
    "a placeholder": "<label>Age <input placeholder='34'></label>",
    "a target of 12 x 12": "<button aria-label='Up' style='width: 12px; height: 12px; padding: 0'></button>",
    "twice the id": "<p id='one'>One</p><p id='one'>Two</p>",
    "leads nowhere": "<div class='summary'><a href='#age'>Enter your age in years</a></div>",
    "heading-order": "<h3>A heading too deep</h3>",
    "wider than the screen": "<div style='width: 2000px'>Wide</div>",
    "axe cannot decide color-contrast": "<p style='background: linear-gradient(#fff, #000)'>Half seen</p>",
}
CUT = {
    "cut": "<div style='height: 1em; width: 5em; overflow: hidden'>several words that do not fit</div>",
    "beside the screen": f"<p>{LONG}</p>",
    "lies on": "<div style='height: 0'>the one</div><div>the other</div>",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 600})
    yield page
    page.close()


def shows(page: Page, html: str) -> None:
    page.set_content(
        f"<!doctype html><html lang=en><title>t</title><main><h1>Heading</h1>{html}</main></html>"
    )


def test_a_good_page_has_no_faults(page: Page) -> None:
    shows(page, "<label>Age <input style='min-height: 24px'></label><p>Words</p>")
    assert (
        faults(page)
        == cut(page)
        == cut_when_spaced(page)
        == narrow(page)
        == large_text(page)
        == printed(page)
        == []
    )


@pytest.mark.parametrize("fault", FAULTY)
def test_faults_are_found(page: Page, fault: str) -> None:
    shows(page, FAULTY[fault])
    assert any(fault in one for one in faults(page)), faults(page)


@pytest.mark.parametrize("fault", CUT)
def test_cut_texts_are_found(page: Page, fault: str) -> None:
    shows(page, CUT[fault])
    assert any(fault in one for one in cut(page)), cut(page)


FITS = (
    "<div style='width: fit-content; max-width: 300px; height: 1.2em; overflow: hidden'>"
    + "word " * 7
    + "</div>"
)


@pytest.mark.parametrize(
    ("look", "html"),
    [
        (cut_when_spaced, FITS),
        (narrow, "<div style='width: 340px'>Not on a small phone</div>"),
        (large_text, "<p style='white-space: nowrap'>Words that just fit into a single line</p>"),
        (printed, "<style>@media print { .ask { display: none } }</style><p class='ask'>A question</p>"),
    ],
)
def test_each_look_sees_what_another_does_not(
    page: Page, look: Callable[[Page], list[str]], html: str
) -> None:
    shows(page, html)
    assert cut(page) == []
    assert look(page) != []
