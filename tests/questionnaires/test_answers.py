"""A question's own fields out of a form, and answers as they are stored."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.answers import foreign_fields, from_json, raw_values, to_json
from questionnaires.model import Missing
from questionnaires.question_types import Raw
from questionnaires.study import Study


def test_raw_values_are_a_questions_own(small: Study) -> None:
    form = {"age": ["34"], "age.special": ["prefer_not", "bogus"], "channel": ["1"], "weight": ["9"]}
    age = small.questionnaire.question("age")
    assert raw_values(age, lambda name: form.get(name, [])) == Raw(("34",), "prefer_not bogus")
    assert raw_values(age, lambda name: []) == Raw()


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
