"""What a person reads of a design that cannot be, of a whole population, and of a recipe that is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from analysis.problems import DataProblem
from analysis.show.tabulation import as_text
from analysis.table.design import Design
from analysis.weighting.recipe import PopulationMargin, Recipe, read_recipe, recipe_json
from tests.analysis.by_path import Words, tabulate

STRATA = Design(strata="s", fpc="N")


def written(folder: Path, populations: Mapping[str, tuple[str, str]]) -> Path:
    """Write a file of two people in each stratum, with what they say of their stratum's population."""
    rows = [
        f"{answer},{name},{n}"
        for name, two in populations.items()
        for answer, n in zip("xy", two, strict=True)
    ]
    file = folder / "answers.csv"
    file.write_text("\n".join(["q,s,N", *rows]) + "\n", encoding="utf-8")
    return file


WRONG = [
    ({"a": ("5", "6")}, Design(fpc="N"), "differs from 5 given before: every row needs the same number, unless"),
    ({"a": ("5", "6")}, STRATA, "differs from 5 given before: every row of stratum 'a' needs the same number"),
    ({"a": ("1.5", "1.5")}, Design(fpc="N"), "says that there are 1.5 people in the population"),
    ({"a": ("9", "9"), "b": ("1", "1")}, STRATA, "says that stratum 'b' has 1 person in the population"),
    ({"a": ("10", "10"), "b": ("0.5", "0.5")}, STRATA, "holds 0.5 beside 10"),
    ({"a": ("0.5", "0.5"), "b": ("10", "10")}, STRATA, "holds 0.5 beside 10"),
]  # fmt: skip


@pytest.mark.parametrize(("populations", "design", "words"), WRONG)
def test_an_impossible_population_is_said(
    tmp_path: Path, populations: Mapping[str, tuple[str, str]], design: Design, words: str
) -> None:
    file = written(tmp_path, populations)
    with pytest.raises(DataProblem) as caught:
        tabulate(file, Words(("q",), design=design))
    assert words in caught.value.message
    assert "''" not in caught.value.message


NOTES = [
    (
        {"a": ("1", "1"), "b": ("1", "1")},
        "'N' says that everybody in the population was drawn (1 means 100 %): ",
    ),
    (
        {"a": ("2", "2"), "b": ("2", "2")},
        "'N' says that everybody in the population was drawn (as many as in ",
    ),
    ({"a": ("2", "2"), "b": ("9", "9")}, "(as many as in the data) in 1 of 2 strata ('a'): these add no"),
]


@pytest.mark.parametrize(("populations", "words"), NOTES)
def test_a_population_that_was_drawn_whole_is_noted(
    tmp_path: Path, populations: Mapping[str, tuple[str, str]], words: str
) -> None:
    (table,) = tabulate(written(tmp_path, populations), Words(("q",), design=STRATA))
    (note,) = (note for note in table.notes if note.code == "census")
    assert words in note.text


def test_every_cluster_is_not_everybody(tmp_path: Path) -> None:
    file = written(tmp_path, {"a": ("1", "1"), "b": ("1", "1")})
    (table,) = tabulate(file, Words(("q",), design=Design(cluster="s", fpc="N")))
    assert any(note.text.startswith("'N' says that every cluster in") for note in table.notes)


def test_a_population_that_was_drawn_in_part_is_not_noted(tmp_path: Path) -> None:
    (table,) = tabulate(written(tmp_path, {"a": ("0.5", "0.5")}), Words(("q",), design=STRATA))
    assert not [note for note in table.notes if note.code == "census"]


RECIPES = [
    (None, "(there is no such file)"),
    ("{", "(it is no JSON text)"),
    ("null", "(it has something else than a recipe in it)"),
    ('{"weights": 1}', "(it lacks 'bounds')"),
    ('{"weights": 99}', "(it has version 99, this program reads 1)"),
]


@pytest.mark.parametrize(("text", "words"), RECIPES)
def test_a_recipe_that_is_none_is_said_in_words(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "a.weights.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        read_recipe(file)
    assert caught.value.code == "recipe_unreadable"
    assert words in caught.value.message


def test_a_segment_of_one_cluster_says_why_it_has_no_error(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text("q,c\n" + "x,1\ny,1\nx,2\nx,2\ny,3\ny,3\n", encoding="utf-8")
    tables = tabulate(file, Words(("q",), by=("c",), design=Design(cluster="c")))
    lines = [line for line in as_text(tables).splitlines() if "50.0" in line]
    assert len(lines) == 2
    for line in lines:
        assert line.endswith("error not known: too few first-stage units")
        assert "0.0 " not in line.replace("50.0 ", "")


def test_a_recipe_without_weights_asks_for_them(tmp_path: Path) -> None:
    file = written(tmp_path, {"a": ("1", "1"), "b": ("1", "1")})
    recipe = Recipe(margins=(PopulationMargin(("s",), {"a": 0.5, "b": 0.5}),), name="w")
    (tmp_path / "w.json").write_text(recipe_json(recipe, {}), encoding="utf-8")
    with pytest.raises(DataProblem, match="--calibrated needs --weight 'w' beside it: add it"):
        tabulate(file, Words(("q",), calibrated=tmp_path / "w.json"))
