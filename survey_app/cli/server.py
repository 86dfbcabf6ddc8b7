"""Taking the port, and handing over to the supervisor."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from survey_app.cli.opening import refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.config import Settings
    from survey_app.serving.orders import Orders

BACKLOG = 1024
"""Connections that wait while all processes are busy, or are being replaced."""
PATIENCE = 1.0
"""Seconds in which an earlier server that was just ended may let go of the port."""


def listen(host: str, port: int, patience: float = 0.0) -> socket.socket:
    """Take the port now, or say who to ask."""
    import time

    until = time.monotonic() + patience
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    while True:
        try:
            listener.bind((host, port))
        except OSError as error:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            listener.close()
            refuse(
                f"port {port} on {host} cannot be used ({error.strerror}); "
                f"stop the program that has it, or take another: --port {port + 1}"
            )
        return listener


def run_server(settings: Settings, engine: Engine, orders: Orders, host: str, port: int) -> None:
    """Serve until interrupted: this process becomes the supervisor, with none of what it has loaded."""
    import os
    import sys

    listener = listen(host, port, PATIENCE)
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    engine.dispose()
    sys.stdout.flush()
    written = orders.written(listener=listener.fileno())
    os.execv(sys.executable, [sys.executable, "-m", "survey_app.serving.supervisor", written])
