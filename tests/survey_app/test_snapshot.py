"""Rows become a snapshot: whole, checked, with every kind of missing kept apart."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from analysis.table.responses import read_snapshot
from questionnaires.codebook import columns
from questionnaires.expressions import parse
from questionnaires.formats.study_folder import read_study, study_from_files
from questionnaires.model import Answer, Question
from questionnaires.question_types import QUESTION_TYPES, ResponseColumn
from questionnaires.study import Study
from survey_app.cli import console, results
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.leaves import HEAD, canonical_row, data_id, leaf, read_leaves
from survey_app.storage.posts import PagePost
from survey_app.storage.rows import Stored, StoredPost, response_row, responses
from survey_app.storage.snapshot import NothingToSnapshot, take
from survey_app.storage.snapshot.table import ARROW, not_asked

from .conftest import Field, Person

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def snapshot(field: Field, person: Person, tmp_path: Path) -> Path:
    """Three people: one finished online, one finished by phone, one who left after the first page."""
    person.open("/s/small").post({"age": "34", "channel": "2"})
    person.post({"platform": "dont_know", "used": ["1", "2"], "wait": "3", "comment": "=1+1"})
    person.open("/s/small?language=uk").post({"age.special": "prefer_not", "channel": "8"}).post({})
    person.open("/s/small").post({"age": "70", "channel": "1"})
    return take(field.engine, field.study, tmp_path / "snapshots", NOW)


def rows(snapshot: Path) -> dict[Any, dict[str, Any]]:
    table = pq.read_table(snapshot / "responses")
    return {row["age"]: row for row in table.to_pylist()}


def test_rows_and_their_missing_codes(snapshot: Path, small: Study) -> None:
    found = rows(snapshot)
    assert list(found[34])[: len(HEAD)] == list(HEAD)
    assert HEAD[:7] == (
        "_response",
        "_version",
        "_synthetic",
        "_status",
        "_started",
        "_submitted",
        "_language",
    )
    online = {name: value for name, value in found[34].items() if not name.startswith("_")}
    assert online == {
        "age": 34, "channel": 2, "platform": -3, "used.email": 1, "used.phone": 1, "used.none": 0,
        "wait": 3, "comment": "=1+1", "comment.missing": 0,
    }  # fmt: skip
    phone = found[-4]
    assert (phone["platform"], phone["used.email"], phone["wait"], phone["comment.missing"]) == (
        -1,
        -2,
        -2,
        -2,
    )
    assert phone["comment"] is None
    assert (phone["_status"], phone["_language"], phone["_synthetic"]) == ("complete", "uk", False)
    assert (found[70]["_status"], found[70]["_submitted"]) == ("partial", None)
    assert {row["_version"] for row in found.values()} == {small.version}


def test_the_folder_is_whole_and_says_so(snapshot: Path, small: Study) -> None:
    manifest = json.loads((snapshot / "manifest.json").read_text())
    assert (manifest["n"], manifest["synthetic"], manifest["schema_version"]) == (3, False, 2)
    assert manifest["erased"] == 0
    files = {p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((snapshot / name).read_bytes()).hexdigest() == digest
    kept = (snapshot / "questionnaires" / f"{small.version}.yaml").read_bytes()
    assert hashlib.sha256(kept).hexdigest() == small.version
    assert not [path for path in snapshot.parent.iterdir() if path.name.startswith(".")]


def test_only_finished_responses_are_analysed(snapshot: Path) -> None:
    read = read_snapshot(snapshot)
    assert (read.rows, read.basis.complete, read.basis.partial) == (2, 2, 1)
    assert 70 not in read.stored("age")


def test_fieldwork_counts(snapshot: Path) -> None:
    fieldwork = json.loads((snapshot / "fieldwork.json").read_text())
    assert fieldwork["by_disposition"] == {"complete": 2, "partial": 1}
    assert fieldwork["by_language"] == {"en": 1, "uk": 2}  # the browser remembers the language
    assert fieldwork["by_break_off"] == {"start": 1}
    assert sum(fieldwork["by_end"].values()) == 2
    assert sum(fieldwork["by_width"].values()) == 3
    assert fieldwork["by_page"] == {"more": 2, "start": 3}
    assert fieldwork["zone"] == "Europe/Kyiv"


def test_the_same_rows_have_the_same_root(field: Field, snapshot: Path, tmp_path: Path) -> None:
    again = take(field.engine, field.study, tmp_path / "again", NOW)
    roots = [
        json.loads((folder / "manifest.json").read_text())["merkle_root"] for folder in (snapshot, again)
    ]
    assert roots[0] == roots[1]


def test_no_answers_is_an_empty_table(field: Field, tmp_path: Path) -> None:
    empty = take(field.engine, field.study, tmp_path / "snapshots", NOW)
    assert pq.read_table(empty / "responses" / "part-00000.parquet").num_rows == 0


def test_an_unpublished_study_has_none(engine: Engine, small: Study, tmp_path: Path) -> None:
    with pytest.raises(NothingToSnapshot):
        take(engine, small, tmp_path, NOW)


def test_an_edited_folder_is_read_in_the_published_words(
    field: Field, person: Person, files: dict[str, bytes], tmp_path: Path
) -> None:
    """The researcher has changed the questionnaire and not published it: the answers keep their version."""
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({})
    edited = files["questionnaire.yaml"].replace(b"How soon?", b"How fast?")
    study = study_from_files({**files, "questionnaire.yaml": edited})
    folder = take(field.engine, study, tmp_path / "snapshots", NOW)
    assert json.loads((folder / "manifest.json").read_text())["version"] == field.study.version


def test_the_leaves_are_those_of_the_rows(field: Field, snapshot: Path) -> None:
    """One for each row, sorted, and made anew from the snapshot's own row it is the same."""
    leaves = read_leaves(snapshot)
    assert leaves == sorted(leaves)
    found = {row["_response"]: row for row in rows(snapshot).values()}
    for stored in responses(field.engine, "small"):
        canonical = canonical_row(field.study.questionnaire, found[stored.data_id])
        assert leaf(stored.salt, canonical) in leaves
        assert stored.salt not in (snapshot / "leaves.txt").read_text()
        assert hashlib.sha256(canonical).digest() not in leaves
    assert len(leaves) == 3


