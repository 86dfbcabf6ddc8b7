"""Settings, read once from the environment and passed on as a value."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1,localhost,[::1]"
DATABASE = "earshot.db"
"""The file in the data folder, where no other database is named."""
SECRET_KEY = "secret-key"
"""The file of the key that signs cookies, in the data folder."""
KEY_LENGTH = 64
"""Characters of that key."""
MAXIMUM_BODY = 64 * 1024
"""Bytes of a posted page; the limit that a national census used."""


class BadSecretKey(OSError):
    """The file of the secret key is damaged."""


@dataclass(frozen=True)
class Settings:
    """Where data live and how the app may be reached.

    `secure` is off only for plain http on this machine; `reports_open` lets anyone who reaches the app
    read the finished reports, which only a demonstration on this machine may do. `studies` are
    those that may be begun here (none named: all that are published). `hosts` are the names
    that requests may be addressed to.
    """

    data: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    secure: bool = True
    reports_open: bool = False
    hosts: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()
    fresh: float = 1.0
    """Seconds for which pages believe what the database last said of a study; a post always asks."""

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
    folder = data_folder(environment, data)
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        data=folder,
        database_url=database_address({} if data else environment, folder),
        secret_key=_secret_key(
            key_file(environment, folder), shared=bool(environment.get("EARSHOT_SECRET_KEY_FILE"))
        ),
        secure=secure,
        reports_open=reports_open,
        hosts=hosts_of(environment),
    )


def data_folder(environment: Mapping[str, str], data: Path | None = None) -> Path:
    """Return the data folder: the one that is named, that of the environment, or the one here."""
    return (data or Path(environment.get("EARSHOT_DATA") or "earshot-data")).resolve()


def database_address(environment: Mapping[str, str], folder: Path) -> str:
    """Return the address of the database: that of the environment, or the file in the data folder."""
    return environment.get("EARSHOT_DATABASE_URL") or f"sqlite:///{folder / DATABASE}"


def hosts_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that requests may be addressed to."""
    return tuple((environment.get("EARSHOT_HOSTS") or LOOPBACK).split(","))


def key_file(environment: Mapping[str, str], folder: Path) -> Path:
    """Return where the key is that signs cookies: in the data folder, or the file that machines share."""
    return Path(environment.get("EARSHOT_SECRET_KEY_FILE") or folder / SECRET_KEY)


def _secret_key(path: Path, shared: bool) -> str:
    """Return the key that signs cookies, made at first use; raise BadSecretKey for one that is not whole."""
    # A key that machines share is never made here: each machine would make its own.
    if shared and not path.exists():
        raise BadSecretKey(
            f"{path} is not there; make it once for all machines: "
            f"openssl rand -hex 32 > {path}; chmod 600 {path}"
        )
    if not path.exists():
        new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(KEY_LENGTH // 2))
            file.flush()
            os.fsync(file.fileno())
        # Linked once it is whole on the disk; where another process was first, its key is the key.
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    key = path.read_text().strip()
    if len(key) != KEY_LENGTH:
        raise BadSecretKey(
            f"{path} is not a whole key (64 characters); put the one of a backup in its place: with a new one, "
            "personal links that were used are good again, and codes to come back with are not found"
        )
    return key
