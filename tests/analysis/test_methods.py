"""Every page of a method says formula, source and when not to use it, and shows an example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "methods"
INDEX = FOLDER / "README.md"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)
FORMULA = ("formula", "rule", "how", "estimate", "statistic")
"""Words of which a page has one over the column that says how a figure is made."""
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def heads(text: str) -> set[str]:
    """Return the headings and the cells of tables' heads: what a reader's eye finds."""
    lines = text.splitlines()
    found = [line.lstrip("# ") for line in lines if line.startswith("#")]
    for at in range(1, len(lines)):
        if re.match(r"^\|[-|: ]+\|$", lines[at]):
            found += [cell.strip() for cell in lines[at - 1].strip("|").split("|")]
    return {head.lower() for head in found}


def test_the_index_has_every_page_with_a_line_of_its_own() -> None:
    linked = re.findall(
        r"^\| \[[^\]]+\]\(([^)]+)\) \|(.+)\|$", INDEX.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {path.name for path in PAGES} <= {name for name, _ in linked}
    for name, rest in linked:
        cells = [cell.strip() for cell in rest.split("|")]
        assert len(cells) == 3 and all(cells), name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_formula_source_and_when_not(path: Path) -> None:
    found = heads(path.read_text(encoding="utf-8"))
    assert any(word in head for head in found for word in FORMULA), path.name
    assert any("source" in head or head == "r" for head in found), path.name
    assert any(head.startswith("when not to use") for head in found), path.name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_an_example_with_what_it_prints(path: Path) -> None:
    kinds = [kind for kind, _ in FENCED.findall(path.read_text(encoding="utf-8"))]
    assert "text" in kinds
    assert kinds[0] in ("", "python")
