"""The workplace's ways: where somebody lands, what asks once more, what a page says of a job, and in which order."""

from __future__ import annotations

import json
import re

import pytest

from survey_app.respondent import tickets
from survey_app.storage import jobs
from survey_app.storage.accounts import invitations, people, rights

from .conftest import Field
from .workplace import PASSWORD, Colleague, make

SNAPSHOT = "20261122T101500.000000Z"
REFRESH = '<meta http-equiv="refresh" content="3">'


def test_who_only_reads_reports_begins_there(field: Field) -> None:
    make(field.engine, "eve@example.org", study="small", role="executive")
    make(field.engine, "anna@example.org", study="small", role="analyst")
    make(field.engine, "new@example.org")
    assert Colleague(field.app, "eve@example.org").location == "/reports/"
    assert Colleague(field.app, "eve@example.org").open("/sign-in").location == "/reports/"
    assert Colleague(field.app).sign_in("eve@example.org", next="/account/").location == "/account/"
    assert Colleague(field.app, "anna@example.org").location == "/desk/"
    assert Colleague(field.app, "new@example.org").location == "/desk/"


def test_an_invitation_to_read_reports_leads_there(field: Field) -> None:
    boss = make(field.engine, "boss@example.org", administrator=True)
    token = invitations.invite(
        field.engine, "eve@example.org", "small", "executive", tickets.now_ms(), by=boss
    )
    eve = Colleague(field.app).post(f"/join/{token}", name="Eve", password=PASSWORD, again=PASSWORD)
    assert eve.location == "/reports/?joined=small"
    assert "You now have a role in “Small study”" in eve.open(eve.location).text
    assert "You now have" not in eve.open("/reports/?joined=other").text


def test_taking_someone_out_asks_once(field: Field) -> None:
    make(field.engine, "boss@example.org", study="small", role="administrator")
    anna = make(field.engine, "anna@example.org", study="small", role="analyst")
    boss, where = Colleague(field.app, "boss@example.org"), f"/desk/small/people/{anna}/remove"
    assert f'href="{where}"' in boss.open("/desk/small/people").text
    assert f'action="{where}"' not in boss.text
    assert "Take Anna out of the study?" in boss.open(where).text
    assert f'<form method="post" action="{where}">' in boss.text
    assert rights.role_in(field.engine, anna, "small", False) == "analyst"
    assert boss.post(where).status == 303
    assert rights.role_in(field.engine, anna, "small", False) is None
    assert boss.open(where).status == 404


def test_disabling_an_account_asks_once(field: Field) -> None:
    boss_key = make(field.engine, "boss@example.org", administrator=True)
    anna = make(field.engine, "anna@example.org", study="small", role="analyst")
    boss, where = Colleague(field.app, "boss@example.org"), f"/desk/people/{anna}/disable"
    assert "Small study: analysis" in boss.open("/desk/people").text
    assert f'href="{where}"' in boss.text
    assert "Disable the account of Anna?" in boss.open(where).text
    assert f'<form method="post" action="{where}">' in boss.text
    found = people.by_id(field.engine, anna)
    assert found is not None and found.disabled_ms is None
    assert boss.open(f"/desk/people/{boss_key}/disable").status == 404
    assert boss.open("/desk/people/nobody/disable").status == 404


@pytest.mark.parametrize(
    ("address", "order"),
    [("/account/password", ["now", "password", "again"]), ("join", ["name", "password", "again"])],
)
def test_problems_come_in_the_order_of_the_fields(field: Field, address: str, order: list[str]) -> None:
    boss = make(field.engine, "boss@example.org", administrator=True)
    browser = Colleague(field.app, "boss@example.org" if address != "join" else "")
    if address == "join":
        now = tickets.now_ms()
        address = (
            f"/join/{invitations.invite(field.engine, 'x@example.org', 'small', 'analyst', now, by=boss)}"
        )
    assert browser.post(address).status == 422
    assert re.findall(r'<li><a href="#(\w+)">', browser.text) == order
    assert re.findall(r'<input type="(?:text|password)" id="(\w+)"', browser.text) == order


