"""The log of what people did: only ever appended to. No answers, tokens, passwords or addresses of machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from survey_app.storage.database import writing
from survey_app.storage.tables import account, audit

ACTIONS = frozenset(
    {
        "signed_in", "sign_in_failed", "code_failed", "signed_out", "others_signed_out", "password_changed",
        "second_factor_on", "second_factor_off", "recovery_codes_made", "recovery_code_used", "account_changed",
        "account_made", "account_disabled", "account_enabled", "invited", "invitation_withdrawn",
        "invitation_accepted", "role_given", "role_taken", "published", "closed", "job_begun", "downloaded",
        "report_downloaded", "links_made", "snapshot_made", "erased", "backed_up", "restored",
    }
)  # fmt: skip
PAGE = 100
"""Lines of the log that are shown at once."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the log; `name` is who did it, "" for the console and for someone unknown."""

    id: int
    at_ms: int
    name: str
    action: str
    study: str
    detail: Mapping[str, Any]


def write(
    connection: Connection, now_ms: int, by: str | None, action: str, study: str | None = None, **detail: Any
) -> None:
    """Append a line in the transaction of the action itself."""
    if action not in ACTIONS:
        raise ValueError(f"{action} is not an action of the log")
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    connection.execute(
        insert(audit).values(at_ms=now_ms, account=by, action=action, study=study, detail=text)
    )


def record(
    engine: Engine, now_ms: int, by: str | None, action: str, study: str | None = None, **detail: Any
) -> None:
    """Append a line in a transaction of its own."""
    with writing(engine).begin() as connection:
        write(connection, now_ms, by, action, study, **detail)


def lines(engine: Engine, study: str | None = None, before: int | None = None) -> list[AuditLine]:
    """Return a page of the log, newest first: of one study, or of everything; `before` is where it goes on."""
    query = (
        select(audit, account.c.name, account.c.email)
        .outerjoin(account, account.c.id == audit.c.account)
        .order_by(audit.c.id.desc())
        .limit(PAGE)
    )
    if study is not None:
        query = query.where(audit.c.study == study)
    if before is not None:
        query = query.where(audit.c.id < before)
    with engine.connect() as connection:
        return [
            AuditLine(
                row.id,
                row.at_ms,
                f"{row.name} ({row.email})" if row.email else "",
                row.action,
                row.study or "",
                json.loads(row.detail),
            )
            for row in connection.execute(query)
        ]
