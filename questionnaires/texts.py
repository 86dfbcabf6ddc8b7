"""Texts for people by language: catalogues of flat keys, with plural forms where a number stands inside."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from ruamel.yaml import YAML

LANGUAGES = ("en", "uk", "ru")
"""The languages that forms and reports speak; adding one is adding a file to each `texts` folder."""

OWN_NAMES = {"en": "English", "uk": "Українська", "ru": "Русский"}
DIRECTIONS = dict.fromkeys(("ar", "fa", "he", "ur"), "rtl")
"""Languages that are written from right to left."""
_ALPHABETS = {
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}


class Catalogue:
    """The texts of one room in every language.

    A text is a string with {placeholders}, or a mapping of plural forms (one, few, many, other)
    chosen by the value called `n`.
    """

    def __init__(self, texts: Mapping[str, Mapping[str, Any]]) -> None:
        self._texts = texts

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def keys(self, language: str) -> frozenset[str]:
        return frozenset(self._texts[language])

    def text(self, language: str, key: str, **values: Any) -> str:
        """Return a text with its placeholders filled; English where the language is not there."""
        entry = self._texts.get(language, self._texts["en"])[key]
        if not isinstance(entry, str):
            number = values["n"]
            form = plural(language if language in self._texts else "en", number)
            entry = entry.get(form, entry["other"])
        return str(entry.format(**values)) if values else str(entry)


@cache
def plural(language: str, number: float) -> str:
    """Return the CLDR plural form of a number: one, few, many or other."""
    return str(Locale.parse(language).plural_form(number))


def date_words(number: int, language: str) -> str:
    """Return yyyymmdd as the language writes it; with 00 for the day or month, without them.

    A limit that was calculated may be no day of any calendar, such as 20250229: its numbers are shown.
    """
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    pattern = "long" if day else "LLLL y" if month else "y"
    try:
        date = dt.date(year, month or 1, day or 1)
    except ValueError:
        return f"{year:04d}-{month:02d}-{day:02d}"
    return format_date(date, pattern, locale=language)


def alphabetical(text: str, language: str) -> tuple[int, ...]:
    """Return a sorting key by the alphabet of a language; letters of no alphabet keep their Unicode order."""
    alphabet = _ALPHABETS.get(language, "")
    plain = unicodedata.normalize("NFKD", text) if not alphabet else text
    return tuple(
        0x400 + alphabet.index(letter) if letter in alphabet else ord(letter)
        for letter in plain.lower()
        if letter.isalnum() or letter == " "
    )


@cache
def territories(language: str) -> Mapping[str, str]:
    """Return the countries of the world by their two letters, in a language."""
    names = Locale.parse(language).territories
    codes = (str(code) for code in names)
    return {c: str(names[c]) for c in codes if len(c) == 2 and c.isalpha() and c not in NO_COUNTRIES}


NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""What CLDR lists among territories and is a union, a group, a part of a country or a placeholder."""


@cache
def catalogue(package: str) -> Catalogue:
    """Read the `texts` folder of a package: one YAML file a language."""
    folder = Path(str(files(package))) / "texts"
    yaml = YAML(typ="safe", pure=True)
    return Catalogue({name: yaml.load(folder / f"{name}.yaml") for name in LANGUAGES})


def in_language(text: Mapping[str, str], language: str) -> str:
    """Return a text in a language, or in the first one it has."""
    return text.get(language) or next(iter(text.values()), "")
