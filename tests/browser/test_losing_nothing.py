"""Two tabs, back, reload, a closed tab, a lost connection, a double click: all is stored, and stored once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.begun import begun
from tests.browser.person import Person, expect_page, person
from tests.browser.stand import Stand


@pytest.mark.parametrize("scripts", [True, False])
def test_two_tabs(browser: Browser, stand: Stand, scripts: bool) -> None:
    """The later post stands, and a page whose questions have changed meanwhile is shown before it is taken."""
    with person(browser, begun(stand, "words"), scripts=scripts) as someone:
        first = someone.page
        other = Person(first.context.new_page())
        other.page.goto(first.url)
        first.fill("#company", "from the first tab")
        someone.go_on()
        other.page.fill("#company", "from the other tab")
        other.go_on()
        expect_page(other.page, "summary")
        assert stand.answers(other.page.url)["company"] == "from the other tab"
        assert stand.posts(first.url).count("words") == 2
        other.walk()
        first.goto(first.url)
        expect_page(first, "end")
        assert other.heard == []


@pytest.mark.parametrize("scripts", [True, False])
def test_another_tab_takes_the_path_away(browser: Browser, stand: Stand, scripts: bool) -> None:
    """A question that is no longer asked is not answered in silence: the person is told, with all still typed."""
    with person(browser, begun(stand, "experience"), scripts=scripts) as someone:
        first = someone.page
        someone.answer()
        if not scripts:
            someone.go_on()
        open_page = first.url
        other = Person(first.context.new_page())
        other.page.goto(open_page.split("/experience")[0] + "/experience")
        other.page.fill("#contacts", "0")
        other.go_on()
        first.fill("#spent", "99")
        stored = stand.posts(first.url)
        someone.go_on()
        if scripts:  # what hangs on the number stands on the same page, so this page is whole in itself
            assert stand.answers(first.url)["spent"] == 99
            assert stand.answers(first.url)["contacts"] == 5
        else:
            expect(first.locator(".summary")).to_contain_text("changed in another tab")
            expect(first.locator("#spent")).to_have_value("99")
            assert stand.posts(first.url) == stored


@pytest.mark.parametrize("scripts", [True, False])
def test_the_browsers_back_and_forward(browser: Browser, stand: Stand, scripts: bool) -> None:
    with person(browser, begun(stand, "ratings"), scripts=scripts) as someone:
        someone.walk("situation")
        page = someone.page
        page.go_back()
        expect(page.locator(":checked")).to_have_count(1)
        page.locator(".option").last.click()
        someone.go_on()
        expect_page(page, "situation")
        changed = stand.answers(page.url)
        assert 3 in (changed["pair_order"], changed["pair_bill"])
        page.go_back()
        page.go_forward()
        expect_page(page, "situation")
        page.reload()
        expect_page(page, "situation")
        someone.walk()
        assert stand.response(page.url).submitted


def test_what_was_typed_survives_reload_and_a_closed_tab(browser: Browser, stand: Stand) -> None:
    with person(browser, begun(stand, "words")) as someone:
        page = someone.page
        address = page.url
        page.fill("#story", "half a story")
        page.reload()
        expect(page.locator("#story")).to_have_value("half a story")
        page.fill("#story", "half a story, and more")
        page.close(run_before_unload=True)
        again = Person(someone.page.context.new_page())
        again.page.goto(address)
        expect(again.page.locator("#story")).to_have_value("half a story, and more")
        expect(again.page.locator(".note[role=status]")).to_have_count(1)
        again.page.fill("#company", "ACME")
        again.go_on()
        expect_page(again.page, "summary")
        assert stand.answers(address)["story"] == "half a story, and more"
        again.page.go_back()
        expect(again.page.locator("#story")).to_have_value("half a story, and more")
        expect(again.page.locator(".note")).to_have_count(0)
        assert again.heard == []


def test_a_lost_connection_is_waited_out(browser: Browser, stand: Stand) -> None:
    """The page stays, says so, and goes on by itself when the connection is back: one post, not two."""
    with person(browser, begun(stand, "words")) as someone:
        page = someone.page
        someone.answer()
        stored = stand.posts(page.url)
        page.context.set_offline(True)
        page.click("button.main")
        expect(page.locator(".summary[role=alert]")).to_contain_text("not saved yet")
        expect(page.locator("#company")).to_have_value("ACME")
        assert stand.posts(page.url) == stored
        page.context.set_offline(False)
        page.wait_for_url("**/summary", timeout=20_000)
        assert stand.posts(page.url) == [*stored, "words"]
        someone.heard = [text for text in someone.heard if "ERR_INTERNET_DISCONNECTED" not in text]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_stores_once(browser: Browser, stand: Stand, scripts: bool) -> None:
    with person(browser, begun(stand, "words"), scripts=scripts) as someone:
        page = someone.page
        someone.answer()
        page.dblclick("button.main", no_wait_after=True)
        page.wait_for_url("**/summary")
        assert stand.posts(page.url).count("words") == 1
        assert stand.answers(page.url)["company"] == "ACME"


def test_the_first_page_sent_twice_begins_one_response(browser: Browser, stand: Stand) -> None:
    with person(browser, stand.link("showcase"), scripts=False) as someone:
        other = Person(someone.page.context.new_page())
        other.page.goto(stand.link("showcase"))
        for one in (someone, other):
            one.answer()
            one.go_on()
        assert someone.page.url == other.page.url
        assert stand.posts(someone.page.url) == ["start", "start"]
