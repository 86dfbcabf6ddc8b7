"""Keeps the processes of a server: starts them, starts again what died, lets a new version take over, stops.

    python -m survey_app.serving.supervisor ORDERS

It holds the listening socket, so that nobody is turned away while a process is replaced, and touches no request.
SIGTERM and SIGINT stop, SIGHUP starts the code on disk beside the one that runs and then retires that.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from survey_app.serving.log import Log
from survey_app.serving.metrics import fold_ended
from survey_app.serving.processes import READY, Child, Orders, read_orders, start_web, start_worker

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
START = 60.0
"""Seconds in which a process has to be ready."""
RETIREMENT = 45.0
"""Seconds that a replaced process has for connections that are kept open; it mostly needs far fewer."""
FINISH = 12.0
"""Seconds to finish what is in flight when everything stops; a process gives up by itself after ten."""
SHORTEST, LONGEST = 0.5, 30.0
"""Seconds before a process that died is started again; doubled each time until it has lived for a while."""
LIVED = 60.0


class Supervisor:
    """One server: its socket, its processes, and what is due."""

    def __init__(self, orders: Orders) -> None:
        self._shared = tempfile.mkdtemp(prefix="earshot-")
        self._orders = Orders(**{**vars(orders), "shared": self._shared})
        self._log = Log(orders.log, "supervisor")
        self._children: list[Child] = []
        self._generation = 1
        self._coming_by = 0.0
        """When the processes of a take-over have to be ready; 0 while there is none."""
        self._due: list[tuple[float, str]] = []
        self._pause = {"web": SHORTEST, "worker": SHORTEST}
        self._announced = False
        self._stopping_by = 0.0
        self._code = 0
        self._has_terminal = _terminal()
        self._selector = selectors.DefaultSelector()
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker

    def run(self) -> int:
        """Serve until told to stop; return the exit code."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        # A signal only wakes the loop: its number comes over the socket, and the loop acts on it.
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        self._selector.register(self._woken, selectors.EVENT_READ)
        try:
            for _ in range(self._orders.processes):
                self._start("web")
            while self._children or not self._stopping_by:
                for key, _ in self._selector.select(1.0 if not self._due else 0.2):
                    if key.fileobj is self._woken:
                        for code in self._woken.recv(64):
                            self._obey(signal.Signals(code))
                    else:
                        self._hear(key.data)
                for child in [child for child in self._children if child.ended]:
                    self._bury(child)
                self._do_what_is_due(time.monotonic())
        finally:
            for child in self._children:
                child.kill()
            shutil.rmtree(self._shared, ignore_errors=True)
        return self._code

    def _obey(self, number: signal.Signals) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop()
        elif number == signal.SIGHUP and not self._stopping_by:
            # Without the terminal that was there, its window was closed.
            if self._has_terminal and not _terminal():
                self._stop()
            elif self._coming_by or not self._announced:
                self._log.say("told to take over while one is under way; nothing more is done")
            else:
                self._log.say("a new version takes over")
                self._generation += 1
                self._coming_by = time.monotonic() + START
                self._due = [start for start in self._due if start[1] == "worker"]
                for _ in range(self._orders.processes):
                    self._start("web")

    def _hear(self, child: Child) -> None:
        """Act on a process that has said that it is ready, or whose end of the line is closed."""
        self._selector.unregister(child.control)
        if child.control.recv(1) != READY:
            return
        child.ready = True
        webs = [
            web
            for web in self._children
            if web.kind == "web" and not web.retiring_by and web.generation == self._generation
        ]
        if not all(web.ready for web in webs) or len(webs) < self._orders.processes:
            return
        if self._coming_by:
            self._coming_by = 0.0
            for earlier in self._children:
                if earlier.generation != self._generation:
                    earlier.retiring_by = time.monotonic() + RETIREMENT
                    earlier.send(signal.SIGUSR1 if earlier.kind == "web" else signal.SIGTERM)
            self._log.say("the new version serves; the earlier one finishes what it has begun")
        elif not self._announced:
            self._announced = True
            print(self._orders.announced, flush=True)
            if self._orders.worker:
                self._start("worker")

    def _start(self, kind: str) -> None:
        if kind == "worker":
            child = start_worker(self._orders, self._generation)
        else:
            child = start_web(self._orders, self._generation)
            self._selector.register(child.control, selectors.EVENT_READ, child)
        self._children.append(child)

    def _bury(self, child: Child) -> None:
        """Take a process that has ended off the list, and decide whether another takes its place."""
        self._children.remove(child)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(child.control)
        child.control.close()
        fold_ended(Path(self._shared), child.process.pid)
        if self._stopping_by or child.retiring_by:
            if child.kind == "worker" and not self._stopping_by:
                self._start("worker")
            return
        if child.kind == "web" and not child.ready:
            # It has said why itself.
            if not self._announced:
                self._code = 1
                self._stop()
                return
            if self._coming_by and child.generation == self._generation:
                self._give_up_take_over(f"a process {child.how}")
                return
        # The successors are coming; where they fail, as many are started as are missing.
        if child.kind == "web" and self._coming_by and child.generation != self._generation:
            return
        # Another starts in its place, later each time.
        if time.monotonic() - child.started > LIVED:
            self._pause[child.kind] = SHORTEST
        pause = self._pause[child.kind]
        self._pause[child.kind] = min(2 * pause, LONGEST)
        self._due.append((time.monotonic() + pause, child.kind))
        self._log.say(
            f"the {child.kind} process {child.process.pid} {child.how}; another starts in {pause:g} s",
            "error",
        )

    def _do_what_is_due(self, now: float) -> None:
        if self._stopping_by:
            if now > self._stopping_by:
                for child in self._children:
                    child.kill()
            return
        for start in [start for start in self._due if start[0] <= now]:
            self._due.remove(start)
            self._start(start[1])
        if self._coming_by and now > self._coming_by:
            self._give_up_take_over(f"it was not ready within {START:g} s")
        for child in self._children:
            if child.retiring_by and now > child.retiring_by:
                child.kill()

    def _give_up_take_over(self, why: str) -> None:
        self._coming_by = 0.0
        failed, self._generation = self._generation, self._generation - 1
        for child in self._children:
            if child.generation == failed:
                child.retiring_by = time.monotonic() + FINISH
                child.send(signal.SIGTERM)
        serving = [c for c in self._children if c.kind == "web" and c.generation == self._generation]
        self._due += [(time.monotonic(), "web")] * (self._orders.processes - len(serving))
        self._log.say(f"the new version does not serve: {why}; the one that ran goes on", "error")

    def _stop(self) -> None:
        """Stop everything; the second time at once."""
        if self._stopping_by:
            self._stopping_by = time.monotonic()
            return
        self._stopping_by = time.monotonic() + FINISH
        self._due.clear()
        os.close(self._orders.listener)
        for child in self._children:
            child.send(signal.SIGTERM)


def _terminal() -> bool:
    """Tell whether there is a terminal to which we belong."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(Supervisor(read_orders(sys.argv[1])).run())
