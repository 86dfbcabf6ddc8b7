"""The file of a backup: what is damaged is named, what is hostile is refused before it is unpacked."""

from __future__ import annotations

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from questionnaires.study import Study
from survey_app.storage.backup import archive
from survey_app.storage.backup.archive import BadBackup, opened
from survey_app.storage.backup.making import make

from .backed_up import KEY, NOW, New, fill, rewritten

Change = Callable[[dict[str, Any], dict[str, bytes]], None]


@pytest.fixture
def file(engine: Engine, small: Study, tmp_path: Path) -> Path:
    fill(engine, small, tmp_path / "data", 40)
    make(engine, tmp_path / "b.zip", NOW, key=KEY)
    return tmp_path / "b.zip"


@pytest.fixture
def new(tmp_path: Path) -> New:
    return New(f"sqlite:///{tmp_path / 'new' / 'earshot.db'}", tmp_path / "new")


def everything(path: Path) -> tuple[object, ...]:
    """Read all of a backup."""
    with opened(path) as backup:
        backup.verify(lambda count: None)
        rows = [row for name in backup.manifest.tables for batch in backup.rows(name) for row in batch]
        return backup.manifest, rows, backup.key()


def test_a_flipped_byte_is_named_or_without_effect(file: Path, tmp_path: Path) -> None:
    """One in so many places all over the file, and all around each member's beginning and the directory at the end."""
    whole, whole_file = everything(file), file.read_bytes()
    with zipfile.ZipFile(file) as found:
        members = {info.filename: (info.header_offset, info.compress_size) for info in found.infolist()}
    chance = random.Random(1)
    places = {chance.randrange(len(whole_file)) for _ in range(150)}
    places |= {at + n for at, _ in members.values() for n in range(0, 50, 7)} | {
        len(whole_file) - n for n in range(1, 99)
    }
    named = 0
    for place in sorted(places):
        broken = bytearray(whole_file)
        broken[place] ^= 1 << place % 8
        (tmp_path / "broken.zip").write_bytes(broken)
        try:
            assert everything(tmp_path / "broken.zip") == whole, place
        except BadBackup as reason:
            named += 1
            for name, (at, size) in members.items():
                begun = at + 30 + len(name)
                if size > 40 and begun <= place < begun + size:
                    assert f"broken.zip: {name} is not as it was written" in str(reason), place
    assert named > len(places) / 2


@pytest.mark.parametrize("left", [0, 10, 1_000, -1, -30])
def test_a_file_that_is_cut_off(file: Path, new: New, left: int) -> None:
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(BadBackup, match=r"b\.zip is not a backup, or its end is cut off or damaged"):
        new.restore(file)


def forged(table: str, old: bytes, put: bytes) -> Change:
    """Return what changes a table so that every sum is right."""

    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        content = members[f"{table}.jsonl"].replace(old, put)
        assert content != members[f"{table}.jsonl"]
        members[f"{table}.jsonl"] = content
        told = {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "rows": content.count(b"\n"),
        }
        manifest["tables"][table].update(told)

    return change


