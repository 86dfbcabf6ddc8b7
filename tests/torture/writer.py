"""A process that keeps posts with the app's own writer and tells of each that was acknowledged.

    python -m tests.torture.writer ADDRESS VERSION SETTING

Each line on standard input forks a writer; it runs until it is killed. SETTING weakens the database for a control,
"" for none. On standard output: `fork PID`, `begins RESPONSE`, `acknowledged RESPONSE TOKEN`.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

from sqlalchemy import Engine, event

from survey_app.storage.collect import Collector
from survey_app.storage.opening import open_database
from survey_app.storage.posts import NotKept, PagePost
from tests.torture.client import Ledger
from tests.torture.stage import NAME

PEOPLE = 8
PAGES = 5
WEAKER = {"NORMAL": "PRAGMA synchronous=NORMAL", "off": "SET synchronous_commit=off"}


def weaken(engine: Engine, setting: str) -> None:
    """Let the app's checks pass, and then take back what they have found."""

    def change(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(WEAKER[setting])
        cursor.close()
        if setting == "off":
            connection.commit()  # type: ignore[attr-defined]

    event.listen(engine, "connect", change)
    engine.dispose()


def page_post(version: str, response: str, page: int, token: str, last: int = PAGES) -> PagePost:
    return PagePost(
        submission_key=secrets.token_hex(16), response=response, study=NAME, version=version, synthetic=True,
        page=f"page_{page}", answers={f"word_{page}": token, f"pick_{page}": 1}, language="en",
        final=page == last, posted_ms=time.time_ns() // 1_000_000, begins=page == 1, seed=1,
    )  # fmt: skip


def person(collector: Collector, version: str) -> None:
    """Post page after page, response after response; what is not kept is sent again under another name."""
    while True:
        response = secrets.token_hex(16)
        tell(f"begins {response}")
        for page in range(1, PAGES + 1):
            token = f"t{secrets.token_hex(12)}t"
            try:
                collector.keep(page_post(version, response, page, token))
            except NotKept:
                time.sleep(0.01)
                break
            tell(f"acknowledged {response} {token}")


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def write(address: str, version: str, setting: str) -> None:
    engine = open_database(address)
    if setting:
        weaken(engine, setting)
    collector = Collector(engine)
    people = [threading.Thread(target=person, args=(collector, version)) for _ in range(PEOPLE)]
    for one in people:
        one.start()
    for one in people:
        one.join()


def main() -> None:
    """Fork a writer for each line."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(0)
            try:
                write(*sys.argv[1:])
            finally:
                os._exit(1)
        tell(f"fork {child}")
        os.waitpid(child, 0)


class Writer:
    """The process seen from outside; what it tells goes into a ledger."""

    def __init__(self, address: str, version: str, setting: str, ledger: Ledger) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.writer", address, version, setting],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._ledger, self._forks = ledger, Queue[int]()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def next(self) -> int:
        """Fork a writer and return its process id; the one before must have been killed."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        try:
            return self._forks.get(timeout=20)
        except Empty:
            raise TimeoutError("the writer did not start") from None

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            what, *rest = line.split()
            if what == "fork":
                self._forks.put(int(rest[0]))
            elif what == "begins":
                self._ledger.responses.add(rest[0])
            else:
                self._ledger.acknowledged[rest[1]] = rest[0]


if __name__ == "__main__":
    main()
