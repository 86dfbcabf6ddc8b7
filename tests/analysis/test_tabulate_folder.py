"""`earshot tabulate` on a folder, in several processes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from survey_app.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, answers in enumerate((["yes", "no", "yes"], ["no", "maybe"])):
        pq.write_table(pa.table({"q": answers}), tmp_path / f"part-{number}.parquet")
    return tmp_path


def test_a_folder_is_tabulated_in_the_order_of_its_parts(folder: Path) -> None:
    asked = ["tabulate", str(folder), "--question", "q", "--format", "json"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    assert [(row["choice"], row["share"], row["base"]) for row in rows] == [
        ("yes", 0.4, 5),
        ("no", 0.4, 5),
        ("maybe", 0.2, 5),
    ]
