"""The app with one difference: every post commits alone, in the thread that brought it.

python -m benchmarks.ungrouped STUDY PORT
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import waitress

from survey_app.config import read_settings
from survey_app.factory import create_app
from survey_app.storage.collect import PATIENCE, Collector
from survey_app.storage.posts import PagePost


def keep(self: Collector, page_post: PagePost, patience: float = PATIENCE) -> None:
    """Commit one post alone."""
    refusal = self._append_all([page_post])[0]
    if refusal is not None:
        raise refusal


if __name__ == "__main__":
    Collector.keep = keep  # type: ignore[method-assign]
    settings = replace(read_settings(os.environ), studies=(sys.argv[1],))
    waitress.serve(create_app(settings), host="127.0.0.1", port=int(sys.argv[2]), threads=4)
