"""Backups: of one moment, while people answer; back wholly or not at all; without what was erased since."""

from __future__ import annotations

import hashlib
import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select

from questionnaires.study import Study
from survey_app.cli import main
from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage import fieldwork, schema
from survey_app.storage.backup import making, restoring
from survey_app.storage.backup.archive import BackupRefused, BadBackup, NotEmpty, OtherKey, opened
from survey_app.storage.backup.making import make
from survey_app.storage.backup.restoring import drill
from survey_app.storage.collect import Collector
from survey_app.storage.database import writing
from survey_app.storage.erase import BadList, NotRecorded, erase, read_erased, record_erased
from survey_app.storage.leaves import read_leaves
from survey_app.storage.merkle import merkle_root
from survey_app.storage.posts import Finished, key_hash
from survey_app.storage.snapshot import take
from survey_app.storage.tables import gone, open_database, post, response
from survey_app.storage.upgrade import upgrade

from .backed_up import KEY, NOW, Fresh, New, counts, fill, post_of, rewritten
from .conftest import DATABASES, Field, Person
from .postgres import Server
from .receipted import finish, show
from .workplace import actions

pytestmark = pytest.mark.both_databases


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Makes new databases of either kind."""
    made = 0

    def one(kind: str) -> New:
        nonlocal made
        made += 1
        folder = tmp_path / f"new-{made}"
        if kind == "sqlite":
            return New(f"sqlite:///{folder / 'earshot.db'}", folder)
        postgres: Server = request.getfixturevalue("postgres")
        return New(postgres.fresh(), folder)

    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def filled(engine: Engine, small: Study, folder: Path) -> Engine:
    fill(engine, small, folder)
    return engine


def run(where: New | Field, *words: str, key: bool = False) -> Result:
    more = [] if key or words[0] != "backup" else ["--without-key"]
    return CliRunner().invoke(main, [*words, *more], env=where.environment)


@pytest.mark.parametrize("kind", DATABASES)
def test_a_backup_goes_into_either_database_and_out_again(
    filled: Engine, fresh: Fresh, tmp_path: Path, kind: str
) -> None:
    first = make(filled, tmp_path / "first.zip", NOW, key=KEY)
    assert {name for name, member in first.tables.items() if not member.rows} == set()
    assert stat.S_IMODE((tmp_path / "first.zip").stat().st_mode) == 0o600
    assert (first.studies["small"].responses, first.studies["small"].erased) == (12, 2)
    new = fresh(kind)
    done = new.restore(tmp_path / "first.zip")
    assert done.studies["small"].root == first.studies["small"]
    assert (new.folder / "secret-key").read_text() == KEY
    second = new.backup(tmp_path / "second.zip")
    assert second.tables == first.tables  # every byte of every row
    assert second.studies == first.studies
    assert second.database == kind
    assert new.counts() == counts(filled) | {"sign_in": 0, "job": 0}


def test_numbers_that_were_given_once_are_not_given_again(
    filled: Engine, fresh: Fresh, small: Study, tmp_path: Path
) -> None:
    """The newest posts were erased: only the database's own counter knows of them."""
    with filled.connect() as connection:
        newest = connection.execute(select(func.max(post.c.id))).scalar_one()
    told = make(filled, tmp_path / "b.zip", NOW, key=None).tables["post"].last_id
    assert told is not None and told >= newest + 3
    for kind in DATABASES:
        new = fresh(kind)
        new.restore(tmp_path / "b.zip")
        with new.place() as place:
            collector = Collector(place.engine)
            collector.keep(post_of(small, 99))
            collector.close()
            with place.engine.connect() as connection:
                assert connection.execute(select(func.max(post.c.id))).scalar_one() == told + 1


def test_the_root_is_that_of_a_whole_snapshot(filled: Engine, small: Study, tmp_path: Path) -> None:
    manifest = make(filled, tmp_path / "b.zip", NOW, key=None)
    taken = take(filled, small, tmp_path / "snapshots" / "small", NOW, anew=True)
    assert (
        manifest.studies["small"].merkle_root
        == json.loads((taken / "manifest.json").read_text())["merkle_root"]
    )
    assert manifest.studies["small"].merkle_root == merkle_root(read_leaves(taken)).hex()


