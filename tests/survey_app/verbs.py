"""A verb that reads a data file, as a person runs it: what its tests have in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result


@dataclass(frozen=True)
class Verb:
    """A command to run in this process."""

    command: click.Command

    def run(self, *arguments: object) -> Result:
        """Run it with these words."""
        return CliRunner().invoke(self.command, [str(one) for one in arguments])

    def found(self, *arguments: object) -> Any:
        """Return what it prints as JSON; it must succeed."""
        result = self.run(*arguments, "--format", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


def file_of(rows: str) -> Callable[[Path], Path]:
    """Return a fixture: a folder with answers.csv of these rows, and nothing else."""

    @pytest.fixture
    def answers(tmp_path: Path) -> Path:
        file = tmp_path / "answers.csv"
        file.write_text(rows, encoding="utf-8")
        return file

    return answers
