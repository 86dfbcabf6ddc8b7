"""A showcase that is answered up to some page, so that a test need not walk there."""

from __future__ import annotations

import secrets

from questionnaires.model import Answer, Missing
from questionnaires.personal import draws
from survey_app.respondent import tickets
from survey_app.respondent.resume import code_for
from survey_app.respondent.shelf import shelf
from survey_app.storage.posts import PagePost
from tests.browser.person import WRITTEN
from tests.browser.stand import Stand

STORED: dict[str, Answer] = {
    "consent": 1, "age": 34, "channel": 4, "platform": 3, "used": (1, 9), "used.other_text": "by fax",
    "expected": 3, "tolerated": 4, "important.fast": 1, "important.person": 2, "important.solves": 3,
    "recommend": 8, "pleased": 2, "ranks": (3, 1, 2),
    "pair_order": 1, "pair_bill": 3, "again": 2, "contacts": 5, "complaints": 2, "spent": 12.5, "sent": 20260203,
    "born": 19900000, "company": "ACME", "story": WRITTEN["story"], "country": 520, "gender": 1, "company_size": 2,
}  # fmt: skip
"""What a walk through all pages leaves."""


def begun(stand: Stand, upto: str, language: str = "en") -> str:
    """Store a response that is answered up to a page, and return the personal link that goes on there."""
    key = secrets.token_hex(16)
    with stand.app.test_request_context("/"):
        served, _ = shelf().study("showcase")
        assert served is not None
        known = {**STORED, **draws(served.questionnaire, tickets.seed(key))}
        for page in served.pages(tickets.seed(key)):
            if page.name == upto:
                break
            names = [variable.name for question in page.questions for variable in question.variables]
            stand.collector.keep(
                PagePost(
                    submission_key=secrets.token_hex(16),
                    response=key,
                    study=served.name,
                    version=served.version,
                    synthetic=False,
                    page=page.name,
                    answers={name: known.get(name, Missing.NOT_ANSWERED) for name in names},
                    language=language,
                    final=False,
                    posted_ms=0,
                )
            )
        return f"{stand.root}/resume/{code_for(key)}?language={language}"
