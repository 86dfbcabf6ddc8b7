"""The doctor: every finding is fine or says what to do, and nothing is changed by looking."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from survey_app.cli.database import doctor
from survey_app.storage import checkup, disk, schema
from survey_app.storage.database import writing

from .conftest import Field
from .postgres import Server
from .test_collect import POST

NEW = ("data folder", "disk", "secret key", "clock", "database", "hosts", "https")


def run(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(doctor, [*arguments], env=environment)


def problems(environment: dict[str, str]) -> dict[str, str]:
    """Return name → what was found and what to do, of each problem."""
    result = run(environment, "--json")
    told: dict[str, Any] = json.loads(result.output)
    found = {one["name"]: f"{one['found']} | {one['remedy']}" for one in told["findings"] if not one["ok"]}
    assert (result.exit_code, told["ok"]) == (1 if found else 0, not found)
    return found


def keep(field: Field) -> None:
    field.app.extensions["earshot-collector"].keep(POST)


def posts(field: Field) -> list[object]:
    with field.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM post")))


def test_a_machine_before_its_first_use(tmp_path: Path) -> None:
    result = run({"EARSHOT_DATA": str(tmp_path / "new")})
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert tuple(re.findall(r"^ok +([\w ]+):", result.output, re.M)) == NEW
    assert lines[-1] == "No problems."
    assert not (tmp_path / "new").exists()


@pytest.mark.both_databases
def test_a_study_in_the_field(field: Field) -> None:
    keep(field)
    result = run(field.environment)
    assert result.exit_code == 0, result.output
    for told in (
        "durability: ",
        "tables: revision 0002",
        "writing: one row",
        "study small: open, time zone Europe/Kyiv",
        "answers: the newest is of 1970-01-01 00:00:00 UTC",
    ):
        assert f" {told}" in result.output, told
    only = "integrity: whole" if field.engine.dialect.name == "sqlite" else "server's clock: 0."
    assert only in result.output


@pytest.mark.both_databases
def test_looking_changes_no_answer(field: Field) -> None:
    keep(field)
    before = posts(field)
    assert before
    run(field.environment)
    assert posts(field) == before


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    found = problems({"EARSHOT_DATA": str(tmp_path / "file")})
    assert "is no folder | set EARSHOT_DATA to a folder that can be written" in found["data folder"]
    monkeypatch.setattr(checkup, "writable", lambda folder: False)
    found = problems({"EARSHOT_DATA": str(tmp_path / "data")})
    assert "cannot be written | set EARSHOT_DATA" in found["data folder"]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage(10**9, 10**9, 5 * 1024**2))
    assert re.match(r"5 MiB free on \w+ \| make room", problems({"EARSHOT_DATA": str(tmp_path)})["disk"])


def test_the_secret_key(field: Field) -> None:
    key = field.settings.data / "secret-key"
    key.chmod(0o644)
    assert "can be read by others (mode 644) | chmod 600" in problems(field.environment)["secret key"]
    key.chmod(0o600)
    key.write_text("half")
    assert "is not whole | put the one of a backup in its place" in problems(field.environment)["secret key"]


def test_the_clock(field: Field) -> None:
    assert checkup.check_clock(datetime(1970, 1, 1, tzinfo=UTC)).remedy == "set the clock of this machine"
    assert checkup.check_clock(datetime(2026, 11, 22, tzinfo=UTC)).ok
    keep(field)
    with writing(field.engine).begin() as connection:
        connection.execute(text("UPDATE post SET posted_ms = 9999999999999"))
    assert "of 2286-11-20 17:46:39 UTC | set the clock" in problems(field.environment)["answers"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_clocks_of_two_machines(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "APART", -1.0)
    assert "set both clocks by the same time service" in problems(field.environment)["server's clock"]


@pytest.mark.both_databases
def test_studies_that_cannot_be_read(field: Field) -> None:
    record = field.study.files["study.yaml"]
    for changed, told in (
        (record.replace(b"Europe/Kyiv", b"Europe/Atlantis"), "zone"),
        (b"nonsense: [", "cannot be read"),
    ):
        with writing(field.engine).begin() as connection:
            connection.execute(text("UPDATE study SET record = :record"), {"record": changed})
        assert told in problems(field.environment)["study small"]


@pytest.mark.both_databases
def test_the_revision_of_the_tables(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "REVISION", "0003")
    found = problems(field.environment)
    assert found.keys() == {"tables"}
    assert found["tables"].endswith("| stop every earshot that uses it, then: earshot upgrade")


def test_tables_that_the_next_command_makes_or_takes_on(field: Field, tmp_path: Path) -> None:
    with writing(field.engine).begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    result = run(field.environment)
    assert "tables: those of the first revision, which the next command writes down" in result.output
    sqlite3.connect(tmp_path / "empty.db").execute("PRAGMA journal_mode=WAL").connection.close()
    empty = run({**field.environment, "EARSHOT_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"})
    assert "tables: none yet, made by the first: earshot publish STUDY" in empty.output
    assert (result.exit_code, empty.exit_code) == (0, 0)


def test_a_server_without_tables_and_one_that_is_weak(postgres: Server, tmp_path: Path) -> None:
    address = postgres.fresh()
    environment = {"EARSHOT_DATA": str(tmp_path), "EARSHOT_DATABASE_URL": address}
    assert problems(environment)["tables"].endswith("has no tables yet | make them with: earshot upgrade")
    postgres.say(f"ALTER DATABASE {address.split('/')[3].split('?')[0]} SET synchronous_commit = off")
    assert "synchronous_commit is off (on is needed) | ALTER" in problems(environment)["database"]


def test_a_database_that_is_not_reached(tmp_path: Path) -> None:
    address = "postgresql://me:geheim@127.0.0.1:1/name"
    found = problems({"EARSHOT_DATA": str(tmp_path), "EARSHOT_DATABASE_URL": address})
    assert found["database"].endswith("refused | see that the server runs and that EARSHOT_DATABASE_URL names its "
                                      "host and port")  # fmt: skip
    assert "geheim" not in str(found)
    found = problems({"EARSHOT_DATA": str(tmp_path), "EARSHOT_DATABASE_URL": "sqlite:////no/such/x.db"})
    assert found["database"] == "/no/such is not there | make that folder, or name another file"


def test_a_network_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounts").write_text(f"22 1 0:21 / {tmp_path} rw - cifs //server/x rw\n")
    monkeypatch.setattr(disk, "MOUNTS", tmp_path / "mounts")
    assert (
        "on a network disk (cifs) | use a local one or PostgreSQL"
        in problems({"EARSHOT_DATA": str(tmp_path)})["database"]
    )


def test_a_damaged_file(field: Field) -> None:
    field.engine.dispose()
    path = field.settings.data / "earshot.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("INSERT INTO resume VALUES ('x', 'nobody', 1)")
    connection.close()
    assert "1 rows refer to nothing | put a copy in its place" in problems(field.environment)["integrity"]
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 + 100 : page * 4096 + 4000] = b"\xff" * 3900
    path.write_bytes(content)
    assert "malformed | it is damaged" in str(problems(field.environment))


def test_a_log_that_grows(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "LONGEST_LOG", 1)
    assert "restart earshot: a reader has been open" in problems(field.environment)["write-ahead log"]


def test_hosts_and_https(tmp_path: Path) -> None:
    environment = {"EARSHOT_DATA": str(tmp_path)}
    for wrong in (
        "https://survey.example.org",
        "survey.example.org, example.org",
        "a/b",
        "survey.example.org,",
    ):
        assert "write names alone" in problems({**environment, "EARSHOT_HOSTS": wrong})["hosts"], wrong
    result = run({**environment, "EARSHOT_HOSTS": "localhost,survey.example.org,.example.org,[::1],x:8000"})
    assert result.exit_code == 0
    assert "https: needed for survey.example.org: a proxy that speaks it, and earshot serve" in result.output
