"""`count` by several processes: each takes consecutive rows of the file, and their tallies are added up."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from analysis.problems import DataProblem
from analysis.table import beside
from analysis.table.coding import Misread
from analysis.table.counting import count, count_once
from analysis.table.datafile import DataFile, Flow
from analysis.table.reading import Part, Reading
from analysis.table.tally import Tally


def count_file(
    opened: DataFile,
    reading: Reading,
    parts: Iterable[Part] | None = None,
    *,
    jobs: int = 1,
    budget: int | None = None,
) -> Tally:
    """Count a file in `jobs` processes where it can be split, else in this one; the tally is the same.

    Raises DataProblem as `count` does, "no_rows", "job_lost", and what reading a file raises.
    """
    if jobs < 1:
        raise DataProblem("unknown_option", option="--jobs", value=jobs, known="1, 2, 3 or more")
    wanted = reading.parts if parts is None else tuple(parts)
    late = beside.waiting() < jobs - 1
    flows = opened.flow.split(jobs, late) if opened.flow is not None and jobs > 1 else []
    if len(flows) < 2:
        return count(opened.batches, reading, wanted, budget)
    plain: frozenset[str] = frozenset()
    while True:
        try:
            return _together(flows, (reading, wanted, budget, plain))
        except Misread as found:
            plain |= {found.column}


Task = tuple[Reading, Sequence[Part], int | None, frozenset[str]]


def _together(flows: Sequence[Flow], task: Task) -> Tally:
    """Count the first flow here and the others beside; a problem in earlier rows comes before one in later."""
    with ExitStack() as done:
        others = [Told(_started(flow, task, done)) for flow in flows[1:]]
        tally = count_once(flows[0], *task)
        for told in others:
            tally = _joined(tally, told)
    return tally


def _started(flow: Flow, task: Task, done: ExitStack) -> IO[bytes]:
    """Set a process on a flow; return where its tally comes from. It is gone when `done` is closed."""
    process = beside.take()
    done.callback(partial(beside.end, process))
    if process.stdin is None or process.stdout is None:
        raise DataProblem("job_lost", reason="it has no input")
    with process.stdin as task_end:
        pickle.dump((flow, task), task_end)
    return process.stdout


def _joined(tally: Tally, told: Told) -> Tally:
    """Add the tally that another process sends, block by block, so that it never lies here as a whole."""
    other = told.next()
    tally = tally.only(min(len(tally.parts), len(other.parts)))
    to = tally.take_frame(other)
    for part in tally.parts:
        tally.take_block(part, told.next(), to)
    return tally


class Told:
    """What another process sends: objects, and the numbers of their arrays as they are, without a copy."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._room = source, bytearray()

    def next(self) -> Any:
        """Return the next object; the arrays of a `passing` one are good until the next is asked for.

        Raises what was sent where that is a problem.
        """
        try:
            head, sizes, passing = pickle.load(self._source)
            found = pickle.loads(head, buffers=self._read(sizes, passing))
        except (EOFError, pickle.UnpicklingError):
            raise DataProblem("job_lost", reason="it ended early") from None
        if isinstance(found, Misread):
            raise found
        if isinstance(found, _Problem):
            raise found.problem()
        return found

    def _read(self, sizes: Sequence[int], passing: bool) -> list[memoryview]:
        """Read arrays; passing ones into the same room, for new memory costs more than to fill it."""
        room = self._room if passing and sum(sizes) <= len(self._room) else bytearray(sum(sizes))
        if passing:
            self._room = room
        found, first = [], 0
        for size in sizes:
            found.append(memoryview(room)[first : first + size])
            if self._source.readinto(found[-1]) != size:  # type: ignore[attr-defined]
                raise EOFError
            first += size
        return found


def tell(found: object, to: IO[bytes], *, passing: bool = False) -> None:
    """Send an object for `Told` to read; `passing` is one that is added up there and not kept."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(found, protocol=5, buffer_callback=arrays.append)
    raw = [array.raw() for array in arrays]
    pickle.dump((head, [len(one) for one in raw], passing), to)
    for one in raw:
        to.write(one)


def serve() -> None:
    """Count what the input asks for and write the tally: first what it knows, then block after block."""
    out = sys.stdout.buffer
    try:
        flow, task = pickle.load(sys.stdin.buffer)
    except EOFError:  # nobody has needed it
        return
    try:
        tally = count_once(flow, *task)
    except Misread as found:
        tell(found, out)
        return
    except DataProblem as problem:
        tell(_Problem(problem.code, problem.column, problem.value, problem.row, problem.message), out)
        return
    tell(tally.without_blocks(), out)
    for part in tally.parts:
        block = tally.blocks.pop(part.name)
        tell(block, out, passing=block.sorted is None)


@dataclass(frozen=True)
class _Problem:
    """A problem on its way between processes: it is raised where it arrives."""

    code: str
    column: str | None
    value: object
    row: int | None
    message: str

    def problem(self) -> DataProblem:
        """Return the problem as it was."""
        found = DataProblem.__new__(DataProblem)
        Exception.__init__(found, self.message)
        found.code, found.column, found.value, found.row = self.code, self.column, self.value, self.row
        found.message = self.message
        return found
