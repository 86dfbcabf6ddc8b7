"""Documentation that cannot go stale: every verb, type, code and option stands in it, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from analysis.problems import CODES
from analysis.table.files import OPENERS
from questionnaires.expressions import SPECIAL
from questionnaires.problems import CATALOGUE
from questionnaires.question_types import QUESTION_TYPES
from survey_app.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_is_in_the_docs_and_shows_an_example(verb: str) -> None:
    assert f"`earshot {verb}`" in page("commands.md")
    command = main.commands[verb]
    help_text = command.get_help(click.Context(command, info_name=f"earshot {verb}"))
    assert f"earshot {verb} " in help_text.split("Example", 1)[1]


def test_every_question_type_has_its_heading() -> None:
    headings = re.findall(r"^### (\w+)$", page("questionnaire.md"), re.M)
    assert sorted(headings) == sorted(QUESTION_TYPES)


def test_every_special_answer_is_told() -> None:
    assert all(f"`{name}`" in page("questionnaire.md") for name in SPECIAL)


def test_every_problem_is_listed_in_its_own_words() -> None:
    text = page("problems.md")
    for code, (what, remedy) in CATALOGUE.items():
        plain = [part.replace("{{", "{").replace("}}", "}") for part in (what, remedy)]
        assert f"| `{code}` | {plain[0]} | {plain[1]} |" in text, code
    for code, message in CODES.items():
        assert f"| `{code}` | {message} |" in text, code


def test_every_option_of_tabulate_is_told() -> None:
    text = page("tabulate.md")
    for parameter in main.commands["tabulate"].params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[0] in text, parameter.opts
    assert all(
        f"`{ending}`" in text for ending in OPENERS if ending not in (".csv", ".tsv", ".txt", ".parquet")
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_and_named_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (path.parent / target).exists(), target
    for name in re.findall(
        r"`((?:questionnaires|analysis|reports|survey_app|tests|vendor|docs)/[\w./]+)`", text
    ):
        assert (ROOT / name).exists(), name


def test_changelog_is_kept() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
