"""The doors in front of the app: waitress, with limits in time for every request and a stop that loses none.

A request that does not come whole within its time is refused and its connection closed, however steadily it
trickles. Starts by an open link that come too fast from one network wait, without a thread, and are never refused.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from survey_app.serving.buckets import Buckets, network, sender
from survey_app.serving.connection import Connection
from survey_app.serving.metrics import counts

THREADS = 8
"""More than cores: most of them wait for a commit, and the more wait, the more answers one commit keeps."""
CONNECTIONS = 4000
"""Connections that a process has open at once; a browser keeps its own for a while after each page."""
LARGEST_HEADER = 32 * 1024
LARGEST_REQUEST = 1024 * 1024
"""Bytes that are read at all: a body between this and the form's own limit gets the form's own page."""
OPEN_LINK = "/s/"
BURST, STARTS, LONGEST_DELAY = 600, 20, 2.0
"""Requests by open links from one network: so many at once, then so many a second, the others wait so long."""
SWEEP = 1.0
"""Seconds between two looks at connections on which nothing happens."""
FORWARDED = ("X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_FORWARDED_PROTO", "X_FORWARDED_PORT", "X_FORWARDED_PREFIX",
             "X_FORWARDED_BY", "X_FORWARDED_SERVER", "X_REAL_IP", "FORWARDED")  # fmt: skip
"""Headers that say for whom a request is handed on; only the first is read, and only as configured."""

Served = Callable[[str, str, str, float], None]


class Doors(TcpWSGIServer):
    """A server on a socket that others may share.

    `served` is told of every answer; `headers` are those that refusals carry, too.
    """

    channel_class = Connection
    # Waitress would look for idle connections by the wall clock, which can jump.
    next_channel_cleanup = float("inf")

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        served: Served,
        headers: Mapping[str, str],
        hops: int = 0,
        secure: bool = False,
        **limits: int,
    ) -> None:
        adjustments = Adjustments(
            sockets=[listener],
            threads=limits.get("threads", THREADS),
            connection_limit=limits.get("connections", CONNECTIONS),
            max_request_header_size=LARGEST_HEADER,
            max_request_body_size=LARGEST_REQUEST,
            # To stop and begin watching for every request costs two calls of the system.
            channel_request_lookahead=1,
            # Done here, whatever is trusted.
            clear_untrusted_proxy_headers=False,
            ident=None,
            # What people use, whatever the proxy speaks to us.
            url_scheme="https" if secure else "http",
        )
        self.served, self.headers, self.leaving = served, headers, False
        self._hops, self._hurried, self._by = hops, False, 0.0
        self._order_of_signal: Callable[[], None] | None = None
        self._watch, self._watched = selectors.DefaultSelector(), dict[int, int]()
        self._busy: set[Connection] = set()
        self._woken = False
        self._delayed: list[tuple[float, int, Connection]] = []
        self._order, self._delaying = itertools.count(), threading.Lock()
        self._starts = Buckets(BURST, STARTS, debt=LONGEST_DELAY * STARTS)
        self._sweep_at = 0.0
        self.each_second: Callable[[], None] = lambda: None
        place = (listener.family, listener.type, listener.proto, listener.getsockname())
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(adjustments.threads)
        super().__init__(
            app, {}, True, listener, dispatcher=dispatcher, adj=adjustments, bind_socket=False, sockinfo=place
        )

    # Watching: what a connection waits for changes only by its own events and while it is served, so that
    # a turn costs as much as what happens in it, however many connections are open.

    def run(self) -> None:
        """Serve until told to retire or to stop, and what was begun is finished."""
        for channel in list(self._map.values()):
            self._look(channel)
        while True:
            if self.leaving:
                for connection in tuple(self.active_channels.values()) if self._hurried else ():
                    if connection.is_idle:
                        connection.handle_close()
                if not self.active_channels or time.monotonic() > self._by:
                    break
            due = self._delayed[0][0] if self._delayed else self._sweep_at
            patience = max(0.0, min(due, self._sweep_at) - time.monotonic())
            for key, events in self._watch.select(patience):
                if events & selectors.EVENT_READ:
                    wasyncore.read(key.data)
                if events & selectors.EVENT_WRITE and key.data._fileno == key.fd:
                    wasyncore.write(key.data)
                self._look(key.data)
            # Only now: a wake-up from here on is for the next turn.
            self._woken = False
            if self._order_of_signal:
                self._order_of_signal, obey = None, self._order_of_signal
                obey()
            for connection in tuple(self._busy):
                # Asked before the look: what a thread changes after it, it changes while the connection is busy.
                done = not connection.requests
                if done or connection.total_outbufs_len:
                    self._look(connection)
                if done:
                    self._busy.discard(connection)
                    connection.at_rest()
            now = time.monotonic()
            while self._delayed and self._delayed[0][0] <= now:
                with self._delaying:
                    _, _, connection = heapq.heappop(self._delayed)
                self._hand_over(connection)
            if now >= self._sweep_at:
                self._sweep_at = now + SWEEP
                self.maintenance(now)
                self.each_second()
        self.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map, ignore_all=True)

    def pull_trigger(self) -> None:
        """Wake the loop, once a turn however many threads have something for it."""
        if not self._woken:
            self._woken = True
            super().pull_trigger()

    def _look(self, channel: wasyncore.dispatcher) -> None:
        """Watch for what a channel waits for now."""
        number = channel._fileno
        if number is None:
            return
        events = selectors.EVENT_READ if channel.readable() else 0
        if not channel.accepting and channel.writable():
            events |= selectors.EVENT_WRITE
        before = self._watched.get(number, 0)
        if events == before:
            return
        if not events:
            self.forget(number)
            return
        self._watched[number] = events
        (self._watch.modify if before else self._watch.register)(number, events, channel)

    def forget(self, number: int) -> None:
        """Watch a socket no longer."""
        # A closed socket that another process has, too, would stay watched.
        if self._watched.pop(number, 0):
            self._watch.unregister(number)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002 - the name that waitress calls it by
        self.forget(self._fileno)
        super().del_channel(map)

    def arrived(self, connection: Connection) -> None:
        self._busy.add(connection)

    # Requests.

    def add_task(self, connection: Connection) -> None:
        """A request is whole: let a thread answer it, now or after its delay."""
        request = connection.requests[0]
        forwarded = [request.headers.pop(name, None) for name in FORWARDED]
        request.proxied = any(value is not None for value in forwarded)
        request.sender = sender(connection.addr[0], forwarded[0] or "", self._hops)
        delay = 0.0
        if not request.error and request.path.startswith(OPEN_LINK):
            place = network(request.sender)
            # Whoever is on this machine needs no delay; nor may all be one who come by a proxy that is not counted.
            delay = self._starts.take(place) if place else 0.0
        connection.handed = time.perf_counter() + delay
        if not delay:
            self._hand_over(connection)
            return
        counts.add("delayed")
        with self._delaying:
            heapq.heappush(self._delayed, (time.monotonic() + delay, next(self._order), connection))
        self.pull_trigger()

    def _hand_over(self, connection: Connection) -> None:
        self._busy.add(connection)
        self.task_dispatcher.add_task(connection)

    def maintenance(self, now: float) -> None:
        """Close what has waited too long; while there is no room for others, sooner."""
        for connection in tuple(self.active_channels.values()):
            why = connection.overdue(now, crowded=self.in_connection_overflow)
            if why:
                if not connection.refused:
                    counts.add("dropped", why)
                connection.drop(now)
            self._look(connection)
        self._look(self)

    # Leaving.

    def ask(self, order: Callable[[], None]) -> None:
        """Let the loop do something; may be called from a signal."""
        self._order_of_signal = order
        self.pull_trigger()

    def retire(self, seconds: float) -> None:
        """Take no new connection; those that are open may send what they have, and are then closed."""
        self._leave(seconds)

    def stop(self, seconds: float) -> None:
        """Take no new connection, finish what was begun, and close those on which nothing was begun."""
        self._hurried = True
        self._leave(seconds)

    def _leave(self, seconds: float) -> None:
        if not self.leaving:
            self.leaving = True
            wasyncore.dispatcher.close(self)
        self._by = time.monotonic() + seconds
