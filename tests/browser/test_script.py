"""The form's one script, on a page written here to its contract and served by a server that can fail."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Page, expect

SCRIPT = Path(__file__).parents[2] / "survey_app" / "respondent" / "static" / "respondent.js"
WORDS = {
    "not_kept": "Not kept", "try_again": "Try again", "retrying": "Retrying", "restored": "Restored", "up": "Up",
    "moved": "“{item}” is now in place {n}", "down": "Down", "search": "Type to search", "found": "{n} found",
}  # fmt: skip


def attribute(value: Any) -> str:
    return json.dumps(value).replace("&", "&amp;").replace("'", "&#39;")


def question(name: str, kind: str, inside: str, condition: Any = None) -> str:
    only = f" data-if='{attribute(condition)}'" if condition else ""
    return f'<fieldset class="question" data-question="{name}" data-kind="{kind}"{only}>{inside}</fieldset>'


def ticks(name: str, kind: str, values: str, more: str = "") -> str:
    return "".join(
        f'<label class="option"><input type="{kind}" name="{name}" value="{value}" id="{name}-{value}"{more}>'
        f"{value}</label>"
        for value in values.split()
    )


def text(name: str, value: str = "") -> str:
    return f'<input type="text" name="{name}" id="{name}" value="{value}">'


def page_of(
    questions: str, more: str = "", *, known: Any = None, draft: str = "k/p", ticket: str = "t1"
) -> str:
    kept = f' data-draft="{draft}"' if draft else ""
    template = f'<template id="more">{more}</template>' if more else ""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/respondent.js" defer></script>
</head><body><nav><button class="link" form="page" name="_language" value="uk">uk</button></nav><h1>Heading</h1>
<form id="page" method="post" action="/a" novalidate data-known='{attribute(known or {})}'{kept}
data-words='{attribute(WORDS)}'><input type="hidden" name="csrf_token" value="c">
<input type="hidden" name="_whole" value=""><input type="hidden" name="_width" value="">
<input type="hidden" name="_ticket" value="{ticket}">
<div id="questions">{questions}</div>{template}
<div class="buttons"><button class="main" name="_action" value="continue">Continue</button></div>
</form></body></html>"""


class Served:
    """A tiny server: what it shows, what it answers to posts, and what was posted."""

    def __init__(self) -> None:
        self.shown = page_of("")
        self.posts: list[list[tuple[str, str]]] = []
        self.answers: list[Callable[[Handler], None]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"served": self}))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def last(self) -> dict[str, str]:
        return dict(self.posts[-1])


class Handler(BaseHTTPRequestHandler):
    served: Served

    def do_GET(self) -> None:
        if self.path == "/respondent.js":
            self.reply(200, SCRIPT.read_text(encoding="utf-8"), "text/javascript")
        elif self.path == "/style.css":
            self.reply(
                200,
                "[hidden]{display:none!important}.visually-hidden{position:absolute;clip-path:inset(50%)}",
                "text/css",
            )
        elif self.path == "/next":
            self.reply(200, "<!doctype html><title>Next</title><h1>Next</h1>")
        else:
            self.reply(200, self.served.shown)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.served.posts.append(parse_qsl(body, keep_blank_values=True))
        if "json" not in self.headers["Accept"]:
            self.reply(200, "<!doctype html><title>Native</title><h1>Native</h1>")
        else:
            (self.served.answers.pop(0) if self.served.answers else taken)(self)

    def reply(self, status: int, body: str, kind: str = "text/html") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "
                         "connect-src 'self'; img-src data:; form-action 'self'")  # fmt: skip
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def taken(handler: Handler) -> None:
    handler.reply(200, '{"to": "/next"}', "application/json")


def unavailable(handler: Handler) -> None:
    handler.reply(503, "<!doctype html><title>Busy</title>")


def dropped(handler: Handler) -> None:
    handler.connection.close()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop's page; what the console complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [fault for fault in faults if "Failed to load resource" not in fault] == []


