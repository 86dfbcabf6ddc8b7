"""A person who fills in the showcase in a browser, with scripts or without, page after page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

TICKED = (
    "consent-1", "channel-4", "platform-3", "used-1", "used-9", "expected-3", "tolerated-4",
    "important.fast-1", "important.person-2", "important.solves-3", "recommend-8", "pleased-2",
    "pair_order-1", "pair_bill-3", "again-2", "gender-1", "company_size-2",
)  # fmt: skip
WRITTEN: Mapping[str, str] = {
    "age": "34", "used.other_text": "by fax", "contacts": "5", "complaints": "2", "spent": "12.50",
    "sent.day": "3", "sent.month": "2", "sent.year": "2026", "born.year": "1990",
    "company": "ACME", "story": "It broke.\nNobody replied.",
}  # fmt: skip
CHOSEN: Mapping[str, str] = {"ranks.reply": "2", "ranks.sorry": "3", "ranks.money": "1", "country": "520"}
"""By the ids of the fields."""
LONGEST_WAY = 25

_OPEN = """() => [...document.querySelectorAll("#page [id][name]")]
    .filter(one => one.checkVisibility() && !one.disabled).map(one => one.id)"""


def of(name: str) -> str:
    """Return the selector of an id with dots in it."""
    return f'[id="{name}"]'


@dataclass
class Person:
    """One person at one page; `heard` is what the browser complained of, but for refused pages."""

    page: Page
    ticked: tuple[str, ...] = TICKED
    written: Mapping[str, str] = field(default_factory=lambda: WRITTEN)
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on(
            "dialog", lambda dialog: (self.heard.append("dialog " + dialog.message), dialog.dismiss())
        )

    def _hear(self, message: Any) -> None:
        refused = re.search(
            r"status of (4\d\d|503)", message.text
        )  # the browser says so of every refused page
        if not refused:
            self.heard.append(message.text)

    @property
    def name(self) -> str:
        """Return the name of the page in its address; "" on the open link."""
        return (
            self.page.url.split("?")[0].split("#")[0].rstrip("/").split("/")[-1]
            if "/a/" in self.page.url
            else ""
        )

    def answer(self) -> None:
        """Answer what the page shows; what appears because of that, too."""
        done: set[str] = set()
        while new := [name for name in self.page.evaluate(_OPEN) if name not in done]:
            done |= set(new)
            for name in new:
                if name in self.ticked:
                    self.page.check(of(name))
                elif name in self.written:
                    self.page.fill(of(name), self.written[name])
                elif name in CHOSEN:
                    self.page.select_option(of(name), CHOSEN[name])

    def go_on(self) -> None:
        """Press Continue and wait until the page has answered."""
        self.press("button.main, a.main")

    def press(self, selector: str) -> None:
        """Press what replaces the page, or with scripts its contents."""
        mark = "document.body.dataset.old = '1'"
        self.page.evaluate(mark)
        self.page.click(selector)
        self.page.wait_for_selector("body:not([data-old])", state="attached")
        self.page.wait_for_load_state()

    def walk(self, upto: str = "end", *, at_each: Callable[[Page], None] = lambda page: None) -> None:
        """Answer page after page until the one of that name is shown, which is left unanswered."""
        for _ in range(LONGEST_WAY):
            at_each(self.page)
            if self.name == upto:
                return
            before = self.page.url
            self.answer()
            self.go_on()
            # Pages of our making move on; one that stays must not be walked on the spot.
            summary = self.page.locator(".summary")
            assert self.page.url != before, summary.text_content() if summary.count() else before
        raise AssertionError(f"no page {upto} after {LONGEST_WAY} pages, but {self.page.url}")


@contextmanager
def person(
    browser: Browser, link: str, *, scripts: bool = True, width: int = 390, **more: Any
) -> Iterator[Person]:
    """Open a link in a browser of one's own; nothing may be heard of it at the end."""
    answers = more.pop("answers", {})
    context = browser.new_context(
        viewport={"width": width, "height": 844}, java_script_enabled=scripts, reduced_motion="reduce", **more
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    someone = Person(page, **answers)
    page.goto(link)
    if "/resume/" in link:
        someone.go_on()
    try:
        yield someone
        assert someone.heard == []
    finally:
        context.close()


def expect_page(page: Page, name: str) -> None:
    expect(page).to_have_url(re.compile(rf"/{name}([?#].*)?$"))
