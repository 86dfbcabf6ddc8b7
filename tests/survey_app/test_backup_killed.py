"""A backup or a restore that is killed anywhere leaves nothing half."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from questionnaires.study import Study
from survey_app.storage.backup.archive import opened
from survey_app.storage.backup.making import make
from survey_app.storage.erase import read_erased
from survey_app.storage.upgrade import upgrade

from .backed_up import KEY, NOW, New, counts, fill
from .postgres import Server

pytestmark = pytest.mark.both_databases

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from survey_app.storage.backup.archive import opened
from survey_app.storage.backup.making import make
from survey_app.storage.backup.restoring import Destination, restore
from survey_app.storage.database import connect

now, key = datetime(2026, 11, 22, tzinfo=UTC), "5" * 64


def back_up(address, file, folder):
    make(connect(address), Path(file), now, key=key)


def put_back(address, file, folder):
    with opened(Path(file)) as backup:
        restore(backup, Destination(connect(address), Path(folder), Path(folder) / "secret-key"), now)


def die_at(wanted, told, work, *arguments):
    seen = 0

    def count(frame, event, what):
        nonlocal seen
        seen += 1
        if seen == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    work(*arguments)
    sys.setprofile(None)
    os.write(told, str(seen).encode())
    os._exit(0)


for line in sys.stdin:
    work, wanted, *arguments = line.split()
    hear, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            die_at(int(wanted), told, globals()[work], *arguments)
        finally:
            os._exit(3)
    os.close(told)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), os.read(hear, 20).decode() or 0, flush=True)
    os.close(hear)
"""
NEVER = 10**9


class Killed:
    """Does something in a program that is killed at its so-manieth call of a function."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, work: str, at: int, address: str, file: Path, folder: Path) -> tuple[int, int]:
        """Return the exit code and how many calls were made, 0 where it was killed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(work, at, address, file, folder, file=self._process.stdin, flush=True)
        code, calls = self._process.stdout.readline().split()
        return int(code), int(calls)


@contextmanager
def killed() -> Iterator[Killed]:
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Killed(process)
        assert process.stdin is not None
        process.stdin.close()


def was_killed(code: int, place: int, calls: int) -> bool:
    """A server's answers come in other pieces each time, so that the last places may not be reached."""
    return code == -9 or (code == 0 and place > 0.9 * calls)


def places(calls: int) -> list[int]:
    """Twelve: six all over, and six ever nearer to the end, where things get their names."""
    return sorted(
        {1 + calls * number // 6 for number in range(6)} | {calls - 2**power for power in range(1, 7)}
    )


@pytest.fixture
def filled(engine: Engine, small: Study, tmp_path: Path) -> Engine:
    fill(engine, small, tmp_path / "data", 8)
    return engine


def test_a_backup_is_whole_or_not_there(filled: Engine, tmp_path: Path) -> None:
    address = filled.url.render_as_string(hide_password=False)
    file, ends = tmp_path / "backups" / "b.zip", []
    file.parent.mkdir()
    before = counts(filled)
    with killed() as program:
        code, calls = program.run("back_up", NEVER, address, file, tmp_path)
        assert code == 0
        for place in places(calls):
            file.unlink(missing_ok=True)
            assert was_killed(program.run("back_up", place, address, file, tmp_path)[0], place, calls)
            ends.append(file.exists())
            if file.exists():
                with opened(file) as backup:
                    backup.verify(lambda count: None)
            assert {path.name for path in file.parent.iterdir()} <= {"b.zip", ".b.zip.part"}
        file.unlink(missing_ok=True)
        assert program.run("back_up", NEVER, address, file, tmp_path)[0] == 0
    assert not any(ends[:6]), "a file had its name before it was whole"
    assert [path.name for path in file.parent.iterdir()] == ["b.zip"]
    assert counts(filled) == before


def test_a_restore_is_whole_or_not_begun(
    request: pytest.FixtureRequest, filled: Engine, tmp_path: Path
) -> None:
    file, made = tmp_path / "b.zip", 0
    manifest = make(filled, file, NOW, key=KEY)
    wanted = {name: member.rows for name, member in manifest.tables.items()}

    def fresh() -> New:
        nonlocal made
        made += 1
        folder = tmp_path / f"new-{made}"
        folder.mkdir()
        if filled.dialect.name == "sqlite":
            return New(f"sqlite:///{folder / 'earshot.db'}", folder)
        postgres: Server = request.getfixturevalue("postgres")
        new = New(postgres.fresh(), folder)
        with new.place() as place:
            upgrade(place.engine)
        return new

    with killed() as program:
        first = fresh()
        code, calls = program.run("put_back", NEVER, first.address, file, first.folder)
        assert code == 0
        new, wholes = fresh(), 0
        for place in places(calls):
            assert was_killed(program.run("put_back", place, new.address, file, new.folder)[0], place, calls)
            if is_whole(new, wanted):
                wholes += 1
                new = fresh()
        assert wholes < 9, "it was whole long before its end"
        assert program.run("put_back", NEVER, new.address, file, new.folder)[0] == 0
    assert is_whole(new, wanted)
    assert len(read_erased(new.folder / "erased")) == 2


def is_whole(new: New, wanted: dict[str, int]) -> bool:
    """Tell whether everything is there, the key too; fail where it is something between."""
    with new.place() as place:
        if not inspect(place.engine).get_table_names():
            return False
        found = counts(place.engine)
    if not any(found.values()):
        return False
    assert {name: found[name] for name in wanted} == wanted
    assert (new.folder / "secret-key").read_text() == KEY
    return True