def shows(page: Page, served: Served, html: str) -> None:
    served.shown = html
    page.goto(served.address)


# Conditions.

CHANNEL = question("channel", "code", ticks("channel", "radio", "1 2 9"))
OTHER = (
    """<div class="then" data-question="channel.other" data-kind="text" data-if='["in",["answer","channel"],[9]]'>"""
    + text("channel.other")
    + "</div>"
)


def test_a_question_comes_and_goes_with_its_condition_and_keeps_what_was_typed(
    page: Page, served: Served
) -> None:
    shows(page, served, page_of(CHANNEL + OTHER))
    field = page.locator("[name='channel.other']")
    expect(field).to_be_hidden()
    page.check("#channel-9")
    field.fill("pigeon")
    page.check("#channel-1")
    expect(field).to_be_hidden()
    expect(field).to_be_disabled()
    page.check("#channel-9")
    expect(field).to_have_value("pigeon")
    expect(field).to_be_enabled()
    page.check("#channel-2")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert "channel.other" not in served.last and served.last["channel"] == "2"


def test_the_whole_section_is_shown_at_once_and_said_so(page: Page, served: Served) -> None:
    more = question("why", "text", text("why"), ["compare", "==", ["answer", "channel"], ["value", 2]])
    shows(page, served, page_of(CHANNEL, more + question("then", "text", text("then"), ["answered", "why"])))
    assert page.eval_on_selector("#questions", "box => box.lastElementChild.dataset.question") == "then"
    page.check("#channel-2")
    page.fill("#why", "so")
    page.fill("#then", "thus")
    page.check("#channel-1")
    expect(page.locator("#then")).to_be_hidden()  # what it depended on does not count any more
    page.check("#channel-2")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert {"_whole": "1", "_width": "desktop", "why": "so", "then": "thus"}.items() <= served.last.items()


