"""Texts for people by language: catalogues of flat keys, with plural forms where a number stands inside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale
from ruamel.yaml import YAML

LANGUAGES = ("en", "uk", "ru")
"""The languages that forms and reports speak; adding one is adding a file to each `texts` folder."""

OWN_NAMES = {"en": "English", "uk": "Українська", "ru": "Русский"}


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


@cache
def catalogue(package: str) -> Catalogue:
    """Read the `texts` folder of a package: one YAML file a language."""
    folder = Path(str(files(package))) / "texts"
    yaml = YAML(typ="safe", pure=True)
    return Catalogue({name: yaml.load(folder / f"{name}.yaml") for name in LANGUAGES})


def in_language(text: Mapping[str, str], language: str) -> str:
    """Return a text in a language, or in the first one it has."""
    return text.get(language) or next(iter(text.values()), "")
