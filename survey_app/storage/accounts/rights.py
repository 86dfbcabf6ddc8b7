"""Roles in a study, what each may do, and who has which. The one table of rights there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select

from survey_app.storage.accounts import audit
from survey_app.storage.database import writing
from survey_app.storage.tables import account, membership, study

RIGHTS: Mapping[str, frozenset[str]] = {
    "researcher": frozenset({"study", "design", "publish", "reports"}),
    "field_manager": frozenset({"study", "field", "jobs", "take_snapshot", "reports"}),
    "analyst": frozenset({"study", "jobs", "take_snapshot", "make_report", "data", "reports"}),
    "executive": frozenset({"reports"}),
    "administrator": frozenset(
        {
            "study", "design", "publish", "field", "jobs", "take_snapshot", "make_report", "data", "reports",
            "people", "log",
        }
    ),
}  # fmt: skip
"""Role → rights. study: its page and its counts; design, publish: its questionnaire; field: open links, invitations,
closing; jobs: what is being worked on; take_snapshot, make_report: begin such a job; data: the files of snapshots;
reports: finished reports; people: who has which role; log: what was done."""
ROLES = tuple(RIGHTS)


@dataclass(frozen=True)
class Colleague:
    """One person of a study."""

    account: str
    name: str
    email: str
    role: str
    disabled: bool


@dataclass(frozen=True)
class OwnStudy:
    """A study as a list for one person has it."""

    name: str
    status: str
    role: str
    record: bytes


def role_in(engine: Engine, who: str, name: str, administrator: bool) -> str | None:
    """Return the role of an account in a study; None where it has none, and where there is no such study.

    Both take the same path: one statement, which finds a study with or without a role, or nothing.
    """
    if "\0" in name:  # it came with an address, and PostgreSQL has no such text
        return None
    mine = (membership.c.study == study.c.name) & (membership.c.account == who)
    query = select(study.c.name, membership.c.role).outerjoin(membership, mine).where(study.c.name == name)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    return "administrator" if administrator else row.role


def may(role: str | None, right: str) -> bool:
    """Tell whether a role has a right; a role that is not known has none."""
    return right in RIGHTS.get(role or "", frozenset())


def studies_of(engine: Engine, who: str, administrator: bool) -> list[OwnStudy]:
    """Return the studies that an account has a role in, by name; an administrator of everything has one in all."""
    mine = (membership.c.study == study.c.name) & (membership.c.account == who)
    query = select(study.c.name, study.c.status, study.c.record, membership.c.role).outerjoin(
        membership, mine
    )
    if not administrator:
        query = query.where(membership.c.role.is_not(None))
    with engine.connect() as connection:
        return [
            OwnStudy(row.name, row.status, "administrator" if administrator else row.role, row.record)
            for row in connection.execute(query.order_by(study.c.name))
        ]


def members(engine: Engine, name: str) -> list[Colleague]:
    """Return the people of a study by name."""
    query = (
        select(account.c.id, account.c.name, account.c.email, account.c.disabled_ms, membership.c.role)
        .join(membership, membership.c.account == account.c.id)
        .where(membership.c.study == name)
        .order_by(account.c.name, account.c.id)
    )
    with engine.connect() as connection:
        return [
            Colleague(row.id, row.name, row.email, row.role, row.disabled_ms is not None)
            for row in connection.execute(query)
        ]


def roles_by_account(engine: Engine) -> dict[str, list[tuple[str, str]]]:
    """Return (study, role) of every account, by study."""
    roles: dict[str, list[tuple[str, str]]] = {}
    with engine.connect() as connection:
        for row in connection.execute(select(membership).order_by(membership.c.study)):
            roles.setdefault(row.account, []).append((row.study, row.role))
    return roles


def give_role(engine: Engine, who: str, name: str, role: str, now_ms: int, *, by: str | None) -> None:
    """Give an account a role in a study, in place of any that it had. Raises ValueError for no role of ours."""
    with writing(engine).begin() as connection:
        put_role(connection, who, name, role)
        audit.write(connection, now_ms, by, "role_given", name, who=who, role=role)


def put_role(connection: Connection, who: str, name: str, role: str) -> None:
    """Give a role within a transaction."""
    if role not in RIGHTS:
        raise ValueError(f"{role} is no role")
    connection.execute(delete(membership).where(membership.c.account == who, membership.c.study == name))
    connection.execute(insert(membership).values(account=who, study=name, role=role))


def take_role(engine: Engine, who: str, name: str, now_ms: int, *, by: str | None) -> bool:
    """Take an account out of a study; False where it was not in it."""
    with writing(engine).begin() as connection:
        gone = connection.execute(
            delete(membership).where(membership.c.account == who, membership.c.study == name)
        )
        if gone.rowcount:
            audit.write(connection, now_ms, by, "role_taken", name, who=who)
    return bool(gone.rowcount)
