"""Settings, read once from the environment and passed on as a value."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAXIMUM_BODY = 64 * 1024
"""Bytes of a posted page; the limit that a national census used."""


@dataclass(frozen=True)
class Settings:
    """Where data live and how the app may be reached.

    `secure` is off only for plain http on this machine; `reports_open` lets anyone who reaches the app
    read the finished reports, which only a demonstration on this machine may do.
    """

    data: Path
    database_url: str
    secret_key: str
    secure: bool = True
    reports_open: bool = False

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    @property
    def snapshots(self) -> Path:
        return self.data / "snapshots"

    @property
    def cookie(self) -> str:
        return "__Host-earshot" if self.secure else "earshot"


def read_settings(
    environment: Mapping[str, str],
    *,
    data: Path | None = None,
    secure: bool = False,
    reports_open: bool = False,
) -> Settings:
    """Return the settings; makes the data folder and its secret key at first use."""
    folder = (data or Path(environment.get("EARSHOT_DATA") or "earshot-data")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    own_database = f"sqlite:///{folder / 'earshot.db'}"
    return Settings(
        data=folder,
        database_url=own_database if data else environment.get("EARSHOT_DATABASE_URL") or own_database,
        secret_key=_secret_key(folder / "secret-key"),
        secure=secure,
        reports_open=reports_open,
    )


def _secret_key(path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text()
