"""Running the web app under waitress."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from survey_app.cli.opening import refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from survey_app.config import Settings

THREADS = 4
CONNECTIONS = 1000
"""Connections that may be open at once; a browser keeps its own for a while after each page."""
IDLE_SECONDS = 20
LARGEST_HEADER = 32 * 1024
LARGEST_REQUEST = 16 * 1024 * 1024
"""Bytes that are read at all: a body between this and the form's own limit gets the form's own page."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port now, or say who to ask."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        refuse(
            f"port {port} on {host} cannot be used ({error.strerror}); "
            f"stop the program that has it, or take another: --port {port + 1}"
        )
    return listener


def run_server(settings: Settings, engine: Engine, host: str, port: int) -> None:
    """Serve until interrupted."""
    import waitress

    from survey_app.factory import create_app

    listener = listen(host, port)
    app = create_app(settings, engine)
    waitress.serve(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=5,
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_REQUEST,
        asyncore_use_poll=True,  # more connections than select can watch
        ident=None,
    )
