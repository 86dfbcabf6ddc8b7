"""Accounts: who they are, and what is changed about them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from survey_app.storage.accounts import audit
from survey_app.storage.accounts.sessions import delete_sessions
from survey_app.storage.database import writing
from survey_app.storage.tables import account, recovery_code

LONGEST_EMAIL, LONGEST_NAME = 254, 200
_EMAIL = re.compile(
    r"[^\s@\x00-\x1f\x7f,;<>()\"\\]{1,64}@[^\s@\x00-\x1f\x7f,;<>()\"\\]+\.[^\s@.\x00-\x1f\x7f]{2,}"
)


class EmailTaken(Exception):
    """There is an account with this e-mail already."""


@dataclass(frozen=True)
class Account:
    """One person who works here."""

    id: str
    email: str
    name: str
    administrator: bool
    disabled_ms: int | None
    second_factor: bool
    language: str
    made_ms: int


_COLUMNS = (
    account.c.id, account.c.email, account.c.name, account.c.administrator, account.c.disabled_ms,
    account.c.totp_secret, account.c.language, account.c.made_ms,
)  # fmt: skip


def read_email(typed: str) -> str | None:
    """Return an e-mail as it is stored, None where it cannot be one."""
    email = typed.strip().lower()
    return email if len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email) else None


def read_name(typed: str) -> str | None:
    """Return a name as it is stored, None where there is none or it holds signs that cannot be seen."""
    name = " ".join(typed.split())
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None


def any_account(engine: Engine) -> bool:
    """Tell whether anyone works here yet."""
    with engine.connect() as connection:
        return connection.execute(select(account.c.id).limit(1)).first() is not None


def everyone(engine: Engine) -> list[Account]:
    """Return every account by e-mail."""
    with engine.connect() as connection:
        return [_account(row) for row in connection.execute(select(*_COLUMNS).order_by(account.c.email))]


def by_email(engine: Engine, email: str) -> Account | None:
    with engine.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(account.c.email == email)).first()
    return _account(row) if row else None


def by_id(engine: Engine, key: str) -> Account | None:
    if "\0" in key:  # it came with an address, and PostgreSQL has no such text
        return None
    with engine.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(account.c.id == key)).first()
    return _account(row) if row else None


def stored_password(engine: Engine, email: str) -> tuple[str, str] | None:
    """Return the id and the stored password of an account that may sign in; one query for known and unknown."""
    query = select(account.c.id, account.c.password).where(
        account.c.email == email, account.c.disabled_ms.is_(None)
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return (row.id, row.password) if row else None


def add(
    engine: Engine,
    email: str,
    name: str,
    password: str,
    now_ms: int,
    *,
    administrator: bool = False,
    language: str = "en",
) -> str:
    """Make an account at the console and return its id; `password` is the hashed one. Raises EmailTaken."""
    with writing(engine).begin() as connection:
        key = insert_account(connection, email, name, password, now_ms, administrator, language)
        audit.write(connection, now_ms, None, "account_made", who=key, administrator=administrator)
    return key


def insert_account(
    connection: Connection,
    email: str,
    name: str,
    password: str,
    now_ms: int,
    administrator: bool,
    language: str,
) -> str:
    """Make an account within a transaction, which is of no more use where this raises EmailTaken."""
    key = secrets.token_urlsafe(16)
    row = {
        "id": key,
        "email": email,
        "name": name,
        "password": password,
        "administrator": administrator,
        "language": language,
        "made_ms": now_ms,
    }
    try:
        connection.execute(insert(account).values(**row))
    except IntegrityError:
        raise EmailTaken from None
    return key


def set_password(
    engine: Engine, key: str, password: str, now_ms: int, *, by: str | None, stay: str = ""
) -> None:
    """Store a new hashed password; every session of the account ends but the one whose token hash is `stay`."""
    with writing(engine).begin() as connection:
        connection.execute(update(account).where(account.c.id == key).values(password=password))
        delete_sessions(connection, key, stay)
        audit.write(connection, now_ms, by, "password_changed", who=key)


def renew_hash(engine: Engine, key: str, before: str, password: str) -> bool:
    """Store the same password under the parameters of today; False where it was changed meanwhile."""
    with writing(engine).begin() as connection:
        renewed = connection.execute(
            update(account).where(account.c.id == key, account.c.password == before).values(password=password)
        )
    return renewed.rowcount == 1


def describe(engine: Engine, key: str, name: str, language: str, now_ms: int) -> None:
    """Change what a person may change of their own account."""
    with writing(engine).begin() as connection:
        connection.execute(update(account).where(account.c.id == key).values(name=name, language=language))
        audit.write(connection, now_ms, key, "account_changed")


def disable(engine: Engine, key: str, now_ms: int, *, by: str | None) -> bool:
    """Let an account sign in no more, and end its sessions; False where it was so already."""
    with writing(engine).begin() as connection:
        changed = connection.execute(
            update(account)
            .where(account.c.id == key, account.c.disabled_ms.is_(None))
            .values(disabled_ms=now_ms)
        )
        delete_sessions(connection, key, "")
        if changed.rowcount:
            audit.write(connection, now_ms, by, "account_disabled", who=key)
    return bool(changed.rowcount)


def enable(engine: Engine, key: str, now_ms: int, *, by: str | None) -> bool:
    """Let a disabled account sign in again; False where it was not disabled."""
    with writing(engine).begin() as connection:
        changed = connection.execute(
            update(account)
            .where(account.c.id == key, account.c.disabled_ms.is_not(None))
            .values(disabled_ms=None)
        )
        if changed.rowcount:
            audit.write(connection, now_ms, by, "account_enabled", who=key)
    return bool(changed.rowcount)


def last_administrator(engine: Engine, key: str) -> bool:
    """Tell whether this is the only account that may look after all others."""
    others = select(func.count()).where(
        account.c.administrator, account.c.disabled_ms.is_(None), account.c.id != key
    )
    with engine.connect() as connection:
        return connection.execute(others).scalar() == 0


def second_factor_off(engine: Engine, key: str, now_ms: int, *, by: str | None, stay: str = "") -> None:
    """Take the second factor and its recovery codes away; every other session ends."""
    with writing(engine).begin() as connection:
        gone = {"totp_secret": None, "totp_last": None}
        connection.execute(update(account).where(account.c.id == key).values(**gone))
        connection.execute(delete(recovery_code).where(recovery_code.c.account == key))
        delete_sessions(connection, key, stay)
        audit.write(connection, now_ms, by, "second_factor_off", who=key)


def _account(row: Row[Any]) -> Account:
    values = dict(row._mapping)
    return Account(second_factor=values.pop("totp_secret") is not None, **values)
