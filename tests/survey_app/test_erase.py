"""Erasing: the answers are gone everywhere, and older roots still verify."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from analysis.problems import DataProblem
from analysis.table.responses import read_snapshot
from survey_app import factory
from survey_app.cli.receipt import erase as verb
from survey_app.factory import create_app
from survey_app.respondent import resume
from survey_app.storage import erase as erasing
from survey_app.storage import snapshot as taking
from survey_app.storage.erase import erase, pending, studies_pending
from survey_app.storage.leaves import read_leaves, snapshots
from survey_app.storage.merkle import merkle_root
from survey_app.storage.receipts import find, proofs
from survey_app.storage.snapshot import removal
from survey_app.storage.tables import metadata, post, tombstone

from .conftest import Field, Person
from .receipted import SUBMITTED, Finished, finish, show, snapshot
from .workplace import actions

pytestmark = pytest.mark.both_databases
DAY = 24 * 3600 * 1000


@pytest.fixture
def finished(field: Field) -> list[Finished]:
    return [finish(field, number, comment=f"secret words {number}") for number in range(1, 6)]


def run(field: Field, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(verb, [*arguments], input=typed, env=field.environment)


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def keys(folder: Path, kind: str = "responses") -> set[str]:
    return {
        row["_response"]
        for path in (folder / kind).glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    }


def test_nothing_of_the_answers_stays_in_the_database(field: Field, finished: list[Finished]) -> None:
    gone, words = finished[1], b"secret words 2"
    with field.app.test_request_context("/"):
        resume.code_for(gone.key)
    if field.engine.dialect.name == "sqlite":  # what a server keeps on its disks is the server's own
        assert any(words in path.read_bytes() for path in field.settings.data.glob("earshot.db*"))
    assert run(field, gone.code, "--yes").exit_code == 0
    for path in field.settings.data.glob("earshot.db*"):
        assert words not in path.read_bytes(), path
        assert gone.key.encode() not in path.read_bytes(), path
        assert gone.code.replace("-", "")[13:].encode() not in path.read_bytes(), path
    with field.engine.connect() as connection:
        for table in metadata.sorted_tables:
            assert gone.key not in str(connection.execute(select(table)).all()), table.name
        assert connection.execute(select(func.count()).select_from(post)).scalar_one() == 8
    assert find(field.engine, gone.code) is None
    assert run(field, gone.code, "--yes").output.startswith("there are no answers with this code")


def test_earlier_snapshots_lose_the_row_and_keep_their_root(field: Field, finished: list[Finished]) -> None:
    folders, gone = [snapshot(field), snapshot(field, 11)], finished[1]
    before = [(manifest(folder), (folder / "leaves.txt").read_bytes()) for folder in folders]
    receipt = find(field.engine, gone.code)
    assert receipt is not None
    result = run(field, gone.code, "--yes")
    assert "2 snapshots of small cleared" in result.output
    for folder, (old, leaves) in zip(folders, before, strict=True):
        new = manifest(folder)
        assert (new["n"], new["erased"], new["merkle_root"]) == (4, 1, old["merkle_root"])
        assert (folder / "leaves.txt").read_bytes() == leaves
        assert gone.data_id not in keys(folder) | keys(folder, "paradata")
        assert len(keys(folder)) == len(keys(folder, "paradata")) == 4
        assert read_snapshot(folder).rows == 4
        assert b"secret words 2" not in (folder / "responses" / "part-00000.parquet").read_bytes()
    assert all(one.verified for one in proofs(folders[0].parent, receipt))
    other = find(field.engine, finished[0].code)
    assert other is not None
    assert [one.verified for one in proofs(folders[0].parent, other)] == [True, True]
    assert snapshots(folders[0].parent) == folders
    assert not [path for path in folders[0].parent.iterdir() if path.name.startswith(".")]


def test_a_later_snapshot_has_the_leaf_and_not_the_row(field: Field, finished: list[Finished]) -> None:
    receipt = find(field.engine, finished[1].code)
    assert receipt is not None
    run(field, finished[1].code, "--yes")
    folder = snapshot(field)
    told = manifest(folder)
    assert (told["n"], told["erased"]) == (4, 1)
    assert receipt.leaf in read_leaves(folder)
    assert told["merkle_root"] == merkle_root(read_leaves(folder)).hex()
    assert len(keys(folder)) == 4
    assert read_snapshot(folder).rows == 4


def test_a_tombstone_tells_no_more_than_the_day(field: Field, finished: list[Finished]) -> None:
    assert erase(field.engine, finished[0].key, SUBMITTED + 12_345) == "small"
    with field.engine.connect() as connection:
        row = connection.execute(select(tombstone)).one()
    assert row.erased_ms == SUBMITTED - SUBMITTED % DAY
    assert finished[0].key not in str(row)
    assert erase(field.engine, finished[0].key, 0) is None


def test_unfinished_answers_can_be_erased_too(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"})
    folder = snapshot(field)
    key = person.address.split("/")[2]
    assert erase(field.engine, key, 0) == "small"
    assert taking.finish_erasures(field.engine, folder.parent, "small") == 1
    assert (manifest(folder)["n"], manifest(folder)["erased"]) == (0, 1)
    assert read_snapshot(folder).rows == 0


def test_the_verb_asks_first(field: Field, finished: list[Finished]) -> None:
    result = run(field, finished[0].code, typed="n\n")
    assert result.exit_code == 1
    assert "Delete these answers to small for good" in result.output
    assert find(field.engine, finished[0].code) is not None
    assert actions(field.engine) == []
    assert run(field, finished[0].code, typed="y\n").exit_code == 0
    assert find(field.engine, finished[0].code) is None
    assert actions(field.engine) == ["erased"]


def test_what_the_verb_refuses(field: Field) -> None:
    assert "'NOPE' is not a receipt" in run(field, "NOPE", "--yes").output
    assert "name a receipt" in run(field).output
    assert run(field, "NOPE", "--pending").exit_code == 1


def test_what_was_interrupted_is_finished(
    field: Field, finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop between the two renames: the old folder comes back, and is cleared by the next run."""
    folder = snapshot(field)
    rename = Path.rename

    def stop(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError("the power went")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop)
    result = run(field, finished[0].code, "--yes")
    assert result.exit_code == 1
    assert "could not be cleared yet: the power went" in result.output
    assert not folder.exists()
    monkeypatch.undo()
    assert pending(field.engine, "small") == {finished[0].data_id}
    assert run(field, "--pending").exit_code == 0
    assert finished[0].data_id not in keys(folder)
    assert manifest(folder)["erased"] == 1
    assert studies_pending(field.engine) == []
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_only_one_program_clears_at_a_time(
    field: Field, finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = snapshot(field)
    monkeypatch.setattr(removal, "PATIENCE", 0.05)
    with removal.alone(folder.parent):
        result = run(field, finished[0].code, "--yes")
    assert result.exit_code == 1
    assert "is being cleared by another program" in result.output
    assert finished[0].data_id in keys(folder)
    assert run(field, "--pending").exit_code == 0
    assert finished[0].data_id not in keys(folder)


def test_what_another_program_left_is_done_at_the_next_start(
    field: Field, finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(factory, "clearing", lambda data, url: lambda: started.append(True))
    create_app(field.settings, field.engine).extensions["earshot-collector"].close()
    assert started == []
    erase(field.engine, finished[0].key, 0)
    create_app(field.settings, field.engine).extensions["earshot-collector"].close()
    assert started == [True]


def test_a_folder_on_its_way_out_is_not_left_behind(field: Field, finished: list[Finished]) -> None:
    folder = snapshot(field)
    (folder.with_name(f".{folder.name}{removal.ERASED}") / "responses").mkdir(parents=True)
    removal.recover(folder.parent)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_is_erased_while_a_snapshot_is_written_is_not_in_it(
    field: Field, finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = taking._write_beside

    def erase_meanwhile(*arguments: Any) -> None:
        write(*arguments)
        erase(field.engine, finished[0].key, 0)
        taking.finish_erasures(field.engine, field.settings.snapshots / "small", "small")

    monkeypatch.setattr(taking, "_write_beside", erase_meanwhile)
    folder = snapshot(field)
    assert finished[0].data_id not in keys(folder)
    assert (manifest(folder)["n"], manifest(folder)["erased"]) == (4, 1)
    assert read_snapshot(folder).rows == 4


def test_on_the_page_one_confirms_first(
    field: Field, person: Person, finished: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []
    field.app.extensions["earshot-clearing"] = lambda: started.append(True)
    show(person, finished[0].code, "ask")
    assert "Delete your answers?" in person.text
    assert find(field.engine, finished[0].code) is not None
    show(person, finished[0].code, "show")
    assert find(field.engine, finished[0].code) is not None
    show(person, finished[0].code, "erase")
    assert person.response.status_code == 200
    assert "Your answers were deleted" in person.text
    assert find(field.engine, finished[0].code) is None
    assert started == [True]
    assert show(person, finished[0].code, "erase").response.status_code == 404


def test_who_erased_answers_may_answer_anew(field: Field, person: Person) -> None:
    """The old key must not come back, or the new answers would be erased with what is still pending."""
    field.app.extensions["earshot-clearing"] = lambda: None
    person.open("/s/small").post({"age": "34", "channel": "8"})
    key = person.address.split("/")[2]
    person.post({})
    with field.app.test_request_context("/"):
        from survey_app.respondent import receipt
        from survey_app.respondent.fielded import shelf
        from survey_app.storage.current import ended
        from survey_app.storage.database import writing
        from survey_app.storage.tables import response

        served, _ = shelf().study("small")
        assert served is not None
        with writing(field.engine).begin() as connection:
            connection.execute(response.update().values(receipt_hash=receipt.hash_of(served, key)))
        found = ended(field.engine, key)
        assert found is not None
        code = receipt.code_of(found)
    show(person, code, "erase")
    assert "Your answers were deleted" in person.text
    person.open("/s/small").post({"age": "40", "channel": "8"})
    assert person.address.split("/")[2] != key


def test_clearing_runs_in_a_program_of_its_own(
    field: Field, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[Any] = []

    class Done:
        returncode = 1
        stderr = "no such folder\n"

    def note(command: list[str], env: dict[str, str], **options: Any) -> Done:
        ran.append((command[1:], env["EARSHOT_DATA"], env["EARSHOT_DATABASE_URL"]))
        return Done()

    monkeypatch.setattr(erasing.subprocess, "run", note)
    with caplog.at_level(logging.ERROR):
        erasing.clear(Path("data"), "sqlite:///x.db")
    assert ran == [(["-m", "survey_app.cli", "erase", "--pending"], "data", "sqlite:///x.db")]
    assert "snapshots are not cleared yet: no such folder" in caplog.text


def test_a_snapshot_whose_leaves_do_not_fit_is_refused(field: Field, finished: list[Finished]) -> None:
    folder = snapshot(field)
    whole = manifest(folder)
    for change in ({"erased": 1}, {"n": 4}, {"merkle_root": "00" * 32}):
        (folder / "manifest.json").write_text(json.dumps({**whole, **change}))
        with pytest.raises(DataProblem, match=r"leaves\.txt") as problem:
            read_snapshot(folder)
        assert problem.value.code == "snapshot_altered"
    (folder / "manifest.json").write_text(json.dumps({**whole, "n": 4, "erased": 1}))
    with pytest.raises(DataProblem, match="responses"):
        read_snapshot(folder)


def test_a_snapshot_of_the_first_schema_can_still_be_read(field: Field, finished: list[Finished]) -> None:
    folder = snapshot(field)
    old = manifest(folder)
    (folder / "leaves.txt").unlink()
    del old["erased"], old["files"]["leaves.txt"]
    (folder / "manifest.json").write_text(json.dumps({**old, "schema_version": 1}))
    assert read_snapshot(folder).rows == 5


@pytest.mark.both_databases
def test_answers_never_finished_go_by_the_code_to_come_back_with(field: Field, person: Person) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({}, _action="leave")
    code = re.search(r"<code>([^<]+)</code>", person.text)
    assert code
    assert run(field, code[1], "--yes").exit_code == 0
    with field.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(post)).scalar_one() == 0
    again = run(field, code[1], "--yes")
    assert again.exit_code == 1
    assert "is not a receipt" in again.output
