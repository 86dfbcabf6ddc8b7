"""Who is signed in: sessions that the server keeps. The cookie has a random token, the database only its hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from survey_app.storage.accounts import audit
from survey_app.storage.database import writing
from survey_app.storage.tables import account, sign_in

IDLE_MS = 2 * 3600 * 1000
LONGEST_MS = 12 * 3600 * 1000
HALF_MS = 10 * 60 * 1000
"""How long a session may wait for its second factor."""
SEEN_EVERY_MS = 60 * 1000
"""How exactly it is known when a session was last used: not every page has to be written down."""


@dataclass(frozen=True)
class Signed:
    """A session and whose it is; `complete` is False until the second factor was given."""

    token_hash: str
    account: str
    email: str
    name: str
    administrator: bool
    second_factor: bool
    language: str
    complete: bool
    pending: str | None


class Meanwhile(Exception):
    """The account was changed or closed, or the session ended, just while a session was being begun."""


def begin(
    engine: Engine, who: str, now_ms: int, *, complete: bool, password: str | None = None, instead: str = ""
) -> str:
    """Begin a session and return its token; the one whose token hash is `instead` ends.

    `password` is the stored one that was found to fit (None: none was asked for). Raises Meanwhile.
    """
    with writing(engine).begin() as connection:
        old = or_(sign_in.c.seen_ms < now_ms - IDLE_MS, sign_in.c.made_ms < now_ms - LONGEST_MS)
        connection.execute(delete(sign_in).where(old))
        if password is not None and _stands(connection, who) != (password, not complete):
            raise Meanwhile
        if instead:
            connection.execute(delete(sign_in).where(sign_in.c.token_hash == instead))
        token = insert_session(connection, who, now_ms, complete)
        if complete:
            audit.write(connection, now_ms, who, "signed_in")
    return token


def complete(engine: Engine, half: Signed, now_ms: int) -> str:
    """Make a session of one that waited for its second factor; return its new token. Raises Meanwhile."""
    with writing(engine).begin() as connection:
        standing = _stands(connection, half.account)
        waiting = connection.execute(delete(sign_in).where(sign_in.c.token_hash == half.token_hash))
        if standing is None or waiting.rowcount != 1:
            raise Meanwhile
        token = insert_session(connection, half.account, now_ms, True)
        audit.write(connection, now_ms, half.account, "signed_in")
    return token


def insert_session(connection: Connection, who: str, now_ms: int, complete: bool) -> str:
    """Begin a session within a transaction."""
    token = secrets.token_urlsafe(32)
    row = {"account": who, "complete": complete, "made_ms": now_ms, "seen_ms": now_ms}
    connection.execute(insert(sign_in).values(token_hash=hash_of(token), **row))
    return token


def find(engine: Engine, token: str, now_ms: int) -> Signed | None:
    """Return the session of a token; None where it is unknown, too old, or its account may not sign in."""
    query = (
        select(
            sign_in, account.c.email, account.c.name, account.c.administrator, account.c.totp_secret,
            account.c.language,
        )
        .join(account, account.c.id == sign_in.c.account)
        .where(sign_in.c.token_hash == hash_of(token), account.c.disabled_ms.is_(None))
    )  # fmt: skip
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or now_ms - row.seen_ms > IDLE_MS:
        return None
    if now_ms - row.made_ms > (LONGEST_MS if row.complete else HALF_MS):
        return None
    if now_ms - row.seen_ms > SEEN_EVERY_MS:
        with writing(engine).begin() as connection:
            connection.execute(
                update(sign_in).where(sign_in.c.token_hash == row.token_hash).values(seen_ms=now_ms)
            )
    return Signed(
        row.token_hash,
        row.account,
        row.email,
        row.name,
        row.administrator,
        row.totp_secret is not None,
        row.language,
        row.complete,
        row.totp_pending,
    )


def renew(engine: Engine, signed: Signed, now_ms: int) -> str:
    """Replace the token of a session, so that a stolen old one is useless; the session lives no longer for it."""
    token = secrets.token_urlsafe(32)
    with writing(engine).begin() as connection:
        connection.execute(
            update(sign_in)
            .where(sign_in.c.token_hash == signed.token_hash)
            .values(token_hash=hash_of(token), seen_ms=now_ms)
        )
    return token


def end(engine: Engine, signed: Signed, now_ms: int) -> None:
    """End one session."""
    with writing(engine).begin() as connection:
        connection.execute(delete(sign_in).where(sign_in.c.token_hash == signed.token_hash))
        audit.write(connection, now_ms, signed.account, "signed_out")


def end_others(engine: Engine, signed: Signed, now_ms: int) -> None:
    """End every other session of the same account."""
    with writing(engine).begin() as connection:
        delete_sessions(connection, signed.account, signed.token_hash)
        audit.write(connection, now_ms, signed.account, "others_signed_out")


def delete_sessions(connection: Connection, who: str, stay: str) -> None:
    """End every session of an account but the one whose token hash is `stay`, within a transaction."""
    connection.execute(delete(sign_in).where(sign_in.c.account == who, sign_in.c.token_hash != stay))


def count(engine: Engine, who: str, now_ms: int) -> int:
    """Return how many sessions of an account are open."""
    alive = select(func.count()).where(
        sign_in.c.account == who,
        sign_in.c.complete,
        sign_in.c.seen_ms >= now_ms - IDLE_MS,
        sign_in.c.made_ms >= now_ms - LONGEST_MS,
    )
    with engine.connect() as connection:
        return connection.execute(alive).scalar() or 0


def hash_of(token: str) -> str:
    """Return what is stored of a token: it is random and long, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _stands(connection: Connection, who: str) -> tuple[str, bool] | None:
    """Return the stored password of an account and whether it has a second factor; None for one that is closed.

    Nobody changes them until this transaction has ended. Whoever does ends the sessions that there are: one that
    is just being begun would outlive that.
    """
    held = select(account.c.password, account.c.totp_secret).where(
        account.c.id == who, account.c.disabled_ms.is_(None)
    )
    row = connection.execute(held.with_for_update(read=True)).first()
    return (row.password, row.totp_secret is not None) if row else None
