"""A disk whose power can be cut: what was written and not flushed is gone, as in a drive's own cache.

A file is served by nbdkit, whose cache filter keeps every write to itself until a flush; nbdfuse and a loop device
make a disk of it, with ext4 on top. Cutting the power is SIGKILL to nbdkit. The next mount replays the journal.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.torture.report import Skipped

PROGRAMS = ("nbdkit", "nbdfuse", "losetup", "mkfs.ext4", "mount", "umount")
WAIT = 15.0
"""Seconds within which each step has to be done."""


class NoDisk(Exception):
    """A step failed. Before the first cut it is a reason to skip; after one it is what was looked for."""


def refuse_without() -> None:
    """Raise Skipped where this machine cannot have such a disk."""
    if os.geteuid() != 0:
        raise Skipped("only root may mount")
    if not Path("/dev/fuse").exists() or not Path("/dev/loop-control").exists():
        raise Skipped("/dev/fuse or /dev/loop-control is missing")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise Skipped(f"{', '.join(missing)} missing; apt-get install nbdkit libnbd-bin fuse3")


class Disk:
    """One such disk; `place` is a folder for its parts, `mounted` where it is."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self._place, self._image = place, place / "image"
        self.mounted = place / "mounted"
        self.mounted.mkdir()
        with self._image.open("wb") as image:
            image.truncate(megabytes << 20)
        _do("mkfs.ext4", "-q", "-F", str(self._image))
        self._device = ""
        self._running: list[subprocess.Popen[bytes]] = []

    def turn_on(self) -> None:
        """Start and mount; the journal is replayed. Raises NoDisk, and leaves nothing running then."""
        try:
            self._turn_on()
        except NoDisk:
            self.clear()
            raise

    def _turn_on(self) -> None:
        socket, file = self._place / "socket", self._place / "disk"
        socket.unlink(missing_ok=True)
        file.touch()
        cached = ["--filter=cache", "file", str(self._image), "cache=writeback"]
        self._start("nbdkit", "-f", "-U", str(socket), *cached)
        _until(socket.exists)
        self._start("nbdfuse", str(file), "--unix", str(socket))
        _until(lambda: file.stat().st_size > 0)
        self._device = _do("losetup", "-f", "--show", str(file))
        # Nothing reaches the disk because time has passed: only because it was asked for.
        _do("mount", "-t", "ext4", "-o", "commit=1000", self._device, str(self.mounted))

    def sync(self) -> None:
        _do("sync", "-f", str(self.mounted))

    def cut(self) -> None:
        """Cut the power: from here on every write and flush fails."""
        self._running[0].send_signal(signal.SIGKILL)
        self._running[0].wait()

    def clear(self) -> None:
        """Take away what is left of a disk without power; whoever used it must have ended."""
        if os.path.ismount(self.mounted):
            _until(lambda: _works("umount", str(self.mounted)))
        if self._device:
            _works("losetup", "-d", self._device)
            self._device = ""
        for process in self._running[::-1]:
            process.terminate()
            process.wait(WAIT)
        self._running = []
        _works("umount", "-l", str(self._place / "disk"))

    def _start(self, *command: str) -> None:
        environment = {**os.environ, "TMPDIR": str(self._place)}
        with (self._place / "log").open("ab") as log:
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))


def memory() -> str | None:
    """Return a folder in memory for the image, so that the machine's own disk is not what is measured."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _do(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDisk(f"{' '.join(command[:2])} does not work here: {done.stderr.strip()}")
    return done.stdout.strip()


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _until(happened: object) -> None:
    until = time.monotonic() + WAIT
    while not happened():  # type: ignore[operator]
        if time.monotonic() > until:
            raise NoDisk("the disk for power cuts did not come up, or did not go away")
        time.sleep(0.01)
