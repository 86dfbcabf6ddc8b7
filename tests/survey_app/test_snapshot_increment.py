"""A snapshot that takes over what an earlier one has is the same as one made anew."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select, text

from analysis.table.responses import read_snapshot
from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study
from survey_app.storage import fieldwork, snapshot
from survey_app.storage.collect import Collector
from survey_app.storage.database import hold, writing
from survey_app.storage.erase import erase
from survey_app.storage.leaves import read_leaves, snapshots
from survey_app.storage.posts import Finished, PagePost
from survey_app.storage.snapshot import earlier, finish_erasures, parts, removal, take
from survey_app.storage.snapshot.selection import high_water
from survey_app.storage.tables import metadata, post

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MORE = """
      - name: added
        type: number
        text: {en: One more?, uk: Ще?}
"""


class Fielding:
    """A study that is answered, erased from, changed and snapshotted, step by step."""

    def __init__(self, engine: Engine, study: Study, folder: Path) -> None:
        self.engine, self.study, self.folder = engine, study, folder
        self.collector = Collector(engine)
        self.number = 0
        fieldwork.publish(engine, study, 0)

    def answer(
        self, person: int, *, final: bool = False, page: str = "start", screened: bool = False
    ) -> None:
        self.number += 1
        one = PagePost(
            f"k{self.number}", f"{person:032x}", self.study.name, self.version(person), person % 3 == 1, page,
            {"age": 20 + self.number % 70, "channel": 8, "comment": f"text {self.number}"},
            ("en", "uk")[self.number % 2], final, 1_000 * self.number - 7_000 * (self.number % 5), end="end" * final,
            screened=screened and final, shown_ms=1_000 * self.number - 50, width=("phone", "")[self.number % 2],
            seed=person,
        )  # fmt: skip
        try:
            self.collector.keep(one)
        except Finished:
            self.number -= 1

    def version(self, person: int) -> str:
        """The version that someone began on, else the present one."""
        with self.engine.connect() as connection:
            table = metadata.tables["response"]
            query = select(table.c.version).where(table.c.key == f"{person:032x}")
            return connection.execute(query).scalar() or self.study.version

    def publish(self, text: str) -> None:
        files = {**self.study.files}
        files["questionnaire.yaml"] = files["questionnaire.yaml"].rstrip() + text.encode()
        self.study = study_from_files(files)
        fieldwork.publish(self.engine, self.study, self.number)

    def take(self, *, anew: bool = False) -> Path:
        """Take a snapshot; one made anew lies apart, so that it gives nothing to the others."""
        folder = self.folder.with_name("anew") if anew else self.folder
        made = NOW + timedelta(seconds=len(snapshots(folder)))
        return take(self.engine, self.study, folder, made, anew=anew)


@pytest.fixture(autouse=True)
def hurry(engine: Engine) -> None:
    """What is tested here is no power cut, and waiting for the disk is most of the time."""
    setting = "PRAGMA synchronous=OFF" if engine.dialect.name == "sqlite" else "SET synchronous_commit = off"
    event.listen(engine, "connect", lambda connection, record: connection.execute(setting))
    engine.dispose()


@pytest.fixture
def fielding(engine: Engine, small: Study, tmp_path: Path) -> Any:
    found = Fielding(engine, small, tmp_path / "snapshots")
    yield found
    found.collector.close()


def content(folder: Path) -> dict[str, Any]:
    """Everything that two snapshots of the same answers have alike, as sets where order means nothing."""
    found: dict[str, Any] = {}
    for kind in parts.KINDS:
        rows = [row for path in (folder / kind).iterdir() for row in pq.read_table(path).to_pylist()]
        found[kind] = Counter(map(repr, rows))
    found["codebook"] = (folder / "codebook.json").read_bytes()
    found["fieldwork"] = json.loads((folder / "fieldwork.json").read_text()) | {"taken": None}
    manifest = json.loads((folder / "manifest.json").read_text())
    names = ("n", "erased", "synthetic", "merkle_root", "version", "schema_version", "study")
    found["manifest"] = {name: manifest[name] for name in names}
    found["leaves"] = read_leaves(folder)
    found["questionnaires"] = sorted(path.name for path in (folder / "questionnaires").iterdir())
    return found


def increment(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / earlier.FILE).read_text())
    return found


def read_posts(engine: Engine) -> Any:
    """Return a context whose list holds how many rows of posts with answers each statement gave."""

    class Reading:
        def __enter__(self) -> list[str]:
            self.statements: list[str] = []
            event.listen(engine, "before_cursor_execute", self.note)
            return self.statements

        def note(self, connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            if "post.answers" in statement:
                self.statements.append(str(parameters))

        def __exit__(self, *error: object) -> None:
            event.remove(engine, "before_cursor_execute", self.note)

    return Reading()


PEOPLE = st.integers(1, 12)
STEPS = st.one_of(
    st.tuples(st.just("page"), PEOPLE, st.sampled_from(("start", "more"))),
    st.tuples(st.just("end"), PEOPLE, st.booleans()),
    st.tuples(st.just("end"), PEOPLE, st.booleans()),
    st.tuples(st.just("erase"), PEOPLE, st.booleans()),
    st.tuples(st.just("publish"), st.sampled_from(("", "\n# a remark\n", MORE)), st.none()),
    st.tuples(st.just("snapshot"), st.none(), st.none()),
    st.tuples(st.just("snapshot"), st.none(), st.none()),
)


def run(fielding: Fielding, steps: list[tuple[Any, ...]]) -> None:
    for kind, what, how in steps:
        if kind == "page":
            fielding.answer(what, page=how)
        elif kind == "end":
            fielding.answer(what, final=True, page="more", screened=how)
        elif kind == "erase":
            erase(fielding.engine, f"{what:032x}", fielding.number)
            if how:
                finish_erasures(fielding.engine, fielding.folder, fielding.study.name)
        elif kind == "publish" and not (
            what == MORE and b"name: added" in fielding.study.files["questionnaire.yaml"]
        ):
            fielding.publish(what)
        elif kind == "snapshot":
            fielding.take()


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=6, max_size=30))
def test_over_any_history_it_is_the_same(
    settings: Any, engine: Engine, small: Study, steps: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS_PER_PART", 3)
        patch.setattr(parts, "_BATCH", 2)
        with writing(engine).begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        fielding = Fielding(engine, small, Path(name) / "snapshots")
        try:
            run(fielding, steps)
            after, anew = fielding.take(), fielding.take(anew=True)
        finally:
            fielding.collector.close()
        assert content(after) == content(anew)
        manifest = json.loads((after / "manifest.json").read_text())
        for path, digest in manifest["files"].items():
            assert removal.sha256_of(after / path) == digest, path
        assert read_snapshot(after).table.num_rows <= manifest["n"]


def test_it_reads_only_what_is_new(fielding: Fielding, monkeypatch: pytest.MonkeyPatch) -> None:
    for person in range(1, 9):
        fielding.answer(person, final=True)
    fielding.answer(20)
    monkeypatch.setattr(parts, "ROWS_PER_PART", 4)
    first = fielding.take()
    assert sorted(path.name for path in (first / "responses").iterdir()) == [
        f"part-0000{number}.parquet" for number in range(3)
    ]
    assert (increment(first)["parts"], len(increment(first)["unfinished"])) == (2, 1)
    fielding.answer(9, final=True)
    with read_posts(fielding.engine) as statements:
        second = fielding.take()
    (parameters,) = statements
    assert f"{9:032x}" in parameters
    assert f"{20:032x}" in parameters  # it was not finished
    assert f"{1:032x}" not in parameters
    for number in range(2):
        for kind in parts.KINDS:
            name = f"{kind}/part-0000{number}.parquet"
            assert (first / name).samefile(second / name)
    assert content(second) == content(fielding.take(anew=True))


def test_small_parts_are_joined(fielding: Fielding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 6)
    for person in range(1, 15):
        fielding.answer(person, final=True)
        last = fielding.take()
    rows = [pq.read_metadata(path).num_rows for path in sorted((last / "responses").iterdir())]
    assert (sum(rows), len(rows)) == (14, 5)
    assert min(rows[:-1]) >= 3
    assert content(last) == content(fielding.take(anew=True))


def test_an_erasure_takes_the_row_from_every_snapshot_whatever_is_linked(
    fielding: Fielding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 2)
    for person in range(1, 5):
        fielding.answer(person, final=True)
    taken = [fielding.take() for _ in range(3)]
    name = "responses/part-00000.parquet"
    assert (taken[0] / name).samefile(taken[2] / name)
    erase(fielding.engine, f"{1:032x}", 0)
    pending = fielding.take()  # before anything was cleared
    told = [json.loads((folder / "manifest.json").read_text()) for folder in (*taken, pending)]
    assert [one["n"] for one in told] == [4, 4, 4, 3]
    assert finish_erasures(fielding.engine, fielding.folder, "small") == 3
    for folder in (*taken, pending):
        assert read_snapshot(folder).rows == 3
        assert "text 1'" not in str(content(folder)["responses"])
    assert content(pending) == content(fielding.take()) == content(fielding.take(anew=True))


def test_without_hard_links_it_copies(fielding: Fielding, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*names: str) -> None:
        raise OSError("not here")

    monkeypatch.setattr(removal.os, "link", no_links)
    monkeypatch.setattr(parts, "ROWS_PER_PART", 1)
    fielding.answer(1, final=True)
    first, second = fielding.take(), fielding.take()
    name = "responses/part-00000.parquet"
    assert not (first / name).samefile(second / name)
    assert (first / name).read_bytes() == (second / name).read_bytes()


def is_linked(first: Path, second: Path) -> bool:
    name = "responses/part-00000.parquet"
    return (first / name).samefile(second / name)


def change(name: str) -> Any:
    """Return what damages one file of a snapshot."""

    def damage(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        change("responses/part-00000.parquet"),
        change("paradata/part-00000.parquet"),
        change("leaves.txt"),
        change("increment.json"),
        lambda folder: (folder / "paradata" / "part-00000.parquet").unlink(),
        lambda folder: (folder / "increment.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{}"),
    ],
)
def test_what_is_not_whole_is_made_anew(
    fielding: Fielding, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 1)
    fielding.answer(1, final=True)
    first = fielding.take()
    second = fielding.take()
    assert is_linked(first, second)
    for kind in parts.KINDS:  # only the newest is looked at
        copied = (second / kind / "part-00000.parquet").read_bytes()
        (second / kind / "part-00000.parquet").unlink()
        (second / kind / "part-00000.parquet").write_bytes(copied)
    damage(second)
    third = fielding.take()
    assert content(third) == content(fielding.take(anew=True))
    assert not (second / "responses/part-00000.parquet").samefile(third / "responses/part-00000.parquet")


def test_what_decides_on_rows_makes_them_anew(fielding: Fielding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 1)
    fielding.answer(1, final=True)
    first = fielding.take()
    fielding.publish("\n# a remark\n")
    second = fielding.take()
    assert is_linked(first, second)  # another version, the same columns
    fielding.publish(MORE)
    third = fielding.take()
    assert not is_linked(second, third)
    record = replace(fielding.study.record, sample="synthetic")
    fielding.study = replace(fielding.study, record=record)
    fourth = fielding.take()
    assert not is_linked(third, fourth)
    monkeypatch.setattr(earlier, "version", lambda name: "99")
    assert not is_linked(fourth, fielding.take())


def test_a_database_that_was_set_back_is_read_anew(
    fielding: Fielding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore the same numbers are given again, to other posts."""
    monkeypatch.setattr(parts, "ROWS_PER_PART", 1)
    fielding.answer(1, final=True)
    fielding.answer(2, final=True)
    first = fielding.take()
    with writing(fielding.engine).begin() as connection:
        newest = connection.execute(select(post.c.id).order_by(post.c.id.desc()).limit(1)).scalar_one()
        connection.execute(post.update().where(post.c.id == newest).values(submission_key="another"))
    assert not is_linked(first, fielding.take())