def test_receipts_are_good_after_a_restore(field: Field, fresh: Fresh, tmp_path: Path) -> None:
    code = finish(field, 3).code
    assert run(field, "backup", str(tmp_path / "b.zip"), key=True).exit_code == 0
    new = fresh("sqlite")
    assert run(new, "restore", str(tmp_path / "b.zip")).exit_code == 0
    settings = read_settings({}, data=new.folder)
    assert settings.secret_key == field.settings.secret_key
    engine = open_database(settings.database_url)
    app = create_app(settings, engine)
    assert "text of 3" in show(Person(app.test_client()), code).text
    app.extensions["earshot-collector"].close()
    engine.dispose()


def test_a_backup_beside_people_who_answer_is_of_one_moment(
    engine: Engine, fresh: Fresh, small: Study, tmp_path: Path
) -> None:
    """Every post acknowledged before is in it, and of each person those that came before any that is in it."""
    fieldwork.publish(engine, small, 0)
    collector, stop = Collector(engine), threading.Event()
    kept: list[list[str]] = [[] for _ in range(4)]

    def person(number: int) -> None:
        one = 0
        while not stop.is_set():
            one += 1
            made = post_of(
                small, number * 100_000 + one // 3, submission_key=f"{number}-{one}", final=False, read=None
            )
            collector.keep(made)
            kept[number].append(made.submission_key)

    people = [threading.Thread(target=person, args=(number,)) for number in range(4)]
    for one in people:
        one.start()
    while min(map(len, kept)) < 20:
        stop.wait(0.01)
    before = [list(keys) for keys in kept]
    meanwhile = Slow(tmp_path, kept)
    make(engine, tmp_path / "b.zip", NOW, key=None, progress=meanwhile)
    stop.set()
    for one in people:
        one.join()
    collector.close()
    assert meanwhile.went_on, "nobody could answer while the backup was made"
    new = fresh("sqlite")
    new.restore(tmp_path / "b.zip")
    with new.place() as place, place.engine.connect() as connection:
        rows = connection.execute(select(post.c.submission_key).order_by(post.c.id)).scalars().all()
    for number in range(4):
        mine = [key for key in rows if key.startswith(f"{number}-")]
        assert mine == kept[number][: len(mine)]
        assert mine[: len(before[number])] == before[number]
        assert len(mine) < len(kept[number])


class Slow:
    """Holds a backup up until people have answered more, so that its moment is long over when it ends."""

    def __init__(self, folder: Path, kept: list[list[str]]) -> None:
        self.kept, self.went_on = kept, False

    def __call__(self, done: int, of: int) -> None:
        if self.went_on:
            return
        wanted = [len(keys) + 20 for keys in self.kept]
        for _ in range(1_000):
            if all(len(keys) >= least for keys, least in zip(self.kept, wanted, strict=True)):
                self.went_on = True
                return
            threading.Event().wait(0.01)


def test_what_was_erased_since_does_not_come_back(
    field: Field, fresh: Fresh, tmp_path: Path, small: Study
) -> None:
    kept, erased = finish(field, 1), finish(field, 2, comment="secret words")
    run(field, "backup", str(tmp_path / "b.zip"))
    erase(field.engine, erased.key, 7_000, field.settings.data)
    assert read_erased(field.settings.data / "erased") == {key_hash(erased.key)}
    new, without, elsewhere = fresh("sqlite"), fresh(field.engine.dialect.name), fresh("sqlite")
    new.folder.mkdir()
    (new.folder / "erased").write_bytes((field.settings.data / "erased").read_bytes())
    done = run(new, "restore", str(tmp_path / "b.zip"), "--json")
    assert json.loads(done.output)["erased_again"] == 1, done.output
    with new.place() as place:
        with place.engine.connect() as connection:
            assert connection.execute(select(response.c.key)).scalars().all() == [kept.key]
            assert connection.execute(select(gone.c.key_hash)).scalars().all() == [key_hash(erased.key)]
        collector = Collector(place.engine)
        with pytest.raises(Finished):
            collector.keep(post_of(small, 2, submission_key="again"))
        collector.close()
        told = take(place.engine, small, tmp_path / "after" / "small", NOW)
    before = take(field.engine, small, tmp_path / "before" / "small", NOW)
    assert (
        json.loads((told / "manifest.json").read_text())["merkle_root"]
        == (json.loads((before / "manifest.json").read_text())["merkle_root"])
    )
    for path in new.folder.glob("earshot.db*"):
        assert b"secret words" not in path.read_bytes()
    assert run(without, "restore", str(tmp_path / "b.zip")).exit_code == 0
    assert (
        without.counts()["response"] == 2
    )  # the control: where nothing was written down, it would come back
    there = str(field.settings.data / "erased")
    assert (
        "were erased after the backup: 1."
        in run(elsewhere, "restore", str(tmp_path / "b.zip"), "--erased", there).output
    )
    assert elsewhere.counts()["response"] == 1
    assert read_erased(elsewhere.folder / "erased") == {key_hash(erased.key)}


