"""The workplace in a browser: nothing is wrong with its pages, narrow or wide, in any language, without scripts."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from questionnaires.study import Study
from survey_app.storage.accounts import passwords, people, rights
from tests.browser.looking import cut, faults
from tests.browser.stand import Stand, serving

PASSWORD = "four words of an evening"
WIDTHS = (320, 1280)


def looked_at(page: Page) -> list[str]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{page.url} at {width}: {fault}" for fault in [*faults(page), *cut(page)]]
    page.emulate_media(color_scheme="dark")
    found += [f"{page.url} in the dark: {fault}" for fault in faults(page)]
    page.emulate_media(color_scheme="light")
    return found


def test_every_page_of_the_workplace(browser: Browser, complaint_channels: Study, tmp_path: Path) -> None:
    name = complaint_channels.name
    with serving([complaint_channels], tmp_path / "data") as stand:
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{stand.root}/sign-in")
        found = looked_at(page)
        _people(stand, name)
        _sign_in(page, "wrong")
        found += looked_at(page)
        _sign_in(page, PASSWORD)
        page.wait_for_url(f"{stand.root}/desk/")
        found += looked_at(page)
        for address in (
            f"/desk/{name}/", f"/desk/{name}/?language=uk", f"/desk/{name}/people?language=ru",
            f"/desk/{name}/close?language=en", f"/desk/{name}/log", "/desk/people", "/desk/log", "/reports/",
            "/account/", "/account/password", "/account/second-factor", "/desk/nothing/",
        ):  # fmt: skip
            page.goto(f"{stand.root}{address}")
            found += looked_at(page)
        for address, sent in ((f"/desk/{name}/people", ".row-forms .danger"), ("/desk/people", "td .danger")):
            page.goto(f"{stand.root}{address}?language=uk")
            page.click(sent)
            page.wait_for_selector("main form .danger")
            found += looked_at(page)
        page.goto(f"{stand.root}/desk/{name}/people?language=en")
        page.fill("#email", "dana@example.org")
        page.click("main section .main")
        found += looked_at(page)
        link = page.inner_text(".note code")
        page.goto(f"{stand.root}/account/second-factor")
        page.click("main .main")
        found += looked_at(page)
        page.click(".bar button")
        page.wait_for_url("**/sign-in?done=signed_out")
        page.goto(link)
        page.fill("#name", "Дана")
        page.click("main .main")
        found += looked_at(page)
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.click("main .main")
        page.wait_for_url(f"{stand.root}/desk/?joined={name}")
        context.close()
    assert found == []


def _people(stand: Stand, name: str) -> None:
    hashed = passwords.hashed(PASSWORD)
    people.add(stand.engine, "anna@example.org", "Anna Koval", hashed, 1_000, administrator=True)
    long = "somebody.with.a.long.name@department.organisation.example.org"
    who = people.add(stand.engine, long, "Somebody With A Rather Long Name", hashed, 1_000)
    rights.give_role(stand.engine, who, name, "field_manager", 1_000, by=None)


def _sign_in(page: Page, password: str) -> None:
    page.fill("#email", "anna@example.org")
    page.fill("#password", password)
    page.click("main .main")


def test_a_page_with_a_job_loads_itself_anew_where_no_script_may_run(
    browser: Browser, complaint_channels: Study, tmp_path: Path
) -> None:
    """The refresh is the page's own, so its Content-Security-Policy has to let it."""
    with serving([complaint_channels], tmp_path / "data") as stand:
        _people(stand, complaint_channels.name)
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{stand.root}/sign-in")
        _sign_in(page, PASSWORD)
        page.goto(f"{stand.root}/desk/{complaint_channels.name}/")
        page.click("main form .button")
        assert page.url.endswith("?done=job_begun")
        with page.expect_event("load", timeout=8_000):
            pass
        assert page.url.endswith("?done=job_begun")
        context.close()
