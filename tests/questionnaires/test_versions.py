"""A code keeps its meaning for ever; everything else may grow."""

from __future__ import annotations

import pytest

from questionnaires.formats.study_folder import study_from_files
from questionnaires.study import Study
from questionnaires.versions import broken_promises


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("code: 2, name: chat", "code: 2, name: fax", "code-reused"),
        ("code: 2, name: chat", "code: 3, name: chat", "choice-gone"),
        ("          - {code: 2, name: phone, text: {en: Phone, uk: Телефон}}\n", "", "choice-gone"),
        ("type: text", "type: consent\n        label: {en: Yes, uk: Так}", "type-changed"),
    ],
)
def test_refused(files: dict[str, bytes], small: Study, old: str, new: str, code: str) -> None:
    text = files["questionnaire.yaml"].decode()
    assert old in text
    changed = text.replace(old, new, 1).replace(
        "        max_length: 50\n", "" if "consent" in new else "        max_length: 50\n"
    )
    newer = study_from_files({**files, "questionnaire.yaml": changed.encode()})
    assert [p.code for p in broken_promises(small.questionnaire, newer.questionnaire)] == [code]


def test_words_and_additions_are_free(files: dict[str, bytes], small: Study) -> None:
    text = files["questionnaire.yaml"].decode()
    changed = text.replace("en: Chat", "en: Live chat").replace(
        "          - {code: 8, name: phone, text",
        "          - {code: 9, name: fax, text: {en: Fax, uk: Факс}}\n          - {code: 8, name: phone, text",
    )
    newer = study_from_files({**files, "questionnaire.yaml": changed.encode()})
    assert len(newer.questionnaire.question("channel").choices) == 4
    assert broken_promises(small.questionnaire, newer.questionnaire) == []