def test_the_form_of_a_canonical_row(small: Study) -> None:
    """Written out by hand: what anyone needs to make the leaf with other tools."""
    posts = [StoredPost("start", '{"age": 34, "channel": 8}', True, "end", False, "uk", 20, 5, "phone")]
    stored = Stored("k", "v", False, 10, "S" * 13, 7, posts)
    row = response_row(small.questionnaire, stored, stored.current("small"))
    expected = (
        '{"_consented":null,"_end":"end","_language":"uk","_response":"'
        + data_id("S" * 13, "k")
        + '","_seed":7,'
        '"_started":10,"_status":"complete","_submitted":20,"_synthetic":false,"_version":"v","age":34,'
        '"channel":8,"comment":null,'
        '"comment.missing":-2,"platform":-1,"used.email":-2,"used.none":-2,"used.phone":-2,"wait":-2}'
    )
    assert canonical_row(small.questionnaire, row).decode() == expected
    assert leaf("S" * 13, expected.encode()) == hashlib.sha256(b"S" * 13 + expected.encode()).digest()


def test_a_later_version_leaves_a_finished_leaf_as_it_was(
    field: Field, person: Person, files: dict[str, bytes], tmp_path: Path
) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({})
    before = take(field.engine, field.study, tmp_path / "snapshots", NOW)
    more = """
      - name: added
        type: number
        text: {en: One more?, uk: Ще?}
"""
    changed = study_from_files(
        {**files, "questionnaire.yaml": files["questionnaire.yaml"].rstrip() + more.encode()}
    )
    fieldwork.publish(field.engine, changed, 2_000)
    after = take(field.engine, changed, tmp_path / "snapshots", NOW.replace(hour=11))
    assert "added" in rows(after)[34]
    assert read_leaves(after) == read_leaves(before)


def test_how_responses_ended(small: Study) -> None:
    def row(*posts: StoredPost) -> dict[str, Any]:
        stored = Stored("k", "v", False, 10, "S" * 13, 7, posts)
        return response_row(small.questionnaire, stored, stored.current("small"))

    first = StoredPost("start", '{"age": 18}', False, "", False, "en", 20, 5, "")
    last = first._replace(final=True, end="young", screened=True, posted_ms=30)
    assert (row(first)["_status"], row(first)["_end"], row(first)["_submitted"]) == ("partial", None, None)
    assert (row(first, last)["_status"], row(first, last)["_end"]) == ("screened_out", "young")
    assert row(first, last._replace(screened=False))["_status"] == "complete"


@pytest.fixture
def showcase(library: Path) -> Study:
    """A study with every type of question."""
    return read_study(library / "showcase")


