"""What the processes say of themselves on standard error: plain lines, or one JSON object a line.

Nothing that came with a request is in it but its method and the pattern of its route.
"""

from __future__ import annotations

import json
import os
import time

FORMATS = ("text", "json")
STANDARD_ERROR = 2


class Log:
    """A line at a time, written whole, so that the lines of several processes do not mix."""

    def __init__(self, form: str, process: str) -> None:
        self.json = form == "json"
        self._process = process

    def say(self, text: str, level: str = "info", **values: object) -> None:
        """Say what happened to the program itself."""
        if self.json:
            entry = {"time": _now(), "level": level, "process": self._process, "message": text, **values}
            _write(json.dumps(entry, ensure_ascii=False))
        else:
            _write(f"{_now()} {self._process}: {text}")

    def request(self, route: str, method: str, status: int, seconds: float, number: str) -> None:
        """Tell of a request; `route` is its pattern and never its address."""
        _write(
            f'{{"time": "{_now()}", "level": "info", "process": "{self._process}", "route": {json.dumps(route)}, '
            f'"method": "{method}", "status": {status}, "ms": {1000 * seconds:.1f}, "request": "{number}"}}'
        )


def _now() -> str:
    moment = time.time()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(moment))}.{int(moment % 1 * 1000):03d}Z"


def _write(line: str) -> None:
    try:
        os.write(STANDARD_ERROR, f"{line}\n".encode(errors="backslashreplace"))
    except OSError:
        # Whoever read it is gone; people are served all the same.
        return
