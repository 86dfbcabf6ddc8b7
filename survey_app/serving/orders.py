"""What the command line lays down once and every process of a server is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Orders:
    """How to serve. No secret is in it: it stands on the command line of processes.

    `data` is the data folder where it was named, "" for that of the environment. `hosts` are answered beside
    those of the environment. `listener` is the number of the inherited socket, `control` that of a process's own
    line to the supervisor, `shared` the folder in which the processes leave their counts. `announced` is told
    once people can come.
    """

    studies: tuple[str, ...]
    data: str = ""
    hosts: tuple[str, ...] = ()
    secure: bool = False
    reports_open: bool = False
    processes: int = 1
    worker: bool = False
    proxy_hops: int = 0
    log: str = "text"
    announced: str = ""
    listener: int = -1
    control: int = -1
    shared: str = ""

    def written(self, **changes: Any) -> str:
        """Return the orders as text, with changes for one process."""
        return json.dumps(asdict(replace(self, **changes)), ensure_ascii=True)


def read(text: str) -> Orders:
    """Return what was written; what only another version knows is left out."""
    known = {name: value for name, value in json.loads(text).items() if name in Orders.__dataclass_fields__}
    return Orders(**{name: tuple(v) if isinstance(v, list) else v for name, v in known.items()})
