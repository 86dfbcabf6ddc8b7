"""Dates: a day, a month or a year, only those that there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.answers import field_names
from questionnaires.model import Answer, Missing, Question, Questionnaire
from questionnaires.personal import as_seen
from questionnaires.problems import AnswerProblem
from questionnaires.question_types import Raw, form_values, read_answer
from questionnaires.texts import date_words

SENT = "{name: sent, type: date, special: [dont_know], text: Q}"
MONTH = "{name: sent, type: date, precision: month, text: Q}"
YEAR = "{name: sent, type: date, precision: year, text: Q}"


def day(text: str) -> Raw:
    return Raw(named=dict(zip(("day", "month", "year"), text.split("/"), strict=False)))


def code(question: Question, raw: Raw) -> str:
    found = read_answer(question, raw)
    return found.code if isinstance(found, AnswerProblem) else ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("31/1/2026", 20260131),
        ("1/01/2026", 20260101),
        (" 1 /1/2026", 20260101),
        ("29/2/2000", 20000229),
        ("29/2/2024", 20240229),
        ("//", Missing.NOT_ANSWERED),
        ("", Missing.NOT_ANSWERED),
    ],
)
def test_accepts(one: Callable[[str], Question], text: str, answer: Answer) -> None:
    assert read_answer(one(SENT), day(text)) == answer


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("31/2/", "date_incomplete_day"),
        ("31//2026", "date_incomplete_day"),
        ("31/2/2026", "date_unreal"),
        ("29/2/2100", "date_unreal"),
        ("29/2/2025", "date_unreal"),
        ("0/1/2026", "date_unreal"),
        ("1/0/2026", "date_unreal"),
        ("1/13/2026", "date_unreal"),
        ("1/1/0", "date_year"),
        ("1/1/0000", "date_year"),
        ("1/1/26", "date_year"),
        ("1/1/999", "date_year"),
        ("1/1/10000", "date_numbers_day"),
        ("1/1/-200", "date_numbers_day"),
        ("1/1/２０２６", "date_numbers_day"),
        ("1/1/٢٠٢٦", "date_numbers_day"),
        ("0x1/1/2026", "date_numbers_day"),
        ("1/1/1e3", "date_numbers_day"),
        ("1/May/2026", "date_numbers_day"),
        ("1\x00/1/2026", "date_numbers_day"),
        ("1 2/1/2026", "date_numbers_day"),
    ],
)
def test_refuses(one: Callable[[str], Question], text: str, problem: str) -> None:
    assert code(one(SENT), day(text)) == problem


def test_a_whole_date_in_one_field_is_not_read(one: Callable[[str], Question]) -> None:
    assert code(one(SENT), Raw(("2026-01-31",))) == "choice_unknown"
    assert code(one(SENT), Raw(named={"day": "1"}, special="dont_know")) == "date_incomplete_day"
    both = Raw(named={"day": "1", "month": "1", "year": "2026"}, special="dont_know")
    assert code(one(SENT), both) == "special_mixed"
    assert read_answer(one(SENT), Raw(special="dont_know")) is Missing.DONT_KNOW


def test_a_month_or_a_year(one: Callable[[str], Question]) -> None:
    month, year = one(MONTH), one(YEAR)
    assert field_names(month) == ("sent.month", "sent.year")
    assert field_names(year) == ("sent.year",)
    assert read_answer(month, Raw(named={"month": "5", "year": "2026"})) == 20260500
    assert read_answer(year, Raw(named={"year": "1987"})) == 19870000
    assert code(month, Raw(named={"year": "2026"})) == "date_incomplete_month"
    assert code(year, Raw(named={"year": "0"})) == "date_year"
    assert code(month, Raw(named={"month": "13", "year": "2026"})) == "date_unreal"
    assert form_values(month, 20260500) == Raw(named={"month": "5", "year": "2026"})
    assert form_values(year, 19870000) == Raw(named={"year": "1987"})


@pytest.mark.parametrize(
    ("limits", "text", "problem"),
    [
        ('minimum: "2020-01-15"', "14/1/2020", "date_early"),
        ('minimum: "2020-01-15"', "15/1/2020", ""),
        ('maximum: "2020-01-15"', "16/1/2020", "date_late"),
        ('maximum: "2020-01"', "31/1/2020", ""),
        ('maximum: "2020-01"', "1/2/2020", "date_late"),
        ("maximum: 2020", "31/12/2020", ""),
        ("maximum: 2020", "1/1/2021", "date_late"),
        ("minimum: 2020", "1/1/2020", ""),
        ('minimum: "2020"', "31/12/2019", "date_early"),
    ],
)
def test_limits_hold_as_far_as_they_go(
    one: Callable[[str], Question], limits: str, text: str, problem: str
) -> None:
    """A limit of a month lets every day of the month in, as its message says."""
    assert code(one(SENT.replace("text: Q", f"{limits}, text: Q")), day(text)) == problem


def test_a_limit_of_a_day_for_a_month(one: Callable[[str], Question]) -> None:
    question = one(MONTH.replace("text: Q", 'minimum: "2020-03-15", text: Q'))
    assert code(question, Raw(named={"month": "3", "year": "2020"})) == ""
    assert code(question, Raw(named={"month": "2", "year": "2020"})) == "date_early"


def test_limits_from_earlier_answers(read: Callable[..., Questionnaire]) -> None:
    born = "{name: born, type: date, text: Q}"
    grown = read(born, "{name: grown, type: date, minimum: born + 180000, text: Q}").question("grown")
    seen = as_seen(grown, {"born": 20000229}, 0)
    problem = read_answer(seen, day("28/2/2018"))
    assert isinstance(problem, AnswerProblem)
    assert (problem.code, problem.values) == ("date_early", {"date": 20180229})
    assert code(seen, day("1/3/2018")) == ""


@pytest.mark.parametrize("limit", ['"2020-13-01"', '"2020-02-30"', '"2020-00"', '"0000"', "20200"])
def test_limits_that_are_no_dates(problems: Callable[..., list[object]], limit: str) -> None:
    found = problems(SENT.replace("text: Q", f"minimum: {limit}, text: Q"))
    if limit == "20200":  # a number of days, months or anything: a condition, and no date
        assert found == []
        return
    assert [problem.code for problem in found] == ["date-constant"]  # type: ignore[attr-defined]
    assert "is no date to hold" in str(found[0])
    assert str(found[0]).startswith('questionnaire.yaml:7: question "sent":')


def test_limits_in_order(told: Callable[..., None]) -> None:
    line = SENT.replace("text: Q", 'minimum: "2021", maximum: "2020-06", text: Q')
    told("range-empty", 7, "minimum 2021 is above maximum 2020-06", line)


@pytest.mark.parametrize(
    ("number", "language", "words"),
    [
        (20260131, "en", "January 31, 2026"),
        (20260131, "uk", "31 січня 2026\u202fр."),
        (20260500, "ru", "май 2026"),
        (19870000, "en", "1987"),
        (20180229, "en", "2018-02-29"),
        (34, "uk", "0000-00-34"),
    ],
)
def test_words(number: int, language: str, words: str) -> None:
    assert date_words(number, language) == words
