"""What holds of every type, whatever is sent or answered."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.answers import PageReading, field_names, from_json, raw_values, to_json
from questionnaires.codebook import cells, columns
from questionnaires.formats.study_folder import read_study
from questionnaires.lots import seed_of
from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.personal import as_seen, draw
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import QUESTION_TYPES, WRITABLE, Lots, Raw, form_values, read_answer
from questionnaires.question_types.choosing import places_of
from questionnaires.routing import on_path, pages, walk

LIBRARY = Path(__file__).parent.parent.parent.parent / "questionnaires" / "library"
SHOWCASE = read_study(LIBRARY / "showcase").questionnaire
ASKED = [q for q in SHOWCASE if QUESTION_TYPES[q.type].asks]
ODD = ["", " ", "0", "-1", "+1", "1", "01", "１", "١٢", "0x1", "1e3", "1.5", "1,5", "9" * 400, "x" * 3000, "\x00",
       "\ud800", "a\uffff", "31", "2", "29", "2100", "dont_know", "bogus", "{age}", "=1+1", "nan"]  # fmt: skip

several_hundred = settings(derandomize=True, max_examples=300, deadline=None)
for_each_question = settings(derandomize=True, max_examples=100, deadline=None)
odd_texts = st.one_of(
    st.sampled_from(ODD), st.text(max_size=12), st.text(st.characters(codec=None), max_size=5)
)


def raws() -> st.SearchStrategy[Raw]:
    names = [
        *{field for question in ASKED for field in QUESTION_TYPES[question.type].fields(question)},
        "weight",
    ]
    return st.builds(
        Raw,
        st.lists(odd_texts, max_size=4).map(tuple),
        st.one_of(st.just(""), odd_texts),
        st.dictionaries(st.sampled_from(names), odd_texts, max_size=4),
    )


def answers_of(question: Question) -> st.SearchStrategy[Answer]:
    """The answers that a question may have, specials and none included."""
    missing = [Missing.NOT_ANSWERED, *(special.missing for special in question.special)]
    return st.one_of(st.sampled_from(missing), _substantive(question))


def _substantive(question: Question) -> st.SearchStrategy[Answer]:
    codes = [choice.code for choice in question.choices]
    match question.type:
        case "several":
            free = [c.code for c in question.choices if not c.exclusive]
            most = int(question.maximum or len(free))
            return st.sets(st.sampled_from(free), min_size=1, max_size=most).map(sorted).map(tuple)
        case "ranking":
            return st.permutations(codes).map(lambda order: tuple(order[: places_of(question)]))
        case "number":
            low, high = question.minimum or 0, question.maximum or 999
            whole = st.integers(int(low), int(high))
            return whole.map(lambda n: n / 10**question.decimals) if question.decimals else whole
        case "date":
            return st.dates(min_value=_first_day(question)).map(lambda day: _number(day, question.precision))
        case "text":
            letters = st.characters(exclude_categories=("Cs", "Cc", "Cn"))
            return st.text(letters, min_size=1, max_size=50).filter(lambda text: text.strip() != "")
        case "consent":
            return st.just(1)
    return st.sampled_from(codes)


def _first_day(question: Question) -> dt.date:
    year = int(question.minimum or 10_000_000) // 10_000
    return dt.date(year, 1, 1)


def _number(day: dt.date, precision: str) -> int:
    text = f"{day:%Y%m%d}".rjust(8, "0")
    return int({"day": text, "month": text[:6] + "00", "year": text[:4] + "0000"}[precision])


def test_the_showcase_has_every_type() -> None:
    assert {question.type for question in SHOWCASE.questions} == set(WRITABLE)
    tests = Path(__file__).parent
    assert [name for name in WRITABLE if not (tests / f"test_{name}.py").is_file()] == []


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
@for_each_question
@given(st.data())
def test_what_is_shown_again_is_what_was_answered(question: Question, data: st.DataObject) -> None:
    answer = data.draw(answers_of(question))
    shown = form_values(question, answer)
    again = read_answer(question, shown)
    if question.required and answer is Missing.NOT_ANSWERED:
        assert isinstance(again, AnswerProblem)
    else:
        assert (again, type(again)) == (answer, type(answer))


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
@for_each_question
@given(st.data())
def test_shown_again_through_a_form(question: Question, data: st.DataObject) -> None:
    """The fields of a question carry all that shows its answer again, and no field belongs to two."""
    shown = form_values(question, data.draw(answers_of(question)))
    fields = {
        question.name: list(shown.values),
        f"{question.name}.special": [shown.special] if shown.special else [],
    }
    fields |= {f"{question.name}.{name}": [value] for name, value in shown.named.items()}
    filled = raw_values(question, lambda name: fields.get(name, []))
    assert read_answer(question, filled) == read_answer(question, shown)
    assert {name for name, values in fields.items() if values} <= set(field_names(question))
    assert len(set(field_names(question))) == len(field_names(question))


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
@for_each_question
@given(raws(), st.integers(0, 50))
def test_nothing_that_is_sent_is_ever_an_exception(question: Question, raw: Raw, seed: int) -> None:
    """Whatever comes back as an answer is one that can be stored, shown again and put in the table."""
    seen = as_seen(question, {}, seed)
    answer = read_answer(seen, raw)
    if isinstance(answer, AnswerProblem):
        assert answer.question == question.name
        return
    assert from_json(json.loads(json.dumps(to_json({"q": answer})))) == {"q": answer}
    assert read_answer(seen, form_values(seen, answer)) == answer
    kind = QUESTION_TYPES[question.type]
    assert len(kind.cells(question, answer)) == len(kind.columns(question))


@pytest.mark.parametrize("question", list(SHOWCASE), ids=lambda question: question.name)
@for_each_question
@given(st.data())
def test_as_many_cells_as_columns(question: Question, data: st.DataObject) -> None:
    kind = QUESTION_TYPES[question.type]
    width = len(kind.columns(question))
    assert [len(kind.cells(question, missing)) for missing in Missing] == [width] * len(Missing)
    if kind.asks:
        assert len(kind.cells(question, data.draw(answers_of(question)))) == width


@pytest.mark.parametrize("missing", list(Missing))
def test_every_kind_of_missing_stays_itself_in_the_table(missing: Missing) -> None:
    row = cells(SHOWCASE, {question.name: missing for question in SHOWCASE})
    assert list(row) == [column.name for column in columns([SHOWCASE])]
    assert set(row.values()) == {int(missing), None}
    for question in SHOWCASE:
        kind = QUESTION_TYPES[question.type]
        own = [row[column.name] for column in kind.columns(question)]
        if not isinstance(kind, Lots):
            assert int(missing) in own, question.name


def test_lots_fill_their_columns() -> None:
    for question in SHOWCASE.questions:
        for variable in question.variables:
            kind = QUESTION_TYPES[variable.type]
            if isinstance(kind, Lots):
                drawn = draw(question, variable, {}, seed_of("x"))
                assert len(kind.cells(variable, drawn)) == len(kind.columns(variable))
                assert from_json(json.loads(json.dumps(to_json({"q": drawn})))) == {"q": drawn}


def any_answers(questionnaire: Questionnaire) -> st.SearchStrategy[dict[str, Answer]]:
    """Answers to some of the questions, with lots and computed values set by nobody."""
    some = {q.name: answers_of(q) for q in questionnaire if QUESTION_TYPES[q.type].asks}
    return st.fixed_dictionaries({}, optional=some)


@several_hundred
@given(any_answers(SHOWCASE), st.sampled_from(list(Missing)))
def test_the_path_is_total(answers: dict[str, Answer], missing: Missing) -> None:
    settled = on_path(SHOWCASE, answers)
    assert list(settled) == [question.name for question in SHOWCASE]
    assert on_path(SHOWCASE, settled) == settled
    assert all(settled[name] in (answer, Missing.NOT_ASKED) for name, answer in answers.items())
    assert cells(SHOWCASE, settled)
    # A stranger's answers never matter, and neither do those that are off the path.
    assert on_path(SHOWCASE, {**answers, "stranger": missing}) == settled
    on = {name: answer for name, answer in answers.items() if settled[name] is not Missing.NOT_ASKED}
    assert on_path(SHOWCASE, on) == settled


@several_hundred
@given(
    st.dictionaries(st.sampled_from([q.name for q in SHOWCASE]), raws(), max_size=20),
    st.integers(0, 2**63 - 1),
)
def test_a_page_takes_anything(posted: dict[str, Raw], seed: int) -> None:
    """Whatever is posted, what is kept can be stored, and the way goes on from it."""
    answers: dict[str, Answer] = {}
    for page in pages(SHOWCASE, seed):
        way = walk(SHOWCASE, answers)
        reading = PageReading(SHOWCASE, {k: v for k, v in way.known.items() if k in page.before}, seed)
        shown = [question for question in page.questions if reading.asks(question)]
        for question in shown:
            reading.read(question, posted)
        reading.end(page.section, shown)
        assert not {problem.question for problem in reading.problems if not problem.check} & set(
            reading.answers
        )
        answers |= reading.answers
    json.dumps(to_json(answers)).encode()
    assert from_json(json.loads(json.dumps(to_json(answers)))) == answers
    assert cells(SHOWCASE, on_path(SHOWCASE, answers))
