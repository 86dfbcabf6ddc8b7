"""Whether a response costs more where many are kept already: posts and reads with 10³ to 10⁶ responses in the table.

    python -m benchmarks.growth [--database sqlite|postgresql] [--largest 1000000]

One person after the other keeps a first page, reads the response back, finishes it and is thanked: the database
calls of a survey of two pages. The median time of each, and the CPU of this process, in ratio to the first row.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.snapshot import database, fill, ten_questions
from questionnaires.model import Answer
from questionnaires.study import Study
from survey_app.storage import fieldwork
from survey_app.storage.collect import Collector
from survey_app.storage.current import current, ended
from survey_app.storage.posts import PagePost
from survey_app.storage.tables import open_database

PEOPLE = 400
ANSWERS: dict[str, Answer] = {f"wait_{number}": number for number in range(1, 9)}


def survey(engine: Engine, collector: Collector, study: Study) -> None:
    """Keep two pages of one response and read it as the app does."""
    key = secrets.token_hex(16)
    for number, final in enumerate((False, True)):
        state = current(engine, key) if number else None
        collector.keep(
            PagePost(
                submission_key=secrets.token_hex(16), response=key, study=study.name, version=study.version,
                synthetic=False, page=f"page{number}", answers=ANSWERS, language="en", final=final,
                posted_ms=time.time_ns() // 1_000_000, receipt_hash=secrets.token_hex(32) if final else "",
                read=state.last if state else 0,
            )
        )  # fmt: skip
    assert ended(engine, key) is not None


def measure(engine: Engine, study: Study) -> tuple[float, float]:
    """Return the median milliseconds of a survey, and its CPU milliseconds in this process."""
    collector = Collector(engine)
    for _ in range(50):
        survey(engine, collector, study)
    times, before = [], time.process_time()
    for _ in range(PEOPLE):
        start = time.perf_counter()
        survey(engine, collector, study)
        times.append(time.perf_counter() - start)
    spent = time.process_time() - before
    collector.close()
    return 1000 * statistics.median(times), 1000 * spent / PEOPLE


def grown(kind: str, largest: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """Fill a table ten times fuller each time, and yield (responses in it, what `measure` found)."""
    study = ten_questions()
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as address:
        engine = open_database(address)
        fieldwork.publish(engine, study, 1)
        held = 0
        for size in (10**power for power in range(3, 10) if 10**power <= largest):
            fill(engine, study, held, size - held)
            held = size
            yield size, measure(engine, study)
        engine.dispose()


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--largest", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{'responses':>10} {'median ms':>10} {'ratio':>6} {'CPU-ms':>7} {'ratio':>6}")
    first = (0.0, 0.0)
    for size, found in grown(options.database, options.largest):
        first = first if first[0] else found
        ratios = [one / at_first for one, at_first in zip(found, first, strict=True)]
        print(f"{size:10,} {found[0]:10.2f} {ratios[0]:6.2f} {found[1]:7.3f} {ratios[1]:6.2f}", flush=True)


if __name__ == "__main__":
    main()
