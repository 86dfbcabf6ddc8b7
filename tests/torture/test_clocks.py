"""The short form of the clocks, and what can be said of them without a server."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from survey_app.factory import create_app
from survey_app.respondent.served import status_of
from tests.torture import clocks, stage
from tests.torture.client import filled_in
from tests.torture.report import Outcome


@pytest.mark.parametrize(("what", "written", "moment"), clocks.CLOSINGS, ids=lambda one: str(one)[:20])
def test_a_study_closes_at_its_own_local_time(what: str, written: str, moment: str) -> None:
    record = stage.study(1, f"close: {written}\n").record
    closing = datetime.fromisoformat(moment)
    second = timedelta(seconds=1)
    assert status_of(record, closing - second) == "open"
    assert status_of(record, closing) == "closed"


@pytest.mark.parametrize("back", [3, 3600, 86_400])
def test_a_clock_that_goes_back_loses_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: int
) -> None:
    """So it is, too, where another machine's clock lags: both have signed the same cookie."""
    found = stage.settings(tmp_path)
    stage.publish(found, 2)
    app = create_app(found)
    client = app.test_client()
    fields, _, key = filled_in(client.get(f"/s/{stage.NAME}").get_data(as_text=True))
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() - back)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() - back * 10**9)
    reply = client.post(f"/s/{stage.NAME}", data=MultiDict(fields))
    assert (reply.status_code, reply.location) == (303, f"/a/{key}/page_2")
    assert client.get(reply.location).status_code == 200
    app.extensions["earshot-collector"].close()
    app.extensions["earshot-shelf"].engine.dispose()


def test_sessions_with_a_jumping_clock(tortured: Callable[[str], list[Outcome]]) -> None:
    for outcome in tortured("clocks"):
        assert outcome.passed, f"\n{outcome}"
