"""The verbs: a study of one's own from `new` to `close`, and every refusal in one clear line."""

from __future__ import annotations

import resource
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_app.cli import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EARSHOT_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("EARSHOT_DATABASE_URL", raising=False)
    return tmp_path


def earshot(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="earshot", catch_exceptions=False)


def refused(*arguments: str) -> str:
    """Run a verb that must refuse: exit code 1, nothing on standard output."""
    result = earshot(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.stderr
    return result.stderr


def test_a_study_of_ones_own(here: Path) -> None:
    assert earshot("new", "my_study").exit_code == 0
    assert "name: my_study" in (here / "my_study" / "questionnaire.yaml").read_text()
    assert "no faults" in earshot("check", "my_study").output
    assert "collects now" in earshot("publish", "my_study").output
    assert "already collects" in earshot("publish", "my_study").output
    folder = Path(earshot("snapshot", "my_study").output.strip())
    assert (folder / "manifest.json").is_file()
    assert "no finished response" in refused("report", str(folder))
    assert "0 started, 0 finished" in earshot("close", "my_study").output
    assert "not open" in refused("close", "my_study")
    with closing(sqlite3.connect(here / "data" / "earshot.db")) as database:
        done = database.execute("SELECT action FROM audit ORDER BY id").fetchall()
    assert done == [("published",), ("snapshot_made",), ("closed",)]
    assert "earshot publish my_study" in refused("serve", "my_study")


def test_published_codes_keep_their_meaning(here: Path) -> None:
    earshot("new", "my_study")
    earshot("publish", "my_study")
    path = here / "my_study" / "questionnaire.yaml"
    path.write_text(path.read_text().replace("code: 1, name: phone", "code: 1, name: telegraph"))
    message = refused("publish", "my_study")
    assert 'question "channel": the code 1 meant "phone"' in message
    assert "not published" in message


def test_every_study_of_the_library_can_be_copied(here: Path, library: Path) -> None:
    for study in library.iterdir():
        if (study / "study.yaml").is_file():
            assert earshot("new", f"a_{study.name}", "--from", study.name).exit_code == 0
            assert f"name: a_{study.name}" in (here / f"a_{study.name}" / "questionnaire.yaml").read_text()
            assert earshot("check", f"a_{study.name}", "--people", "40").exit_code == 0


def test_new_refuses(here: Path) -> None:
    assert "My-Study" in refused("new", "My-Study")
    assert "it has: complaint_channels" in refused("new", "x", "--from", "nothing")
    (here / "full").mkdir()
    (here / "full" / "file").touch()
    assert "already there" in refused("new", "full")
    assert [path.name for path in (here / "full").iterdir()] == ["file"]


def test_check_names_every_fault(here: Path) -> None:
    earshot("new", "my_study")
    path = here / "my_study" / "questionnaire.yaml"
    path.write_text(
        path.read_text().replace("type: single", "type: singel").replace("languages: [en]", "languages: [xx]")
    )
    lines = refused("check", "my_study").splitlines()
    assert lines[-1].endswith("problems; nothing was done")
    assert len(lines) > 2
    assert all(line.startswith("questionnaire.yaml:") for line in lines[:-1])
    assert "nothing was done" in refused("publish", "my_study")


def test_missing_folders(here: Path) -> None:
    assert "earshot new nowhere" in refused("check", "nowhere")
    assert "manifest.json" in refused("report", "nowhere")
    earshot("new", "my_study")
    assert "never published" in refused("snapshot", "my_study")


def test_a_weak_database_collects_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earshot("new", "my_study")
    monkeypatch.setenv("EARSHOT_DATABASE_URL", "sqlite:///:memory:")
    assert "journal_mode is memory" in refused("publish", "my_study")
    monkeypatch.setenv("EARSHOT_DATABASE_URL", f"sqlite:///{here / 'no' / 'such' / 'folder.db'}")
    assert "cannot be used" in refused("publish", "my_study")


def test_only_this_machine(here: Path) -> None:
    earshot("new", "my_study")
    assert "0.0.0.0" in refused("serve", "my_study", "--host", "0.0.0.0")


def test_a_taken_port(here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("demo", "--no-serve", "--port", str(port))
    assert f"port {port} on 127.0.0.1" in message
    assert f"--port {port + 1}" in message
    assert not (here / "data" / "demo").exists()  # an earlier demo would still be there


def test_the_demo_removes_only_what_a_demo_made(here: Path) -> None:
    (here / "data" / "demo").mkdir(parents=True)
    (here / "data" / "demo" / "precious").touch()
    assert "no demo made" in refused("demo", "--no-serve", "--port", "8765")
    assert (here / "data" / "demo" / "precious").is_file()


def test_the_demo_needs_synthetic_respondents(here: Path) -> None:
    earshot("new", "my_study")
    assert "synthetic.yaml" in refused("demo", "--study", "my_study", "--port", "8766")


def test_help_costs_little() -> None:
    """Under half a second of CPU, so that the command line feels at hand."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "survey_app.cli", "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.5


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; from survey_app.cli import main; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    for heavy in ("numpy", "flask", "sqlalchemy", "pydantic", "pyarrow", "scipy", "plotly"):
        assert f"'{heavy}'" not in loaded


def test_plain_http_stays_on_this_machine(here: Path) -> None:
    earshot("new", "my_study")
    earshot("publish", "my_study")
    assert "--insecure-lan" in refused("serve", "my_study", "--host", "192.0.2.1")
    assert "no address" in refused("serve", "my_study", "--host", "0.0.0.0", "--insecure-lan")
    both = ("--host", "192.0.2.1", "--insecure-lan", "--behind-https")
    assert "goes alone" in refused("serve", "my_study", *both)


def test_in_a_trusted_network_the_named_address_is_answered(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import survey_app.cli.serve

    served: list[object] = []
    monkeypatch.setattr(survey_app.cli.serve, "run_server", lambda settings, *rest: served.append(settings))
    earshot("new", "my_study")
    earshot("publish", "my_study")
    assert earshot("serve", "my_study", "--host", "192.0.2.1", "--insecure-lan").exit_code == 0
    assert "192.0.2.1" in served[0].hosts  # type: ignore[attr-defined]
    assert not served[0].secure  # type: ignore[attr-defined]
