"""Two databases, one promise: what is acknowledged stays, whoever else writes and whatever restarts."""

from __future__ import annotations

import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from questionnaires.study import Study
from survey_app.cli import main
from survey_app.config import Settings
from survey_app.factory import create_app
from survey_app.storage import disk, erase, fieldwork, postgresql, rows, sqlite
from survey_app.storage.collect import Collector
from survey_app.storage.current import current
from survey_app.storage.database import connect, hold, parse_address, prove_writable, writing
from survey_app.storage.posts import Finished, NotKept
from survey_app.storage.remedies import in_words
from survey_app.storage.tables import open_database, post
from survey_app.storage.unusable import BadAddress, MissingDriver, WeakDatabase
from survey_app.storage.upgrade import upgrade

from .conftest import Field, Person
from .postgres import Server
from .test_collect import POST

SECRET = "dreadful-secret"


@pytest.fixture
def own(postgres: Server) -> str:
    """The address of a PostgreSQL database of the test's own, with its tables."""
    address = postgres.fresh()
    engine = connect(address)
    upgrade(engine)
    engine.dispose()
    return address


@contextmanager
def processes(settings: Settings, number: int = 2) -> Iterator[list[Collector]]:
    """Writers with connections of their own, as several processes have them."""
    engines = [open_database(settings.database_url) for _ in range(number)]
    collectors = [Collector(engine) for engine in engines]
    yield collectors
    for collector, engine in zip(collectors, engines, strict=True):
        collector.close()
        engine.dispose()


def at_once(tasks: list[Callable[[], object]]) -> list[object]:
    """Run all at the same time and return what each returned or raised."""
    gate, results = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(number: int) -> None:
        gate.wait(10)
        try:
            results[number] = tasks[number]()
        except Exception as refusal:
            results[number] = refusal

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(post)).scalar_one()


@pytest.mark.both_databases
def test_two_processes_cannot_both_finish_a_response(
    settings: Settings, engine: Engine, small: Study
) -> None:
    fieldwork.publish(engine, small, 0)
    with processes(settings) as writers:
        for number in range(10):
            posts = [
                replace(POST, submission_key=f"{number}-{which}", response=f"r{number}", final=True)
                for which in range(2)
            ]
            outcomes = at_once([lambda w=w, p=p: w.keep(p) for w, p in zip(writers, posts, strict=True)])
            assert sorted(type(one) for one in outcomes if one) == [Finished], outcomes
    assert count(engine) == 10


@pytest.mark.both_databases
def test_two_processes_keep_one_submission_once(settings: Settings, engine: Engine, small: Study) -> None:
    fieldwork.publish(engine, small, 0)
    with processes(settings) as writers:
        outcomes = at_once([lambda w=w: w.keep(POST) for w in writers for _ in range(15)])
    assert outcomes == [None] * 30
    assert count(engine) == 1


@pytest.mark.both_databases
def test_groups_of_two_processes_never_wait_for_each_other(
    settings: Settings, engine: Engine, small: Study
) -> None:
    """Each has the same twenty responses in its group, one forwards and one backwards."""
    fieldwork.publish(engine, small, 0)
    with processes(settings) as writers:
        for turn in range(3):
            keys = [f"r{number}" for number in range(20)]
            groups = [
                [
                    (replace(POST, submission_key=f"{turn}{which}{key}", response=key), Future())
                    for key in order
                ]
                for which, order in enumerate((keys, keys[::-1]))
            ]
            outcomes = at_once(
                [lambda w=w, g=g: w._append_group(g) for w, g in zip(writers, groups, strict=True)]
            )
            assert outcomes == [[None] * 20] * 2
    assert count(engine) == 120


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_locks_are_taken_in_one_order(engine: Engine) -> None:
    """Two processes that want the same locks in different orders would wait for each other."""
    keys, taken = [f"r{number}" for number in range(20)], []

    def note(
        connection: object, cursor: object, statement: str, given: dict[str, list[int]], *more: object
    ) -> None:
        if "pg_advisory" in statement:
            taken.append(given["numbers"])

    event.listen(engine, "before_cursor_execute", note)
    for order in (keys, keys[::-1], [*keys, *keys]):
        with writing(engine).begin() as connection:
            hold(connection, studies=order, responses=order)
    assert len(taken) == 6
    assert taken == [taken[0], taken[1]] * 3
    assert taken[0] != taken[1]


@pytest.mark.both_databases
def test_what_is_appended_meanwhile_is_erased_too(settings: Settings, engine: Engine, small: Study) -> None:
    fieldwork.publish(engine, small, 0)
    with processes(settings, 1) as (writer,):
        for number in range(5):
            key = f"r{number}"
            first = replace(POST, submission_key=f"a{number}", response=key, version=small.version)
            writer.keep(first)
            later = replace(first, submission_key=f"b{number}", page="more")
            outcomes = at_once([lambda p=later: writer.keep(p), lambda k=key: erase.erase(engine, k, 0)])
            assert outcomes[1] == "small"
            assert outcomes[0] is None or isinstance(outcomes[0], Finished)  # before the erasure, or after it
            assert current(engine, key) is None


