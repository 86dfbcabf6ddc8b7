"""One line for a person when a database cannot be used: which one, what is wrong, what to do."""

from __future__ import annotations

import re

from sqlalchemy.exc import SQLAlchemyError

from survey_app.storage.database import database_name, error_line, parse_address
from survey_app.storage.unusable import Unusable

REMEDIES = (
    (r"unable to open database file", "see that its folder is there and can be written"),
    (r"readonly database|read-only transaction", "see that the file and its folder, or the server, can be written"),
    (r"disk is full|No space left|could not extend|53100", "make room on its disk"),
    (r"database is locked|lock timeout|55P03", "another program is changing it; try again in a moment"),
    (r"not a database|malformed", "it is damaged or not made by earshot; name another file"),
    (r"disk I/O error", "its disk fails; see the log of the system"),
    (r"authentication failed|no password supplied|role .* does not exist|28P01|28000",
     "see user and password in EARSHOT_DATABASE_URL"),
    (r"database .* does not exist|3D000", "make it first, with: createdb NAME"),
    (r"permission denied|must be owner|42501", "let the user of EARSHOT_DATABASE_URL be the owner of the database"),
    (r"too many (clients|connections)|connection slots|53300",
     "let the server take more connections (max_connections), or start fewer processes"),
    (r"starting up|shutting down|terminating connection|57P0", "the server restarts; try again in a moment"),
    (r"refused|No such file|time-?out|timed out|resolve|translate host|unreachable|server closed",
     "see that the server runs and that EARSHOT_DATABASE_URL names its host and port"),
)  # fmt: skip
"""What a driver says, or the state that a server names, and what to do then; the first that fits."""


def in_words(error: SQLAlchemyError, address: str) -> str:
    """Return one line for a person; no password is in it, whatever the driver said."""
    return "; ".join(filter(None, wrong_and_remedy(error, address)))


def wrong_and_remedy(error: SQLAlchemyError, address: str) -> tuple[str, str]:
    """Return which database and what is wrong, and what to do."""
    # The message of an Unusable has both, in this order.
    if isinstance(error, Unusable):
        wrong, _, remedy = str(error).rpartition("; ")
        return wrong, remedy
    url = parse_address(address)
    line = error_line(error)
    # The driver may have quoted a password of the address.
    for secret in (url.password, *(value for name, value in url.query.items() if "password" in name)):
        line = line.replace(str(secret), "***") if secret else line
    signs = f"{line} {getattr(getattr(error, 'orig', None), 'sqlstate', '') or ''}"
    remedy = next((what for sign, what in REMEDIES if re.search(sign, signs)), "see EARSHOT_DATABASE_URL")
    return f"{database_name(url)}: {line}", remedy
