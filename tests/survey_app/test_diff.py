"""`earshot diff`: words, a table of columns, and exit codes that a script can rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from questionnaires.problems import CATALOGUE
from questionnaires.versions.changes import Comparable
from survey_app.cli.study_folder import diff


def run(*arguments: object) -> Result:
    return CliRunner().invoke(diff, [str(argument) for argument in arguments])


@pytest.fixture
def folders(tmp_path: Path, files: dict[str, bytes]) -> tuple[Path, Path]:
    """Two copies of the small study."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
    return tmp_path / "old", tmp_path / "new"


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "questionnaire.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_alike(folders: tuple[Path, Path]) -> None:
    result = run(*folders)
    assert result.exit_code == 0
    assert "asks the same" in result.output


def test_compatible_changes(folders: tuple[Path, Path]) -> None:
    change(folders[1], "en: Chat", "en: Live chat")
    change(folders[1], "max_length: 50", "max_length: 90")
    result = run(*folders)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "channel:"
    assert lines[1] == '  choice 2 "chat": text (en): “Chat” → “Live chat”'
    assert "  channel          worded  other words" in lines
    assert "  comment          worded  other limits" in lines
    assert "refused" not in result.output


def test_a_broken_promise(folders: tuple[Path, Path]) -> None:
    change(folders[1], "code: 2, name: chat", "code: 2, name: fax")
    result = run(*folders)
    assert result.exit_code == 3
    assert (
        'Publishing would be refused:\n  questionnaire.yaml: question "channel": the code 2 meant "chat"'
        in result.output
    )
    assert "channel  broken" in result.output


def test_json_has_the_same_content(folders: tuple[Path, Path]) -> None:
    change(folders[1], "code: 2, name: chat", "code: 2, name: fax")
    change(folders[1], "      - name: comment", "      - name: remark")
    result = run(*folders, "--json")
    assert result.exit_code == 3
    data = json.loads(result.output)
    assert data["publishable"] is False
    assert [(b["code"], b["question"]) for b in data["broken"]] == [("code-reused", "channel")]
    states = {column["name"]: column["state"] for column in data["columns"]}
    assert (states["channel"], states["remark"], states["comment"], states["age"]) == (
        "broken",
        "added",
        "gone",
        "same",
    )
    assert {q["question"]: q["state"] for q in data["questions"]} == {
        "channel": "changed",
        "remark": "added",
        "comment": "removed",
    }


def test_a_file_is_as_good_as_a_folder(folders: tuple[Path, Path]) -> None:
    assert run(folders[0] / "questionnaire.yaml", folders[1]).exit_code == 0


def test_what_cannot_be_read_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    missing = run(folders[0], tmp_path / "nowhere")
    assert (missing.exit_code, "there is no such questionnaire" in missing.output) == (1, True)
    change(folders[1], "max_length: 50", "max_lenth: 50")
    wrong = run(*folders)
    assert wrong.exit_code == 1
    assert 'did you mean "max_length"' in wrong.output
    assert f"{folders[1] / 'questionnaire.yaml'}:" in wrong.output
    assert "nothing was compared" in wrong.output


def test_every_state_and_promise_is_in_the_docs() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "versions.md").read_text(encoding="utf-8")
    promises = [code for code in CATALOGUE if code.endswith("-changed")] + ["code-reused", "choice-gone"]
    assert len(promises) >= 9
    assert [word for word in (*Comparable, *promises) if f"`{word}`" not in text] == []
