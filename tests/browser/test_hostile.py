"""Texts that would be scripts, templates or formulas elsewhere: shown as they were typed, and run nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.begun import begun
from tests.browser.person import WRITTEN, Person
from tests.browser.stand import Stand

PAYLOADS = (
    "<script>alert(1)</script>",
    "\"><svg onload=alert(1)>",
    "</textarea></title><img src=x onerror=alert(1)>",
    "' onfocus=alert(1) autofocus x='",
    "{{7*7}}${7*7}<%=7*7%>#{7*7}{channel}",
    "=HYPERLINK(\"http://127.0.0.1/\";\"x\")",
    "javascript:alert(1)//--></style>",
    "\u202etxt.exe & &lt;b&gt; &amp;amp; %s",
)  # fmt: skip

_WATCH = """() => addEventListener("securitypolicyviolation",
    one => console.log(`policy: ${one.violatedDirective} ${one.blockedURI}`), true)"""


def watched(browser: Browser, link: str, scripts: bool, written: dict[str, str]) -> Person:
    """Open a link in a browser that tells of every violation of the policy from the first byte on."""
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    context.add_init_script(f"({_WATCH})()")
    someone = Person(context.new_page(), written={**WRITTEN, **written})
    someone.page.goto(link)
    if "/resume/" in link:
        someone.go_on()
    return someone


def nothing_ran(page: Page) -> None:
    strange = "main :is(script, svg, img, style), main [onfocus], main [onload], main [onerror], iframe"
    assert page.locator(strange).count() == 0


@pytest.mark.parametrize(
    ("scripts", "number"), [(True, 0), pytest.param(True, 2, marks=pytest.mark.long), (False, 2)]
)
def test_payloads_are_texts(browser: Browser, stand: Stand, scripts: bool, number: int) -> None:
    """One payload in each field that takes text: where it is typed, on the list of answers, and in the receipt."""
    beside, company, story = PAYLOADS[number], PAYLOADS[number + 1], "\n".join(PAYLOADS)
    someone = watched(
        browser,
        stand.link("showcase"),
        scripts,
        {"used.other_text": beside, "company": company, "story": story, "channel.other_text": beside},
    )
    page = someone.page
    someone.ticked = tuple("channel-9" if name == "channel-4" else name for name in someone.ticked)
    someone.walk("words", at_each=nothing_ran)
    someone.answer()
    page.fill("#company", company * 9)  # refused, so shown in its field again
    someone.go_on()
    nothing_ran(page)
    expect(page.locator("#company")).to_have_value(company * 9)
    expect(page.locator("#story")).to_have_value(story)
    someone.walk("check", at_each=nothing_ran)
    answers = page.locator("dd:not(.change)")
    shown = [text.strip() for text in answers.all_text_contents()]
    assert {beside, company, story} <= set(shown)
    assert len([text for text in shown if text == beside]) == 2
    someone.walk()
    nothing_ran(page)
    stored = stand.answers(page.url)
    assert (stored["used.other_text"], stored["company"], stored["story"]) == (beside, company, story)
    _in_the_receipt(someone, company)
    assert someone.heard == []
    page.context.close()


def _in_the_receipt(someone: Person, company: str) -> None:
    page = someone.page
    code = page.locator(".code").text_content() or ""
    page.click(".receipt a")
    page.fill("#code", code)
    someone.go_on()
    row = page.locator("details code").last.text_content() or ""
    nothing_ran(page)
    assert company.replace('"', '\\"') in row


@pytest.mark.parametrize("payload", PAYLOADS[:3])
def test_a_draft_is_put_back_as_text(browser: Browser, stand: Stand, payload: str) -> None:
    someone = watched(browser, begun(stand, "words"), True, {})
    page = someone.page
    page.fill("#story", payload)
    page.wait_for_timeout(600)  # a draft is written half a second after typing
    page.goto(page.url)
    expect(page.locator("#story")).to_have_value(payload)
    nothing_ran(page)
    assert someone.heard == []
    page.context.close()


def test_the_watch_sees_a_violation(browser: Browser, stand: Stand) -> None:
    """Silence above means something only where a violation is heard."""
    someone = watched(browser, stand.link("showcase"), True, {})
    someone.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x onerror=alert(1)>')"
    )
    someone.page.wait_for_timeout(200)
    assert any("policy: " in text for text in someone.heard), someone.heard
    someone.page.context.close()
