"""Texts for people: complete in every language, with the right plural form."""

from __future__ import annotations

import re
from typing import Any

import pytest

from questionnaires.texts import LANGUAGES, OWN_NAMES, Catalogue, catalogue, in_language, plural

PACKAGES = ("questionnaires", "survey_app.respondent", "survey_app.accounts", "survey_app.serving", "reports")


def placeholders(entry: Any) -> set[str]:
    texts = [entry] if isinstance(entry, str) else entry.values()
    return {name for text in texts for name in re.findall(r"\{(\w+)", text)}


@pytest.mark.parametrize("package", PACKAGES)
def test_complete_in_every_language(package: str) -> None:
    texts = catalogue(package)
    for language in LANGUAGES:
        assert texts.keys(language) == texts.keys("en"), language
        for key in texts.keys("en"):
            entry, english = texts._texts[language][key], texts._texts["en"][key]
            assert placeholders(entry) == placeholders(english), (language, key)
            if not isinstance(entry, str):
                needed = {"one", "other"} if language == "en" else {"one", "few", "many", "other"}
                assert needed <= set(entry), (language, key)


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("en", 1, "one"),
        ("en", 2, "other"),
        ("uk", 21, "one"),
        ("uk", 22, "few"),
        ("ru", 25, "many"),
        ("ru", 1.5, "other"),
    ],
)
def test_plural(language: str, number: float, form: str) -> None:
    assert plural(language, number) == form


def test_text() -> None:
    texts = Catalogue(
        {"en": {"a": "{n} of {m}", "b": {"one": "{n} day", "other": "{n} days"}, "c": "100% {"}}
    )
    assert texts.text("en", "a", n=1, m=2) == "1 of 2"
    assert texts.text("en", "b", n=1) == "1 day"
    assert texts.text("fr", "b", n=5) == "5 days"
    assert texts.text("en", "c") == "100% {"


def test_in_language() -> None:
    assert in_language({"en": "a", "uk": "б"}, "uk") == "б"
    assert in_language({"en": "a"}, "uk") == "a"
    assert in_language({}, "uk") == ""


def test_own_names() -> None:
    assert set(OWN_NAMES) == set(LANGUAGES)


CYRILLIC_ONLY = {"uk": "ыэъё", "ru": "іїєґ"}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", ["uk", "ru"])
def test_no_letter_of_the_other_language(package: str, language: str) -> None:
    entries = catalogue(package)._texts[language].values()
    texts = " ".join(e if isinstance(e, str) else " ".join(e.values()) for e in entries)
    assert not set(CYRILLIC_ONLY[language]) & set(texts.lower())