@pytest.mark.parametrize(("width", "name"), [(390, "phone"), (800, "tablet")])
def test_width(page: Page, served: Served, width: int, name: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    shows(page, served, page_of(CHANNEL))
    assert page.input_value("[name=_width]") == name
    assert page.input_value("[name=_whole]") == ""


KINDS = [
    ("code", ticks("q", "radio", "1 9 dont_know"), [("check", "#q-9", "")], 9),
    ("code", ticks("q", "radio", "1 9 dont_know"), [("check", "#q-dont_know", "")], "!dont_know"),
    ("code", '<select name="q" id="q"><option value=""></option><option value="804">U</option></select>',
     [("select_option", "#q", "804")], 804),
    ("codes", ticks("q", "checkbox", "10 9 1"), [("check", "#q-10", ""), ("check", "#q-9", "")], [9, 10]),
    ("codes", ticks("q", "checkbox", "1 prefer_not"), [("check", "#q-prefer_not", "")], "!prefer_not"),
    ("codes", ticks("q", "checkbox", "0 1"), [("check", "#q-0", "")], [0]),
    ("number", text("q"), [("fill", "#q", " 3,5 ")], 3.5),
    ("number", text("q"), [("fill", "#q", "1e5")], None),
    ("number", text("q") + ticks("q.special", "checkbox", "dont_know"),
     [("check", "[name='q.special']", "")], "!dont_know"),
    ("text", text("q"), [("fill", "#q", " a ")], " a "),
    ("text", text("q"), [("fill", "#q", "   ")], None),
    ("date", text("q.day") + text("q.month") + text("q.year"),
     [("fill", f"[name='q.{part}']", n) for part, n in (("day", "5"), ("month", "11"), ("year", "1980"))], 19801105),
    ("date", text("q.month") + text("q.year"),
     [("fill", "[name='q.month']", "11"), ("fill", "[name='q.year']", "1980")], 19801100),
    ("date", text("q.day") + text("q.month") + text("q.year"), [("fill", "[name='q.year']", "1980")], None),
    ("date", text("q.year"), [("fill", "[name='q.year']", "1980")], 19800000),
    ("rank", "".join(f'<select name="q.{n}" id="q{c}" data-code="{c}"><option value=""><option>1<option>2</select>'
                     for c, n in ((4, "a"), (7, "b"))),
     [("select_option", "#q4", "2"), ("select_option", "#q7", "1")], [7, 4]),
    ("none", text("q"), [("fill", "#q", "5")], None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "html", "acts", "expected"), KINDS)
def test_answers_are_read_as_the_server_reads_them(
    page: Page, served: Served, kind: str, html: str, acts: list[tuple[str, str, str]], expected: Any
) -> None:
    """The answer is seen by what depends on it: `answered`, and a comparison with each part of what is expected."""
    conditions = {"answered": ["answered", "q"]}
    if isinstance(expected, list):
        conditions["first"] = ["compare", "==", ["first", "q", ["value", -1]], ["value", expected[0]]]
        conditions["count"] = ["compare", "==", ["count", "q"], ["value", len(expected)]]
    elif expected is not None:
        conditions["same"] = ["compare", "==", ["answer", "q"], ["value", expected]]
    probes = "".join(question(name, "none", "x", tree) for name, tree in conditions.items())
    shows(page, served, page_of(question("q", kind, html) + probes))
    assert page.locator("[data-if]:visible").count() == 0
    for act, selector, value in acts:
        getattr(page, act)(selector, *([value] if value else []))
    assert page.locator("[data-if]:visible").count() == (0 if expected is None else len(conditions))


def test_earlier_answers_computed_values_and_options(page: Page, served: Served) -> None:
    double = json.dumps(["arithmetic", "*", ["answer", "age"], ["value", 2]])
    old = json.dumps(["compare", ">", ["answer", "age"], ["value", 30]])
    only = attribute(["compare", ">", ["answer", "double"], ["value", 60]])
    options = (
        f"""<label class="option" data-if='{only}'><input type="radio" name="q" value="5" id="q5"></label>"""
    )
    body = (
        question("age", "number", text("age"))
        + f"<div data-computed='double' data-value='{double}' hidden></div>"
        + f"<div data-computed='old' data-value='{old}' hidden></div>"
        + question("q", "code", options)
        + question("after", "none", "after", ["compare", "==", ["answer", "q"], ["value", 5]])
        + question("truth", "none", "truth", ["answer", "old"])
    )
    shows(page, served, page_of(body, known={"age": 31}))
    expect(page.locator("#q5")).to_be_hidden()  # the page's own answer counts, which is not given yet
    page.fill("#age", "31")
    expect(page.get_by_text("truth")).to_be_visible()
    page.check("#q5")
    expect(page.get_by_text("after")).to_be_visible()
    page.fill("#age", "30")
    expect(page.get_by_text("after")).to_be_hidden()  # chosen, but not offered any more
    expect(page.locator("#q5")).to_be_disabled()
    shows(
        page,
        served,
        page_of(question("x", "none", "earlier", ["in", ["answer", "used"], [3]]), known={"used": [1, 3]}),
    )
    expect(page.get_by_text("earlier")).to_be_visible()


def test_a_computed_value_off_the_path_is_unknown(page: Page, served: Served) -> None:
    computed = """<div data-computed="z" data-value='["value",5]' hidden{}></div>"""
    probe = question("probe", "none", "known", ["answered", "z"])
    only = """ data-if='["answered","channel"]'"""
    for around in (computed.format(only), f"<div{only}>{computed.format('')}</div>"):
        shows(page, served, page_of(CHANNEL + around + probe, draft=""))
        expect(page.get_by_text("known")).to_be_hidden()
        page.check("#channel-1")
        expect(page.get_by_text("known")).to_be_visible()


def test_an_option_of_a_list_that_is_not_offered_any_more_is_not_chosen(page: Page, served: Served) -> None:
    only = attribute(["compare", "==", ["answer", "channel"], ["value", 1]])
    options = f"<option value=''></option><option value='7' data-if='{only}'>Seven</option>"
    chosen = question("q", "code", f"<select name='q' id='q'>{options}</select>")
    shows(page, served, page_of(CHANNEL + chosen + question("probe", "none", "known", ["answered", "q"])))
    page.check("#channel-1")
    page.select_option("#q", "7")
    expect(page.get_by_text("known")).to_be_visible()
    page.check("#channel-2")
    expect(page.get_by_text("known")).to_be_hidden()
    page.click("button.main")
    page.wait_for_url("**/next")
    assert "q" not in served.last


def test_a_field_stays_off_while_anything_around_it_is_hidden(page: Page, served: Served) -> None:
    inner = question("inner", "text", text("inner"), ["value", True])
    outer = f"""<div data-if='["answered","channel"]'>{inner}</div>"""
    shows(page, served, page_of(CHANNEL + outer))
    expect(page.locator("#inner")).to_be_disabled()
    page.check("#channel-1")
    expect(page.locator("#inner")).to_be_enabled()


def test_strange_markup_does_not_stop_the_rest(page: Page, served: Served) -> None:
    strange = """<div data-if='["bogus"'>x</div><div data-if='["in",["value",1]]'>x</div><div data-computed="z"></div>
    <div data-question="w" data-kind="wrong"><input name="w" value="1"></div><ol data-ranking><li>no select</li></ol>
    <select data-search></select>"""
    shows(page, served, page_of(strange + CHANNEL + OTHER, known=[1]))
    page.check("#channel-9")
    expect(page.locator("[name='channel.other']")).to_be_visible()


# Exclusive answers.


def test_an_exclusive_answer_stands_alone(page: Page, served: Served) -> None:
    shows(page, served, page_of(question("used", "codes", ticks("used", "checkbox", "1 2")
          + ticks("used", "checkbox", "9", " data-alone"))))  # fmt: skip
    page.check("#used-1")
    page.check("#used-2")
    page.check("#used-9")
    assert page.locator(":checked").evaluate_all("all => all.map(one => one.value)") == ["9"]
    page.check("#used-2")
    assert page.locator(":checked").evaluate_all("all => all.map(one => one.value)") == ["2"]


def test_writing_takes_dont_know_back(page: Page, served: Served) -> None:
    special = ticks("age.special", "checkbox", "dont_know prefer_not")
    shows(page, served, page_of(question("age", "number", text("age") + special) + question("b", "number",
          text("b") + ticks("b.special", "checkbox", "dont_know"))))  # fmt: skip
    page.fill("#age", "31")
    page.check("[value=prefer_not]")
    assert page.input_value("#age") == "31"
    page.locator("[name='age.special'][value=dont_know]").check()
    expect(page.locator("[value=prefer_not]")).not_to_be_checked()
    page.check("[name='b.special']")
    page.fill("#age", "32")
    expect(page.locator("[name='age.special']:checked")).to_have_count(0)
    expect(page.locator("[name='b.special']")).to_be_checked()
    plain = f'<div class="question">{text("c")}{ticks("c.special", "checkbox", "dont_know")}</div>'
    shows(page, served, page_of(plain))  # nothing depends on it, so the script knows no name for it
    page.check("[name='c.special']")
    page.fill("#c", "1")
    expect(page.locator("[name='c.special']")).not_to_be_checked()


# Sending.


def test_a_page_is_sent_and_the_next_one_opened(page: Page, served: Served) -> None:
    shows(page, served, page_of(CHANNEL))
    page.check("#channel-2")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert (
        served.last["_action"] == "continue"
        and served.last["_ticket"] == "t1"
        and served.last["csrf_token"] == "c"
    )


def test_a_language_is_sent_by_the_browser(page: Page, served: Served) -> None:
    shows(page, served, page_of(CHANNEL))
    page.click("button.link")
    expect(page.locator("h1")).to_have_text("Native")
    assert served.last["_language"] == "uk"


def test_without_fetch_the_browser_sends(page: Page, served: Served) -> None:
    page.add_init_script("delete AbortSignal.timeout")
    shows(page, served, page_of(CHANNEL))
    page.click("button.main")
    expect(page.locator("h1")).to_have_text("Native")


def test_problems_are_shown_in_place(page: Page, served: Served) -> None:
    wrong = page_of(CHANNEL + OTHER, ticket="t2").replace("<h1>", '<div class="summary">Wrong</div><h1>')
    wrong = wrong.replace('lang="en"', 'lang="uk"').replace("A page", "Error: A page")
    served.answers.append(lambda handler: handler.reply(422, wrong))
    shows(page, served, page_of(CHANNEL))
    page.click("button.main")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    assert page.title() == "Error: A page"
    page.check("#channel-9")
    expect(page.locator("[name='channel.other']")).to_be_visible()
    page.click("button.main")
    page.wait_for_url("**/next")
    assert served.last["_ticket"] == "t2"


@pytest.mark.parametrize("failure", [unavailable, dropped])
def test_a_failed_post_keeps_the_page_and_is_sent_again(page: Page, served: Served, failure: Any) -> None:
    served.answers += [failure]
    shows(page, served, page_of(CHANNEL))
    page.check("#channel-2")
    page.click("button.main")
    box = page.locator(".summary[role=alert]")
    expect(box).to_be_focused()
    assert box.locator("h2").text_content() == "Not kept" and box.locator("p").text_content() == "Retrying"
    assert box.evaluate("box => box.nextElementSibling.tagName") == "H1"
    expect(page.locator("#channel-2")).to_be_checked()
    page.wait_for_url("**/next", timeout=6000)
    assert len(served.posts) == 2 and served.posts[0] == served.posts[1]


def test_try_again_and_back_online(page: Page, served: Served) -> None:
    shows(page, served, page_of(CHANNEL))
    page.context.set_offline(True)
    page.click("button.main")
    expect(page.locator(".summary")).to_have_count(1)
    page.click("text=Try again")
    page.click("button.main")
    expect(page.locator(".summary")).to_have_count(1)
    assert served.posts == []
    page.context.set_offline(False)
    page.wait_for_url("**/next")
    assert len(served.posts) == 1


def test_a_double_click_sends_once(page: Page, served: Served) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.4)
        taken(handler)

    served.answers += [slow, slow]
    shows(page, served, page_of(CHANNEL))
    page.dblclick("button.main")
    page.wait_for_url("**/next")
    assert len(served.posts) == 1


