"""Torture: what is done to a collecting app so that an answer may be lost, and whether one is.

    python -m tests.torture [NAME …] [--short] [--seed N]

Without names every part runs. Ends with 1 where a part has failed, or a control has not.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time

from tests.torture.report import Skipped

PARTS = ("kill", "power", "crashes", "restarts", "full", "io", "twice", "slow", "clocks", "soak")


def main() -> int:
    """Run parts and print what each has found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*PARTS, []], metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="the form that the tests run")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers, disks and mounts go with us
    bad = []
    for name in options.names or PARTS:
        began = time.monotonic()
        try:
            for outcome in importlib.import_module(f"tests.torture.{name}").run(options.seed, options.short):
                print(outcome, flush=True)
                bad += [] if outcome.passed else [outcome.name]
        except Skipped as reason:
            print(f"{name}: skipped: {reason}", flush=True)
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if bad:
        print(f"failed: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
