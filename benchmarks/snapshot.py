"""What a snapshot costs at scale: memory, CPU and time; the next one; and whether those who answer notice it.

    python -m benchmarks.snapshot [--responses 1000000] [--database sqlite|postgresql] [--seconds 30]

A database is filled with finished responses of ten questions, one post each, and one in fifty that is not finished.
A whole snapshot is taken by a program of its own (its peak memory and CPU are the operating system's), then one
after a hundredth more has come in. Last, eight people keep posts, with and without a snapshot beside them, in turn.
Compare ratios and CPU: times depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, make_url, text

from benchmarks.collection import quantile
from benchmarks.ten_questions import CHANNELS, COUNTRIES, HOURS, STUDY, questionnaire
from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.database import connect, writing
from survey_app.storage.opening import open_database
from survey_app.storage.posts import NotKept, PagePost
from survey_app.storage.snapshot import take
from survey_app.storage.tables import post, response
from survey_app.storage.upgrade import upgrade

BATCH = 20_000
UNFINISHED = 50
"""One response in so many is not finished."""
PEOPLE = 8
THINKING = 0.05
"""Seconds between two posts of a person, on average."""


@dataclass(frozen=True)
class Cost:
    """What one snapshot took: responses in it, peak memory in MiB, CPU seconds, seconds."""

    n: int
    memory: float
    cpu: float
    seconds: float


def ten_questions() -> Study:
    return study_from_files({"study.yaml": STUDY.encode(), "questionnaire.yaml": questionnaire().encode()})


def given(chance: random.Random) -> dict[str, Any]:
    """Return one person's answers."""
    return {
        "age": chance.randint(18, 90),
        "country": chance.randint(1, len(COUNTRIES)),
        "gender": chance.randint(1, 3),
        "complained": chance.randint(1, 2),
        "channel": chance.randint(1, len(CHANNELS)),
        "used": sorted(chance.sample(range(1, len(CHANNELS) + 1), 3)),
        **{f"wait_{number}": chance.randint(1, len(HOURS)) for number in range(1, 5)},
        "timely": chance.randint(1, 2),
        "recommend": chance.randint(0, 10),
        "comment": "It broke. " * chance.randint(0, 20),
    }


