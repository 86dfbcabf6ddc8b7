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
    """A signer that derives its key once: deriving costs as much as signing."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._derived: dict[Any, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if secret_key not in self._derived:
            self._derived[secret_key] = super().derive_key(secret_key)
        return self._derived[secret_key]


class Plain:
    """JSON without marks of type: a session holds names, numbers and lists of them only."""

    dumps = staticmethod(json.JSONEncoder(separators=(",", ":")).encode)
    loads = staticmethod(json.loads)


class Uncompressed(URLSafeTimedSerializer):
    """A serializer that does not try to compress: every try would hand the processor to another thread."""

    default_signer = OnceDerived

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._signers: dict[Any, Any] = {}

    def make_signer(self, salt: str | bytes | None = None) -> Any:
        """Return the signer of a salt, the same one each time: it holds no state of what it signed."""
        if salt not in self._signers:
            self._signers[salt] = super().make_signer(salt)
        return self._signers[salt]


class OneSigner(SecureCookieSessionInterface):
    """Flask's signed cookie with one signer per key: making one for every request costs more than signing."""

    def __init__(self) -> None:
        self._signers: dict[str, Any] = {}

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Read the cookie whatever its age, so that a clock that is wrong loses nobody's session."""
        # request.cookies would go through all headers.
        value = parse_cookie(request.environ).get(self.get_cookie_name(app), "")
        try:
            return self.session_class(self.get_signing_serializer(app).loads(value) if value else {})
        except BadSignature:
            return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where the session changed; where it was only read, add the Vary header."""
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers.add("Vary", "Cookie")

    def get_signing_serializer(self, app: Flask) -> Any:
        secret = str(app.secret_key)
        if secret not in self._signers:
            self._signers[secret] = Uncompressed(
                secret,
                salt=self.salt,
                serializer=Plain,
                signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
            )
        return self._signers[secret]