def test_snapshots_in_the_folder_are_cleared_too(field: Field, fresh: Fresh, tmp_path: Path) -> None:
    erased = finish(field, 2)
    run(field, "backup", str(tmp_path / "b.zip"))
    new = fresh("sqlite")
    taken = take(field.engine, field.study, new.folder / "snapshots" / "small", NOW)
    record_erased(new.folder, [key_hash(erased.key)])
    assert run(new, "restore", str(tmp_path / "b.zip")).exit_code == 0
    told = json.loads((taken / "manifest.json").read_text())
    assert (told["n"], told["erased"]) == (0, 1)
    assert new.counts()["erasure"] == 0


def test_the_list_knows_what_the_backup_knows(
    filled: Engine, folder: Path, fresh: Fresh, tmp_path: Path
) -> None:
    """Else a still older backup could bring back what a newer one did not have any more."""
    make(filled, tmp_path / "b.zip", NOW, key=None)
    new = fresh("sqlite")
    new.restore(tmp_path / "b.zip")
    assert read_erased(new.folder / "erased") == read_erased(folder / "erased")
    assert len(read_erased(folder / "erased")) == 2


def test_nothing_is_erased_that_could_not_be_written_down(filled: Engine, folder: Path) -> None:
    (folder / "erased").unlink()
    (folder / "erased").mkdir()
    before = counts(filled)
    with pytest.raises(NotRecorded, match=r"erased cannot be written \(Is a directory\); see that its disk"):
        erase(filled, f"{1:032x}", 7_000, folder)
    assert counts(filled) == before


def test_a_line_that_broke_off_hides_no_other(tmp_path: Path) -> None:
    hashes = [key_hash(str(number)) for number in range(3)]
    record_erased(tmp_path, hashes[:1])
    with (tmp_path / "erased").open("a") as file:
        file.write(hashes[1][:30])
    record_erased(tmp_path, hashes[2:])
    assert read_erased(tmp_path / "erased") == {hashes[0], hashes[2]}
    with (tmp_path / "erased").open("a") as file:
        file.write("a list of groceries\n")
    with pytest.raises(BadList, match="erased, line 4: this is not a list of erased responses"):
        read_erased(tmp_path / "erased")


def test_many_can_write_the_list_at_once(tmp_path: Path) -> None:
    hashes = [key_hash(str(number)) for number in range(200)]
    writers = [threading.Thread(target=record_erased, args=(tmp_path, [one])) for one in hashes]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert read_erased(tmp_path / "erased") == set(hashes)
    assert (tmp_path / "erased").read_bytes().count(b"\n") == 200


def test_a_database_that_holds_anything_is_left_alone(filled: Engine, fresh: Fresh, tmp_path: Path) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=KEY)
    new = fresh(filled.dialect.name)
    with new.place() as place:
        upgrade(place.engine)
        with writing(place.engine).begin() as connection:
            connection.execute(gone.insert().values(key_hash="x"))
    with pytest.raises(NotEmpty, match="is not empty: its table gone has rows; name a new database"):
        new.restore(tmp_path / "b.zip")
    assert sum(new.counts().values()) == 1
    assert not (new.folder / "secret-key").exists()


