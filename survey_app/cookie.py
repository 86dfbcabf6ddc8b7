"""The one cookie: signed, and read and written with one signer."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature, Serializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from werkzeug.http import parse_cookie


class Uncompressed(URLSafeTimedSerializer):
    """Does not try to compress what is small: other threads would take their turn at every try."""

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


class OneSigner(SecureCookieSessionInterface):
    """Flask's signed cookie with one signer a key: making it for every request costs more than signing."""

    def __init__(self) -> None:
        self._signers: dict[str, Any] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Read the cookie whatever its age: a clock that goes back, or lags on another machine, loses nobody."""
        sent = parse_cookie(request.environ)  # request.cookies would go through all headers
        value = sent.get(self.get_cookie_name(app), "")
        try:
            return self.session_class(self.get_signing_serializer(app).loads(value) if value else {})
        except BadSignature:
            return self.session_class()

    def get_signing_serializer(self, app: Flask) -> Any:
        secret = str(app.secret_key)
        if secret not in self._signers:
            made = Uncompressed(
                secret,
                salt=self.salt,
                serializer=self.serializer,
                signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
            )
            self._signers[secret] = made
        return self._signers[secret]
