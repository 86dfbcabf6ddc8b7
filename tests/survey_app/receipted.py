"""Finished responses with receipts, and the snapshots they are in: what tests of receipts and erasing share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from survey_app.respondent import receipt
from survey_app.respondent.fielded import shelf
from survey_app.storage.current import ended
from survey_app.storage.leaves import data_id
from survey_app.storage.posts import PagePost
from survey_app.storage.snapshot import take

from .conftest import Field, Person

SUBMITTED = int(datetime(2026, 11, 22, 9, tzinfo=UTC).timestamp() * 1000)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass
class Finished:
    """One finished response: its key, and its code as shown."""

    key: str
    code: str

    @property
    def data_id(self) -> str:
        """How the response is called in the data files."""
        return data_id(self.code.replace("-", "")[13:], self.key)


def finish(field: Field, number: int, **answers: Any) -> Finished:
    """Keep a response of two posts, as the form does, and return it with its receipt."""
    key = f"{number:032x}"
    with field.app.test_request_context("/"):
        served, _ = shelf().study("small")
        assert served is not None
        hashed = receipt.hash_of(served, key)
    for page, given in (("start", {"age": 34, "channel": 8}), ("more", {"comment": f"text of {number}"})):
        field.app.extensions["earshot-collector"].keep(
            PagePost(
                submission_key=f"{key}{page}"[-40:],
                response=key,
                study="small",
                version=field.study.version,
                synthetic=False,
                page=page,
                answers=given | (answers if page == "more" else {}),
                language="en",
                final=page == "more",
                posted_ms=SUBMITTED,
                shown_ms=SUBMITTED - 5_000,
                end="end",
                receipt_hash=hashed,
            )
        )
    found = ended(field.engine, key)
    assert found is not None
    with field.app.test_request_context("/"):
        return Finished(key, receipt.code_of(found))


def snapshot(field: Field, hour: int = 10) -> Path:
    """Take a snapshot where the app looks for them."""
    return take(field.engine, field.study, field.settings.snapshots / "small", NOW.replace(hour=hour))


def show(person: Person, code: str, action: str = "continue") -> Person:
    """Enter a code on the page of receipts and press a button."""
    person.open("/receipt")
    fields = {**person.hidden(), "code": code, "_action": action}
    person.response = person.client.post("/receipt", data=fields)
    return person


def shown_hashes(text: str) -> list[str]:
    return re.findall(r"<code>([0-9a-f]{64})</code>", text)
