"""A matrix: a question a row, rows that are asked of some, in random order or flipped."""

from __future__ import annotations

from collections.abc import Callable

from questionnaires.answers import PageReading
from questionnaires.codebook import columns
from questionnaires.model import Missing, Questionnaire
from questionnaires.personal import as_seen, draw
from questionnaires.question_types import Raw
from questionnaires.routing import on_path

AGE = "{name: age, type: number, text: Q}"
GRID = (
    "{name: grid, type: matrix, required: true, special: [dont_know], text: Q, items: [{name: fast, text: F}, "
    "{name: kind, ask_if: age > 17, text: K}], choices: [{code: 1, name: yes, text: Y}, {code: 2, name: no, text: N}]}"
)


def read_grid(questionnaire: Questionnaire, known: dict[str, object], **raw: str) -> PageReading:
    reading = PageReading(questionnaire, known, 3)
    grid = next(question for question in questionnaire.questions if question.name == "grid")
    reading.read(grid, {f"grid.{name}": Raw((value,)) for name, value in raw.items()})
    return reading


def test_each_row_is_a_question(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, GRID)
    assert [column.name for column in columns([questionnaire])] == ["age", "grid.fast", "grid.kind"]
    assert "grid" not in {question.name for question in questionnaire}
    reading = read_grid(questionnaire, {"age": 20}, fast="1", kind="dont_know")
    assert reading.answers == {"grid.fast": 1, "grid.kind": Missing.DONT_KNOW}


def test_every_row_wants_its_answer(read: Callable[..., Questionnaire]) -> None:
    reading = read_grid(read(AGE, GRID), {"age": 20}, fast="1")
    assert [(p.code, p.question) for p in reading.problems] == [("choose_row", "grid.kind")]
    assert reading.known == {"age": 20, "grid.fast": 1}


def test_a_row_not_asked_is_neither_demanded_nor_counted(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, GRID)
    assert read_grid(questionnaire, {"age": 12}, fast="1").problems == []
    reading = read_grid(questionnaire, {"age": 12}, fast="1", kind="2")
    assert reading.known == {"age": 12, "grid.fast": 1}
    settled = on_path(questionnaire, {"age": 12, **reading.answers})
    assert settled["grid.kind"] is Missing.NOT_ASKED
    assert read_grid(questionnaire, {"age": 12}, fast="1", kind="7").answers == {"grid.fast": 1}


def test_rows_in_random_order(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, GRID.replace("type: matrix", "type: matrix, order: random"))
    grid = questionnaire.questions[1]
    order = questionnaire.question("grid.order")
    known = {"age": 40}
    shown = {draw(grid, order, known, seed) for seed in range(20)}
    assert shown == {(1, 2), (2, 1)}
    for seed in range(20):
        seen = as_seen(grid, {}, seed)
        assert [choice.code for choice in seen.choices] == [1, 2]
        first = seen.items[0].name
        assert draw(grid, order, known, seed) == ((1, 2) if first == "grid.fast" else (2, 1))
    assert len(draw(grid, order, {}, 1)) < 2  # type: ignore[arg-type]  # a row that was not shown has no place


def test_a_flipped_matrix_turns_all_its_rows_alike(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(AGE, GRID.replace("type: matrix", "type: matrix, order: flipped"))
    grid = questionnaire.questions[1]
    shown = set()
    for seed in range(20):
        codes = tuple(choice.code for choice in as_seen(grid, {}, seed).choices)
        shown.add(codes)
        assert {tuple(c.code for c in as_seen(item, {}, seed).choices) for item in grid.items} == {codes}
        assert draw(grid, questionnaire.question("grid.order"), {}, seed) == codes
    assert shown == {(1, 2), (2, 1)}


def test_an_author_is_told_of_what_does_not_fit(told: Callable[..., None]) -> None:
    told(
        "key-unknown", 8, 'unknown key "askif"; did you mean "ask_if"?', AGE, GRID.replace("ask_if", "askif")
    )
    told("choice-repeated", 8, 'the name "fast" is used twice', AGE, GRID.replace("name: kind", "name: fast"))
    told("name-unknown", 8, 'no question "grid.fast" before', AGE, GRID.replace("age > 17", "grid.fast == 1"))
    told("type-key", 8, 'takes no "write"', AGE, GRID.replace("name: yes,", "name: yes, write: true,"))
    random = GRID.replace("type: matrix", "type: matrix, order: random").replace("name: kind", "name: order")
    told("column-repeated", 8, 'the column "grid.order"', AGE, random)
