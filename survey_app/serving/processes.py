"""The processes under the supervisor: their orders, how each is begun, and how it is followed."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

READY = b"R"
"""What a web process says once people can come."""
SMALL = {"MALLOC_ARENA_MAX": "1", "PYTHONOPTIMIZE": "2"}
"""What keeps a web process small: glibc's one heap for all threads, of which Python runs one at a time (10 MiB that
would never be given back), and no documentation strings of libraries in memory (5 MiB)."""
_DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""
_C = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Orders:
    """How to serve. No secret is in it: it stands on the command line of processes.

    `data` is the data folder where it was named, "" for that of the environment. `hosts` are answered beside those of
    the environment. `listener` is the number of the inherited socket, `control` that of a process's own line to the
    supervisor, `shared` the folder in which the processes leave their counts. `announced` is told once people can come.
    """

    studies: tuple[str, ...]
    data: str = ""
    hosts: tuple[str, ...] = ()
    secure: bool = False
    reports_open: bool = False
    processes: int = 1
    worker: bool = False
    proxy_hops: int = 0
    log: str = "text"
    announced: str = ""
    listener: int = -1
    control: int = -1
    shared: str = ""

    def written(self, **changes: Any) -> str:
        """Return the orders as text, with changes for one process."""
        return json.dumps(asdict(replace(self, **changes)), ensure_ascii=True)


def read_orders(text: str) -> Orders:
    """Return what was written; what only another version knows is left out."""
    content: dict[str, Any] = json.loads(text)
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content.items()
        if name in Orders.__dataclass_fields__
    }
    return Orders(**known)


@dataclass(eq=False)
class Child:
    """A process; `control` is our end of its line: it learns of our death by the end of it."""

    kind: str
    process: subprocess.Popen[bytes]
    control: socket.socket
    generation: int
    ready: bool = False
    retiring_by: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def how(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)


def start_web(orders: Orders, generation: int) -> Child:
    """Start a process that takes part in serving."""
    ours, theirs = socket.socketpair()
    inherited = (theirs.fileno(), orders.listener)
    command = ["survey_app.serving.web", orders.written(control=theirs.fileno())]
    child = Child("web", _start(command, {**SMALL, **os.environ}, inherited), ours, generation)
    # Only the child has its end now, so that its death ends the line.
    theirs.close()
    return child


def start_worker(orders: Orders, generation: int) -> Child:
    """Start the process that does what takes long; it knows only the environment."""
    environment = dict(os.environ)
    # The option --data means the database file in that folder, whatever the environment names.
    if orders.data:
        environment["EARSHOT_DATA"] = orders.data
        environment.pop("EARSHOT_DATABASE_URL", None)
    ours, theirs = socket.socketpair()
    theirs.close()
    return Child("worker", _start(["survey_app.cli", "worker"], environment), ours, generation)


def _start(
    module: list[str], environment: dict[str, str], inherited: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        stdin=subprocess.DEVNULL,
        pass_fds=inherited,
        env=environment,
        preexec_fn=_prepare,
    )


def _prepare() -> None:
    """Run in the child between fork and exec: set who may end it."""
    # Ctrl-C and hanging up reach every process of a terminal: only the supervisor is to act on them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if _C is not None:
        _C.prctl(_DIES_WITH_PARENT, signal.SIGTERM)
