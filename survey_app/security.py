"""What every answer carries, errors and refusals included: no third party, no inline script, no sniffing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def headers(secure: bool) -> dict[str, str]:
    """Return what every answer carries; `secure` where people come over https."""
    return {**HEADERS, "Cache-Control": "no-store", **(_OVER_HTTPS if secure else {})}


def add_security_headers(app: Flask) -> None:
    """Put the headers on every answer, and forbid browsers to store pages with answers on them."""
    # Added to the finished list: as headers of the response they would be looked up, copied and encoded with it.
    carried = headers(app.config["SESSION_COOKIE_SECURE"])
    stored = "Cache-Control", carried.pop("Cache-Control")
    always = list(carried.items())
    inner = app.wsgi_app

    def carrying(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, own: list[tuple[str, str]], *error: Any) -> Any:
            has_caching = any(name == "Cache-Control" for name, _ in own)
            return start_response(status, [*own, *always] if has_caching else [*own, *always, stored], *error)

        return inner(environ, start)

    app.wsgi_app = carrying  # type: ignore[method-assign]
