"""The one cookie: signed, and read and written with one signer."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, Serializer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from werkzeug.http import parse_cookie


class OnceDerived(TimestampSigner):
    """Derives its key from the server's once: that costs as much as to sign."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._derived: dict[Any, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if secret_key not in self._derived:
            self._derived[secret_key] = super().derive_key(secret_key)
        return self._derived[secret_key]


class Plain:
    """What a session holds is plain: names, numbers and lists of them, which need no marks of their type."""

    dumps = staticmethod(json.JSONEncoder(separators=(",", ":")).encode)
    loads = staticmethod(json.loads)


class Uncompressed(URLSafeTimedSerializer):
    """Does not try to compress what is small: other threads would take their turn at every try."""

    default_signer = OnceDerived

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._made: dict[Any, Any] = {}

    def make_signer(self, salt: str | bytes | None = None) -> Any:
        """Return the one signer of a salt: it keeps nothing of what it has signed."""
        if salt not in self._made:
            self._made[salt] = super().make_signer(salt)
        return self._made[salt]


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

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where something has changed; where it was only read, say no more than that."""
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers.add("Vary", "Cookie")

    def get_signing_serializer(self, app: Flask) -> Any:
        secret = str(app.secret_key)
        if secret not in self._signers:
            made = Uncompressed(
                secret,
                salt=self.salt,
                serializer=Plain,
                signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
            )
            self._signers[secret] = made
        return self._signers[secret]
