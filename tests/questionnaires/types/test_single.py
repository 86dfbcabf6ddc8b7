"""Single choice, and "other, please write"."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.answers import PageReading
from questionnaires.model import Missing, Question, Questionnaire
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw, read_answer
from questionnaires.routing import on_path

WRITE = (
    "{name: channel, type: single, text: Q, required: true, special: [dont_know], choices: ["
    "{code: 1, name: phone, text: A}, {code: 9, name: other, write: true, text: Other}]}"
)


def reading_of(questionnaire: Questionnaire, **raw: Raw) -> PageReading:
    reading = PageReading(questionnaire, {}, 0)
    channel = questionnaire.questions[0]
    reading.read(channel, {name.replace("__", "."): one for name, one in raw.items()})
    return reading


@pytest.mark.parametrize(
    "sent",
    ["0x1", "1e0", "1.0", "+1", "-1", "１", "١", " 1", "1 ", "01", "1\x00", "1" * 5000, "phone", "None"],
)
def test_only_the_code_itself_is_a_choice(one: Callable[[str], Question], sent: str) -> None:
    problem = read_answer(one(WRITE), Raw((sent,)))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "choice_unknown"


def test_the_same_choice_twice_is_two_answers(one: Callable[[str], Question]) -> None:
    problem = read_answer(one(WRITE), Raw(("1", "1")))
    assert isinstance(problem, AnswerProblem)
    assert problem.code == "one_only"


def test_two_special_answers_are_not_one(one: Callable[[str], Question]) -> None:
    question = one(WRITE.replace("[dont_know]", "[dont_know, prefer_not]"))
    problem = read_answer(question, Raw(("dont_know", "prefer_not")))
    assert isinstance(problem, AnswerProblem)
    assert (problem.code, problem.values) == ("special_mixed", {"special": "prefer_not"})
    assert read_answer(question, Raw(("dont_know", "dont_know"))) is Missing.DONT_KNOW


def test_the_written_words_are_an_answer_of_their_own(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(WRITE)
    assert [question.name for question in questionnaire] == ["channel", "channel.other_text"]
    reading = reading_of(questionnaire, channel=Raw(("9",)), channel__other_text=Raw(("By pigeon {1+1}",)))
    assert not reading.problems
    assert reading.answers == {"channel": 9, "channel.other_text": "By pigeon {1+1}"}
    assert reading.known == reading.answers


def test_words_beside_a_choice_not_taken_are_kept_and_never_count(read: Callable[..., Questionnaire]) -> None:
    questionnaire = read(WRITE)
    reading = reading_of(questionnaire, channel=Raw(("1",)), channel__other_text=Raw(("pigeon",)))
    assert reading.answers == {"channel": 1, "channel.other_text": "pigeon"}
    assert reading.known == {"channel": 1}
    assert on_path(questionnaire, reading.answers)["channel.other_text"] is Missing.NOT_ASKED
    assert on_path(questionnaire, {**reading.answers, "channel": 9})["channel.other_text"] == "pigeon"


def test_words_that_cannot_be_kept_are_no_problem_where_they_do_not_count(
    read: Callable[..., Questionnaire],
) -> None:
    sent = Raw(("x" * 201,))
    assert reading_of(read(WRITE), channel=Raw(("1",)), channel__other_text=sent).problems == []
    found = reading_of(read(WRITE), channel=Raw(("9",)), channel__other_text=sent).problems
    assert [(problem.code, problem.question) for problem in found] == [("text_long", "channel.other_text")]


def test_other_need_not_be_explained(read: Callable[..., Questionnaire]) -> None:
    reading = reading_of(read(WRITE), channel=Raw(("9",)))
    assert reading.answers == {"channel": 9, "channel.other_text": Missing.NOT_ANSWERED}


def test_write_stands_only_where_choices_are(told: Callable[..., None]) -> None:
    line = "{name: q, type: scale, text: Q, choices: [{code: 1, write: true, text: A}, {code: 2, text: B}]}"
    told("type-key", 7, 'takes no "write"', line)


def test_alphabet_is_for_long_lists(told: Callable[..., None]) -> None:
    line = "{name: q, type: single, order: alphabet, text: Q, choices: [{code: 1, text: A}]}"
    told("type-key", 7, 'takes no "order: alphabet"', line)
    told(
        "type-key", 7, 'takes no "choices: countries"', "{name: q, type: single, text: Q, choices: countries}"
    )


def test_codes_fit_the_table(told: Callable[..., None], one: Callable[[str], Question]) -> None:
    line = "{{name: q, type: single, text: Q, choices: [{{code: {code}, text: A}}]}}"
    told("code-large", 7, "the code 32768 is too large", line.format(code=32768))
    assert one(line.format(code=32767)).choices[0].code == 32767
