"""A process that serves people, beside others on the same socket.

    python -m survey_app.serving.web ORDERS

SIGTERM finishes what is in flight and ends, SIGUSR1 lets those whose connections are open send what they have first.
"""

from __future__ import annotations

import gc
import itertools
import os
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from waitress import wasyncore

from survey_app.config import Settings, read_settings
from survey_app.factory import create_app
from survey_app.security import headers
from survey_app.serving.doors import CONNECTIONS, Doors, Served
from survey_app.serving.front import Exposition, Front, Readiness
from survey_app.serving.limits import limit_posts
from survey_app.serving.log import Log
from survey_app.serving.metrics import counts
from survey_app.serving.notices import tell_errors
from survey_app.serving.processes import READY, Orders, read_orders
from survey_app.storage.collect import Collector
from survey_app.storage.database import prove_writable
from survey_app.storage.jobs import count_jobs
from survey_app.storage.remedies import in_words
from survey_app.storage.tables import open_database

FINISH = 10.0
"""Seconds to finish what is in flight."""
RETIRE = 30.0
"""Seconds in which open connections are still answered: longer than an idle one is kept."""
OPEN_FILES = 65536
RESERVED = 200
"""Files that are not connections: the database, modules, temporary files."""
JOBS = ("waiting", "running", "failed")


def settings_of(orders: Orders) -> Settings:
    """Return the settings of the environment, with what was ordered; raise OSError."""
    settings = read_settings(
        os.environ,
        data=Path(orders.data) if orders.data else None,
        secure=orders.secure,
        reports_open=orders.reports_open,
    )
    return replace(settings, studies=orders.studies, hosts=(*settings.hosts, *orders.hosts))


class SupervisorLine(wasyncore.dispatcher):
    """The line to the supervisor: its end means that the supervisor is no more."""

    def __init__(self, control: socket.socket, doors: Doors) -> None:
        super().__init__(control, doors._map)
        self.connected, self._doors = True, doors

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        self.recv(16)

    def handle_close(self) -> None:
        self._doors.forget(self._fileno)
        self.close()
        self._doors.stop(FINISH)


def serve(orders: Orders, settings: Settings, engine: Engine) -> None:
    """Serve until told to end; raise OSError or sqlalchemy's errors where that cannot be."""
    log = Log(orders.log, "web")
    app = create_app(settings, engine)
    app.extensions["earshot-shelf"].warm()
    tell_errors(app, log)
    limit_posts(app)
    collector: Collector = app.extensions["earshot-collector"]
    shared = Path(orders.shared) if orders.shared else None
    front = Front(
        app,
        headers(settings.secure),
        Readiness(engine, settings.data).why_not,
        Exposition(counts, shared, partial(_jobs, engine)).text,
        token=os.environ.get("EARSHOT_METRICS_TOKEN", ""),
        hosts=settings.hosts,
    )
    doors = Doors(
        front,
        socket.socket(fileno=orders.listener),
        _counter(log),
        headers(settings.secure),
        orders.proxy_hops,
        settings.secure,
        connections=min(CONNECTIONS, _raise_open_files() - RESERVED),
    )
    counts.watch("writer_queue", collector.waiting)
    counts.watch("connections", lambda: len(doors.active_channels))
    counts.watch("task_queue", lambda: len(doors.task_dispatcher.queue))
    counts.watch("resident_bytes", _resident_bytes)
    if shared is not None:
        doors.each_second = partial(counts.leave, shared)
    # A signal comes in the middle of anything: it only leaves word for the loop, which acts between two turns.
    signal.signal(signal.SIGTERM, lambda *_: doors.ask(lambda: doors.stop(FINISH)))
    signal.signal(signal.SIGUSR1, lambda *_: doors.ask(lambda: doors.retire(RETIRE)))
    # The search for unreachable circles leaves out what was loaded, and comes less often: 2 % of all CPU.
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)
    control = socket.socket(fileno=orders.control)
    control.send(READY)
    SupervisorLine(control, doors)
    doors.run()
    # The writer finishes what is waiting before the process ends.
    collector.close()
    if shared is not None:
        counts.leave(shared)


def _counter(log: Log) -> Served:
    """Return what counts every answer, and writes a line of it where lines are wanted."""
    if not log.json:
        return counts.served
    numbers, process = itertools.count(1), secrets.token_hex(4)

    def count(route: str, method: str, status: str, seconds: float) -> None:
        counts.served(route, method, status, seconds)
        log.request(route, method, int(status), seconds, f"{process}-{next(numbers)}")

    return count


def _jobs(engine: Engine) -> Mapping[str, int]:
    """Return how many jobs wait, run and have failed; nothing where the database does not say."""
    try:
        by_state = count_jobs(engine)
    except SQLAlchemyError:
        return {}
    return {state: by_state[state] for state in JOBS}


def _resident_bytes() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        # Another system than Linux.
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return pages * resource.getpagesize()


def _raise_open_files() -> int:
    """Let this process have as many connections as the system allows; return how many files that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        soft = limit
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def main() -> int:
    orders = read_orders(sys.argv[1])
    settings = settings_of(orders)
    try:
        engine = open_database(settings.database_url)
        prove_writable(engine)
        serve(orders, settings, engine)
        engine.dispose()
    except SQLAlchemyError as error:
        why = in_words(error, settings.database_url)
        Log(orders.log, "web").say(f"the database cannot be used: {why}", "error")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
