"""docs/report-sentences.md names files, functions and keys that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from questionnaires.texts import LANGUAGES, catalogue

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "report-sentences.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\|[^|]+\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def test_every_row_is_read() -> None:
    tables = [line for line in PAGE.splitlines() if line.startswith("|") and "`reports/" in line]
    assert len(ROWS) == len(tables) - 1  # the head names `reports/texts`
    assert len(ROWS) > 30


@pytest.mark.parametrize(("file", "function", "key"), ROWS)
def test_a_row_leads_to_its_sentence(file: str, function: str, key: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for language in LANGUAGES:
        assert key in catalogue("reports").keys(language)