@pytest.mark.both_databases
def test_times_far_ahead_are_kept(settings: Settings, engine: Engine, small: Study) -> None:
    fieldwork.publish(engine, small, 0)
    far = 4_102_444_800_000  # the year 2100
    with processes(settings, 1) as (writer,):
        writer.keep(replace(POST, posted_ms=far, shown_ms=far - 1))
    assert [stored.started_ms for stored in rows.responses(engine, "small")] == [far]


@pytest.mark.both_databases
def test_an_address_with_a_nul_leads_nowhere(field: Field, person: Person) -> None:
    for address in ("/s/%00", "/a/%00/start", "/s/small%00"):
        assert person.open(address).response.status_code == 404, address
    person.open("/s/small").post({"age": "34", "channel": "8"})
    assert person.open("/a/%00/more").response.status_code == 404


@pytest.mark.both_databases
def test_a_lost_database_is_asked_once_for_a_group(engine: Engine, small: Study) -> None:
    """Each post alone would wait for it in turn, and the last person for all of them."""
    fieldwork.publish(engine, small, 0)
    collector, asked = Collector(engine), []

    def lost(posts: list[object]) -> list[Exception | None]:
        asked.append(len(posts))
        raise OperationalError("", None, OSError("gone"), connection_invalidated=True)

    collector._append_group = lost  # type: ignore[method-assign]
    futures = [Future() for _ in range(5)]
    collector._commit([(POST, done) for done in futures])
    assert asked == [5]
    assert [str(done.exception()) for done in futures] == ["gone"] * 5
    collector.close()


@pytest.mark.both_databases
def test_every_row_is_read_a_few_at_a_time(
    engine: Engine, settings: Settings, small: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 50)
    fieldwork.publish(engine, small, 0)
    with processes(settings, 1) as (writer,):
        posts = [replace(POST, submission_key=f"{n}", response=f"{n:032x}") for n in range(200)]
        writer._append_group([(one, Future()) for one in posts])
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda connection, cursor, text, *more: said.append(text))
    assert sum(1 for _ in rows.responses(engine, "small")) == 200
    assert sum("JOIN post" in text for text in said) == 4


def test_a_file_that_is_replaced_or_removed_is_not_written_to(settings: Settings, small: Study) -> None:
    """What went into a removed file would be acknowledged and gone."""
    engine, path = open_database(settings.database_url), settings.data / "earshot.db"
    fieldwork.publish(engine, small, 0)
    collector = Collector(engine)
    collector.keep(POST)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)
    with pytest.raises(NotKept, match="another file was put in its place"):
        collector.keep(replace(POST, submission_key="b", page="b"))
    collector.keep(replace(POST, submission_key="c", page="c"))  # into the file that is there now
    found = current(open_database(settings.database_url), POST.response)
    assert found is not None and found.pages == {POST.page, "c"}
    path.unlink()
    for key in "de":
        with pytest.raises(NotKept):
            collector.keep(replace(POST, submission_key=key, page=key))
    collector.close()
    engine.dispose()


def test_a_server_that_restarts_loses_nothing(
    postgres: Server, own: str, settings: Settings, small: Study
) -> None:
    """What was acknowledged is there, what was not kept says so, and the next post needs no new process."""
    engine = open_database(own)
    fieldwork.publish(engine, small, 0)
    app = create_app(settings, engine)
    collector, person = app.extensions["earshot-collector"], Person(app.test_client())
    person.open("/s/small")
    collector.keep(POST)
    postgres.stop(signal.SIGQUIT)
    try:
        with pytest.raises(NotKept):
            collector.keep(replace(POST, submission_key="b"))
        person.post({"age": "34", "channel": "8"})
        assert person.response.status_code == 503
        assert 'value="34"' in person.text
    finally:
        postgres.start()
    collector.keep(replace(POST, submission_key="c", page="more"))
    assert count(engine) == 2
    person.post({"age": "34", "channel": "8"})
    assert person.address.endswith("/more")
    collector.close()
    engine.dispose()


def test_nobody_sees_a_restart_between_two_pages(
    postgres: Server, own: str, settings: Settings, small: Study
) -> None:
    engine = open_database(own)
    fieldwork.publish(engine, small, 0)
    app = create_app(settings, engine)
    person = Person(app.test_client()).open("/s/small")
    person.post({"age": "34", "channel": "8"})
    postgres.stop()
    postgres.start()
    person.post({"comment": "after the restart"})
    assert person.address.endswith("/end")
    app.extensions["earshot-collector"].close()
    engine.dispose()