def rows(study: Study, first: int, count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield responses and their posts as the tables have them."""
    chance = random.Random(first)
    texts = [json.dumps(given(chance), sort_keys=True) for _ in range(2_000)]
    for number in range(first, first + count):
        key, at = f"{chance.getrandbits(128):032x}", 1_780_000_000_000 + number * 20
        finished = number % UNFINISHED > 0
        begun = {
            "key": key, "study": study.name, "version": study.version, "synthetic": False, "language": "en",
            "started_ms": at, "salt": f"{chance.getrandbits(52):013X}", "receipt_hash": None,
            "seed": chance.getrandbits(31),
        }  # fmt: skip
        posted = {
            "submission_key": key, "response": key, "page": "complaints", "answers": chance.choice(texts),
            "language": "en", "final": finished, "posted_ms": at + 90_000, "end": "end" if finished else "",
            "screened": False, "shown_ms": at, "width": chance.choice(("phone", "desktop", "")),
        }  # fmt: skip
        yield begun, posted


def fill(engine: Engine, study: Study, first: int, count: int) -> None:
    """Put responses straight into the tables, much faster than people could."""
    for start in range(first, first + count, BATCH):
        made = list(rows(study, start, min(BATCH, first + count - start)))
        with writing(engine).begin() as connection:
            for table, place in ((response, 0), (post, 1)):
                if engine.dialect.name == "sqlite":
                    connection.execute(insert(table), [one[place] for one in made])
                else:
                    _copy(connection.connection.driver_connection, table.name, [one[place] for one in made])
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))  # a server in use does it by itself


def _copy(connection: Any, table: str, made: list[dict[str, Any]]) -> None:
    names = ", ".join(f'"{name}"' for name in made[0])
    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for one in made:
            copy.write_row(tuple(one.values()))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a database with its tables."""
    if kind == "sqlite":
        address = f"sqlite:///{folder / 'earshot.db'}"
        open_database(address).dispose()
        yield address
        return
    from tests.survey_app.postgres import server  # the programs of a wheel; nothing of the system

    with server() as running:
        address = running.fresh()
        engine = connect(address)
        upgrade(engine)
        engine.dispose()
        yield address


def take_one(address: str, folder: Path, anew: bool) -> None:
    """Take a snapshot in this process and print what it took; run by `cost`."""
    engine = open_database(address)
    start = time.perf_counter()
    made = take(engine, ten_questions(), folder, datetime.now(UTC), anew=anew)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = json.loads((made / "manifest.json").read_text())
    print(
        json.dumps(
            [told["n"], used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, time.perf_counter() - start]
        )
    )


def command(address: str, folder: Path, anew: bool = False) -> list[str]:
    own = [sys.executable, "-m", "benchmarks.snapshot", "--take", address, "--to", str(folder)]
    return [*own, "--anew"] if anew else own


def cost(address: str, folder: Path, anew: bool = False) -> Cost:
    """Take a snapshot in a program of its own."""
    done = subprocess.run(command(address, folder, anew), check=True, capture_output=True, text=True)
    return Cost(*json.loads(done.stdout))


def keep_posts(engine: Engine, study: Study, seconds: float, seed: int) -> list[float]:
    """Let people keep posts for a while and return how long each took, in seconds."""
    collector, took, lock = Collector(engine), [], threading.Lock()
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        chance = random.Random(f"{seed}.{number}")
        while time.perf_counter() < until:
            time.sleep(chance.expovariate(1 / THINKING))
            key = f"{chance.getrandbits(128):032x}"
            one = PagePost(
                key, key, study.name, study.version, False, "complaints", given(chance), "en", True,
                time.time_ns() // 1_000_000, end="end",
            )  # fmt: skip
            start = time.perf_counter()
            with contextlib.suppress(NotKept):  # it took all the patience of a person, and counts as that
                collector.keep(one)
            with lock:
                took.append(time.perf_counter() - start)

    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    collector.close()
    return took


def noticed(
    address: str, study: Study, seconds: float, work: Callable[[int], subprocess.Popen[bytes]]
) -> None:
    """Print how long posts take without and with some work beside them, in turn, three times.

    `work` starts the program of a turn.
    """
    engine, without, beside = connect(address), [], []
    for turn in range(3):
        without.extend(keep_posts(engine, study, seconds / 3, turn))
        program = work(turn)
        time.sleep(2.0)  # it is past its imports
        beside.extend(keep_posts(engine, study, seconds / 3, turn + 10))
        if program.poll() is not None:
            print("the work beside ended before the posts did: take more responses or fewer seconds")
        program.terminate()
        program.wait()
    engine.dispose()
    for label, took in (("without", without), ("with it beside", beside)):
        halves = f"{1000 * quantile(took, 0.5):7.1f} {1000 * quantile(took, 0.99):7.1f}"
        print(f"a post kept, {label:16} p50, p99 in ms: {halves}   ({len(took)} posts)")
    print(f"ratio of p99: {quantile(beside, 0.99) / quantile(without, 0.99):.2f}")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--take", help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--anew", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take:
        take_one(options.take, options.to, options.anew)
        return
    study, count = ten_questions(), options.responses
    with tempfile.TemporaryDirectory() as name, database(options.database, Path(name)) as address:
        folder, engine = Path(name) / "snapshots", connect(address)
        fieldwork.publish(engine, study, 0)
        start = time.perf_counter()
        fill(engine, study, 0, count)
        print(
            f"{make_url(address).get_backend_name()}: {count:,} responses in {time.perf_counter() - start:.0f} s"
        )
        print(
            f"{'snapshot':22} {'responses':>10} {'peak MiB':>9} {'CPU s':>7} {'CPU-µs each':>12} {'seconds':>8}"
        )
        _line("whole, the first", cost(address, folder))
        fill(engine, study, count, count // 100)
        _line("after 1 % more", cost(address, folder))
        engine.dispose()
        noticed(address, study, options.seconds, partial(_beside, address, folder))


def _beside(address: str, folder: Path, turn: int) -> subprocess.Popen[bytes]:
    words = ["nice", "-n", "10", *command(address, folder, anew=True)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def _line(label: str, took: Cost) -> None:
    each = 1e6 * took.cpu / max(took.n, 1)
    print(
        f"{label:22} {took.n:10,} {took.memory:9.0f} {took.cpu:7.1f} {each:12.0f} {took.seconds:8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
