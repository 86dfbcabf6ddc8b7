"""Every page of a method says formula, source and when not to use it, and what it shows as a command runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli import main

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


def commands(text: str) -> list[str]:
    """Return what is shown as `earshot …`, continued lines joined."""
    found = []
    for _, block in FENCED.findall(text):
        joined = block.replace("\\\n", " ")
        found += [line for line in joined.splitlines() if line.startswith("earshot ")]
    return found


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


@pytest.mark.parametrize(
    ("page", "command"),
    [(path.name, one) for path in [INDEX, *PAGES] for one in commands(path.read_text("utf-8"))],
)
def test_commands_run(page: str, command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert done.exit_code == 0, f"{page}: {done.output}"
    assert done.output.strip()


def test_the_index_runs_as_a_notebook(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    blocks = [block for kind, block in FENCED.findall(INDEX.read_text(encoding="utf-8")) if kind == "python"]
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the answers that the examples speak of: 400 people in 4 regions of 10 branches."""
    people = range(400)
    columns = {
        "channel": [("web", "app", "phone", "web", "e-mail")[(i * 7 + i // 11) % 5] for i in people],
        "age": [("18-34", "35-54", "55+")[(i * 5 + i // 7) % 3] for i in people],
        "gender": [("woman", "man")[(i // 3) % 2] for i in people],
        "minutes": [3 + (i * 37) % 58 for i in people],
        "wait": [1 + (i * 11 + i // 9) % 6 for i in people],
        "satisfaction": [1 + (i * 3 + i // 4) % 5 for i in people],
        "used_web": [i % 2 for i in people],
        "used_app": [i // 2 % 2 for i in people],
        "w": [1 + i % 3 for i in people],
        "region": [i // 100 for i in people],
        "branch": [i // 10 for i in people],
    }
    rows = [",".join(columns), *(",".join(str(some[i]) for some in columns.values()) for i in people)]
    (tmp_path / "answers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path
