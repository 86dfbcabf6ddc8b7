"""Questionnaires as an author writes them, a line a question: the first question stands on line 7."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from questionnaires.formats.yaml_form import read_questionnaire
from questionnaires.model import Question, Questionnaire
from questionnaires.problems import Problem

HEAD = (
    "name: made\nlanguages: [{languages}]\nsections:\n  - name: start\n    title: {title}\n    questions:\n"
)


def _text(lines: tuple[str, ...], more: str, languages: str) -> bytes:
    head = HEAD.format(
        languages=languages, title="{" + ", ".join(f"{x}: T" for x in languages.split(", ")) + "}"
    )
    return (head + "".join(f"      - {line}\n" for line in lines) + more).encode()


def _read(*lines: str, more: str = "", languages: str = "en") -> Questionnaire:
    questionnaire, source = read_questionnaire("questionnaire.yaml", _text(lines, more, languages))
    assert questionnaire is not None, [str(problem) for problem in source.problems]
    return questionnaire


def _problems(*lines: str, more: str = "", languages: str = "en") -> list[Problem]:
    questionnaire, source = read_questionnaire("questionnaire.yaml", _text(lines, more, languages))
    assert (questionnaire is None) == bool(source.problems)
    return source.problems


@pytest.fixture(scope="session")
def read() -> Callable[..., Questionnaire]:
    """Read questions, each on a line; `more` is the text after them."""
    return _read


@pytest.fixture(scope="session")
def problems() -> Callable[..., list[Problem]]:
    """The problems of questions, each on a line; `more` is the text after them."""
    return _problems


@pytest.fixture(scope="session")
def one() -> Callable[[str], Question]:
    """Read one question."""
    return lambda line: _read(line).questions[0]


@pytest.fixture(scope="session")
def told() -> Callable[..., None]:
    """Assert that questions have exactly one problem, of a code, on a line, with some words in its message."""

    def check(code: str, line: int, words: str, *lines: str, more: str = "", languages: str = "en") -> None:
        found = _problems(*lines, more=more, languages=languages)
        assert [problem.code for problem in found] == [code], [str(problem) for problem in found]
        assert str(found[0]).startswith(f"questionnaire.yaml:{line}:"), str(found[0])
        assert words in str(found[0]), str(found[0])
        assert "; " in str(found[0])

    return check
