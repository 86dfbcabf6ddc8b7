"""The web process of `earshot serve` with one difference: every post commits alone, in the thread that brought it.

python -m benchmarks.ungrouped STUDY PORT
"""

from __future__ import annotations

import socket
import sys
from concurrent.futures import Future

from survey_app.serving import web
from survey_app.serving.processes import Orders
from survey_app.storage.collect import PATIENCE, Collector
from survey_app.storage.posts import PagePost
from survey_app.storage.tables import open_database


def keep(self: Collector, page_post: PagePost, patience: float = PATIENCE) -> None:
    """Commit one post alone."""
    refusal = self._append_group([(page_post, Future())])[0]
    if refusal is not None:
        raise refusal


def main(study: str, port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    _supervisor, control = socket.socketpair()
    orders = Orders(studies=(study,), listener=listener.detach(), control=control.detach())
    settings = web.settings_of(orders)
    engine = open_database(settings.database_url)
    web.serve(orders, settings, engine)
    engine.dispose()


if __name__ == "__main__":
    Collector.keep = keep  # type: ignore[method-assign]
    main(sys.argv[1], int(sys.argv[2]))
