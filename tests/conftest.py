"""What several rooms' tests share: a small study written as a researcher would write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from questionnaires.formats.study_folder import read_study, study_from_files
from questionnaires.study import Study

STUDY = """
title: {en: Small study, uk: Мале дослідження}
mode: web
frame: People who saw the link
sample: nonprobability
zone: Europe/Kyiv
retention: 2027-12-31
""".encode()

QUESTIONNAIRE = """
name: small
languages: [en, uk]
sections:
  - name: start
    title: {en: Start, uk: Початок}
    questions:
      - name: age
        type: number
        text: {en: How old are you?, uk: Скільки вам років?}
        minimum: 18
        maximum: 120
        special: [prefer_not]
        required: true
      - name: channel
        type: single
        text: {en: How would you complain?, uk: Як би ви поскаржилися?}
        required: true
        choices:
          - {code: 1, name: post, groups: [online, social], text: {en: A post, uk: Допис}}
          - {code: 2, name: chat, groups: [online], text: {en: Chat, uk: Чат}}
          - {code: 8, name: phone, text: {en: Phone, uk: Телефон}}
  - name: more
    title: {en: More, uk: Ще}
    questions:
      - name: platform
        type: single
        ask_if: channel in group("online")
        text: {en: Where?, uk: Де?}
        required: true
        special: [dont_know]
        choices:
          - {code: 1, name: facebook, text: {en: Facebook, uk: Facebook}}
          - {code: 2, name: x, text: {en: X, uk: X}}
      - name: used
        type: several
        text: {en: What have you used?, uk: Що ви використовували?}
        choices:
          - {code: 1, name: email, text: {en: E-mail, uk: Пошта}}
          - {code: 2, name: phone, text: {en: Phone, uk: Телефон}}
          - {code: 9, name: none, exclusive: true, text: {en: None of these, uk: Нічого}}
      - name: wait
        type: reply_time
        text: {en: How soon?, uk: Як скоро?}
        intervals:
          - {code: 1, upto: 30 min}
          - {code: 2, upto: 1 h}
          - {code: 3, name: day, upto: 840 min, text: {en: The same day, uk: Того ж дня}}
          - {code: 4, upto: none}
          - {code: 5, apart: no_reply}
      - name: comment
        type: text
        text: {en: Anything else?, uk: Щось іще?}
        max_length: 50
""".encode()


@pytest.fixture
def files() -> dict[str, bytes]:
    """The bytes of the small study's files."""
    return {"study.yaml": STUDY, "questionnaire.yaml": QUESTIONNAIRE}


@pytest.fixture
def small(files: dict[str, bytes]) -> Study:
    return study_from_files(files)


@pytest.fixture(scope="session")
def library() -> Path:
    return Path(__file__).parent.parent / "questionnaires" / "library"


@pytest.fixture(scope="session")
def complaint_channels(library: Path) -> Study:
    return read_study(library / "complaint_channels")
