"""What `earshot tabulate`, `compare` and `weight` have in common: how they refuse, and what their pages tell."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from survey_app.cli import main

from .verbs import Verb, file_of

answers = file_of("channel,gender,w\nphone,woman,1\ne-mail,woman,2\nphone,man,1\n,man,1\nphone,,2\n")
MARGIN = ("--margin", "gender:woman=0.5,man=0.5")
PAGES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("verb", "asked", "words"),
    [
        ("tabulate", (), "--question"),
        ("tabulate", ("--question", "chanel"), "no column 'chanel'"),
        (
            "tabulate",
            ("--question", "channel", "--weight", "gender"),
            "weight column 'gender', row 2: 'woman'",
        ),
        ("tabulate", ("--question", "channel", "--format", "xml"), "--format knows no 'xml'"),
        ("tabulate", ("--question", "channel", "--interval", "wald"), "--interval knows no 'wald'"),
        ("tabulate", ("--question", "channel", "--lonely", "drop"), "--lonely knows no 'drop'"),
        ("compare", ("--question", "channel"), "--by"),
        ("compare", ("--question", "none", "--by", "gender"), "no column 'none'"),
        ("compare", ("--question", "channel", "--by", "gender", "--test", "x"), "--test knows no 'x'"),
        ("compare", ("--question", "channel", "--by", "gender", "--format", "x"), "--format knows no 'x'"),
        (
            "compare",
            ("--question", "channel", "--by", "gender", "--equivalence", "2"),
            "34% or 0.34, perhaps 2%",
        ),
        ("compare", ("--question", "channel", "--by", "gender", "--equivalence", "0"), "--equivalence 0"),
        ("compare", ("--question", "channel", "--by", "gender", "--level", "95"), "perhaps 95%"),
        ("tabulate", ("--question", "channel", "--level", "x"), "--level 'x' cannot be read"),
        ("tabulate", ("--question", "channel", "--level", "30%"), "--level 0.3 is no confidence level"),
        ("tabulate", ("--question", "channel", "--bands", "w=1+"), "no --question, --by or --where"),
        ("tabulate", ("--question", "channel", "--quality", "grid:channel,gender"), "is a grid of 2"),
        ("weight", ("--margin", "gender:woman=0.5,man=0.6"), "add up to 1.1"),
        ("weight", ("--margin", "gender:woman=0.95,man=0.05", "--bounds", "0.9,1.1"), "category 'man'"),
        ("weight", (*MARGIN, "--format", "xml"), "--format knows no 'xml'"),
        ("weight", (*MARGIN, "--picture", "w.png"), "use .svg"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    verb: str, asked: tuple[str, ...], words: str, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(answers.parent)
    target = ("--to", "out.csv") if verb == "weight" else ()
    result = Verb(main.commands[verb]).run(answers, *asked, *target)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"earshot {verb}: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in answers.parent.iterdir()] == ["answers.csv"]


@pytest.mark.parametrize("verb", ["tabulate", "compare", "weight"])
def test_every_option_is_told_in_the_docs(verb: str) -> None:
    page = (PAGES / f"{verb}.md").read_text(encoding="utf-8")
    options = [one.opts[0] for one in main.commands[verb].params if isinstance(one, click.Option)]
    assert [option for option in options if f"`{option}" not in page and f" {option}" not in page] == []


@pytest.mark.parametrize("level", ["0.9", "90%", "90 %", ".9"])
def test_a_level_is_written_as_any_share(level: str, answers: Path) -> None:
    asked = (answers, "--question", "channel", "--by", "gender", "--level", level)
    for verb in ("tabulate", "compare"):
        plain = Verb(main.commands[verb]).run(*asked)
        assert "90% interval" in plain.stdout, plain.stderr
    assert Verb(main.commands["compare"]).found(*asked)["level"] == 0.9


@pytest.mark.parametrize("margin", ["3%", "0.03", "0,03"])
def test_a_margin_is_written_as_any_share(margin: str, answers: Path) -> None:
    asked = (answers, "--question", "channel", "--by", "gender", "--equivalence", margin)
    assert Verb(main.commands["compare"]).found(*asked)["margin"] == 0.03


@pytest.mark.parametrize("verb", ["tabulate", "compare"])
def test_bands_cut_the_column_of_a_condition(verb: str, answers: Path) -> None:
    by = ("--by", "gender") if verb == "compare" else ()
    asked = (answers, "--question", "channel", *by, "--bands", "w=1-1.5,1.6-3", "--where")
    table = Verb(main.commands[verb]).found(*asked, "w=1.6-3")
    assert {note["code"]: note["count"] for note in table["notes"]}["where"] == 2
    assert "it has '1-1.5', '1.6-3'" in Verb(main.commands[verb]).run(*asked, "w=4+").stderr
