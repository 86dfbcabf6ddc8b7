"""The page of ten questions stays light: in bytes, in requests, and until something is to be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from benchmarks.page_weight import ALL, BLOCKING, BUDGET, Weight, printed, served, weigh
from tests.browser.looking import faults


@pytest.fixture(scope="module")
def address() -> object:
    with served() as address:
        yield address


def test_ten_questions_are_light(browser: Browser, address: str) -> None:
    weight = weigh(browser, address, loads=1)
    assert {one.kind for one in weight.resources} == {"document", "stylesheet", "script"}
    assert weight.compressed <= BUDGET, printed(weight)
    assert (weight.blocking, len(weight.resources)) == (BLOCKING, ALL)
    assert weight.within_budget


def test_what_is_over_the_budget_is_refused(browser: Browser, address: str) -> None:
    light = weigh(browser, address, loads=1)
    heavy = Weight(light.resources * 2, light.blocking, light.paint_ms)
    assert not heavy.within_budget and heavy.wire == 2 * light.wire


def test_the_page_that_is_weighed_is_accessible(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    assert page.locator("legend, .ask").count() == 13  # four of them ask about the reply on one channel each
    assert faults(page) == []
    page.close()
