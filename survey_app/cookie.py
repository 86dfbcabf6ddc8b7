"""The one cookie: signed, and read and written with one signer."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


class OneSigner(SecureCookieSessionInterface):
    """Flask's signed cookie with one signer a key: making it for every request costs more than signing."""

    def __init__(self) -> None:
        self._signers: dict[str, Any] = {}

    def get_signing_serializer(self, app: Flask) -> Any:
        secret = str(app.secret_key)
        if secret not in self._signers:
            self._signers[secret] = super().get_signing_serializer(app)
        return self._signers[secret]
