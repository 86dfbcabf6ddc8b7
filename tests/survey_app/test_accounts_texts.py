"""The workplace speaks every language, and says nothing that it has no words for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from questionnaires.texts import LANGUAGES, catalogue
from survey_app.storage.accounts.audit import ACTIONS
from survey_app.storage.accounts.rights import ROLES

ROOMS = Path(__file__).parent.parent.parent / "survey_app"
TEXTS = catalogue("survey_app.accounts")
MADE = (  # keys that are put together from two parts
    *(f"action_{action}" for action in ACTIONS),
    *(f"role_{role}" for role in ROLES),
    *(f"role_{role}_may" for role in ROLES),
    *(f"job_{kind}" for kind in ("snapshot", "report", "clearing")),
    *(f"state_{state}" for state in ("waiting", "running", "done", "failed")),
    *(f"status_{status}" for status in ("open", "closed", "not_open")),
    *(f"problem_password_{fault}" for fault in ("short", "long", "common", "email")),
)


def used() -> set[str]:
    """The keys that templates and modules name."""
    found = set(MADE)
    for folder in ("accounts", "researcher", "executive"):
        for path in (ROOMS / folder).rglob("*.html"):
            found |= set(re.findall(r'say\(\s*"(\w+)"[,)]', path.read_text(encoding="utf-8")))
            for both in re.findall(
                r'say\(\s*"(\w+)" if [^)]* else "(\w+)"\)', path.read_text(encoding="utf-8")
            ):
                found |= set(both)
        for path in (ROOMS / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found |= {f"{key}_title" for key in re.findall(r'notice\("(\w+)"', text)}
            found |= {f"{key}_text" for key in re.findall(r'notice\("(\w+)"', text)}
            found |= {
                f"problem_{key}"
                for key in re.findall(r'_Needed\("(\w+)"\)|Error\("(\w+)"\)', text)
                for key in key
                if key
            }
            found |= {f"problem_{key}" for key in re.findall(r'\{"\w+": "(\w+_wrong)"\}', text)}
            found |= {
                f"done_{key}"
                for names in re.findall(r"^DONE = \(([^)]*)\)", text, re.M)
                for key in re.findall(r'"(\w+)"', names)
            }
    return found


def test_every_key_that_is_used_has_words() -> None:
    assert used() - TEXTS.keys("en") == set()
    assert len(used()) > 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_complete_with_every_plural_form(language: str) -> None:
    assert TEXTS.keys(language) == TEXTS.keys("en")
    for key in TEXTS.keys("en"):
        entry, english = TEXTS._texts[language][key], TEXTS._texts["en"][key]
        assert isinstance(entry, str) == isinstance(english, str), key
        if not isinstance(entry, str):
            needed = {"one", "other"} if language == "en" else {"one", "few", "many", "other"}
            assert set(entry) == needed, key
        forms = [entry] if isinstance(entry, str) else entry.values()
        wanted = set(re.findall(r"\{(\w+)", str(english)))
        assert all(set(re.findall(r"\{(\w+)", form)) == wanted for form in forms), key


@pytest.mark.parametrize(("language", "letters"), [("uk", "ыэъё"), ("ru", "іїєґ")])
def test_no_letter_of_the_other_language(language: str, letters: str) -> None:
    said = " ".join(map(str, TEXTS._texts[language].values())).lower()
    assert not set(letters) & set(said)
