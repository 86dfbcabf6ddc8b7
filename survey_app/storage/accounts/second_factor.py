"""The second factor: codes of six digits that change with the time (RFC 6238), and codes for a lost telephone."""

from __future__ import annotations

import hmac

import pyotp
from sqlalchemy import Connection, Engine, delete, func, insert, or_, select, update

from survey_app.storage.accounts import audit
from survey_app.storage.accounts.sessions import Signed, delete_sessions
from survey_app.storage.codes import RESUME, grouped, hashed, random_code, read_code
from survey_app.storage.database import writing
from survey_app.storage.tables import account, recovery_code, sign_in

STEP_MS = 30_000
WINDOW = 1
"""Steps that a telephone's clock may be behind or ahead."""
RECOVERY_CODES = 10
ISSUER = "earshot"


def prepare(engine: Engine, signed: Signed) -> str:
    """Return the secret that this session is setting up; it counts once a code was given to it."""
    if signed.pending:
        return signed.pending
    secret = pyotp.random_base32()
    with writing(engine).begin() as connection:
        connection.execute(
            update(sign_in).where(sign_in.c.token_hash == signed.token_hash).values(totp_pending=secret)
        )
    return secret


def address_of(secret: str, email: str) -> str:
    """Return what the picture for the telephone says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def turn_on(engine: Engine, signed: Signed, typed: str, now_ms: int) -> list[str] | None:
    """Make the prepared secret the account's own and return its recovery codes; None for a wrong code.

    Every other session of the account ends.
    """
    step = _step_of(signed.pending or "", typed, now_ms) if signed.pending else None
    if step is None:
        return None
    with writing(engine).begin() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == signed.account)
            .values(totp_secret=signed.pending, totp_last=step)
        )
        delete_sessions(connection, signed.account, signed.token_hash)
        connection.execute(
            update(sign_in).where(sign_in.c.token_hash == signed.token_hash).values(totp_pending=None)
        )
        audit.write(connection, now_ms, signed.account, "second_factor_on", who=signed.account)
        return _new_codes(connection, signed.account, now_ms)


def renew_codes(engine: Engine, who: str, now_ms: int) -> list[str]:
    """Return new recovery codes; earlier ones are no longer accepted."""
    with writing(engine).begin() as connection:
        return _new_codes(connection, who, now_ms)


def codes_left(engine: Engine, who: str) -> int:
    """Return how many recovery codes were not used yet."""
    with engine.connect() as connection:
        left = select(func.count()).select_from(recovery_code).where(recovery_code.c.account == who)
        return connection.execute(left).scalar() or 0


def accept(engine: Engine, who: str, typed: str, now_ms: int) -> bool:
    """Tell whether a code of the telephone or a recovery code is right; either is good once."""
    with engine.connect() as connection:
        secret = connection.execute(select(account.c.totp_secret).where(account.c.id == who)).scalar()
    if secret is None:
        return False
    step = _step_of(secret, typed, now_ms)
    code = read_code(typed[:100], RESUME) if step is None else None
    if step is None and code is None:
        return False
    with writing(engine).begin() as connection:
        # One statement decides, so that of two who bring the same code at once one is let in.
        if code is None:
            fresh = or_(account.c.totp_last.is_(None), account.c.totp_last < step)
            same = account.c.id == who, account.c.totp_secret == secret
            used = connection.execute(update(account).where(*same, fresh).values(totp_last=step))
            return used.rowcount == 1
        own = recovery_code.c.account == who, recovery_code.c.code_hash == hashed(code)
        used = connection.execute(delete(recovery_code).where(*own))
        if used.rowcount == 1:
            audit.write(connection, now_ms, who, "recovery_code_used", who=who)
        return used.rowcount == 1


def _step_of(secret: str, typed: str, now_ms: int) -> int | None:
    """Return the time step that a typed code belongs to, None for a wrong one."""
    code = "".join(typed.split())
    if len(code) != 6 or not (code.isascii() and code.isdecimal()):
        return None
    generator, now = pyotp.TOTP(secret), now_ms // STEP_MS
    steps = range(now - WINDOW, now + WINDOW + 1)
    right = [step for step in steps if hmac.compare_digest(generator.generate_otp(step), code)]
    return max(right, default=None)


def _new_codes(connection: Connection, who: str, now_ms: int) -> list[str]:
    codes = [random_code(RESUME) for _ in range(RECOVERY_CODES)]
    connection.execute(delete(recovery_code).where(recovery_code.c.account == who))
    connection.execute(insert(recovery_code), [{"code_hash": hashed(code), "account": who} for code in codes])
    audit.write(connection, now_ms, who, "recovery_codes_made", who=who)
    return [grouped(code, (4, 4, 4, 4)) for code in codes]
