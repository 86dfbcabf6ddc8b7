"""Small libraries in C that stand between a program and the system."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.torture.report import Skipped


def build(name: str, place: Path) -> Path:
    """Compile a library of this folder into a place; raise Skipped where that cannot be."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise Skipped(f"no C compiler: {name} cannot be built")
    library = place / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Skipped(f"{name} cannot be built: {done.stderr[-300:]}")
    return library