def test_a_restored_database_with_another_study_in_it_is_read_whole(fielding: Fielding) -> None:
    """The newest post of the snapshot's study is still there, and numbers beyond it are given again."""
    files = {**fielding.study.files}
    own = f"name: {fielding.study.name}".encode()
    files["questionnaire.yaml"] = files["questionnaire.yaml"].replace(own, b"name: other", 1)
    ours, other = fielding.study, study_from_files(files)
    fielding.answer(1, final=True)
    fieldwork.publish(fielding.engine, other, 1)
    fielding.study = other
    for person in range(100, 104):
        fielding.answer(person, final=True)
    fielding.study = ours
    fielding.take()
    posts, people = metadata.tables["post"], metadata.tables["response"]
    with writing(fielding.engine).begin() as connection:  # as a restore leaves it
        of_other = select(people.c.key).where(people.c.study == "other")
        connection.execute(posts.delete().where(posts.c.response.in_(of_other)))
        back = "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'post'"
        if fielding.engine.dialect.name == "postgresql":
            back = "SELECT setval(pg_get_serial_sequence('post', 'id'), (SELECT max(id) FROM post))"
        connection.execute(text(back))
    for person in range(2, 5):
        fielding.answer(person, final=True)
    assert content(fielding.take())["manifest"] == content(fielding.take(anew=True))["manifest"]