def test_a_page_that_comes_back_after_it_was_sent_is_fetched_anew(page: Page, served: Served) -> None:
    """The browser's back button may bring back the page as it was, with a ticket that is used up."""
    served.answers += [dropped]
    shows(page, served, page_of(CHANNEL))
    page.click("button.main")
    expect(page.locator(".summary")).to_be_visible()
    served.shown = page_of(CHANNEL, ticket="t2")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator("[name=_ticket]")).to_have_value("t2")


def test_what_is_changed_on_the_way_follows_as_a_post_of_its_own(page: Page, served: Served) -> None:
    """The first post may have arrived although its answer was lost: the same ticket means the same answers."""
    served.answers += [unavailable]
    shows(page, served, page_of(CHANNEL))
    page.check("#channel-1")
    page.click("button.main")
    expect(page.locator(".summary")).to_be_visible()
    page.check("#channel-2")
    served.shown = page_of(CHANNEL, ticket="t2")
    page.click("button.main")
    page.wait_for_url("**/next", timeout=6000)
    sent = [(dict(post)["_ticket"], dict(post)["channel"]) for post in served.posts]
    assert sent == [("t1", "1"), ("t1", "1"), ("t2", "2")]


# Drafts.

DRAFTED = (
    CHANNEL
    + question("comment", "text", text("comment"))
    + question("used", "codes", ticks("used", "checkbox", "1 2"))
)


