"""What every answer carries, errors and refusals included: no third party, no inline script, no sniffing."""

from __future__ import annotations

from flask import Flask, Response

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
    """Put the headers on every response; pages with answers on them are not stored by the browser."""
    carried = headers(app.config["SESSION_COOKIE_SECURE"])
    stored = carried.pop("Cache-Control")
    always = list(carried.items())

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.extend(always)  # nothing else in the app sets them
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = stored
        return response