def test_another_key_is_not_overwritten(filled: Engine, fresh: Fresh, tmp_path: Path) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=KEY)
    new = fresh(filled.dialect.name)
    new.folder.mkdir()
    (new.folder / "secret-key").write_text("6" * 64)
    with pytest.raises(
        OtherKey, match=r"another secret key .* move it away if nothing needs it, or .*--without-key"
    ):
        new.restore(tmp_path / "b.zip")
    assert new.restore(tmp_path / "b.zip", with_key=False).key == "left out"
    assert (new.folder / "secret-key").read_text() == "6" * 64
    same = fresh("sqlite")
    same.folder.mkdir()
    (same.folder / "secret-key").write_text(KEY + "\n")
    assert same.restore(tmp_path / "b.zip").key == "the same"


def test_a_restore_that_fails_leaves_nothing(
    filled: Engine, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=KEY)
    new = fresh(filled.dialect.name)

    def fail(*arguments: object) -> str:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "_put_key", fail)
        with pytest.raises(OSError, match="no room"):
            new.restore(tmp_path / "b.zip")
    assert not (new.folder / "secret-key").exists()
    if filled.dialect.name == "postgresql":
        assert sum(new.counts().values()) == 0
    assert new.restore(tmp_path / "b.zip").key == "written"


def test_the_tables_of_an_older_version_are_brought_up(filled: Engine, fresh: Fresh, tmp_path: Path) -> None:
    made = make(filled, tmp_path / "b.zip", NOW, key=KEY)

    def age(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        manifest["revision"] = "0001"
        for name in {*manifest["tables"]} - {*schema.FIRST_COLUMNS}:
            del manifest["tables"][name], members[f"{name}.jsonl"]

    old = rewritten(tmp_path / "b.zip", tmp_path / "old.zip", age)
    new = fresh(filled.dialect.name)
    done = new.restore(old)
    assert (done.studies["small"].root, done.key) == (made.studies["small"], "written")
    found = new.counts()
    assert all(found[name] == made.tables[name].rows for name in schema.FIRST_COLUMNS)
    assert found["account"] == 0
    with opened(old) as backup:
        assert [one.equal for one in drill(backup, tmp_path, NOW)] == [True]


def test_a_newer_backup_is_refused(filled: Engine, fresh: Fresh, tmp_path: Path) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=None)
    newer = rewritten(tmp_path / "b.zip", tmp_path / "n.zip", lambda told, _: told.update(revision="0999"))
    new = fresh(filled.dialect.name)
    with pytest.raises(
        BadBackup, match=r"newer earshot \(.*, revision 0999; this version knows 0002\); restore it"
    ):
        new.restore(newer)


