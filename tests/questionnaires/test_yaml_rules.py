"""What a questionnaire may not say: orders and blocks, columns and names, and texts around the questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.model import Questionnaire
from questionnaires.problems import Problem

AGE = "{name: age, type: number, text: Q}"
ITEMS = "items: [{name: i, ask_if: age > 1, text: I}], choices: [{code: 1, text: A}]"


@pytest.mark.parametrize(
    "line",
    [
        "{name: q, type: text, ask_if: age > 17, text: Q}",
        "{name: q, type: number, maximum: age, text: Q}",
        "{name: q, type: single, text: Q, choices: [{code: 1, offer_if: age > 17, text: A}]}",
        "{name: q, type: text, text: 'You are {age}'}",
        "{name: q, type: number, unit: 'of {age}', text: Q}",
        "{name: q, type: computed, value: age * 2}",
        "{name: q, type: matrix, text: Q, " + ITEMS + "}",
    ],
)
def test_questions_in_random_order_know_nothing_of_each_other(told: Callable[..., None], line: str) -> None:
    words = 'question "q": "q" is shown in random order with "age" and depends on it; put one of them in a section'
    told("order-depends", 8, words, AGE, line, more="    order: random\n")


def test_random_order_with_what_belongs_together(read: Callable[..., Questionnaire]) -> None:
    """Words beside a choice, rows and factors depend on their own question alone."""
    read(
        "{name: o, type: single, order: random, text: Q, choices: [{code: 1, write: true, text: A}]}",
        "{name: v, type: vignette, text: '{f}', factors: {f: [{code: 1, text: A}, {code: 2, text: B}]}}",
        more="    order: random\n",
    )


def block(x: str = "", y: str = "", questions_y: str = "[{name: qy, type: number, text: Q}]") -> str:
    return (
        f"  - name: x\n    block: k\n    title: T\n    questions: [{{name: qx, type: number, text: Q}}]\n{x}"
        f"  - name: y\n    block: k\n    title: T\n    questions: {questions_y}\n{y}"
    )


@pytest.mark.parametrize(
    ("more", "code", "line", "words"),
    [
        (
            block(questions_y="[{name: qy, type: number, ask_if: qx > 1, text: Q}]"), "order-depends", 15,
            'question "qy": "qy" is shown in random order with "qx"',
        ),
        (
            block(questions_y="[{name: qy, type: number, text: '{qx}'}]"), "order-depends", 15,
            '"qy" is shown in random order with "qx"',
        ),
        (
            block().replace("name: y\n    block: k\n    title: T", "name: y\n    block: k\n    title: '{qx}'"),
            "order-depends", 12, '"y" is shown in random order with "qx" and depends on it',
        ),
        (block(y="    intro: 'You said {qx}'\n"), "order-depends", 12, '"y" is shown in random order with "qx"'),
        (
            block(y="    checks: [{check: qy > qx, text: X}]\n"), "order-depends", 12,
            '"y" is shown in random order with "qx"',
        ),
        (
            block(x="  - {name: m, title: T, questions: [{name: z, type: text, text: Q}]}\n"), "block-apart", 14,
            'the sections of block "k" do not stand side by side; let them follow each other',
        ),
        (
            block(y="    screen_out: [{name: out, if: age < 18, title: T, text: X}]\n"), "block-ends", 16,
            'a section of block "k" screens people out, which random order does not allow',
        ),
    ],
)  # fmt: skip
def test_sections_in_random_order(
    told: Callable[..., None], more: str, code: str, line: int, words: str
) -> None:
    told(code, line, words, AGE, more=more)


LAST = "  - name: last\n    title: T\n    questions:\n      - {}\n"
ORDERED = "  - {name: s, order: random, title: T, questions: [{name: t, type: text, text: Q}]}\n"
PLACED = "  - {name: s, block: k, title: T, questions: [{name: t, type: text, text: Q}]}\n"
LIST = "text: Q, choices: [{code: 1, name: place, text: A}, {code: 2, text: B}]"


@pytest.mark.parametrize(
    ("first", "more", "line", "column"),
    [
        (AGE, ORDERED + LAST.format(f"{{name: s, type: single, order: random, {LIST}}}"), 12, "s.order"),
        (AGE, PLACED + LAST.format(f"{{name: s, type: ranking, {LIST}}}"), 12, "s.place"),
        (f"{{name: s, type: several, {LIST}}}", PLACED, 8, "s.place"),
        (
            f"{{name: g, type: matrix, order: flipped, items: [{{name: order, text: I}}], {LIST}}}",
            "",
            7,
            "g.order",
        ),
    ],
)
def test_no_two_answers_share_a_column(
    told: Callable[..., None], first: str, more: str, line: int, column: str
) -> None:
    words = f'two answers would be stored in the column "{column}"; rename a choice, item or question'
    told("column-repeated", line, words, first, more=more)


@pytest.mark.parametrize("name", ["class", "from", "and", "lambda", "csrf_token"])
def test_names_that_no_condition_could_use(told: Callable[..., None], name: str) -> None:
    told("name-reserved", 7, f'the name "{name}" is used by earshot itself', AGE.replace("age", name))
    grid = f"{{name: g, type: matrix, text: Q, items: [{{name: {name}, text: I}}], choices: [{{code: 1, text: A}}]}}"
    told("name-reserved", 7, f'"{name}"', grid)


def test_the_name_of_a_choice_is_quoted(read: Callable[..., Questionnaire]) -> None:
    line = "{name: q, type: single, text: Q, choices: [{code: 1, name: class, text: A}]}"
    read(line, "{name: r, type: text, ask_if: 'q == \"class\"', text: Q}")


@pytest.mark.parametrize("name", ["end", "check", "leave", "next"])
def test_sections_named_like_a_page_of_the_form(told: Callable[..., None], name: str) -> None:
    more = f"  - {{name: {name}, title: T, questions: [{{name: z, type: text, text: Q}}]}}\n"
    told("name-reserved", 8, f'the name "{name}" is used by earshot itself', AGE, more=more)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (
            "choices: [{code: 1, offer_if: later > 1, text: A}]",
            "name-unknown",
            'no question "later" before this',
        ),
        ("choices: [{code: 1, offer_if: q == 1, text: A}]", "name-unknown", 'no question "q" before this'),
        (
            "choices: [{code: 1, offer_if: age, text: A}]",
            "condition-kind",
            "`age` in `age` is neither true nor",
        ),
        ("choices: [{code: 1, offfer_if: age > 1, text: A}]", "key-unknown", 'did you mean "offer_if"?'),
        ("choices: [{code: one, text: A}]", "value-wrong", "choices.1.code: should be a valid integer"),
        ("ask_if: later > 1, choices: [{code: 1, text: A}]", "name-unknown", "known here: age"),
        ("special: [refused], choices: [{code: 1, text: A}]", "value-wrong", "found 'refused'"),
        ("choices: all", "value-wrong", "choices: should be 'countries', found 'all'"),
        (
            "choices: [all]",
            "value-wrong",
            "choices.1: should be a valid dictionary or instance of ChoiceShape",
        ),
        ("factors: {}, choices: [{code: 1, text: A}]", "type-key", 'takes no "factors"'),
        ("points: 0-10, low: L, high: H, choices: [{code: 1, text: A}]", "type-key", 'takes no "points"'),
    ],
)
def test_a_single_question_that_is_wrong(
    problems: Callable[..., list[Problem]], line: str, code: str, words: str
) -> None:
    found = problems(
        AGE, f"{{name: q, type: single, text: Q, {line}}}", "{name: later, type: number, text: Q}"
    )
    assert code in {problem.code for problem in found}
    assert any(words in str(problem) for problem in found), [str(problem) for problem in found]
    assert {str(problem).split(" ")[0] for problem in found} == {"questionnaire.yaml:8:"}
    assert {problem.code for problem in found} <= {code, "type-key"}


@pytest.mark.parametrize("kind", ["factor", "order", "place", "number ", "Number"])
def test_types_that_no_author_writes(told: Callable[..., None], kind: str) -> None:
    told(
        "type-unknown",
        7,
        f'unknown type "{kind}"; use one of: single, scale, pair',
        f"{{name: q, type: '{kind}', text: Q}}",
    )


@pytest.mark.parametrize(
    ("more", "code", "line", "words"),
    [
        ("    screen_out: [{name: out, title: T, text: X}]\n", "key-missing", 8, 'the key "if" is missing'),
        (
            "ends: [{name: a, title: T, text: X}, {name: a, title: T, text: X}]\n",
            "name-repeated",
            8,
            '"a" is used twice',
        ),
        ("ends: [{name: a, if: later > 1, title: T, text: X}]\n", "name-unknown", 8, 'no question "later"'),
        ("ends: [{name: a, title: T, text: '{later}'}]\n", "pipe-unknown", 8, 'the question "later"'),
        ("ends: [{name: A, title: T, text: X}]\n", "name-form", 8, '"A" is no name'),
        ("    intro: '{age}'\n", "pipe-unknown", 8, 'the question "age", which is not asked before it'),
    ],
)
def test_ends_and_texts_around(
    problems: Callable[..., list[Problem]], more: str, code: str, line: int, words: str
) -> None:
    found = problems(AGE, more=more)
    assert [problem.code for problem in found] == [code]
    assert str(found[0]).startswith(f"questionnaire.yaml:{line}:"), str(found[0])
    assert words in str(found[0])


def test_a_broken_question_is_not_told_twice(problems: Callable[..., list[Problem]]) -> None:
    """Whoever names a question that could not be read has no fault of their own."""
    broken = "{name: q, text: Q}"
    user = "{name: r, type: text, ask_if: q > 1, text: 'You said {q}'}"
    found = problems(broken, user, more="    checks: [{check: answered(r), at: q, text: X}]\n")
    assert [problem.code for problem in found] == ["key-missing"]


def test_one_wrong_key_does_not_ask_for_itself(problems: Callable[..., list[Problem]]) -> None:
    found = problems("{name: q, type: single, text: Q, choices: [{code: 1, txt: A}]}")
    assert "type-needs" not in {problem.code for problem in found}


def test_braces_that_are_meant(read: Callable[..., Questionnaire], told: Callable[..., None]) -> None:
    read("{name: q, type: text, text: 'Write {{name}} or {'}")
    read("{name: q, type: text, text: 'Write } or {'}")
    told("pipe-unknown", 7, "write {{ for a brace", "{name: q, type: text, text: 'Write { or }'}")
