"""A process that has imported the app and forks servers of it: a server is there again in milliseconds.

    python -m tests.torture.zygote LISTENER DATA ADDRESS VARIANT

Each line on standard input kills the server that runs, if one does, and forks the next; the answer is a line, too.
The socket is listened on here, so that nobody is refused between two servers.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import waitress
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.datastructures import MultiDict

from survey_app.factory import create_app
from survey_app.storage.opening import open_database
from tests.torture.client import filled_in
from tests.torture.stage import NAME, publish, settings
from tests.torture.variants import VARIANTS


class Remembered(BytecodeCache):
    """Templates as they were compiled before the fork."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


def warm() -> None:
    """Compile templates and read texts once, with a database that is thrown away; no thread is left."""
    Flask.jinja_options = {"bytecode_cache": Remembered()}
    with tempfile.TemporaryDirectory() as place:
        own = settings(Path(place))
        publish(own, 1)
        engine = open_database(own.database_url)
        app = create_app(own, engine)
        client = app.test_client()
        fields, _, key = filled_in(client.get(f"/s/{NAME}").get_data(as_text=True))
        client.post(f"/s/{NAME}", data=MultiDict(fields))
        client.get(f"/a/{key}/end")
        app.extensions["earshot-collector"].close()
        engine.dispose()


def serve(listener: socket.socket, data: Path, address: str) -> None:
    app = create_app(settings(data, address))
    waitress.serve(app, sockets=[listener], threads=4, asyncore_use_poll=True, ident=None)


def main() -> None:
    """Fork and kill as told, until standard input ends."""
    number, data, address, variant = sys.argv[1:]
    listener = socket.socket(fileno=int(number))
    warm()
    VARIANTS[variant]()
    child = 0
    for _ in sys.stdin:
        end(child)
        child = os.fork()
        if child == 0:
            os.close(0)
            try:
                serve(listener, Path(data), address)
            finally:
                os._exit(1)
        print(child, flush=True)
    end(child)


def end(child: int) -> None:
    if child:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class Zygote:
    """The process seen from outside."""

    def __init__(
        self, data: Path, address: str = "", variant: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        self.child = 0
        listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = int(listener.getsockname()[1])
        log = (data / "server.log").open("ab")
        words = [str(listener.fileno()), str(data), address, variant]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.zygote", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[listener.fileno()], text=True,
            stderr=log, env={**os.environ, **(environment or {})},
        )  # fmt: skip
        log.close()
        listener.close()

    def next(self) -> int:
        """Kill the server with SIGKILL and start another; return its process id."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.child = int(self._process.stdout.readline())
        return self.child

    def close(self) -> None:
        """Kill the server and end."""
        self._process.communicate(timeout=30)


if __name__ == "__main__":
    main()
