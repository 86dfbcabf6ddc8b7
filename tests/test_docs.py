"""Documentation that cannot go stale: every verb, type, code and option stands in it, and links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest
from ruamel.yaml import YAML

from analysis.files.formats import OPENERS
from analysis.problems import CODES
from questionnaires.codebook import columns
from questionnaires.expressions import SPECIAL, ExpressionFault, parse
from questionnaires.formats.shapes import (
    CheckShape,
    ChoiceShape,
    EndShape,
    IntervalShape,
    ItemShape,
    QuestionnaireShape,
    QuestionShape,
    RecordShape,
    SectionShape,
)
from questionnaires.formats.study_folder import read_study
from questionnaires.problems import CATALOGUE
from questionnaires.question_types import QUESTION_TYPES, WRITABLE
from questionnaires.rehearsal.notes import NOTES
from survey_app.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
LANGUAGE = ["questionnaire.md", *(f"types/{name}.md" for name in WRITABLE)]
SHAPES = (
    QuestionnaireShape,
    SectionShape,
    QuestionShape,
    ChoiceShape,
    CheckShape,
    EndShape,
    IntervalShape,
    ItemShape,
)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_is_in_the_docs_and_shows_an_example(verb: str) -> None:
    assert f"`earshot {verb}`" in page("commands.md")
    command = main.commands[verb]
    help_text = command.get_help(click.Context(command, info_name=f"earshot {verb}"))
    assert f"earshot {verb} " in help_text.split("Example", 1)[1]


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """The script that makes the pictures: it reads the same YAML as these tests."""
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures" / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_type_has_a_page_and_no_page_is_left_over() -> None:
    assert sorted(path.stem for path in (ROOT / "docs" / "types").glob("*.md")) == sorted(WRITABLE)
    index = page("questionnaire.md")
    assert all(f"| [{name}](types/{name}.md) |" in index for name in WRITABLE)


@pytest.mark.parametrize("name", [*LANGUAGE, "tutorial.md"])
def test_what_is_shown_as_yaml_is_a_questionnaire_without_faults(name: str, make: ModuleType) -> None:
    blocks = make.yaml_blocks(page(name))
    assert blocks
    for block in blocks:
        assert make.whole_study(block).questionnaire.questions


@pytest.mark.parametrize("name", WRITABLE)
def test_a_type_is_shown_with_its_columns_and_every_key_it_takes(name: str, make: ModuleType) -> None:
    text = page(f"types/{name}.md")
    questionnaire = make.whole_study(make.yaml_blocks(text)[0]).questionnaire
    shown = [question.name for question in questionnaire.questions if question.type == name]
    assert shown
    table = text.split("## In the data")[1].split("##")[0]
    for column in columns([questionnaire]):
        if column.question.partition(".")[0] in shown:
            assert f"`{column.name}`" in table, column.name
    assert all(f"`{key}`" in text for key in QUESTION_TYPES[name].takes)
    assert len(text.splitlines()) <= 80


@pytest.mark.parametrize("name", WRITABLE)
def test_messages_to_a_person_are_quoted_as_they_are(name: str) -> None:
    words = YAML(typ="safe").load(ROOT / "questionnaires" / "texts" / "en.yaml")
    forms = [
        form for entry in words.values() for form in ([entry] if isinstance(entry, str) else entry.values())
    ]
    known = [re.sub(r"\\{\w+\\}", ".+", re.escape(form)) for form in forms if form != "{text}"]
    section = page(f"types/{name}.md").split("## Wrong answers")[1].split("\n## ")[0]
    for message in re.findall(r"^\| .* \| (.*) \|$", section, re.M)[1:]:
        assert any(re.fullmatch(pattern, message) for pattern in known), message


@pytest.mark.parametrize("name", WRITABLE)
def test_codes_of_the_rehearsal_are_real(name: str) -> None:
    section = page(f"types/{name}.md").split("## What `earshot check` says")[1]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", section)) <= NOTES.keys()


@pytest.mark.parametrize("name", WRITABLE)
def test_conditions_that_are_shown_can_be_written(name: str, make: ModuleType) -> None:
    text = page(f"types/{name}.md")
    known = {
        question.name: question for question in make.whole_study(make.yaml_blocks(text)[0]).questionnaire
    }
    section = text.split("## In conditions")[1].split("\n## ")[0]
    read = 0
    for written in re.findall(r"`([^`]+)`(?! is refused)", section):
        try:
            parse(written, known)
            read += 1
        except ExpressionFault as fault:  # a name of another question, or no expression at all
            assert fault.code in ("name-unknown", "expression-syntax"), written
    assert read


def test_the_study_of_forty_questions_is_one() -> None:
    """It was written from these pages alone."""
    questionnaire = read_study(ROOT / "questionnaires" / "library" / "customer_service").questionnaire
    assert len([q for q in questionnaire.questions if q.type != "computed"]) == 40
    assert questionnaire.languages == ("en", "uk", "ru")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_key_of_the_language_is_told(shape: type[QuestionShape]) -> None:
    text = "".join(map(page, LANGUAGE))
    for name, field in shape.model_fields.items():
        assert f"`{field.alias or name}`" in text, name


def test_every_key_of_the_record_is_told() -> None:
    assert all(f"`{name}`" in page("study-folder.md") for name in RecordShape.model_fields)


@pytest.mark.parametrize("verb", ["check", "diff", "receipt", "erase", "doctor", "backup", "restore"])
def test_options_are_told(verb: str) -> None:
    row = next(line for line in page("commands.md").splitlines() if line.startswith(f"| `earshot {verb}`"))
    for parameter in main.commands[verb].params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert f"`{parameter.opts[0]}`" in row, parameter.opts


def test_pictures_are_light() -> None:
    pictures = sorted((ROOT / "docs" / "pictures" / "types").glob("*.png"))
    assert [path.stem for path in pictures] == sorted(WRITABLE)
    assert all(path.stat().st_size < 40_000 for path in pictures)


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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_into_a_page_lead_to_a_heading(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text(encoding="utf-8")):
        told = (path.parent / target if target else path).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", told, re.M)
        slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{target}#{anchor}"


def test_changelog_is_kept() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_line_of_the_changelog_is_short() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    long = [line for line in lines if line.startswith("- ") and len(line[2:].split()) > 25]
    assert long == []


def test_every_file_that_the_page_of_the_house_names_is_there_and_holds_what_it_says() -> None:
    text = page("house.md")
    rooms = ("questionnaires", "analysis", "reports", "survey_app", "tests")
    sources = [f"/{path.relative_to(ROOT)}" for room in rooms for path in (ROOT / room).rglob("*.*")]
    named = set(re.findall(r"[\w/]+\.(?:py|js)\b", text))
    assert len(named) > 40
    assert not [name for name in named if not any(path.endswith(f"/{name}") for path in sources)]
    folders = set(re.findall(r"([\w/]+/) ", text)) | set(re.findall(r"`([\w/]+/)`", text))
    assert not [name for name in folders if not (ROOT / name).is_dir()]
    for name, held in re.findall(r"`([\w/]+\.py)` \(`(\w+)`\)", text):
        assert re.search(rf"^\s*(def )?{held}\b", (ROOT / name).read_text(encoding="utf-8"), re.M), held