def some_answer(question: Question) -> Answer:
    """Return an answer that fits the question's first column."""
    kind, codes = (
        QUESTION_TYPES[question.type].columns(question)[0].kind,
        tuple(c.code for c in question.choices),
    )
    if question.type in ("consent", "information", "vignette") or kind == "number":
        return max(1, int(question.minimum or 30))
    if kind == "code":
        return codes[0]
    values = {
        "flag": codes[:1],
        "rank": codes,
        "order": codes,
        "decimal": 2,
        "date": 20261122,
        "text": "Щось",
    }
    return values[kind]


def test_every_kind_of_column_there_and_back(engine: Engine, showcase: Study, tmp_path: Path) -> None:
    """The leaf made from the row in the database and from the row in the Parquet file is the same."""
    fieldwork.publish(engine, showcase, 0)
    asking = showcase.questionnaire
    full = {q.name: some_answer(q) for q in asking if q.value is None} | {"age": 30}
    collector = Collector(engine)
    for key, answers in (("full", full), ("empty", {})):
        collector.keep(
            PagePost(
                key, key, "showcase", showcase.version, False, "start", answers, "uk", True, 7, end="end"
            )
        )
    collector.close()
    folder = take(engine, showcase, tmp_path / "snapshots", NOW)
    table = pq.read_table(folder / "responses")
    filled = {c.kind for c in columns([asking]) if table[c.name].to_pylist()[1] not in (None, -1, -2)}
    assert filled == set(ARROW)
    leaves = read_leaves(folder)
    for stored, row in zip(responses(engine, "showcase"), table.to_pylist(), strict=True):
        assert row["_response"] == stored.data_id
        assert leaf(stored.salt, canonical_row(asking, row)) in leaves
    read = read_snapshot(folder)
    named = {q.name: q for q in asking}
    for condition, count in (
        ("spent >= 2", 1),
        ("spent > 2", 0),
        ("ways == 1", 1),
        ("ways == 0", 1),
        ('"reply" in ranks', 1),
    ):
        assert int(read.where(parse(condition, named)).sum()) == count, condition


def test_when_consent_was_given(showcase: Study) -> None:
    def consented(*answers: str) -> Any:
        posts = [
            StoredPost("start", text, False, "", False, "en", number, None, "")
            for number, text in enumerate(answers, start=1)
        ]
        stored = Stored("k", "v", False, 0, "S" * 13, 7, posts)
        return response_row(showcase.questionnaire, stored, stored.current("showcase"))["_consented"]

    assert consented('{"age": 1}') is None
    assert consented('{"consent": {"missing": "not_answered"}}', '{"consent": 1}', '{"consent": 1}') == 2


def test_not_asked_of_each_kind() -> None:
    for kind, arrow in ARROW.items():
        value = not_asked(ResponseColumn("x", "x", kind))
        assert pa.array([value], arrow).to_pylist() == [None if kind in ("text", "order", "value") else -1]


def run_verb(field: Field, files: dict[str, bytes], folder: Path, *options: str) -> Result:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return CliRunner().invoke(results.snapshot, [str(folder), *options], env=field.environment)


def test_the_verb_says_where_it_is_and_what_is_in_it(
    field: Field, person: Person, files: dict[str, bytes], tmp_path: Path
) -> None:
    person.open("/s/small").post({"age": "34", "channel": "8"}).post({})
    plain = run_verb(field, files, tmp_path / "small")
    told = json.loads(run_verb(field, files, tmp_path / "small", "--json", "--anew").stdout)
    assert plain.exit_code == 0
    first, second = Path(plain.stdout.strip()), Path(told.pop("snapshot"))
    assert first.parent == second.parent == field.settings.snapshots / "small"
    assert told == {name: json.loads((second / "manifest.json").read_text())[name] for name in told}
    assert told["n"] == 1
    assert plain.stderr == ""  # a bar is for a terminal


def test_the_verb_says_why_there_is_none(
    field: Field, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("survey_app.storage.snapshot._write_beside", full)
    result = run_verb(field, files, tmp_path / "small")
    assert result.exit_code == 1
    assert "no snapshot was made: [Errno 28] No space left on device; see that" in result.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (60.0, False)])
def test_a_bar_is_shown_to_who_waits(monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool) -> None:
    terminal = Terminal()
    monkeypatch.setattr(console, "PATIENCE", patience)
    monkeypatch.setattr("sys.stderr", terminal)
    with console.bar("Reading") as told:
        told(500, 1000)
        told(1000, 1000)
    assert ("Reading" in terminal.getvalue() and "100%" in terminal.getvalue()) == shown