def test_what_was_typed_survives_a_closed_tab(page: Page, served: Served) -> None:
    shows(page, served, page_of(DRAFTED))
    page.check("#channel-2")
    page.check("#used-1")
    page.fill("#comment", "unsent")
    page.close(run_before_unload=True)
    again = page.context.new_page()
    again.goto(served.address)
    expect(again.locator("#comment")).to_have_value("unsent")
    expect(again.locator("#channel-2")).to_be_checked()
    expect(again.locator("#used-1")).to_be_checked()
    expect(again.locator("p.note[role=status]")).to_have_text("Restored")
    kept = again.evaluate("localStorage['earshot:k/p']")
    assert "csrf_token" not in kept and "_ticket" not in kept
    again.click("button.main")
    again.wait_for_url("**/next")
    assert again.evaluate("localStorage.length") == 0


def test_the_server_is_right_where_it_shows_an_answer(page: Page, served: Served) -> None:
    shows(page, served, page_of(DRAFTED))
    page.check("#used-1")
    page.fill("#comment", "unsent")
    page.check("#channel-2")
    page.wait_for_timeout(700)
    stored = DRAFTED.replace('id="used-2"', 'id="used-2" checked').replace(
        'id="comment" value=""', 'id="comment" value="sent"'
    )
    served.shown = page_of(stored)
    page.goto(served.address)
    expect(page.locator("#channel-2")).to_be_checked()
    expect(page.locator("#used-1")).not_to_be_checked()
    expect(page.locator("#comment")).to_have_value("sent")


