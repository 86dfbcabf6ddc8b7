"""The one cookie: signed, and read and written with one signer."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class OneSigner(SecureCookieSessionInterface):
    """Flask's signed cookie with one signer a key: making it for every request costs more than signing."""

    def __init__(self) -> None:
        self._signers: dict[str, Any] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Read the cookie whatever its age: a clock that goes back, or lags on another machine, loses nobody."""
        value = request.cookies.get(self.get_cookie_name(app), "")
        try:
            return self.session_class(self.get_signing_serializer(app).loads(value) if value else {})
        except BadSignature:
            return self.session_class()

    def get_signing_serializer(self, app: Flask) -> Any:
        secret = str(app.secret_key)
        if secret not in self._signers:
            self._signers[secret] = super().get_signing_serializer(app)
        return self._signers[secret]
