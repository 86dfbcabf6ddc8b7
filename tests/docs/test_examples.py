"""The examples of the statistics pages run as a reader would run them, and print what the pages show."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "examples" / "pages.py"


def load() -> ModuleType:
    """Return the script that runs the pages, which can also renew them."""
    spec = importlib.util.spec_from_file_location("pages", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


PAGES = load()


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    PAGES.make_answers()
    return tmp_path


@pytest.mark.parametrize("page", PAGES.PAGES, ids=named)
def test_a_page_shows_what_its_examples_print(page: Path, folder: Path) -> None:
    told = list(PAGES.examples(page))
    assert told or page.stem == "README"
    for one in told:
        assert one.is_true(), f"{one.example}\nprints\n{one.printed}\nwhere the page shows\n{one.text}"


@pytest.mark.parametrize("page", PAGES.PAGES[1:], ids=named)
def test_every_command_of_a_page_is_run(page: Path) -> None:
    """A verb that is misspelt would not be one of ours, and would be passed over."""
    blocks = [block for kind, block in PAGES.FENCED.findall(page.read_text(encoding="utf-8")) if not kind]
    assert all(PAGES.is_command(block) for block in blocks if block.startswith("earshot"))


@pytest.mark.parametrize("page", PAGES.PAGES, ids=named)
def test_what_needs_a_snapshot_names_what_is_there(page: Path) -> None:
    """A block `py` needs more than the file of the examples: only what it imports is tried."""
    for kind, block in PAGES.FENCED.findall(page.read_text(encoding="utf-8")):
        if kind == "py":
            tree = ast.parse(block)
            tree.body = [line for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom)]
            exec(compile(tree, page.name, "exec"), {})


def test_the_readme_asks_a_file_of_ones_own() -> None:
    blocks = PAGES.FENCED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert any(not kind and PAGES.is_command(block) for kind, block in blocks)


def test_the_columns_of_the_file_are_told(folder: Path) -> None:
    page = (SCRIPT.parent / "README.md").read_text(encoding="utf-8")
    names = (folder / "answers.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert all(f"`{name}`" in page for name in names if name not in ("q2", "q3", "q4"))


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("a\nb\nc\n", True),
        ("…\nb\n…\n", True),
        ("a\n…\nc\n", True),
        ("a\n…\n", True),
        ("a\nb\n", False),
        ("a\nc\n", False),
        ("…\nB\n…\n", False),
        ("c\n…\n", False),
        ("a\nb\nc\nd\n", False),
    ],
)
def test_lines_may_be_left_out_only_where_it_is_said(text: str, true: bool) -> None:
    assert PAGES.Shown("", text, "a\nb  \nc\n\n", 0, 0).is_true() is true


@pytest.mark.parametrize(
    ("before", "after"), [("x\n", "a\nb\nc\n"), ("x\n…\n", "a\n…\n"), ("x\n…\ny\n", "a\n…\nc\n")]
)
def test_a_page_is_renewed_in_its_own_measure(before: str, after: str) -> None:
    assert PAGES.Shown("", before, "a\nb\nc\n", 0, 0).renewed() == after


def test_a_stale_page_is_found_and_mended(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = folder / "page.md"
    text = "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n"
    page.write_text(text, encoding="utf-8")
    monkeypatch.setattr(PAGES, "PAGES", [page])
    monkeypatch.setattr(PAGES, "DOCS", folder / "docs")
    monkeypatch.setattr(PAGES, "make_answers", lambda: None)
    assert PAGES.main(write=False) == 1
    assert page.read_text(encoding="utf-8") == text
    assert "page.md: print(1 + 1)" in capsys.readouterr().out
    PAGES.main(write=True)
    assert page.read_text(encoding="utf-8") == text.replace("3", "2")
    assert PAGES.main(write=False) == 0


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("```\nearshot tabulate none.csv --question q --format xml\n```\n", None),
        ("```\nearshot tabulate\n```\n", "Missing argument"),
        ("```text\n1\n```\n", "before any example"),
        ("```\nearshot weight --help\n```\n", None),
    ],
)
def test_an_example_may_be_refused_by_a_verb_and_fail_in_no_other_way(
    block: str, why: str | None, folder: Path
) -> None:
    page = folder / "page.md"
    page.write_text(block, encoding="utf-8")
    found: Any = PAGES.examples(page)
    if why is None:
        assert list(found) == []
        return
    with pytest.raises(AssertionError, match=why):
        list(found)