def test_old_drafts_are_removed_and_none_is_kept_where_none_is_wanted(page: Page, served: Served) -> None:
    shows(page, served, page_of(DRAFTED))
    page.evaluate("""() => {
        localStorage["earshot:k/p"] = JSON.stringify([Date.now() - 864e5 - 1, [["comment", "old"]]]);
        localStorage["other"] = "kept"; localStorage["earshot:x"] = JSON.stringify([Date.now(), []]);
    }""")
    shows(page, served, page_of(DRAFTED, draft=""))
    expect(page.locator("#comment")).to_have_value("")
    page.fill("#comment", "secret")
    page.wait_for_timeout(700)
    assert sorted(page.evaluate("Object.keys(localStorage)")) == ["earshot:x", "other"]


def test_without_storage_all_else_works(page: Page, served: Served) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})")
    shows(page, served, page_of(CHANNEL + OTHER))
    page.check("#channel-9")
    page.fill("[name='channel.other']", "fax")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert served.last["channel.other"] == "fax"


# Long lists.

COUNTRIES = """<label for="q">Where?</label><select name="q" id="q" data-search><option value=""></option>
<option value="1">Österreich</option><option value="2">Україна</option><option value="3">Austria</option></select>"""


def test_a_long_list_is_searched(page: Page, served: Served) -> None:
    shows(page, served, page_of(question("q", "code", COUNTRIES)
          + question("after", "none", "after", ["compare", "==", ["answer", "q"], ["value", 1]])))  # fmt: skip
    search = page.get_by_label("Type to search")
    names = page.locator("#q option")
    search.fill("OSTER")
    assert names.all_text_contents() == ["", "Österreich"]
    expect(page.locator("[role=status]")).to_have_text("1 found")
    search.press("Enter")
    expect(page.locator("#q")).to_have_value("1")
    expect(page.get_by_text("after")).to_be_visible()
    search.fill("укра")
    assert names.all_text_contents() == ["", "Österreich", "Україна"]  # what is chosen stays
    expect(page.locator("#q")).to_have_value("1")
    search.fill("zzz")
    expect(page.locator("[role=status]")).to_have_text("0 found")
    search.press("Enter")
    search.fill("")
    assert len(names.all_text_contents()) == 4
    expect(page.locator("#q")).to_have_value("1")
    assert served.posts == []


