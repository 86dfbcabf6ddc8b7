"""Rows become a snapshot: whole, checked, with every kind of missing kept apart."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from questionnaires.codebook import ROW_COLUMNS
from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study
from survey_app.storage.merkle import merkle_root
from survey_app.storage.snapshot import NothingToSnapshot, take

from .conftest import Field, Person

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
    table = pq.read_table(snapshot / "responses" / "part-00000.parquet")
    return {row["age"]: row for row in table.to_pylist()}


def test_rows_and_their_missing_codes(snapshot: Path, small: Study) -> None:
    found = rows(snapshot)
    assert list(found[34])[:7] == list(ROW_COLUMNS)
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
    assert (manifest["n"], manifest["synthetic"], manifest["schema_version"]) == (3, False, 1)
    files = {p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((snapshot / name).read_bytes()).hexdigest() == digest
    kept = (snapshot / "questionnaires" / f"{small.version}.yaml").read_bytes()
    assert hashlib.sha256(kept).hexdigest() == small.version
    assert not [path for path in snapshot.parent.iterdir() if path.name.startswith(".")]


def test_fieldwork_counts(snapshot: Path) -> None:
    fieldwork = json.loads((snapshot / "fieldwork.json").read_text())
    assert fieldwork["by_disposition"] == {"complete": 2, "partial": 1}
    assert fieldwork["by_language"] == {"en": 1, "uk": 2}  # the browser remembers the language
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


def test_merkle_root() -> None:
    """Hand-made: leaves and nodes are hashed apart, an odd one is carried up."""
    a, b, c = (hashlib.sha256(x).digest() for x in (b"a", b"b", b"c"))

    def leaf(x: bytes) -> bytes:
        return hashlib.sha256(b"\x00" + x).digest()

    def node(x: bytes, y: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + x + y).digest()

    assert merkle_root([]) == hashlib.sha256(b"").digest()
    assert merkle_root([a]) == leaf(a)
    assert merkle_root([a, b, c]) == node(node(leaf(a), leaf(b)), leaf(c))
    assert merkle_root([a, b]) != merkle_root([b, a])
