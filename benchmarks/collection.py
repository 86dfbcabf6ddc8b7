"""What collecting costs: the app against a plain one, side by side, in turn, on the same server.

    python -m benchmarks.collection [--clients 1,8,32] [--seconds 10] [--rounds 3]

Every client is a new person each time: a new connection, no cookies, every page, its hidden fields, the page of
thanks. CPU is that of the server's processes, from the operating system. Compare ratios and CPU: times and
surveys a second depend on what else the machine does, and the clients are on it, too. The second table is of a
study of several pages, which has no plain twin.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.load import Load, quantile, run
from benchmarks.servers import Server, earshot, plain

LONGER = "complaint_channels"
Kind = tuple[str, Callable[[Path], AbstractContextManager[Server]]]
"""A study, and what serves it in a folder."""
KINDS: dict[str, Kind] = {
    "plain": ("ten", plain),
    "earshot": ("ten", earshot),
    "each post alone": ("ten", partial(earshot, grouped=False)),
    "2 processes": ("ten", partial(earshot, processes=2)),
    "4 processes": ("ten", partial(earshot, processes=4)),
    LONGER: (LONGER, partial(earshot, study=LONGER)),
}


@dataclass(frozen=True)
class Measured:
    """One run of one server at one number of clients; `cpu_ms` is that of a completed survey."""

    load: Load
    cpu_ms: float


def measure(server: Server, study: str, clients: int, seconds: float, seed: int) -> Measured:
    before = server.cpu()
    load = run(server.port, study, clients, seconds, seed)
    completed = max(load.done + clients / 2, 1)  # those who are on their way at the end have done half of it
    return Measured(load, 1000 * (server.cpu() - before) / completed)


def in_turn(
    kinds: Mapping[str, Kind], clients: Sequence[int], rounds: int, seconds: float
) -> dict[tuple[str, int], list[Measured]]:
    """Measure servers in turn, so that what else the machine does falls on all of them; by kind and clients."""
    found: dict[tuple[str, int], list[Measured]] = {}
    for number in range(rounds):
        for kind, (study, serve) in kinds.items():
            with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
                run(server.port, study, 4, 2.0, 0)  # warm
                for count in clients:
                    one = measure(server, study, count, seconds, number)
                    found.setdefault((kind, count), []).append(one)
    return found


def main() -> None:
    """Measure all in turn and print the medians over rounds, and the ratios to the plain app."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", default="1,8,32")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(KINDS), help="kinds of server, divided by commas")
    options = parser.parse_args()
    counts = [int(count) for count in options.clients.split(",")]
    wanted = options.only.split(",")
    found = in_turn(
        {kind: KINDS[kind] for kind in wanted}, counts, options.rounds, min(options.seconds, 60.0)
    )
    print(
        f"{'clients':>7} {'server':18} {'surveys/s':>9} {'CPU-ms':>7} {'page p50':>9} {'post p50':>9} {'p99':>6} errors"
    )
    for clients in counts:
        for kind in wanted:
            print(_line(kind, clients, found[kind, clients]))
        for kind in wanted:
            if kind not in ("plain", LONGER) and "plain" in wanted:
                print(_ratio(kind, found[kind, clients], found["plain", clients]))


def rate(some: list[Measured]) -> float:
    """Return the median of surveys a second."""
    return statistics.median(one.load.rate for one in some)


def cpu(some: list[Measured]) -> float:
    """Return the median CPU milliseconds of a survey."""
    return statistics.median(one.cpu_ms for one in some)


def p99(some: list[Measured]) -> float:
    """Return the median p99 of the submit in milliseconds."""
    return statistics.median(1000 * quantile(one.load.posts, 0.99) for one in some)


def _line(kind: str, clients: int, some: list[Measured]) -> str:
    pages = [1000 * second for one in some for second in one.load.pages]
    posts = [1000 * second for one in some for second in one.load.posts]
    errors = sum(len(one.load.errors) for one in some)
    return (
        f"{clients:7} {kind:18} {rate(some):9.1f} {cpu(some):7.2f} {quantile(pages, 0.5):9.1f} "
        f"{quantile(posts, 0.5):9.1f} {p99(some):6.0f} {errors}"
    )


def _ratio(kind: str, ours: list[Measured], plain: list[Measured]) -> str:
    return (
        f"{'ratio':>7} {kind:18} {rate(ours) / rate(plain):9.2f} {cpu(ours) / cpu(plain):7.2f} "
        f"{'':19} {p99(ours) / p99(plain):6.2f}"
    )


if __name__ == "__main__":
    main()
