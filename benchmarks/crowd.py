"""Many people at once on one machine: those who think before they answer, and as many as can be completed.

    python -m benchmarks.crowd [--people 2000] [--think 20] [--rate 139] [--seconds 60] [--processes 2] [--study ten]

First `--people` are there at once; each opens the first page, thinks for a while (exponentially distributed, mean
`--think` seconds) before each post, and is followed by the next person. Then surveys are begun at a steady
`--rate` a second (139 is what the census of England and Wales had at its peak), by people who answer at once.
Memory is that of the largest web process, sampled every five seconds. The clients are on the same cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import Load, quantile, run
from benchmarks.servers import Server, earshot

EVERY = 5.0


@contextmanager
def sampled(server: Server) -> Iterator[list[float]]:
    """Yield a list that fills with the memory of the largest process, in MiB."""
    samples, stop = [server.memory()], threading.Event()

    def look() -> None:
        while not stop.wait(EVERY):
            samples.append(server.memory())

    looking = threading.Thread(target=look)
    looking.start()
    yield samples
    stop.set()
    looking.join()
    samples.append(server.memory())


def growth(samples: list[float]) -> float:
    """Return by how many MiB a minute memory grows; the first third is left out, when caches fill."""
    later = samples[len(samples) // 3 :]
    if len(later) < 3:
        return 0.0
    return statistics.linear_regression(range(len(later)), later).slope * 60 / EVERY


def told(name: str, load: Load, cpu: float, samples: list[float]) -> str:
    """Return one line of the table."""
    return (
        f"{name:18} {load.rate:9.1f} {load.requests:9,} {len(load.errors):6} "
        f"{1000 * quantile(load.pages, 0.5):8.0f} {1000 * quantile(load.pages, 0.99):8.0f} "
        f"{1000 * quantile(load.posts, 0.5):8.0f} {1000 * quantile(load.posts, 0.99):8.0f} "
        f"{1000 * cpu / max(load.done, 1):7.2f} {samples[-1]:6.0f} {growth(samples):+9.2f}"
    )


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--think", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=139.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--study", default="ten")
    options = parser.parse_args()
    print(
        f"{'':18} {'surveys/s':>9} {'requests':>9} {'errors':>6} {'page p50':>8} {'p99 ms':>8} "
        f"{'post p50':>8} {'p99 ms':>8} {'CPU-ms':>7} {'MiB':>6} {'MiB/min':>9}"
    )
    seconds = min(options.seconds, 3600.0)
    kinds = {
        f"{options.people} think {options.think:g} s": (options.people, options.think, 0.0),
        f"{options.rate:g} begun a second": (64, 0.0, options.rate),
    }
    for name, (people, think, cap) in kinds.items():
        with (
            tempfile.TemporaryDirectory() as folder,
            earshot(Path(folder), study=options.study, processes=options.processes) as server,
        ):
            run(server.port, options.study, 4, 2.0, 0)  # warm
            before = server.cpu()
            with sampled(server) as samples:
                load = run(server.port, options.study, people, seconds, 1, think=think, cap=cap)
            print(told(name, load, server.cpu() - before, samples), flush=True)
            for error in sorted(set(load.errors))[:5]:
                print(f"    {load.errors.count(error)} times {error}")


if __name__ == "__main__":
    main()
