"""The processes under the supervisor: how each is begun, and what is known of it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from survey_app.serving.orders import Orders

READY = b"R"
"""What a web process says once people can come."""
SMALL = {"MALLOC_ARENA_MAX": "1", "PYTHONOPTIMIZE": "2"}
"""What keeps a web process small: glibc's one heap for all threads, of which Python runs one at a time (10 MiB that
would never be given back), and no documentation strings of libraries in memory (5 MiB)."""
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_C = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(eq=False)
class Child:
    """A process; `control` is our end of its line: it is told our death by the end of it."""

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
    written = orders.written(control=theirs.fileno())
    command = [sys.executable, "-m", "survey_app.serving.web", written]
    kept = (theirs.fileno(), orders.listener)
    child = _begun("web", command, ours, generation, pass_fds=kept, environment={**SMALL, **os.environ})
    theirs.close()
    return child


def start_worker(orders: Orders, generation: int) -> Child:
    """Start the process that does what takes long; it knows only the environment."""
    environment = dict(os.environ)
    if orders.data:  # the option --data means the file in that folder
        environment["EARSHOT_DATA"] = orders.data
        environment.pop("EARSHOT_DATABASE_URL", None)
    ours, theirs = socket.socketpair()
    theirs.close()
    command = [sys.executable, "-m", "survey_app.cli", "worker"]
    return _begun("worker", command, ours, generation, environment=environment)


def _begun(
    kind: str,
    command: list[str],
    control: socket.socket,
    generation: int,
    pass_fds: tuple[int, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Child:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=pass_fds,
        env=environment,
        preexec_fn=_prepare,
    )
    return Child(kind, process, control, generation)


def _prepare() -> None:
    """Ctrl-C and hanging up reach every process of a terminal: only the supervisor is to act on them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if _C is not None:
        _C.prctl(_DIES_WITH_PARENT, signal.SIGTERM)
