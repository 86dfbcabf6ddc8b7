"""The whole house at once: from synthetic.yaml over HTTP and the database to the table and the report."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path(__file__).parent.parent / "questionnaires" / "library" / "complaint_channels"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run_demo(study: Path, folder: Path) -> tuple[dict[str, Any], str]:
    command = [
        sys.executable,
        "-m",
        "survey_app.cli",
        "demo",
        "--no-serve",
        "--json",
        "--port",
        str(free_port()),
    ]
    environment = {**os.environ, "EARSHOT_DATA": str(folder)}
    done = subprocess.run(
        [*command, "--study", str(study)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The demo's own study with fewer people and two other shares."""
    folder = tmp_path / "complaint_channels"
    shutil.copytree(LIBRARY, folder)
    truth = (folder / "synthetic.yaml").read_text(encoding="utf-8")
    for old, new in [
        ("n: 2030", "n: 240"),
        ("{id: complain_online, share: 0.34}", "{id: complain_online, share: 0.55}"),
        ("{id: reply_within_60m, share: 0.42}", "{id: reply_within_60m, share: 0.66}"),
    ]:
        assert old in truth
        truth = truth.replace(old, new)
    (folder / "synthetic.yaml").write_text(truth, encoding="utf-8")
    return folder


def test_the_report_follows_the_truth(study: Path, tmp_path: Path) -> None:
    """The numbers come out of the snapshot, that out of the database, and that was filled by HTTP."""
    outcome, talk = run_demo(study, tmp_path / "data")
    rows = {row["id"]: row for row in outcome["rows"]}
    assert rows["complain_online"]["share"] == pytest.approx(0.55, abs=0.005)
    assert rows["complain_online"]["verdict"] == "not reproduced"
    assert rows["complain_online_24_34"]["share"] == pytest.approx(0.60, abs=0.006)
    assert rows["complain_online_24_34"]["verdict"] == "reproduced by construction"
    assert rows["reply_within_60m"]["share"] == pytest.approx(0.66, abs=0.005)
    assert rows["reply_within_30m"]["share"] == pytest.approx(0.32, abs=0.005)
    for row in rows.values():
        assert row["low"] < row["share"] < row["high"]
    snapshot = Path(outcome["snapshot"])
    assert json.loads((snapshot / "manifest.json").read_text())["n"] == 240
    assert json.loads((snapshot / "fieldwork.json").read_text())["by_language"].keys() == {"en", "uk", "ru"}
    assert "240 answered" in talk
    page = Path(outcome["report"]).read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" in page.upper()
    assert "55%" in page
    again, talk = run_demo(study, tmp_path / "data")
    assert "Removed the earlier demo" in talk
    shares = [[row["share"] for row in one["rows"]] for one in (outcome, again)]
    assert shares[0] == pytest.approx(shares[1])
