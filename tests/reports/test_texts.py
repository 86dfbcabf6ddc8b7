"""The words of a report: complete in every language, filled everywhere, none without use."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from ruamel.yaml import YAML

from questionnaires.texts import LANGUAGES
from reports.report import Block, Report

ROOM = Path(__file__).parent.parent.parent / "reports"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (*ROOM.rglob("*.py"), *ROOM.rglob("*.html")))
SAME_EVERYWHERE = {"low_mark", "head_n"}
"""Keys whose text is a sign and not a word."""


def read(language: str) -> dict[str, Any]:
    text: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOM / "texts" / f"{language}.yaml")
    return text


TEXTS = {language: read(language) for language in LANGUAGES}


def forms(entry: Any) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_in_every_language(language: str) -> None:
    assert set(TEXTS[language]) == set(TEXTS["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_complete(language: str) -> None:
    wanted = {"one", "other"} if language == "en" else {"one", "few", "many", "other"}
    for key, entry in TEXTS[language].items():
        if not isinstance(entry, str):
            assert set(entry) == wanted, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_values_are_filled_in(language: str) -> None:
    """English may leave out what only an inflected language needs to choose a form."""
    for key, entry in TEXTS[language].items():
        own = set().union(*map(fields, forms(entry)))
        english = set().union(*map(fields, forms(TEXTS["en"][key])))
        assert own - {"n"} == english - {"n"}, key
        assert all(fields(form) == own for form in forms(entry)), key


def test_nothing_was_left_in_english() -> None:
    for language in ("uk", "ru"):
        for key, entry in TEXTS[language].items():
            for form in forms(entry):
                words = re.sub(r"\{\w+\}", "", form)
                if key not in SAME_EVERYWHERE and re.search(r"\w", words):
                    assert re.search("[а-яіїєґ]", words, re.IGNORECASE), key


def test_alphabets_are_not_mixed() -> None:
    for key, entry in TEXTS["uk"].items():
        assert not re.search("[ыэъё]", "".join(forms(entry)), re.IGNORECASE), key
    for key, entry in TEXTS["ru"].items():
        assert not re.search("[іїєґ]", "".join(forms(entry)), re.IGNORECASE), key


def test_every_key_is_used() -> None:
    families = set(re.findall(r'say\(\s*f"([a-z_]+_)\{', CODE)) | {"within_", "limit_"}
    for key in TEXTS["en"]:
        named = re.search(rf"[\"']{key}[\"']", CODE)
        family = next((prefix for prefix in families if key.startswith(prefix)), None)
        rest = key.removeprefix(family or "").removesuffix("_asked")
        assert named or (family and re.search(rf"[\"_]{rest}\b", CODE, re.IGNORECASE)) or _known(key), key


def _known(key: str) -> bool:
    """Families whose members are named elsewhere: kinds of sample and verdicts."""
    samples = ("probability", "nonprobability", "census", "synthetic")
    return key.removesuffix("_asked").endswith(samples) or key.startswith("verdict_")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left_in_a_report(language: str, reports: dict[str, Report]) -> None:
    report = reports[language]
    told = [report.title, report.kicker, *(slide.title for slide in report.slides)]
    blocks: list[Block] = [block for slide in report.slides for block in slide.blocks]
    for text in (*told, *map(repr, blocks)):
        assert not re.search(r"\{\w*\}", text)


def test_no_margin_of_error() -> None:
    for language, words in (("en", "margin of error"), ("uk", "похибк"), ("ru", "погрешност")):
        assert all(words not in form.lower() for entry in TEXTS[language].values() for form in forms(entry))
