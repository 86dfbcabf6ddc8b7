"""What `earshot serve` and `earshot invite` say before anybody comes: wrong names, wrong folders, wrong links."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli import main


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published study; the server itself is never started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EARSHOT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("EARSHOT_HOSTS", raising=False)
    monkeypatch.setattr("survey_app.cli.serve.run_server", lambda *given: None)
    for words in (("new", "my_study"), ("publish", "my_study")):
        assert earshot(*words).exit_code == 0
    return tmp_path / "my_study"


def earshot(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def refused(*words: str) -> str:
    done = earshot(*words)
    assert done.exit_code == 1, done.output
    return done.stderr


def test_https_needs_a_name(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "EARSHOT_HOSTS=survey.example.org" in refused("serve", "my_study", "--behind-https")
    monkeypatch.setenv("EARSHOT_HOSTS", "ask.example.org")
    assert earshot("serve", "my_study", "--behind-https").exit_code == 0


@pytest.mark.parametrize(
    "hosts", ["https://ask.example.org", "a.example.org, b.example.org", "a.example.org,"]
)
def test_names_that_nobody_could_use(study: Path, monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("EARSHOT_HOSTS", hosts)
    told = refused("serve", "my_study")
    assert told.startswith("EARSHOT_HOSTS has ")
    assert "write names alone, divided by commas" in told


def test_a_host_that_is_not_found(study: Path) -> None:
    told = refused("serve", "my_study", "--host", "nowhere.invalid", "--insecure-lan")
    assert told.startswith("nowhere.invalid is no address, and no name that can be found from here")


def test_nothing_is_made_in_a_mistyped_data_folder(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = study.parent / "dato"
    monkeypatch.setenv("EARSHOT_DATA", str(wrong))
    assert f"my_study was never published in {wrong}; " in refused("serve", "my_study")
    assert f"never published in {wrong}; " in refused("serve", "my_study", "--data", str(wrong))
    assert not wrong.exists()


def test_another_study_is_looked_for_by_its_folder(study: Path) -> None:
    earshot("new", "second")
    assert f"second was never published in {study.parent / 'data'}; " in refused("serve", "second")
    earshot("close", "my_study")
    assert "does not collect" in refused("serve", "my_study")


def test_links_for_this_machine_alone_are_called_so(study: Path) -> None:
    done = earshot("invite", "my_study", "--count", "1")
    assert done.exit_code == 0
    assert "only this machine can open" in done.stderr
    assert done.stdout.count("\n") == 2
    named = earshot("invite", "my_study", "--count", "1", "--at", "https://ask.example.org")
    assert "only this machine" not in named.stderr
    assert "closed" not in named.stderr


def test_links_into_a_closed_study_are_called_so(study: Path) -> None:
    earshot("close", "my_study")
    done = earshot("invite", "my_study", "--count", "1", "--at", "https://ask.example.org")
    assert done.exit_code == 0
    assert "The study is closed" in done.stderr
