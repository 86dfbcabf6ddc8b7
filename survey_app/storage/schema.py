"""Which revision a database's tables are of, and whether this version can work with them.

What makes an older database new is in `migrations`, and run by `survey_app.storage.upgrade`; nothing here needs
it, so that a process that serves people stays small.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

from survey_app.storage.database import database_name, dialect_of, writing
from survey_app.storage.unusable import (
    DamagedDatabase,
    EmptyDatabase,
    ForeignDatabase,
    NewDatabase,
    OldDatabase,
)

REVISION = "0002"
"""The revision that this version works with: the number of the newest file in `migrations/versions`."""
FIRST = "0001"
"""The revision of databases that were made before revisions were written down."""
FIRST_COLUMNS = {
    "study": "name status version record opened_ms closed_ms",
    "version": "hash study content published_ms",
    "response": "key study version synthetic language started_ms salt receipt_hash seed",
    "post": "id submission_key response page answers language final posted_ms end screened shown_ms width",
    "resume": "code_hash response made_ms",
    "tombstone": "leaf study erased_ms",
    "erasure": "response study",
    "gone": "key_hash",
}
OURS = frozenset({"study", "version", "response", "post"})
"""Tables that every version has had."""
_revisions = Table(
    # By the name, and with the columns, that alembic gives it.
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


@dataclass(frozen=True)
class Schema:
    """The tables of a database with their columns, and the revision that is written down in it."""

    columns: dict[str, frozenset[str]]
    revision: str | None

    @property
    def empty(self) -> bool:
        return not self.columns

    @property
    def ours(self) -> bool:
        return self.columns.keys() >= OURS

    def missing(self) -> str:
        """Return what keeps a database without a revision from being of the first one, "" for nothing."""
        for table, names in FIRST_COLUMNS.items():
            expected, there = frozenset(names.split()), self.columns.get(table, frozenset())
            if not there:
                return f"it has no table {table}"
            if lacking := [name for name in names.split() if name not in there]:
                return f"its table {table} has no {', '.join(lacking)}"
            if there - expected:
                return f"its table {table} has {', '.join(sorted(there - expected))}, which is not known here"
        return ""


def read(connection: Connection) -> Schema:
    """Return what a database holds."""
    inspector = inspect(connection)
    columns = {
        table: frozenset(str(column["name"]) for column in inspector.get_columns(table))
        for table in inspector.get_table_names()
    }
    has_revision = _revisions.name in columns
    return Schema(columns, connection.execute(select(_revisions)).scalar() if has_revision else None)


def make_ready(engine: Engine, metadata: MetaData) -> None:
    """Make the tables of a new SQLite file, or see that those that are there are of this version.

    Raises EmptyDatabase for a server without tables, OldDatabase, NewDatabase, ForeignDatabase, DamagedDatabase.
    """
    with engine.connect() as connection:
        schema = read(connection)
    if schema.revision is None:
        # `begin` looks again inside the lock: another process may have been first.
        with writing(engine).begin() as connection:
            schema = begin(connection, metadata)
    refuse_other(schema, metadata, database_name(engine.url))


def refuse_other(schema: Schema, metadata: MetaData, where: str) -> None:
    """Raise what `make_ready` raises for tables that are not of this version; `where` names the database."""
    if schema.empty:
        raise EmptyDatabase(f"{where} has no tables yet; make them with: earshot upgrade")
    if schema.revision is None:
        refuse_unlike_first(schema, where)
    refuse_unknown(schema, where)
    if str(schema.revision) < REVISION:
        raise OldDatabase(
            f"{where} is of revision {schema.revision} and this version works with {REVISION}; stop every "
            "earshot that uses it, then: earshot upgrade"
        )
    for table in metadata.sorted_tables:
        lacking = [c.name for c in table.columns if c.name not in schema.columns.get(table.name, ())]
        if lacking:
            raise DamagedDatabase(
                f"{where} is damaged: its table {table.name} lacks {', '.join(lacking)}, which revision "
                f"{REVISION} has; put a copy in its place that is whole"
            )


def begin(connection: Connection, metadata: MetaData) -> Schema:
    """Write down the revision of a database that has none, and make the tables of a new file; inside a lock."""
    schema = read(connection)
    if schema.revision is not None:
        return schema
    if schema.empty:
        if not dialect_of(connection).MAKES_ITSELF:
            return schema
        metadata.create_all(connection)
    refuse_unlike_first(schema, database_name(connection.engine.url))
    _revisions.create(connection, checkfirst=True)
    connection.execute(insert(_revisions).values(version_num=REVISION if schema.empty else FIRST))
    return read(connection)


def refuse_unlike_first(schema: Schema, where: str) -> None:
    """Raise ForeignDatabase or OldDatabase for tables that are not those of the first revision."""
    if schema.empty:
        return
    if not schema.ours:
        raise ForeignDatabase(_foreign(schema, where))
    if missing := schema.missing():
        raise OldDatabase(
            f"{where} was made by an earlier version: {missing}; take a snapshot with the version that made it, "
            "then start with a new data folder"
        )


def refuse_unknown(schema: Schema, where: str) -> None:
    """Raise NewDatabase or ForeignDatabase for a revision that this version does not know."""
    revision = str(schema.revision)
    if not schema.ours or not (revision.isdigit() and len(revision) == len(REVISION)):
        raise ForeignDatabase(_foreign(schema, where))
    if revision > REVISION:
        raise NewDatabase(
            f"{where} was made by a newer earshot (revision {revision}, this version knows {REVISION}); "
            "run the newer version"
        )


def _foreign(schema: Schema, where: str) -> str:
    names = sorted(schema.columns)
    some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"{where} holds tables of another program ({some}); name a database of its own for earshot"