def test_a_server_that_restarts_again_and_again(postgres: Server, own: str, small: Study) -> None:
    """Posts all the while, each sent until it is kept: every one is there, and once."""
    engine = open_database(own)
    fieldwork.publish(engine, small, 0)
    collector, over, kept = Collector(engine), threading.Event(), []

    def person(number: int) -> None:
        while not over.is_set():
            mine = replace(POST, submission_key=f"{number}-{len(kept)}", response=f"{number}-{len(kept)}")
            while True:
                try:
                    collector.keep(mine)
                except NotKept:
                    over.wait(0.02)
                else:
                    kept.append(mine.submission_key)
                    break

    threads = [threading.Thread(target=person, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for how in (signal.SIGQUIT, signal.SIGINT, signal.SIGQUIT):
        over.wait(0.3)
        postgres.stop(how)
        postgres.start()
    over.wait(0.3)
    over.set()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert sorted(connection.execute(select(post.c.submission_key)).scalars()) == sorted(set(kept))
    assert len(kept) > 20
    collector.close()
    engine.dispose()


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ("synchronous_commit = off", "synchronous_commit is off (on is needed); ALTER DATABASE"),
        ("synchronous_commit = local", "synchronous_commit is local (on is needed)"),
        ("default_transaction_read_only = on", "is read-only; name the primary server, not a standby"),
    ],
)
def test_a_server_with_weaker_settings_is_refused(
    postgres: Server, own: str, setting: str, remedy: str
) -> None:
    postgres.say(f"ALTER DATABASE {parse_address(own).database} SET {setting}")
    with pytest.raises(WeakDatabase) as refused:
        open_database(own)
    assert remedy in str(refused.value)


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_does_not_write_is_refused(postgres: Server, own: str, setting: str) -> None:
    postgres.stop()
    postgres.start(**{setting: "off"})
    try:
        with pytest.raises(WeakDatabase, match=rf"{setting} is off \(on is needed\); set {setting} = on in"):
            open_database(own)
    finally:
        postgres.stop()
        postgres.start()


@pytest.mark.parametrize("word", ["remote_write", "remote_apply"])
def test_stronger_settings_are_welcome(postgres: Server, own: str, word: str) -> None:
    postgres.say(f"ALTER DATABASE {parse_address(own).database} SET synchronous_commit = {word}")
    open_database(own).dispose()


def test_settings_weakened_later_reach_no_connection(postgres: Server, own: str, small: Study) -> None:
    engine = open_database(own)
    fieldwork.publish(engine, small, 0)
    collector = Collector(engine)
    try:
        postgres.say("ALTER SYSTEM SET synchronous_commit = off")
        postgres.say("SELECT pg_reload_conf()")
        collector.keep(POST)  # on the connection that there is, as it was found
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        engine.dispose()
        with pytest.raises(NotKept, match="synchronous_commit is off"):
            collector.keep(replace(POST, submission_key="b"))
    finally:
        postgres.say("ALTER SYSTEM RESET synchronous_commit")
        postgres.say("SELECT pg_reload_conf()")
    collector.close()
    engine.dispose()


