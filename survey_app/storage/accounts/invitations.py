"""Invitations of colleagues: a link that is good once, for a week, for one e-mail and one role in one study."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, insert, or_, select, update

from survey_app.storage.accounts import audit, people, rights
from survey_app.storage.accounts.sessions import hash_of, insert_session
from survey_app.storage.database import writing
from survey_app.storage.tables import account, account_invitation, membership

GOOD_MS = 7 * 24 * 3600 * 1000


class NotGood(Exception):
    """The invitation is unknown, used, withdrawn or too old, or who made it may not invite any more."""


@dataclass(frozen=True)
class Invitation:
    """An invitation that may still be accepted; `key` stands for it in addresses and does not accept it."""

    key: str
    email: str
    study: str
    role: str
    made_ms: int

    @property
    def good_until_ms(self) -> int:
        return self.made_ms + GOOD_MS


def invite(engine: Engine, email: str, study: str, role: str, now_ms: int, *, by: str) -> str:
    """Return the token of a new invitation; earlier ones of the same person to the same study end."""
    if role not in rights.RIGHTS:
        raise ValueError(f"{role} is no role")
    token = secrets.token_urlsafe(32)
    before = (account_invitation.c.study == study) & (account_invitation.c.email == email)
    row = {"email": email, "study": study, "role": role, "made_by": by, "made_ms": now_ms}
    with writing(engine).begin() as connection:
        connection.execute(delete(account_invitation).where(before, account_invitation.c.used_ms.is_(None)))
        connection.execute(insert(account_invitation).values(token_hash=hash_of(token), **row))
        audit.write(connection, now_ms, by, "invited", study, role=role)
    return token


def open_ones(engine: Engine, study: str, now_ms: int) -> list[Invitation]:
    """Return the invitations to a study that may still be accepted, newest first."""
    query = _good(now_ms).where(account_invitation.c.study == study)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(account_invitation.c.made_ms.desc()))
        return [_invitation(row) for row in rows]


def find(engine: Engine, token: str, now_ms: int) -> Invitation | None:
    """Return the invitation of a token, None where it cannot be accepted (any more)."""
    with engine.connect() as connection:
        return _find(connection, token, now_ms)


def withdraw(engine: Engine, key: str, study: str, now_ms: int, *, by: str) -> bool:
    """End an invitation to a study; False where there is none such that is still open."""
    if "\0" in key:  # it came with an address, and PostgreSQL has no such text
        return False
    this = (account_invitation.c.token_hash == key) & (account_invitation.c.study == study)
    with writing(engine).begin() as connection:
        gone = connection.execute(
            delete(account_invitation).where(this, account_invitation.c.used_ms.is_(None))
        )
        if gone.rowcount:
            audit.write(connection, now_ms, by, "invitation_withdrawn", study)
    return bool(gone.rowcount)


def accept_as_new(
    engine: Engine, token: str, name: str, password: str, language: str, now_ms: int
) -> tuple[str, str]:
    """Make the account that an invitation is for, with its role, and return its id and a session's token.

    `password` is the hashed one. Raises NotGood, and EmailTaken where the e-mail has an account.
    """
    with writing(engine).begin() as connection:
        invitation = _use(connection, token, now_ms)
        key = people.insert_account(connection, invitation.email, name, password, now_ms, False, language)
        rights.put_role(connection, key, invitation.study, invitation.role)
        audit.write(connection, now_ms, key, "account_made", invitation.study, who=key, administrator=False)
        _tell(connection, key, invitation, now_ms)
        audit.write(connection, now_ms, key, "signed_in")
        return key, insert_session(connection, key, now_ms, complete=True)


def accept_as_known(engine: Engine, token: str, who: str, email: str, now_ms: int) -> Invitation:
    """Give an existing account the role that it was invited to. Raises NotGood."""
    with writing(engine).begin() as connection:
        invitation = _use(connection, token, now_ms)
        if invitation.email != email:
            raise NotGood
        rights.put_role(connection, who, invitation.study, invitation.role)
        _tell(connection, who, invitation, now_ms)
        return invitation


def _use(connection: Connection, token: str, now_ms: int) -> Invitation:
    """Mark an invitation as used; of many at once one gets it."""
    used = connection.execute(
        update(account_invitation)
        .where(account_invitation.c.token_hash == hash_of(token), account_invitation.c.used_ms.is_(None))
        .values(used_ms=now_ms)
    )
    if used.rowcount != 1:
        raise NotGood
    invitation = _find(connection, token, now_ms, used=True)
    if invitation is None:
        raise NotGood
    return invitation


def _find(connection: Connection, token: str, now_ms: int, *, used: bool = False) -> Invitation | None:
    query = _good(now_ms, used=used).where(account_invitation.c.token_hash == hash_of(token))
    row = connection.execute(query).first()
    return _invitation(row) if row else None


def _good(now_ms: int, *, used: bool = False) -> Select[Any]:
    """Invitations that are young enough and whose maker may still invite."""
    of_maker = (membership.c.account == account_invitation.c.made_by) & (
        membership.c.study == account_invitation.c.study
    )
    still_may = or_(account.c.administrator, membership.c.role == "administrator")
    return (
        select(account_invitation)
        .join(account, account.c.id == account_invitation.c.made_by)
        .outerjoin(membership, of_maker)
        .where(
            account_invitation.c.made_ms > now_ms - GOOD_MS,
            account_invitation.c.used_ms.is_not(None) if used else account_invitation.c.used_ms.is_(None),
            account.c.disabled_ms.is_(None),
            still_may,
        )
    )


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(row.token_hash, row.email, row.study, row.role, row.made_ms)


def _tell(connection: Connection, who: str, invitation: Invitation, now_ms: int) -> None:
    audit.write(
        connection, now_ms, who, "invitation_accepted", invitation.study, who=who, role=invitation.role
    )