def test_the_language_on_show_is_the_one_that_is_saved(field: Field) -> None:
    make(field.engine, "anna@example.org")
    browser = Colleague(field.app, "anna@example.org").open("/account/?language=uk")
    assert '<option value="uk" lang="uk" selected>' in browser.text


def test_a_page_looks_anew_while_a_job_goes_on_and_leads_to_what_it_left(field: Field) -> None:
    make(field.engine, "anna@example.org", study="small", role="analyst")
    make(field.engine, "fred@example.org", study="small", role="field_manager")
    browser, now = Colleague(field.app, "anna@example.org"), tickets.now_ms()
    assert REFRESH not in browser.open("/desk/small/").text
    jobs.add_job(field.engine, "snapshot", "small", {}, None, now)
    assert REFRESH in browser.open("/desk/small/").text
    taken = jobs.claim(field.engine, "worker", now)
    assert taken is not None
    assert REFRESH in browser.open("/desk/small/").text
    folder = field.settings.snapshots / "small" / SNAPSHOT
    folder.mkdir(parents=True)
    said = {"files": {}, "made_at": "2026-11-22T10:15:00+00:00", "n": 3, "synthetic": False}
    (folder / "manifest.json").write_text(json.dumps(said))
    jobs.finish(field.engine, taken, f"snapshots/small/{SNAPSHOT}", now)
    section = browser.open("/desk/small/").text.partition('id="jobs"')[2].partition("</section>")[0]
    assert REFRESH not in browser.text
    assert f'href="/desk/small/snapshots/{SNAPSHOT}"' in section
    fred = Colleague(field.app, "fred@example.org").open("/desk/small/")
    assert f"snapshots/{SNAPSHOT}" not in fred.text  # who may not open it is not led there


def test_a_report_that_is_done_can_be_read_from_its_job(field: Field) -> None:
    make(field.engine, "anna@example.org", study="small", role="analyst")
    now = tickets.now_ms()
    jobs.add_job(field.engine, "report", "small", {"snapshot": SNAPSHOT}, None, now)
    taken = jobs.claim(field.engine, "worker", now)
    assert taken is not None
    jobs.finish(field.engine, taken, f"reports/small/{SNAPSHOT}", now)
    browser = Colleague(field.app, "anna@example.org").open("/desk/small/")
    assert browser.status == 200
    assert "/reports/small/" not in browser.text  # deleted since
    page = field.settings.reports / "small" / SNAPSHOT / "page"
    page.mkdir(parents=True)
    words = {"uk": {"title": "A study", "kicker": "Report", "headline": "34% online"}}
    (page / "about.json").write_text(json.dumps({"synthetic": False, "words": words}))
    section = browser.open("/desk/small/").text.partition('id="jobs"')[2].partition("</section>")[0]
    assert f'href="/reports/small/{SNAPSHOT}/uk.html"' in section


def test_why_a_job_failed_is_told_as_the_programs_words(field: Field) -> None:
    make(field.engine, "anna@example.org", study="small", role="analyst")
    now = tickets.now_ms()
    jobs.add_job(field.engine, "report", "small", {}, None, now)
    taken = jobs.claim(field.engine, "worker", now)
    assert taken is not None
    jobs.fail(field.engine, taken, "nobody is in it", now, again=False)
    browser = Colleague(field.app, "anna@example.org").open("/desk/small/?language=uk")
    assert 'Що каже програма: <span lang="en">nobody is in it</span>' in browser.text
    assert REFRESH not in browser.text


def test_a_job_that_no_worker_takes_is_not_looked_at_for_ever(field: Field) -> None:
    make(field.engine, "anna@example.org", study="small", role="analyst")
    jobs.add_job(field.engine, "snapshot", "small", {}, None, tickets.now_ms() - 3_600_000)
    browser = Colleague(field.app, "anna@example.org").open("/desk/small/")
    assert "Waiting" in browser.text
    assert REFRESH not in browser.text
