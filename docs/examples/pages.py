"""Run the examples of the statistics pages as a reader would, and hold what they print against the page.

`python docs/examples/pages.py` says which pages are out of date; with `--write` it puts what the examples
print today into them. An example is a block of `earshot` commands or of Python; a block of `text` below it
shows what it prints, in which a line `…` stands for lines left out. Blocks of `py` need a snapshot and are not run.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from survey_app.cli import main as earshot

DOCS = Path(__file__).parent.parent
NAMES = ("tabulate", "compare", "weight", "plan-sample", "audit", "quality", "methods/README")
PAGES = [DOCS.parent / "README.md", *(DOCS / f"{name}.md" for name in NAMES)]
PAGES += [path for path in sorted((DOCS / "methods").glob("*.md")) if path.stem != "README"]
VERBS = ("tabulate", "compare", "weight", "plan-sample", "audit", "new")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """What a page shows of an example, what it prints, and where in the page that stands."""

    example: str
    text: str
    printed: str
    start: int
    end: int

    def is_true(self) -> bool:
        """Say whether the example prints this: all of it, or the parts between lines of `…`."""
        return re.fullmatch(_pattern(self.text), _plain(self.printed)) is not None

    def renewed(self) -> str:
        """Return the text as it should be: a shown part keeps its number of lines, and `…` its place."""
        if "…" not in self.text.splitlines():
            return _plain(self.printed)
        lines, shown = _plain(self.printed).splitlines(), self.text.splitlines()
        head = shown.index("…")
        tail = len(shown) - head - 1
        return "\n".join([*lines[:head], "…", *lines[len(lines) - tail :]]) + "\n"


def examples(page: Path) -> Iterator[Shown]:
    """Run a page's examples in the folder where this is called; yield what it shows of each.

    Raises AssertionError where an example fails, or prints nothing.
    """
    names: dict[str, Any] = {}
    example = printed = ""
    for found in FENCED.finditer(page.read_text(encoding="utf-8")):
        kind, block = found.groups()
        if kind == "python":
            example, printed = block, run_python(block, names)
        elif not kind and is_command(block):
            example, printed = block, run_commands(block)
        elif kind == "text":
            assert example, f"{page.name} shows a text before any example: {block}"
            yield Shown(example, block, printed, *found.span(2))


def is_command(block: str) -> bool:
    """Say whether a block is made of statistics verbs, so that it needs no server and no study."""
    return all(line.split()[0] == "earshot" and line.split()[1] in VERBS for line in logical(block))


def logical(block: str) -> list[str]:
    """Return the lines of a block, continued ones joined."""
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def run_commands(block: str) -> str:
    """Return what the commands print; a refusal is shown by its own line, and nothing else may fail."""
    printed = []
    for line in logical(block):
        done = CliRunner().invoke(earshot, shlex.split(line, comments=True)[1:])
        refused = done.exit_code == 1 and done.stderr.startswith("earshot ") and not done.stdout
        assert done.exit_code == 0 or refused, f"{line}: {done.output}{done.exception!r}"
        assert done.output.strip(), line
        printed.append(done.output)
    return "\n".join(printed)


def run_python(block: str, names: dict[str, Any]) -> str:
    """Return what a block prints, with what a last expression shows as it would in a notebook."""
    tree, said = ast.parse(block), io.StringIO()
    with contextlib.redirect_stdout(said):
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "page", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "page", "eval"), names)
            if value is not None:
                print(repr(value))
    return said.getvalue()


def make_answers() -> None:
    """Write `answers.csv` into the present folder, as the pages tell their reader to."""
    spec = importlib.util.spec_from_file_location("make_answers", DOCS / "examples" / "make_answers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with contextlib.redirect_stdout(io.StringIO()):
        module.main()


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"


def _pattern(text: str) -> str:
    """Return what the output must match whole: lines of `…` stand for any lines, or none."""
    lines = [r"(?:.*\n)*?" if line == "…" else re.escape(line) + r"\n" for line in text.splitlines()]
    return "".join(lines)


def main(write: bool) -> int:
    """Look through all pages; return the number of texts that were not true."""
    stale = 0
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            make_answers()
            shown = [one for one in examples(page) if not one.is_true()]
        text = page.read_text(encoding="utf-8")
        for one in reversed(shown):
            print(f"{page.relative_to(DOCS.parent)}: {one.example.strip().splitlines()[-1]}")
            text = text[: one.start] + one.renewed() + text[one.end :]
        if write and shown:
            page.write_text(text, encoding="utf-8")
        stale += len(shown)
    return stale


if __name__ == "__main__":
    sys.exit(os.EX_OK if main("--write" in sys.argv) == 0 else 1)
