"""The tables: made once, of a known revision, and upgraded wholly or not at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, inspect, select, text

from questionnaires.study import Study
from survey_app.cli import database as verbs
from survey_app.storage import fieldwork, schema, sqlite
from survey_app.storage import upgrade as upgrading
from survey_app.storage.database import connect, writing
from survey_app.storage.fielded import fielded
from survey_app.storage.opening import open_database
from survey_app.storage.tables import metadata, post, response
from survey_app.storage.unusable import (
    DamagedDatabase,
    EmptyDatabase,
    ForeignDatabase,
    NewDatabase,
    OldDatabase,
)
from survey_app.storage.upgrade import SCRIPTS, Upgraded, upgrade

from .postgres import Server

pytestmark = pytest.mark.both_databases

NEXT = '''
"""A step as a later version could have it: a table more, another made anew, every row touched."""
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.create_table("note", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("text", sa.Text()))
    with op.batch_alter_table("response", recreate="auto") as table:
        table.add_column(sa.Column("wave", sa.Integer(), nullable=False, server_default="1"))
        table.alter_column("language", type_=sa.String(50), existing_type=sa.String(35))
    # BETWEEN
    for (key,) in op.get_bind().execute(sa.text('SELECT "key" FROM response')).fetchall():
        op.get_bind().execute(sa.text("INSERT INTO note (text) VALUES (:key)"), {"key": key})
        op.get_bind().execute(sa.text('UPDATE response SET wave = 2 WHERE "key" = :key'), {"key": key})
    op.create_index("note_by_text", "note", ["text"])
    op.drop_index("resume_by_response", "resume")
'''

KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from survey_app.storage.database import connect
from survey_app.storage.upgrade import upgrade

address, steps = sys.argv[1], Path(sys.argv[2])


def die_at(engine, wanted):
    seen = 0

    def count(*arguments):
        nonlocal seen
        seen += 1
        if str(seen) == wanted:
            os._exit(9)

    event.listen(engine, "before_cursor_execute", count)
    if wanted == "commit":
        event.listen(engine, "commit", lambda connection: os._exit(9))
    upgrade(engine, [steps])
    os._exit(9 if wanted == "done" else min(seen, 250))


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        die_at(connect(address), line.strip())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def empty(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if not database:
        return f"sqlite:///{tmp_path / 'empty.db'}"
    postgres: Server = request.getfixturevalue("postgres")
    return postgres.fresh()


@pytest.fixture
def bare(empty: str) -> Iterator[Engine]:
    engine = connect(empty)
    yield engine
    engine.dispose()


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder with a step that this version does not have."""
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0003_next.py").write_text(NEXT)
    return folder


def revision_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return schema.read(connection).revision


def change(engine: Engine, *statements: str) -> None:
    with writing(engine).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_the_steps_make_the_tables_that_the_code_writes(bare: Engine) -> None:
    assert upgrade(bare) == Upgraded(None, schema.REVISION)
    with bare.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert upgrade(bare) == Upgraded(schema.REVISION, schema.REVISION)


def test_a_new_file_is_as_if_it_had_taken_every_step(tmp_path: Path) -> None:
    made, stepped = (f"sqlite:///{tmp_path / name}" for name in ("made.db", "stepped.db"))
    engine = connect(stepped)
    upgrade(engine)
    engine.dispose()
    told = []
    for engine in (open_database(made), open_database(stepped)):
        with engine.connect() as connection:
            made_with = connection.execute(text("SELECT sql FROM sqlite_master ORDER BY name")).scalars()
            told.append([as_lines(sql) for sql in made_with])
        engine.dispose()
    assert told[0] == told[1]


def as_lines(sql: str | None) -> list[str]:
    """Return what makes a table as sorted lines: alembic quotes the name of one that it makes anew, and orders."""
    return sorted(line.strip(" ,") for line in (sql or "").replace('TABLE "post"', "TABLE post").splitlines())


def test_steps_are_numbered_and_the_code_works_with_the_newest() -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    steps = list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))
    assert [step.revision for step in steps] == [f"{n + 1:04}" for n in range(len(steps))]
    assert steps[-1].revision == schema.REVISION
    assert all(Path(step.path).name.startswith(f"{step.revision}_") for step in steps)


def test_a_server_without_tables_waits_for_its_owner(request: pytest.FixtureRequest) -> None:
    postgres: Server = request.getfixturevalue("postgres")
    address = postgres.fresh()
    with pytest.raises(EmptyDatabase, match="has no tables yet; make them with: earshot upgrade"):
        open_database(address)
    engine = connect(address)
    upgrade(engine)
    engine.dispose()
    open_database(address).dispose()


def test_whoever_comes_first_makes_the_tables_once(tmp_path: Path) -> None:
    address, faults = f"sqlite:///{tmp_path / 'new.db'}", []

    def start() -> None:
        try:
            open_database(address).dispose()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    engine = open_database(address)
    assert revision_of(engine) == schema.REVISION
    engine.dispose()