# Ranking.


def ranking(places: int = 3, chosen: str = "") -> str:
    options = "".join(f"<option>{n}</option>" for n in range(1, places + 1))
    items = "".join(
        f'<li data-item="{name}"><select name="rank.{name}" id="{name}" data-code="{code}">'
        f'<option value=""></option>{options.replace("<option>1", "<option selected>1") if name == chosen else options}'
        "</select></li>"
        for code, name in enumerate("ABC", 1)
    )
    return question("rank", "rank", f'<ol class="ranking" data-ranking>{items}</ol>') + question(
        "after", "none", "C is first", ["compare", "==", ["first", "rank", ["value", 0]], ["value", 3]]
    )


def order(page: Page) -> list[tuple[str, str]]:
    pairs = "all => all.map(one => [one.dataset.item, one.querySelector('select').value])"
    return [tuple(pair) for pair in page.locator("ol li").evaluate_all(pairs)]


def test_items_are_ranked_by_buttons(page: Page, served: Served) -> None:
    shows(page, served, page_of(ranking()))
    up = page.get_by_role("button", name="Up C")
    up.focus()
    page.keyboard.press("Enter")
    assert order(page) == [("A", "1"), ("C", "2"), ("B", "3")]
    expect(page.locator("[role=status]")).to_have_text("“C” is now in place 2")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("C is first")).to_be_visible()
    expect(up).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    assert order(page) == [("C", "1"), ("A", "2"), ("B", "3")]
    expect(up).to_be_focused()
    page.get_by_role("button", name="Down C").click()
    assert order(page) == [("A", "1"), ("C", "2"), ("B", "3")]
    expect(page.get_by_role("button", name="Down B")).to_have_attribute("aria-disabled", "true")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert {k: v for k, v in served.last.items() if k.startswith("rank")} == {
        "rank.A": "1",
        "rank.C": "2",
        "rank.B": "3",
    }


def test_items_are_ranked_by_choosing_places(page: Page, served: Served) -> None:
    shows(page, served, page_of(ranking(chosen="B")))
    assert order(page) == [("B", "1"), ("A", ""), ("C", "")]
    page.focus("#C")
    page.select_option("#C", "1")
    assert order(page) == [("C", "1"), ("B", ""), ("A", "")]  # never two in one place
    expect(page.locator("#C")).to_be_focused()
    expect(page.get_by_text("C is first")).to_be_visible()
    page.select_option("#B", "2")
    page.select_option("#B", "1")
    assert order(page) == [("B", "1"), ("C", "2"), ("A", "")]
    page.select_option("#B", "")
    assert order(page) == [("C", "2"), ("B", ""), ("A", "")]


def test_fewer_places_than_items(page: Page, served: Served) -> None:
    shows(page, served, page_of(ranking(places=2)))
    page.get_by_role("button", name="Up C").click()
    assert order(page) == [("A", "1"), ("C", "2"), ("B", "")]
    assert page.eval_on_selector("#B", "select => select.selectedIndex") == 0


def too_large(handler: Handler) -> None:
    handler.reply(413, "<!doctype html><title>T</title><h1>Too much</h1><p class=lede>Shorten it</p>")


def test_too_much_text_stays_to_be_shortened(page: Page, served: Served) -> None:
    shows(page, served, page_of('<input type="text" name="t" id="t">'))
    page.fill("#t", "very long")
    served.answers = [too_large]
    page.click("button.main")
    expect(page.locator(".summary")).to_contain_text("Shorten it")
    assert page.input_value("#t") == "very long"
    page.fill("#t", "short")
    page.click("button.main")
    page.wait_for_url("**/next")
    assert served.last["t"] == "short"


def test_the_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= 5250