def altered(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    """Change answers so that the zip itself, and the number of bytes, are right."""
    members["post.jsonl"] = members["post.jsonl"].replace(b"age", b"egg")


def no_key(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["secret-key"] = b"\xff" * 64
    manifest["key"] = hashlib.sha256(members["secret-key"]).hexdigest()


def drop(table: str) -> Change:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        del manifest["tables"][table], members[f"{table}.jsonl"]

    return change


def more(name: str) -> Change:
    return lambda manifest, members: members.update({name: b"x"})


def said(**values: Any) -> Change:
    return lambda manifest, members: manifest.update(values)


def of_post(**values: Any) -> Change:
    return lambda manifest, members: manifest["tables"]["post"].update(values)


def bomb(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["post.jsonl"] = b"\n" * 20_000_000
    manifest["tables"]["post"].update(bytes=20_000_000, rows=20_000_000)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (more("../../etc/cron.d/x"), r"'\.\./\.\./etc/cron\.d/x' is not as it was written: the manifest does not name"),
        (more("/post.jsonl"), "'/post.jsonl' is not as .* the manifest does not name it"),
        (lambda manifest, members: members.pop("post.jsonl"), "post.jsonl is not as .* it is not there"),
        (lambda manifest, members: members.pop("secret-key"), "secret-key is not as .* it is not there"),
        (lambda manifest, members: members.update({"secret-key": b"7" * 64}), "secret-key .* its SHA-256 is not"),
        (altered, "post.jsonl is not as it was written: its SHA-256 is not that of the manifest"),
        (no_key, "secret-key is not as it was written: it is not a key"),
        (said(key="zz"), "manifest.json is not as .* it does not read"),
        (said(tables=[]), "manifest.json is not as .* it does not read"),
        (said(strange=1), "manifest.json is not as .* it does not read"),
        (said(format=2), "is a backup of form 2, and this version reads 1; run the newer one"),
        (of_post(bytes=5), r"post.jsonl is not as .* it has \d+ bytes, not 5"),
        (of_post(rows=5), r"post.jsonl is not as .* it has \d+ rows, not 5"),
        (of_post(rows=-1), "manifest.json is not as .* it does not read"),
        (of_post(columns=["id", "id"]), "manifest.json is not as .* it does not read"),
        (of_post(columns=['id"; DROP TABLE post']), "manifest.json is not as .* it does not read"),
        (of_post(columns=["id", "colour"]), "its table post is not one of revision 0002"),
        (drop("post"), "the backup has no table post"),
        (bomb, r"post.jsonl is not as .* \d+ bytes would become 20000000"),
        (forged("post", b"[1,", b"[[1],"), "post.jsonl is not as .* line 1 is not a row"),
        (forged("post", b"[1,", b"[1,1,"), "post.jsonl is not as .* line 1 is not a row"),
        (forged("post", b"[1,", b"{1,"), "post.jsonl is not as .* line 1 is not a row"),
        (forged("post", b"[2,", b"[1,"), "rows of post do not fit: .*UNIQUE"),
        (forged("post", b"[1,", b"[99999999999999999999999,"), "rows of post do not fit: OverflowError"),
        (forged("post", b"[1,", b"[" * 100_000), "post.jsonl is not as .* line 1 is not a row"),
        (forged("response", b'"small"', b'"other"'), "rows of response do not fit: .*FOREIGN KEY"),
        (forged("version", b'["', b'["0'), "its rows make no responses"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_must_be_is_refused(
    file: Path, new: New, tmp_path: Path, change: Change, told: str
) -> None:
    bad = rewritten(file, tmp_path / "bad.zip", change)
    with pytest.raises(BadBackup, match=told):
        new.restore(bad)
    assert not (new.folder / "secret-key").exists()
    with new.place() as place, place.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0


def test_a_member_that_is_there_twice(file: Path, new: New) -> None:
    with zipfile.ZipFile(file, "a") as changed, pytest.warns(UserWarning, match="Duplicate name"):
        changed.writestr("post.jsonl", "[]")
    with pytest.raises(BadBackup, match=r"post\.jsonl is not as it was written: it (is there twice|has)"):
        new.restore(file)


def test_a_zip_of_something_else(tmp_path: Path, new: New) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as other:
        other.writestr("a.jpg", b"x")
    with pytest.raises(BadBackup, match=r"photos.zip is not a backup of earshot: it has no manifest.json"):
        new.restore(tmp_path / "photos.zip")


def test_a_long_line_is_not_gathered_in_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LONGEST_LINE", 100)
    monkeypatch.setattr(archive, "_BLOCK", 64)
    with (
        opened(file) as backup,
        pytest.raises(BadBackup, match=r"version\.jsonl is not as .* a line is too long"),
    ):
        list(backup.rows("version"))


def test_the_manifest_is_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_MANIFEST", 100)
    with (
        pytest.raises(BadBackup, match=r"manifest\.json is not as it was written: it is too long"),
        opened(file),
    ):
        pass


def test_the_file_is_plain_json_lines_in_a_zip(file: Path) -> None:
    """Anyone can read it without us."""
    with zipfile.ZipFile(file) as found:
        manifest = json.loads(found.read("manifest.json"))
        lines = found.read("response.jsonl").decode().splitlines()
        assert found.read("secret-key").decode() == KEY
    columns = manifest["tables"]["response"]["columns"]
    assert dict(zip(columns, json.loads(lines[5]), strict=True))["study"] == "small"
    assert manifest["tables"]["response"]["rows"] == len(lines) == 40