def test_who_is_erased_while_a_snapshot_is_finished_is_in_none(
    fielding: Fielding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clearing has run before the snapshot could be found, and the program ends before it can look again."""
    for person in range(1, 5):
        fielding.answer(person, final=True)
    own = snapshot._write_manifest

    def erased_meanwhile(*arguments: Any) -> None:
        own(*arguments)
        erase(fielding.engine, f"{2:032x}", 5_000)
        snapshot.finish_erasures(fielding.engine, fielding.folder, fielding.study.name)

    def ended(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshot, "_write_manifest", erased_meanwhile)
    monkeypatch.setattr(snapshot, "remove_rows", ended)
    with pytest.raises(KeyboardInterrupt):
        fielding.take()
    monkeypatch.undo()
    fielding.answer(5, final=True)
    assert content(fielding.take()) == content(fielding.take(anew=True))


def test_who_writes_is_waited_for(fielding: Fielding) -> None:
    """On a server a number can become visible after a greater one: the mark must not pass it over."""
    import threading

    fielding.answer(1, final=True)
    mark: list[int] = []
    asking = threading.Thread(target=lambda: mark.append(high_water(fielding.engine, "small")))
    with writing(fielding.engine).begin() as connection:
        hold(connection, studies=["small"], responses=["r"])
        values = {
            "submission_key": "late", "response": f"{1:032x}", "page": "start", "answers": "{}", "language": "en",
            "final": False, "posted_ms": 5, "end": "", "screened": False, "width": "",
        }  # fmt: skip
        number = connection.execute(post.insert().values(**values)).inserted_primary_key[0]
        asking.start()
        asking.join(0.3)
        assert mark == []
    asking.join(10)
    assert mark == [number]


def test_two_programs_take_one_after_the_other(fielding: Fielding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "PATIENCE", 0.05)
    fielding.folder.mkdir(parents=True)
    with (
        removal.alone(fielding.folder, "taking", "read"),
        pytest.raises(OSError, match="is being read by another program"),
    ):
        fielding.take()


def test_what_was_stopped_leaves_nothing_for_ever(fielding: Fielding) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, of: int) -> None:
        assert (done, of) == (1, 1)
        raise Stop

    fielding.answer(1)
    with pytest.raises(Stop):
        take(fielding.engine, fielding.study, fielding.folder, NOW - timedelta(days=1), stop)
    assert [path.suffix for path in fielding.folder.iterdir()] == [".part"]
    made = fielding.take()
    assert list(fielding.folder.iterdir()) == [made]


def test_responses_are_found_by_their_keys(fielding: Fielding) -> None:
    """By their study, some hundred of them would cost as much as all of them."""
    if fielding.engine.dialect.name != "sqlite":
        pytest.skip("a server decides by its statistics")
    fielding.answer(1, final=True)
    seen: list[tuple[str, Any]] = []
    event.listen(
        fielding.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, parameters, *rest: seen.append((statement, parameters)),
    )
    fielding.take()
    statement, parameters = next(one for one in seen if "post.answers" in one[0])
    with fielding.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "sqlite_autoindex_response_1 (key=?)" in str(plan)
