"""Processes beside this one that count a part of a file each.

Only the standard library is loaded here, so that they can be started, and load what they need, while this one still
loads its own. A process beside is a Python of its own that reads its task from its input and writes its tally to its
output: it neither runs the caller's program again nor copies what the caller holds.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys

_RUN = "from analysis.table.jobs import serve; serve()"
_PIPE = 1 << 20  # bytes under way: a tally has many millions, and to wake each other costs more than to copy
_ready: list[subprocess.Popen[bytes]] = []


def start(count: int) -> None:
    """Have `count` processes ready, at most one a further core; those that nobody takes end with this one."""
    while len(_ready) < min(count, (os.cpu_count() or 1) - 1):
        _ready.append(_new())


def take() -> subprocess.Popen[bytes]:
    """Return a process that waits for its task: one that was started before, or a new one."""
    while _ready:
        if (one := _ready.pop(0)).poll() is None:
            return one
        end(one)
    return _new()


def waiting() -> int:
    """Return how many processes were started that nobody has taken."""
    return len(_ready)


def end(one: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it does."""
    one.kill()
    for stream in (one.stdin, one.stdout):
        if stream is not None:
            stream.close()
    one.wait()


@atexit.register
def dismiss() -> None:
    """End those that nobody has taken."""
    while _ready:
        end(_ready.pop())


def _new() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(one for one in sys.path if one)
    return subprocess.Popen(
        [sys.executable, "-c", _RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pipesize=_PIPE,
        env={**os.environ, "PYTHONPATH": path, "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