def test_a_drill_says_whether_it_is_what_was_backed_up(filled: Engine, fresh: Fresh, tmp_path: Path) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=KEY)
    nowhere = fresh(filled.dialect.name)
    equal = run(nowhere, "restore", str(tmp_path / "b.zip"), "--drill")
    assert (equal.exit_code, equal.output.splitlines()[0][-5:]) == (0, "equal")
    assert equal.output.startswith("small: 12 responses and 2 erased, ")
    assert not nowhere.folder.exists()

    def forge(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members["post.jsonl"] = members["post.jsonl"].replace(b'\\"age\\": 21', b'\\"age\\": 99')
        manifest["tables"]["post"]["sha256"] = hashlib.sha256(members["post.jsonl"]).hexdigest()

    forged = rewritten(tmp_path / "b.zip", tmp_path / "forged.zip", forge)
    different = run(nowhere, "restore", str(forged), "--drill")
    assert different.exit_code == 1
    assert "small: " in different.output and "DIFFERENT: backed up 12 responses" in different.output
    told = json.loads(run(nowhere, "restore", str(forged), "--drill", "--json").output)
    assert (told["equal"], told["studies"][0]["study"], told["studies"][0]["equal"]) == (
        False,
        "small",
        False,
    )
    with pytest.raises(BadBackup, match=r"the Merkle root of small is not that of the manifest; .*--drill"):
        nowhere.restore(forged)


def test_a_full_disk_is_noticed_before(
    filled: Engine, fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(filled, tmp_path / "b.zip", NOW, key=KEY)
    monkeypatch.setattr(restoring, "free_bytes", lambda path: 10)
    with pytest.raises(
        BackupRefused, match=r"needs up to 1 MiB while it is filled, and its disk has 0; make room"
    ):
        fresh("sqlite").restore(tmp_path / "b.zip")


def test_every_table_is_in_a_backup_or_told_apart(engine: Engine, tmp_path: Path) -> None:
    found = make(engine, tmp_path / "b.zip", NOW, key=None)
    assert {*found.tables} | making.APART == {*counts(engine)}
    page = (Path(__file__).parents[2] / "docs" / "backup.md").read_text()
    assert all(f"`{name}`" in page for name in making.APART)


def test_what_the_verbs_say(field: Field, fresh: Fresh, tmp_path: Path) -> None:
    finish(field, 1)
    file = str(tmp_path / "b.zip")
    made = run(field, "backup", file, key=True)
    assert made.exit_code == 0
    assert made.output.startswith("small: 1 response, root ")
    assert "The secret key is in it." in made.output
    assert f"Try it: earshot restore {file} --drill" in made.output
    again = run(field, "backup", file, "--json")
    assert (again.exit_code, again.output) == (
        1, f"no backup was made: {file} is there already; name a file that is not\n",
    )  # fmt: skip
    told = json.loads(run(field, "backup", str(tmp_path / "j.zip"), "--json").output)
    assert (told["rows"]["response"], told["studies"]["small"]["responses"], told["secret_key"]) == (
        1,
        1,
        False,
    )
    new = fresh(field.engine.dialect.name)
    done = run(new, "restore", file)
    assert done.exit_code == 0, done.output
    assert "small: 1 response, root equal\nThe secret key is back in its place.\n" in done.output
    twice = run(new, "restore", file)
    assert twice.exit_code == 1
    assert twice.output.startswith("nothing was restored: ")
    assert "is not empty: its table audit has rows" in twice.output
    assert actions(field.engine) == ["backed_up", "backed_up"]
    assert "Traceback" not in done.output + twice.output


def test_what_cannot_be_backed_up_or_restored(
    request: pytest.FixtureRequest, fresh: Fresh, tmp_path: Path, database: str
) -> None:
    nowhere = fresh("sqlite")
    missing = run(nowhere, "backup", str(tmp_path / "b.zip"))
    assert missing.exit_code == 1
    assert "there is no database" in missing.output
    assert not nowhere.folder.exists()
    no_file = run(nowhere, "restore", str(tmp_path / "none.zip"))
    assert no_file.exit_code == 1
    assert "none.zip" in no_file.output
    assert run(nowhere, "restore").exit_code == 2
    assert run(nowhere, "restore", "x", "--erased", str(tmp_path / "none")).exit_code == 2
    if database:
        empty = fresh("postgresql")
        result = run(empty, "backup", str(tmp_path / "b.zip"))
        assert "has no tables yet; make them with: earshot upgrade" in result.output
    assert not (tmp_path / "b.zip").exists()


def test_a_backup_without_room_leaves_nothing(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making.Writer, "finish", full)
    before = sorted(tmp_path.iterdir())
    result = run(field, "backup", str(tmp_path / "b.zip"))
    assert result.exit_code == 1
    assert result.output.startswith("no backup was made: [Errno 28] No space left on device; see that")
    assert sorted(tmp_path.iterdir()) == before


def test_two_backups_into_one_file(filled: Engine, tmp_path: Path) -> None:
    """The second sees that the first is at it, and one that was killed is in nobody's way."""
    (tmp_path / ".b.zip.part").write_bytes(b"left by one that was killed" * 1000)
    refused: list[str] = []

    def meanwhile(done: int, of: int) -> None:
        if not refused:
            with pytest.raises(BackupRefused, match="is being written by another program; wait") as reason:
                make(filled, tmp_path / "b.zip", NOW, key=None)
            refused.append(str(reason.value))

    make(filled, tmp_path / "b.zip", NOW, key=None, progress=meanwhile)
    assert refused
    with opened(tmp_path / "b.zip") as backup:
        backup.verify(lambda count: None)
    assert not (tmp_path / ".b.zip.part").exists()
