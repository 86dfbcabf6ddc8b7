"""Pages and paths: what is asked of whom, and that answers off the path never count."""

from __future__ import annotations

from questionnaires.codebook import cells, codebook, columns
from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Missing
from questionnaires.routing import asked, first_open, on_path, page_after, page_before, pages
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