def test_a_database_from_before_revisions_is_taken_on(bare: Engine, empty: str, small: Study) -> None:
    upgrade(bare, to="0001")
    fieldwork.publish(bare, small, 7)
    change(bare, "DROP TABLE alembic_version")
    with pytest.raises(OldDatabase, match=r"revision 0001 .* earshot upgrade"):
        open_database(empty)
    assert revision_of(bare) == "0001"
    change(bare, "DROP TABLE alembic_version")
    assert upgrade(bare) == Upgraded("0001", schema.REVISION)
    engine = open_database(empty)
    found = fielded(engine, "small")
    assert found is not None and found.opened_ms == 7
    engine.dispose()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ("ALTER TABLE post DROP COLUMN screened", "its table post has no screened; take|lacks screened"),
        ("ALTER TABLE post ADD COLUMN colour TEXT", "its table post has colour, which is not known here"),
        ("DROP TABLE erasure", "it has no table erasure|its table erasure lacks response"),
    ],
)
def test_tables_that_are_not_of_the_first_revision_are_refused(
    bare: Engine, empty: str, changed: str, told: str
) -> None:
    upgrade(bare, to="0001")
    change(bare, "DROP TABLE alembic_version", changed)
    for attempt in (lambda: open_database(empty), lambda: upgrade(bare)):
        with pytest.raises(OldDatabase, match=told):
            attempt()
    change(bare, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    change(bare, f"INSERT INTO alembic_version VALUES ('{schema.REVISION}')")
    metadata.create_all(
        bare, [metadata.tables[name] for name in metadata.tables if name not in schema.FIRST_COLUMNS]
    )
    if "ADD" in changed:  # what is there beside ours is not ours to judge
        open_database(empty).dispose()
        return
    with pytest.raises(DamagedDatabase, match=told):
        open_database(empty)


def test_a_newer_and_an_older_database_are_refused(
    bare: Engine, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(bare)
    change(bare, "UPDATE alembic_version SET version_num = '0999'")
    for attempt in (lambda: open_database(empty), lambda: upgrade(bare)):
        with pytest.raises(NewDatabase, match=r"newer earshot \(revision 0999, .*; run the newer version"):
            attempt()
    change(bare, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(
        OldDatabase, match=r"revision 0001 and this version works with 0002; .* earshot upgrade"
    ):
        open_database(empty)


@pytest.mark.parametrize("with_revision", [False, True])
def test_the_database_of_another_program_is_left_alone(bare: Engine, empty: str, with_revision: bool) -> None:
    change(bare, "CREATE TABLE post (id INTEGER)", "CREATE TABLE users (id INTEGER)")
    if with_revision:
        change(bare, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
        change(bare, "INSERT INTO alembic_version VALUES ('1975ea83b712')")
    for attempt in (lambda: open_database(empty), lambda: upgrade(bare)):
        with pytest.raises(ForeignDatabase, match=r"another program \(.*post.*; name a database of its own"):
            attempt()
    assert "study" not in inspect(bare).get_table_names()


def test_an_upgrade_keeps_every_row(bare: Engine, steps: Path) -> None:
    filled(bare)
    assert upgrade(bare, [steps]) == Upgraded("0002", "0003")
    assert_new(bare)


def test_the_first_databases_keep_every_row(bare: Engine) -> None:
    filled(bare, "0001")
    assert upgrade(bare) == Upgraded("0001", "0002")
    assert_rows(bare)
    newest = "SELECT max(id) FROM post"
    with bare.connect() as connection:
        last = connection.execute(text(newest)).scalar()
    change(bare, "DELETE FROM post WHERE id = (SELECT max(id) FROM post)")
    change(
        bare,
        'INSERT INTO post (submission_key, response, page, answers, language, final, posted_ms, "end", screened,'
        " width) SELECT 'new', response, page, answers, language, final, posted_ms, \"end\", screened, width"
        " FROM post WHERE submission_key = 'k0'",
    )
    with bare.connect() as connection:  # a snapshot that goes on after the last number misses nothing
        assert connection.execute(text(newest)).scalar() > last


def test_an_upgrade_that_would_leave_loose_ends_changes_nothing(tmp_path: Path, steps: Path) -> None:
    """On SQLite the links between tables are not watched meanwhile, so they are looked at in the end."""
    engine = connect(f"sqlite:///{tmp_path / 'loose.db'}")
    filled(engine)
    (steps / "0003_next.py").write_text(f"{NEXT}    op.execute('DELETE FROM response')\n")
    with pytest.raises(ValueError, match="refer to nothing"):
        upgrade(engine, [steps])
    assert_old(engine)
    engine.dispose()


def test_an_upgrade_killed_anywhere_leaves_old_or_new(bare: Engine, empty: str, steps: Path) -> None:
    """Twenty kills: before statements from the first to the last, before the commit, and after it."""
    filled(bare)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, empty, str(steps)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as killed:  # fmt: skip

        def die_at(place: str) -> int:
            assert killed.stdin is not None and killed.stdout is not None
            print(place, file=killed.stdin, flush=True)
            return int(killed.stdout.readline())

        last = 72 if bare.dialect.name == "sqlite" else 48  # the statement that writes the revision down
        for number in range(18):
            assert die_at(str(1 + number * last // 17)) == 9
            assert_old(bare)
        assert die_at("commit") == 9
        assert_old(bare)
        assert die_at("done") == 9
        assert_new(bare)
        assert killed.stdin is not None
        killed.stdin.close()


def test_the_kills_would_show_a_state_between(tmp_path: Path, steps: Path) -> None:
    """The control: a step that commits half-way is caught."""
    address = f"sqlite:///{tmp_path / 'control.db'}"
    engine = connect(address)
    filled(engine)
    (steps / "0003_next.py").write_text(NEXT.replace("# BETWEEN", 'op.execute("COMMIT")'))
    done = subprocess.run(
        [sys.executable, "-c", KILLED, address, str(steps)], input="65\n", capture_output=True, text=True
    )
    assert done.stdout == "9\n", done.stderr
    with pytest.raises(AssertionError):
        assert_old(engine)
    with pytest.raises(AssertionError):
        assert_new(engine)
    engine.dispose()


def filled(engine: Engine, revision: str = "head") -> None:
    """Put a study with ten responses into a new database."""
    upgrade(engine, to=revision)
    with writing(engine).begin() as connection:
        record = {"record": b"", "opened_ms": 0}
        connection.execute(
            metadata.tables["study"].insert().values(name="s", status="open", version="v", **record)
        )
        for number in range(10):
            row = {
                "key": f"{number:032x}",
                "study": "s",
                "version": "v",
                "synthetic": False,
                "language": "en",
            }
            connection.execute(response.insert().values(**row, started_ms=number, salt="S" * 13))
            posted = {
                "submission_key": f"k{number}",
                "page": "p",
                "answers": "{}",
                "language": "en",
                "width": "",
            }
            more = {"final": False, "posted_ms": number, "end": "", "screened": False}
            connection.execute(post.insert().values(response=row["key"], **posted, **more))


def assert_old(engine: Engine) -> None:
    found = inspect(engine)
    assert revision_of(engine) == "0002"
    assert "note" not in found.get_table_names()
    assert "wave" not in {column["name"] for column in found.get_columns("response")}
    assert [index["name"] for index in found.get_indexes("resume")] == ["resume_by_response"]
    assert_rows(engine)


def assert_new(engine: Engine) -> None:
    found = inspect(engine)
    assert revision_of(engine) == "0003"
    assert [index["name"] for index in found.get_indexes("note")] == ["note_by_text"]
    assert found.get_indexes("resume") == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM note")).scalar() == 10
        assert set(connection.execute(text("SELECT wave FROM response")).scalars()) == {2}
    assert_rows(engine)


def assert_rows(engine: Engine) -> None:
    with engine.connect() as connection:
        begun = connection.execute(select(response.c.started_ms).order_by(response.c.started_ms)).scalars()
        posted = connection.execute(select(post.c.posted_ms).order_by(post.c.id)).scalars()
        assert list(begun) == list(posted) == list(range(10))


def run(address: str, folder: Path) -> Result:
    environment = {"EARSHOT_DATA": str(folder), "EARSHOT_DATABASE_URL": address}
    return CliRunner().invoke(verbs.upgrade, env=environment)


def test_the_verb_says_from_where_to_where(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(empty, tmp_path).output.startswith("Made the tables of ")
    again = run(empty, tmp_path)
    assert (again.exit_code, again.output.split(":")[0]) == (0, "Already up to date")
    monkeypatch.setattr(upgrading, "upgrade", lambda engine: Upgraded("0001", "0002"))
    assert run(empty, tmp_path).output.endswith("revision 0001 → 0002.\n")


def test_a_database_in_use_is_not_upgraded(
    request: pytest.FixtureRequest, bare: Engine, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(bare)
    monkeypatch.setattr(sqlite, "PATIENCE", 0.05)
    impatient = empty + "&options=-c%20lock_timeout%3D50" if "postgresql" in empty else empty
    with writing(bare).begin() as connection:
        connection.execute(text("LOCK TABLE alembic_version") if "postgresql" in empty else text("SELECT 1"))
        result = run(impatient, tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("nothing was changed: ")
    assert result.output.endswith("another program is changing it; try again in a moment\n")


def test_a_database_that_is_made_by_hand_is_not_ours(tmp_path: Path) -> None:
    plain = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with plain.begin() as connection:
        connection.execute(text("CREATE TABLE wp_posts (id INTEGER)"))
    plain.dispose()
    result = run(f"sqlite:///{tmp_path / 'other.db'}", tmp_path)
    assert result.exit_code == 1
    assert "holds tables of another program (wp_posts); name a database of its own" in result.output
