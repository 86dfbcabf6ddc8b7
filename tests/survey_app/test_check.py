"""`earshot check`: the faults of the files, then the rehearsal; exit codes, JSON, and the picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from questionnaires.rehearsal import NOTES
from survey_app.cli.study_folder import check


@pytest.fixture
def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    return tmp_path


def run(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(check, [str(folder), "--people", "30", *map(str, arguments)])


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "questionnaire.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_sound_study(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    assert result.output.startswith(f"{folder}: no faults. 6 questions on 2 pages, in en, uk.\n")
    assert "30 simulated people answering at random" in result.output
    assert "People's way" in result.output
    assert result.output.rstrip().endswith(f"Next: earshot publish {folder}")
    assert not {"Faults", "Warnings", "Notes"} & set(result.output.splitlines())


def test_a_fault_of_the_files_stops_before_the_rehearsal(folder: Path) -> None:
    change(folder, "max_length: 50", "max_lenth: 50")
    result = run(folder)
    assert result.exit_code == 1
    assert 'did you mean "max_length"' in result.output
    assert "simulated" not in result.output


def test_what_nobody_gets_past_is_a_fault(folder: Path) -> None:
    change(folder, "minimum: 18", "minimum: 18.5")
    change(folder, "maximum: 120", "maximum: 18.9")
    change(folder, "        special: [prefer_not]\n", "")
    result = run(folder)
    assert result.exit_code == 1
    assert result.output.startswith(f"{folder}: 1 fault. ")
    assert (
        'Faults\n  questionnaire.yaml:8: question "age": 46 of 46 simulated people had no valid answer'
        in result.output
    )
    assert "earshot publish" not in result.output


def test_warnings_stop_only_where_that_is_wanted(folder: Path) -> None:
    change(folder, 'channel in group("online")', 'channel in group("online") and age < 18')
    assert run(folder).exit_code == 0
    strict = run(folder, "--strict")
    assert strict.exit_code == 1
    assert 'Warnings\n  questionnaire.yaml:26: question "platform": never asked' in strict.output


def test_json_has_the_same_content(folder: Path) -> None:
    change(folder, 'channel in group("online")', 'channel in group("online") and age < 18')
    data = json.loads(run(folder, "--json", "--seed", 5).output)
    assert (data["study"], data["people"], data["seed"], data["planned"]) == ("small", 30, 5, 1000)
    assert [w["code"] for w in data["warnings"]] == ["never-asked"]
    assert [page["name"] for page in data["pages"]] == ["start", "more"]
    assert data["lengths"][1]["language"] == "uk"


def test_the_picture_is_written(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "routes.html"
    result = run(folder, "--html", file)
    assert f"Picture of the routes: {file}" in result.output
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<svg" in text
    refused = run(folder, "--html", tmp_path / "nowhere" / "routes.html")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output


def test_planned_people_are_those_of_the_command(library: Path) -> None:
    data = json.loads(run(library / "complaint_channels", "--json").output)
    assert data["planned"] == 2030
    fewer = json.loads(run(library / "complaint_channels", "--json", "--planned", 100).output)
    assert {w["code"] for w in fewer["warnings"]} >= {"base-small"}


def test_of_the_starter_only_the_gaps_are_to_be_filled(library: Path) -> None:
    data = json.loads(run(library / "starter", "--json").output)
    assert {warning["code"] for warning in data["warnings"]} == {"text-unfilled"}
    assert not data["faults"]
    assert run(library / "starter", "--strict").exit_code == 1


def test_every_note_and_option_is_in_the_docs() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "check.md").read_text(encoding="utf-8")
    missing = [code for code in NOTES if f"`{code}`" not in text]
    missing += [
        option.opts[0] for option in check.params if option.name != "study" and option.opts[0] not in text
    ]
    assert missing == []
