"""Pages and paths: what is asked of whom, and that answers off the path never count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.codebook import cells, codebook, columns
from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Answer, Missing, Questionnaire
from questionnaires.routing import (
    asked,
    end_of,
    first_open,
    head_of,
    on_path,
    page_after,
    page_before,
    pages,
    together,
    walk,
)
from questionnaires.study import Study


def test_a_section_is_a_page(small: Study) -> None:
    assert [(page.name, page.number) for page in pages(small.questionnaire)] == [("start", 1), ("more", 2)]


def test_a_condition_on_the_same_page_cuts_it(files: dict[str, bytes]) -> None:
    text = files["questionnaire.yaml"].decode()
    head, tail = text.split("  - name: more\n")
    joined = head + tail.split("    questions:\n")[1]
    study = study_from_files({**files, "questionnaire.yaml": joined.encode()})
    cut = pages(study.questionnaire)
    assert [[q.name for q in page.questions] for page in cut] == [
        ["age", "channel"],
        ["platform", "used", "wait", "comment"],
    ]
    assert [page.name for page in cut] == ["start", "start-2"]


def test_off_path_answers_never_count(small: Study) -> None:
    settled = on_path(small.questionnaire, {"age": 30, "channel": 8, "platform": 1})
    assert settled["platform"] is Missing.NOT_ASKED
    back_online = on_path(small.questionnaire, {"age": 30, "channel": 1, "platform": 1})
    assert back_online["platform"] == 1


def test_the_unanswered_do_not_route(small: Study) -> None:
    settled = on_path(small.questionnaire, {})
    assert settled["age"] is Missing.NOT_ANSWERED
    assert settled["platform"] is Missing.NOT_ASKED


def test_an_off_path_answer_steers_nothing_further(files: dict[str, bytes]) -> None:
    text = files["questionnaire.yaml"].decode() + (
        "  - name: last\n    title: {en: Last, uk: Останнє}\n    questions:\n"
        "      - {name: more_facebook, type: text, ask_if: 'platform == \"facebook\"', "
        "text: {en: More?, uk: Ще?}}\n"
    )
    study = study_from_files({**files, "questionnaire.yaml": text.encode()})
    settled = on_path(study.questionnaire, {"channel": 8, "platform": 1})
    assert settled["more_facebook"] is Missing.NOT_ASKED
    cut = pages(study.questionnaire)
    assert page_after(cut, 2, settled) is None
    assert page_after(cut, 2, on_path(study.questionnaire, {"channel": 1, "platform": 1})) is cut[2]
    assert page_before(cut, 3, settled) is cut[1]
    first = {"age": 30, "channel": 8}
    done = {**first, **dict.fromkeys(("used", "wait", "comment"), Missing.NOT_ANSWERED)}
    assert first_open(cut, settled, {}) is cut[0]
    assert first_open(cut, settled, first) is cut[1]
    assert first_open(cut, settled, done) is None
    online = on_path(study.questionnaire, {**done, "channel": 1})
    assert first_open(cut, online, {**done, "channel": 1}) is cut[1]  # platform came onto the path


def test_asked(small: Study) -> None:
    settled = on_path(small.questionnaire, {"channel": 8})
    assert [q.name for q in asked(pages(small.questionnaire)[1], settled)] == ["used", "wait", "comment"]


def test_cells_follow_the_columns(small: Study) -> None:
    row = cells(small.questionnaire, on_path(small.questionnaire, {"age": Missing.PREFER_NOT, "channel": 8}))
    assert list(row) == [column.name for column in columns([small.questionnaire])]
    assert row["age"] == -4
    assert row["platform"] == -1
    assert row["used.none"] == -2
    assert (row["comment"], row["comment.missing"]) == (None, -2)


def test_codebook_carries_words_and_limits(small: Study) -> None:
    book = codebook({small.version: small.questionnaire})
    entries = {entry["name"]: entry for entry in book["columns"]}
    assert entries["wait"]["choices"][0]["upto_minutes"] == 30
    assert entries["wait"]["choices"][3]["upto_minutes"] is None
    assert "upto_minutes" not in entries["wait"]["choices"][4]
    assert entries["used.email"]["choice"]["text"]["uk"] == "Пошта"
    assert book["missing"] == {
        "-1": "not_asked", "-2": "not_answered", "-3": "dont_know", "-4": "prefer_not", "-5": "not_applicable",
    }  # fmt: skip


A = "{name: a, type: number, text: Q}"
B = "{name: b, type: number, ask_if: a > 1, text: Q}"
C = "{name: c, type: number, ask_if: b > 1, text: Q}"
SAYS = "{name: s, type: text, text: 'You said {a}'}"
SECOND = "  - {name: second, title: T, questions: [{name: z, type: number, text: Q}]}\n"


def cut_of(questionnaire: Questionnaire, seed: int = 0) -> list[tuple[str, list[str], bool]]:
    return [(page.name, [q.name for q in page.questions], page.joined) for page in pages(questionnaire, seed)]


def test_conditions_cut_pages_that_scripts_join_again(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, B, C, more=SECOND)
    assert cut_of(questionnaire) == [
        ("start", ["a"], False),
        ("start-2", ["b"], True),
        ("start-3", ["c"], True),
        ("second", ["z"], False),
    ]
    cut = pages(questionnaire)
    assert [(page.number, page.step) for page in cut] == [(1, 1), (2, 1), (3, 1), (4, 2)]
    assert [page.before for page in cut] == [set(), {"a"}, {"a", "b"}, {"a", "b", "c"}]
    assert together(cut, cut[0]) == cut[:3]
    assert together(cut, cut[1]) == cut[1:3]
    assert together(cut, cut[3]) == (cut[3],)
    assert [head_of(cut, page).name for page in cut] == ["start", "start", "start", "second"]


def test_words_with_an_answer_in_them_are_a_page_of_their_own(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, SAYS, B, more=SECOND)
    assert cut_of(questionnaire)[:2] == [("start", ["a"], False), ("start-2", ["s", "b"], False)]
    cut = pages(questionnaire)
    assert together(cut, cut[0]) == (cut[0],)
    assert head_of(cut, cut[1]) is cut[1]
    both = read(A, SAYS.replace("type: text,", "type: text, ask_if: a > 1,"))
    assert [joined for _, _, joined in cut_of(both)] == [False, False]


@pytest.mark.parametrize(
    "line",
    [
        "{name: s, type: number, unit: '{a}', text: Q}",
        "{name: s, type: number, hint: '{a: one=x | other=y}', text: Q}",
        "{name: s, type: scale, points: 0-3, low: '{a}', high: H, text: Q}",
        "{name: s, type: scale, points: 0-3, low: L, high: '{a}', text: Q}",
        "{name: s, type: single, text: Q, choices: [{code: 1, text: '{a}'}]}",
        "{name: s, type: single, text: Q, choices: [{code: 1, hint: '{a}', text: T}]}",
        "{name: s, type: consent, label: '{a}', text: Q}",
        "{name: s, type: matrix, text: Q, items: [{name: i, text: '{a}'}], choices: [{code: 1, text: T}]}",
    ],
)
def test_every_text_of_a_question_may_cut_its_page(read: Callable[..., Questionnaire], line: str) -> None:
    assert cut_of(read(A, line)) == [("start", ["a"], False), ("start-2", ["s"], False)]


def test_filters_and_computed_values_cut_pages_too(read: Callable[..., Questionnaire]) -> None:
    filtered = (
        "{name: f, type: single, text: Q, choices: [{code: 1, text: A}, {code: 2, offer_if: a > 1, text: B}]}"
    )
    assert cut_of(read(A, filtered)) == [("start", ["a"], False), ("start-2", ["f"], True)]
    computed = read(
        A, "{name: v, type: computed, value: a * 2}", "{name: w, type: text, ask_if: v > 3, text: Q}"
    )
    assert cut_of(computed) == [("start", ["a", "v"], False), ("start-2", ["w"], True)]
    assert [q.name for q in asked(pages(computed)[0], on_path(computed, {"a": 5}))] == ["a"]


def test_a_page_is_not_cut_by_its_own_written_words(read: Callable[..., Questionnaire]) -> None:
    other = "{name: o, type: single, text: Q, choices: [{code: 1, text: A}, {code: 9, write: true, text: B}]}"
    assert cut_of(read(other, A)) == [("start", ["o", "a"], False)]


def test_blocks_change_the_order_of_pages_and_nothing_else(read: Callable[..., Questionnaire]) -> None:
    block = (
        "  - {name: x, block: k, title: T, questions: [{name: qx, type: number, text: Q}]}\n"
        "  - {name: y, block: k, title: T, questions: [{name: qy, type: number, text: Q}]}\n"
    )
    questionnaire = read(A, more=block + SECOND)
    orders = set()
    for seed in range(20):
        cut = pages(questionnaire, seed)
        orders.add(tuple(page.name for page in cut))
        assert [page.number for page in cut] == [1, 2, 3, 4]
        assert [page.step for page in cut] == [1, 2, 3, 4]
        assert cut[3].before == {"a", "qx", "qy"}
        settled = on_path(questionnaire, {"a": 1})
        following = page_after(cut, 1, settled)
        assert following is not None
        assert (following.name, page_before(cut, 3, settled)) == (cut[1].name, cut[1])
    assert orders == {("start", "x", "y", "second"), ("start", "y", "x", "second")}


SCREEN = (
    "    screen_out:\n      - {name: young, if: a < 18, title: T, text: Young}\n"
    "      - {name: old, if: a < 20 or a > 99, title: T, text: Old}\n"
)
ENDS = "ends:\n  - {name: many, if: z > 5, title: T, text: Many}\n  - {name: done, title: T, text: Done}\n"


@pytest.mark.parametrize(
    ("answers", "screened", "end"),
    [
        ({"a": 12, "z": 9}, "young", "young"),
        ({"a": 18}, "old", "old"),
        ({"a": 30, "z": 9}, None, "many"),
        ({"a": 30, "z": 1}, None, "done"),
        ({"a": 30}, None, "done"),
        ({}, None, "done"),
    ],
)
def test_screened_out_and_ends(
    read: Callable[..., Questionnaire], answers: dict[str, Answer], screened: str | None, end: str
) -> None:
    questionnaire = read(A, more=SCREEN + SECOND + ENDS)
    way = walk(questionnaire, answers)
    assert (way.screened.name if way.screened else None) == screened
    found = end_of(questionnaire, way)
    assert found is not None
    assert found.name == end
    assert (way.settled["z"] is Missing.NOT_ASKED) == (screened is not None)
    assert ("z" in way.known) == (screened is None and "z" in answers)


def test_a_questionnaire_may_have_no_end_page(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A)
    assert end_of(questionnaire, walk(questionnaire, {"a": 1})) is None


def test_off_path_answers_come_back_with_the_path(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, B, C)
    answers: dict[str, Answer] = {"a": 0, "b": 5, "c": 7}
    way = walk(questionnaire, answers)
    assert way.known == {"a": 0}
    assert (way.settled["b"], way.settled["c"]) == (Missing.NOT_ASKED, Missing.NOT_ASKED)
    assert walk(questionnaire, {**answers, "a": 2}).known == {"a": 2, "b": 5, "c": 7}


def test_not_asked_before_is_not_answered_when_it_is(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(A, B)
    settled = on_path(questionnaire, {"a": 5, "b": Missing.NOT_ASKED})
    assert settled["b"] is Missing.NOT_ANSWERED


def test_a_row_with_a_condition_cuts_the_page(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(
        "{name: age, type: number, text: A}",
        "{name: grid, type: matrix, text: G, items: [{name: x, text: X}, {name: y, text: Y, ask_if: age > 1}], "
        "choices: [{code: 1, text: C}]}",
    )
    assert [page.joined for page in pages(questionnaire)] == [False, True]


def test_words_with_an_answer_of_the_same_section_are_never_joined_to_it(
    read: Callable[..., Questionnaire],
) -> None:
    questionnaire = read(
        "{name: age, type: number, text: A}",
        "{name: b, type: number, text: B, ask_if: age > 1}",
        '{name: c, type: number, text: "{age}?"}',
        "{name: d, type: number, text: D, ask_if: c > 1}",
    )
    cut = pages(questionnaire)
    assert [page.joined for page in cut] == [False, True, False, True]
    assert cut[2].says == {"age"}
    assert [page.name for page in together(cut, cut[0])] == [page.name for page in cut[:2]]
