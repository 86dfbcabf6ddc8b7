"""Imports point down, those inside functions too: the shape of the house, read from its code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("questionnaires", "analysis", "reports", "survey_app")
SEES_ALL = ("survey_app/cli/", "survey_app/worker.py")
FORBIDDEN = {
    "questionnaires": {
        "analysis", "reports", "survey_app", "flask", "wtforms", "flask_wtf", "sqlalchemy", "numpy", "scipy",
        "pandas", "pyarrow", "plotly", "statsmodels", "time", "random", "socket", "urllib", "http", "os",
    },
    "analysis": {"reports", "survey_app", "flask", "wtforms", "flask_wtf", "sqlalchemy", "plotly", "time", "random"},
    "reports": {"survey_app", "flask", "wtforms", "flask_wtf", "sqlalchemy", "pyarrow", "time", "random"},
    "survey_app": {"analysis", "reports", "numpy", "scipy", "pandas", "statsmodels", "plotly"},
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """The top-level names of everything a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports from the top"
            found.add((node.module or "").split(".")[0])
    return found


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_direction(room: str) -> None:
    for path in modules(room):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(SEES_ALL):
            assert imports(path) & FORBIDDEN[room] == set(), name


@pytest.mark.parametrize("room", ROOMS)
def test_only_the_command_line_imports_inside_functions(room: str) -> None:
    for path in modules(room):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(SEES_ALL):
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert inside == [] or name in OPTIONAL, f"{name}:{inside}"


OPTIONAL = {
    # An extra, imported when it is needed: the module says how to install it when it is not there.
    "analysis/files/labelled.py",
    # Every table imports it: only a file with a recipe needs the calibration, which takes 0.08 s to load.
    "analysis/weighting/weighted_file.py",
}
"""Modules below the command line that may import inside functions."""


def test_every_room_says_its_rule() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_the_questionnaire_knows_no_clock() -> None:
    for path in modules("questionnaires"):
        text = path.read_text(encoding="utf-8")
        assert ".now(" not in text, path
        assert "today(" not in text, path
