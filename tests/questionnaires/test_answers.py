"""The one judge: a page's fields become a response, or all their problems at once."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.answers import Response, foreign_fields, from_json, read_page, to_json
from questionnaires.model import Missing
from questionnaires.study import Study


def test_a_page_becomes_a_response(small: Study) -> None:
    questions = small.questionnaire.sections[0].questions
    response = read_page(questions, {"age": ["34"], "channel": ["1"]})
    assert response == Response({"age": 34, "channel": 1})


def test_all_problems_at_once_in_their_order(small: Study) -> None:
    questions = small.questionnaire.sections[0].questions
    problems = read_page(questions, {"channel": ["99"]})
    assert isinstance(problems, tuple)
    assert [(p.question, p.code) for p in problems] == [
        ("age", "number_needed"),
        ("channel", "choice_unknown"),
    ]


def test_foreign_fields(small: Study) -> None:
    questions = small.questionnaire.sections[0].questions
    posted = ["age", "age.special", "channel", "channel.special", "weight", "csrf_token"]
    assert foreign_fields(questions, posted, ["csrf_token"]) == ("channel.special", "weight")


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1),
        st.one_of(
            st.integers(),
            st.text(),
            st.lists(st.integers(), min_size=1).map(tuple),
            st.sampled_from(list(Missing)),
        ),
    )
)
def test_stored_answers_come_back_the_same(answers: dict[str, object]) -> None:
    again = from_json(json.loads(json.dumps(to_json(answers))))  # type: ignore[arg-type]
    assert again == answers
    assert [type(value) for value in again.values()] == [type(value) for value in answers.values()]
