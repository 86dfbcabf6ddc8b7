"""Break the code in one place after the other, and see whether the tests of that place fail.

    python -m benchmarks.breakages [--list] [--only NAME] [--every 3] [--jobs 2]

`places.toml` says what is broken, for whom it would matter, and which tests ought to notice. Each breakage is made
in a copy of the tree that is thrown away. The run fails where one is not caught or not found: a snippet that was
rewritten has to be written anew in `places.toml`.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

HOUSE = Path(__file__).parents[2]
PLACES = Path(__file__).parent / "places.toml"
SOURCES = (".py", ".html", ".js")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info")
CAUGHT, NOT_CAUGHT, NOT_FOUND, BROKEN = "caught", "NOT CAUGHT", "NOT FOUND", "NO VERDICT"
LONGEST = 300.0
"""Seconds for the tests of one breakage; tests that hang have noticed, too."""


@dataclass(frozen=True)
class Breakage:
    """One edit: in the one place below `room` where `old` stands it becomes `new`.

    Blanks of `old` stand for any blanks and line ends, "…" for any dotted name, which "…" in `new` repeats.
    `harm` says what would go wrong for whom; `tests` are the files or folders that ought to notice.
    """

    name: str
    room: str
    old: str
    new: str
    harm: str
    tests: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        words = re.escape(self.old.strip())
        return re.compile(re.sub(r"(\\\s)+", r"\\s+", words).replace("…", r"([\w.]+)"))


@dataclass(frozen=True)
class Outcome:
    """What the tests said of a breakage."""

    breakage: Breakage
    verdict: str
    detail: str = ""


def read_breakages() -> list[Breakage]:
    """Return the breakages of `places.toml`."""
    written = tomllib.loads(PLACES.read_text(encoding="utf-8"))["breakage"]
    return [Breakage(**{**one, "tests": tuple(one["tests"])}) for one in written]


def places(tree: Path, breakage: Breakage) -> list[tuple[Path, re.Match[str]]]:
    """Return where the snippet of a breakage stands: once, unless the code was rewritten."""
    start = tree / breakage.room
    files = [start] if start.is_file() else sorted(p for p in start.rglob("*") if p.suffix in SOURCES)
    return [
        (file, match)
        for file in files
        for match in breakage.pattern.finditer(file.read_text(encoding="utf-8"))
    ]


@contextmanager
def broken(tree: Path, breakage: Breakage) -> Iterator[str]:
    """Break a tree for a while and yield where; raise LookupError where the snippet is not there once."""
    found = places(tree, breakage)
    if len(found) != 1:
        raise LookupError(f"the snippet stands {len(found)} times below {breakage.room}")
    file, match = found[0]
    names = iter(match.groups())
    put = re.sub("…", lambda _: next(names), breakage.new)
    text = file.read_text(encoding="utf-8")
    changed = text[: match.start()] + put + text[match.end() :]
    if file.suffix == ".py":
        ast.parse(changed)
    file.write_text(changed, encoding="utf-8")
    try:
        yield f"{file.relative_to(tree)}:{text.count(chr(10), 0, match.start()) + 1}"
    finally:
        file.write_text(text, encoding="utf-8")


def try_breakage(tree: Path, breakage: Breakage) -> Outcome:
    """Break a tree, run the tests that ought to notice, and return what they said."""
    try:
        with broken(tree, breakage) as place:
            code = run_tests(tree, breakage.tests)
    except (LookupError, SyntaxError) as fault:
        return Outcome(breakage, NOT_FOUND, str(fault))
    verdicts = {0: NOT_CAUGHT, 1: CAUGHT, None: CAUGHT}
    detail = place if code is not None else f"{place} (the tests hung)"
    return Outcome(breakage, verdicts.get(code, f"{BROKEN} (pytest said {code})"), detail)


def run_tests(tree: Path, tests: Sequence[str]) -> int | None:
    """Return pytest's exit code, None where it was stopped after LONGEST seconds."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [*command, *(f"tests/{name}" for name in tests)],
        cwd=tree,
        # Programs that the tests start elsewhere must find the broken tree, too.
        env={
            **os.environ,
            "PYTHONPATH": str(tree),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / ".hypothesis"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


@contextmanager
def copies(count: int) -> Iterator[Queue[Path]]:
    """Yield a queue of copies of the tree, with whatever shared data lies beside it."""
    with tempfile.TemporaryDirectory(prefix="earshot-breakages-") as folder:
        free: Queue[Path] = Queue()
        for number in range(count):
            beside = Path(folder) / str(number)
            shutil.copytree(HOUSE, beside / "tree", ignore=LEFT_OUT)
            if (HOUSE.parent / "shared").exists():
                (beside / "shared").symlink_to((HOUSE.parent / "shared").resolve())
            free.put(beside / "tree")
        yield free


def run(breakages: Sequence[Breakage], jobs: int) -> Iterator[Outcome]:
    """Try breakages, `jobs` at a time, and yield their outcomes in order."""
    with copies(jobs) as free, ThreadPoolExecutor(jobs) as pool:

        def in_a_copy(breakage: Breakage) -> Outcome:
            tree = free.get()
            try:
                return try_breakage(tree, breakage)
            finally:
                free.put(tree)

        yield from pool.map(in_a_copy, breakages)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.breakages", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--list", action="store_true", help="only say what would be broken, and where")
    parser.add_argument("--only", action="append", metavar="NAME", help="try this one (may be repeated)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each N-th only")
    parser.add_argument(
        "--jobs", type=int, default=2, help="copies of the tree that are tried beside each other"
    )
    options = parser.parse_args()
    chosen = [each for each in read_breakages() if not options.only or each.name in options.only]
    chosen = chosen[:: options.every]
    if options.list:
        found = {one.name: places(HOUSE, one) for one in chosen}
        for one in chosen:
            where = [str(file.relative_to(HOUSE)) for file, _ in found[one.name]]
            print(
                f"{one.name:<28}{where[0] if len(where) == 1 else f'{NOT_FOUND} ({len(where)}×)':<52}{one.harm}"
            )
        return int(any(len(where) != 1 for where in found.values()))
    bad = 0
    for outcome in run(chosen, max(1, options.jobs)):
        bad += outcome.verdict != CAUGHT
        print(f"{outcome.breakage.name:<28}{outcome.verdict:<12}{outcome.detail}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} caught")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
