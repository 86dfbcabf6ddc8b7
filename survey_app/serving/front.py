"""What is answered before the app: whether the process lives, whether people can be let in, and the counts."""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Front:
    """The app with three pages before it that need no session, no study and, but for one, no database."""

    def __init__(
        self,
        app: Callable[[Environ, StartResponse], Iterable[bytes]],
        headers: Mapping[str, str],
        why_not: Callable[[], str],
        metrics: Callable[[], bytes],
        *,
        token: str = "",
        hosts: tuple[str, ...] = (),
    ) -> None:
        self._app, self._why_not, self._metrics = app, why_not, metrics
        self._headers = list(headers.items())
        self._token, self._hosts = token, frozenset((*hosts, *LOOPBACK))
        self._pages = {"/health": self._health, "/ready": self._ready, "/metrics": self._counted}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        page = self._pages.get(environ["PATH_INFO"])
        if page is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        environ["earshot.route"] = environ["PATH_INFO"]
        status, kind, body = page(environ)
        start_response(status, [*self._headers, ("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    def _health(self, environ: Environ) -> tuple[str, str, bytes]:
        return _told("200 OK", alive=True)

    def _ready(self, environ: Environ) -> tuple[str, str, bytes]:
        why = self._why_not()
        return _told("503 Service Unavailable", ready=False, why=why) if why else _told("200 OK", ready=True)

    def _counted(self, environ: Environ) -> tuple[str, str, bytes]:
        if not self._may_read(environ):
            return _told("404 Not Found", found=False)
        return "200 OK", "text/plain; version=0.0.4; charset=utf-8", self._metrics()

    def _may_read(self, environ: Environ) -> bool:
        """With a token whoever knows it; without one this machine, and nobody whom a proxy hands on."""
        if self._token:
            given = environ.get("HTTP_AUTHORIZATION", "").encode()
            return hmac.compare_digest(given, f"Bearer {self._token}".encode())
        host = environ.get("HTTP_HOST", "")
        named = host if host.endswith("]") else host.rpartition(":")[0] or host
        return (
            not environ.get("earshot.proxied")
            and _is_loopback(environ["REMOTE_ADDR"])
            and named in self._hosts
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _told(status: str, **values: object) -> tuple[str, str, bytes]:
    return status, "application/json", (json.dumps(values) + "\n").encode()