def test_old_servers_and_other_encodings_are_refused(
    postgres: Server, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.say("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(WeakDatabase, match=r"is encoded in LATIN1 .*; make one with CREATE DATABASE"):
        connect(postgres.address("narrow"))
    monkeypatch.setattr(postgresql, "OLDEST", 990_000)
    with pytest.raises(WeakDatabase, match=r"the server is PostgreSQL \d\d; 15 or later is needed"):
        connect(own)


def refused(address: str, folder: Path, verb: str = "serve") -> str:
    """Try to serve a new study on a database and return the one line that says why not."""
    study = folder / "some_study"
    environment = {"EARSHOT_DATA": str(folder / "data"), "EARSHOT_DATABASE_URL": address}
    if not study.exists():
        CliRunner().invoke(main, ["new", str(study)])
    result = CliRunner().invoke(main, [verb, str(study)], env=environment)
    assert result.exit_code == 1, result.output
    assert SECRET not in result.output
    lines = result.output.splitlines()
    assert len(lines) == 1, result.output
    return lines[0]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "EARSHOT_DATABASE_URL cannot be read; write sqlite:///FILE or postgresql"),
        (f"me:{SECRET}@host/name", "cannot be read"),
        (f"postgresql+psycopg://me:{SECRET}@host:port/name", "cannot be read"),
        (f"mysql://me:{SECRET}@host/name", "begins with mysql; write"),
        (f"postgresql+asyncpg://me:{SECRET}@host/name", r"begins with postgresql\+asyncpg; write"),
        (f"postgresql://me:at@{SECRET}@127.0.0.1:1/name", "holds an @; write it as %40"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1", "names no database; write"),
        (f"postgres://me:{SECRET}@127.0.0.1:1/name", "the database name on 127.0.0.1:1: .*refused; see that"),
        (f"postgresql://127.0.0.1:1/name?user=me&password={SECRET}", "refused; see that the server runs"),
        ("postgresql://nowhere.invalid/name", "on nowhere.invalid: .*; see that the server runs"),
        ("sqlite://", "journal_mode is memory"),
        ("sqlite:////no/such/folder/x.db", "/no/such/folder/x.db: unable to open .*; see that its folder"),
        ("sqlite:////dev/full", "full; make room on its disk"),
        ("sqlite:////dev/null/x.db", "unable to open"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_told_in_one_line(address: str, told: str, tmp_path: Path) -> None:
    line = refused(address, tmp_path)
    assert re.search(told, line), line
    assert line.startswith("the database cannot be used: ")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 100)
    told = refused(f"sqlite:///{tmp_path / 'letter.txt'}", tmp_path, "publish")
    assert "file is not a database; it is damaged or not made by earshot; name another file" in told
    assert (tmp_path / "letter.txt").read_text().startswith("Dear reader")


def test_a_file_that_cannot_be_written(tmp_path: Path, settings: Settings) -> None:
    open_database(settings.database_url).dispose()
    path = settings.data / "earshot.db"
    told = refused(f"sqlite:///file:{path}?mode=ro&uri=true", tmp_path)
    assert "attempt to write a readonly database; see that the file and its folder" in told


def test_a_disk_without_room(settings: Settings) -> None:
    engine = open_database(settings.database_url)

    def fill(connection: object, record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    event.listen(engine, "connect", fill)
    engine.dispose()
    with pytest.raises(OperationalError) as full, writing(engine).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE more (x)")
    assert in_words(full.value, settings.database_url).endswith(
        "database or disk is full; make room on its disk"
    )
    engine.dispose()


def test_a_database_on_a_network_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    lines = [
        "22 1 0:21 / / rw - ext4 /dev/sda1 rw",
        f"23 22 0:22 / {tmp_path}/far\\040away rw - nfs4 server:/ rw",
    ]
    mounts.write_text("\n".join(lines))
    monkeypatch.setattr(disk, "MOUNTS", mounts)
    (tmp_path / "far away").mkdir()
    told = refused(f"sqlite:///{tmp_path}/far away/x.db", tmp_path)
    assert "is on a network disk (nfs4)" in told
    assert "put EARSHOT_DATA on a local disk, or use PostgreSQL" in told
    assert disk.network_disk(tmp_path / "far awayer") is None
    monkeypatch.setattr(disk, "MOUNTS", tmp_path / "none")
    assert disk.network_disk(tmp_path / "far away") is None


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        MissingDriver, match=r'not installed; install it with: pip install "earshot\[postgres\]"'
    ):
        connect(f"postgresql://me:{SECRET}@127.0.0.1:1/name")


def test_users_and_databases_that_are_not_there(postgres: Server, own: str, tmp_path: Path) -> None:
    told = refused(postgres.address("nothing"), tmp_path)
    assert 'database "nothing" does not exist; make it first, with: createdb NAME' in told
    told = refused(own.replace("postgres@", "nobody@"), tmp_path)
    assert 'role "nobody" does not exist; see user and password' in told
    postgres.say("CREATE ROLE guest LOGIN")
    told = refused(own.replace("postgres@", "guest@"), tmp_path)
    assert "permission denied for table" in told
    assert "let the user of EARSHOT_DATABASE_URL be the owner" in told
    told = refused(postgres.fresh(), tmp_path)
    assert told.endswith("has no tables yet; make them with: earshot upgrade")


def test_no_password_is_in_what_is_printed_of_settings(settings: Settings) -> None:
    told = repr(replace(settings, database_url=f"postgresql://me:{SECRET}@host/name"))
    assert SECRET not in told
    assert settings.secret_key not in told


@pytest.mark.parametrize("beginning", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_name_postgresql(beginning: str) -> None:
    assert parse_address(f"{beginning}://host/name").drivername == "postgresql+psycopg"
    with pytest.raises(BadAddress):
        parse_address(f"{beginning}+other://host/name")


def test_the_proof_of_writing_changes_nothing(settings: Settings, engine: Engine) -> None:
    prove_writable(engine)
    open_database(settings.database_url).dispose()


def test_the_docs_name_every_setting_that_is_needed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
    for dialect, name in ((sqlite, "SQLite"), (postgresql, "PostgreSQL")):
        for setting, values in dialect.NEEDED.items():
            row = next(line for line in page.splitlines() if line.startswith(f"| {name} | `{setting}` |"))
            assert all(value in row for value in values)
