"""What the tests of the analysis share: real data, the R reference, and the survey it was computed on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .own_survey import own_survey as made
from .own_survey import table

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the public data sets, one folder each."""
    if not (SHARED / "data").is_dir():
        pytest.skip("../shared/data is not here")
    return SHARED / "data"


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """Results of R survey 4.5 by record id."""
    file = SHARED / "reference" / "r_survey_reference.json"
    if not file.is_file():
        pytest.skip("../shared/reference is not here")
    records = json.loads(file.read_text(encoding="utf-8"))["records"]
    return {record["id"]: record["result"] for record in records}


@pytest.fixture(scope="session")
def own_survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented survey of 2,030 people in 8 strata of 10 clusters behind the records own.*."""
    file = tmp_path_factory.mktemp("own") / "own.parquet"
    pq.write_table(table(made()), file)
    return file


@pytest.fixture(scope="session")
def own_reference() -> dict[str, Any]:
    """Results of R survey 4.5 on that survey by record id."""
    text = (Path(__file__).parent / "reference_own.json").read_text(encoding="utf-8")
    return {name: record["result"] for name, record in json.loads(text)["records"].items()}
