"""A small study about complaints and hand-made estimates on it: numbers chosen to be read in a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from math import sqrt

import pytest

from analysis.estimate import EMPTY, LOW_BASE, OK, Estimate
from analysis.findings import (
    ALL,
    Basis,
    Curve,
    CurvePoint,
    Findings,
    Published,
    PublishedComparison,
    Shares,
    Topline,
    ToplineRow,
    Verdict,
    WeightingFacts,
)
from questionnaires.formats.study_folder import study_from_files
from questionnaires.model import Interval, Question
from questionnaires.study import Figure, Study
from questionnaires.texts import LANGUAGES
from reports.outline import outline
from reports.report import Report

RECORD = """
title: {en: Complaining to companies, uk: Як люди скаржаться компаніям, ru: Как люди жалуются компаниям}
mode: web
frame: People who followed the link
sample: nonprobability
zone: Europe/Kyiv
open: 2026-11-22T08:00
close: 2026-12-06T20:00
retention: 2027-12-31
"""

QUESTIONNAIRE = """
name: complaints
languages: [en, uk, ru]
sections:
  - name: about
    title: {en: About you, uk: Про вас, ru: О вас}
    questions:
      - name: age
        type: number
        minimum: 18
        maximum: 120
        text: {en: How old are you?, uk: Скільки вам років?, ru: Сколько вам лет?}
  - name: complaining
    title: {en: Complaining, uk: Скарги, ru: Жалобы}
    questions:
      - name: channel
        type: single
        special: [dont_know]
        text: {en: How would you complain?, uk: Як би ви поскаржилися?, ru: Как бы вы пожаловались?}
        choices:
          - {code: 8, name: phone, text: {en: Phone call, uk: Телефонний дзвінок, ru: Телефонный звонок}}
          - {code: 7, name: email, groups: [online_wide],
             text: {en: E-mail, uk: Електронна пошта, ru: Электронная почта}}
          - {code: 1, name: social, groups: [online, online_wide],
             text: {en: Public post, uk: Публічний допис, ru: Публичный пост}}
          - {code: 4, name: chat, groups: [online, online_wide],
             text: {en: Live chat, uk: Чат на сайті, ru: Чат на сайте}}
          - {code: 11, name: other, apart: true, text: {en: Another way, uk: Інший спосіб, ru: Другой способ}}
  - name: replies
    title: {en: Replies, uk: Відповіді, ru: Ответы}
    questions:
      - name: reply_social
        type: reply_time
        ask_if: channel in group("online")
        text: {en: How soon do you expect a reply?, uk: Як скоро очікуєте на відповідь?, ru: Когда вы ждёте ответа?}
        intervals:
          - {code: 1, name: m30, upto: 30 min}
          - {code: 2, name: h1, upto: 60 min}
          - {code: 3, name: day, upto: 840 min}
          - {code: 4, name: d3, upto: 5160 min}
          - {code: 5, name: longer, upto: none}
          - {code: 6, name: no_reply, apart: no_reply}
"""

REPORT = """
segments:
  age: {from: age, bands: [18-23, 24-34, 35-44, 45-54, 55-64, 65+]}
parts:
  - {headline: channel, choices: group("online"), by: age}
  - {chart: channel}
  - {chart: channel, choices: group("online"), by: age}
  - {curve: reply_social}
  - {published: all}
"""

PUBLISHED = """
- id: complain_online
  text: {en: Would complain online, uk: Поскаржилися б онлайн, ru: Пожаловались бы онлайн}
  value: 0.34
  n: 2030
  question: channel
  choices: group("online")
  beside: group("online_wide")
  source: "Article 001"
  note: {en: No original found., uk: Першоджерела не знайдено., ru: Первоисточник не найден.}
- id: complain_online_24_34
  text: {en: "Would complain online, 24–34", uk: "Поскаржилися б онлайн, 24–34", ru: "Пожаловались бы онлайн, 24–34"}
  value: 0.60
  question: channel
  choices: group("online")
  where: age >= 24 and age <= 34
  source: "Article 001"
- id: reply_within_60m
  text:
    en: Expect a reply within 1 hour
    uk: Очікують на відповідь протягом 1 години
    ru: Ждут ответа в течение 1 часа
  value: 0.42
  question: reply_social
  choices: within("60 min")
  reading: cumulative
  source_reading: cumulative
  source: "Article 002"
- id: reply_within_60m_exclusive
  text: {en: "Within 1 hour, added", uk: "Протягом 1 години, сума", ru: "В течение 1 часа, сумма"}
  value: 0.74
  question: reply_social
  choices: within("60 min")
  reading: exclusive
  source_reading: cumulative
  source: "Article 002"
"""

AGES = {
    "18-23": (0.29, 214), "24-34": (0.60, 371), "35-44": (0.28, 352),
    "45-54": (0.28, 366), "55-64": (0.28, 349), "65+": (0.27, 378),
}  # fmt: skip
CHANNELS = {"phone": 0.31, "email": 0.23, "social": 0.22, "chat": 0.12, "other": 0.12}
STEPS = (0.32, 0.42, 0.79, 0.91)
"""Cumulative shares at the limits of the reply-time scale."""


def estimated(
    share: float | None, base: int, *, choice: str = "selected", segment: str = ALL, question: str = "channel",
    effective: float | None = None,
) -> Estimate:  # fmt: skip
    """Return an estimate with a plain normal interval, wide enough to look like one."""
    effective_base = float(base) if effective is None else effective
    if share is None or not base:
        return Estimate(question, choice, segment, None, None, None, None, "logit", base, 0.0, None, 0, EMPTY)
    se = sqrt(share * (1 - share) / effective_base)
    low, high = max(0.0, share - 1.96 * se), min(1.0, share + 1.96 * se)
    if share == 0:
        high = 3 / base
    status = OK if effective_base >= 30 else LOW_BASE
    return Estimate(
        question, choice, segment, share, se, low, high, "logit", base, effective_base,
        base / effective_base, base - 1, status,
    )  # fmt: skip


def study_of(record: str = RECORD, questionnaire: str = QUESTIONNAIRE) -> Study:
    files = {
        "study.yaml": record, "questionnaire.yaml": questionnaire, "report.yaml": REPORT, "published.yaml": PUBLISHED,
    }  # fmt: skip
    return study_from_files({name: text.encode() for name, text in files.items()})


def curve_of(study: Study, place: int, shares: Sequence[float], base: int) -> Curve:
    """Return a curve with cumulative shares at its limits; what is left is split among the other answers."""
    assert study.report is not None
    part = study.report.parts[place]
    question = study.questionnaire.question(part.about)
    steps = [c for c in question.choices if isinstance(c, Interval) and c.upto != float("inf")]
    rest = [c for c in question.choices if isinstance(c, Interval) and c.upto == float("inf")]
    before = (0.0, *shares)
    points = tuple(
        CurvePoint(
            step,
            estimated(share, base, choice=step.name, question=question.name, effective=base / 1.2),
            estimated(share - earlier, base, choice=step.name, question=question.name, effective=base / 1.2),
        )
        for step, share, earlier in zip(steps, shares, before, strict=False)
    )
    left = (1 - shares[-1]) / max(1, len(rest))
    return Curve(
        part, question, points,
        tuple((c, estimated(left, base, choice=c.name, question=question.name)) for c in rest),
    )  # fmt: skip


def group_shares(study: Study, place: int, all_share: float, ages: Mapping[str, tuple[float, int]]) -> Shares:
    assert study.report is not None
    part = study.report.parts[place]
    segment = study.report.segments[part.by]
    everybody = estimated(all_share, 2030, choice=part.group, effective=1742.0)
    own = [
        estimated(p, n, choice=part.group, segment=label, effective=n / 1.1) for label, (p, n) in ages.items()
    ]
    return Shares(part, study.questionnaire.question(part.about), (everybody, *own), segment)


def answer_shares(study: Study, place: int, shares: Mapping[str, float], base: int) -> Shares:
    assert study.report is not None
    part = study.report.parts[place]
    question = study.questionnaire.question(part.about)
    own = tuple(
        estimated(share, base, choice=name, question=part.about, effective=base / 1.15)
        for name, share in shares.items()
    )
    return Shares(part, question, own)


def compared(
    study: Study, identifier: str, estimate: Estimate, verdict: Verdict, **more: object
) -> PublishedComparison:
    figure: Figure = next(figure for figure in study.published if figure.id == identifier)
    return PublishedComparison(figure, estimate, verdict, **more)  # type: ignore[arg-type]


def topline_of(question: Question, base: int, missing: Mapping[str, int]) -> Topline:
    share = 1 / max(1, len(question.choices))
    rows = [
        ToplineRow(c.name, round(base * share), estimated(share, base, choice=c.name))
        for c in question.choices
    ]
    rows += [ToplineRow(name, n, None) for name, n in missing.items()]
    asked = base + sum(n for name, n in missing.items() if name != "not_asked")
    return Topline(question, asked, tuple(rows))


BASIS = Basis(
    folder="snapshot-2026-12-07", n=2066, complete=2030, partial=36, screened_out=0, erased=0, synthetic=False,
    merkle_root="9f2c" * 16, made_at=datetime(2026, 12, 7, 6, 30, tzinfo=UTC),
    first_answer=datetime(2026, 11, 22, 6, 5, tzinfo=UTC), last_answer=datetime(2026, 12, 6, 17, 59, tzinfo=UTC),
    zone="Europe/Kyiv", versions=("ab12" * 16,), by_language={"en": 200, "uk": 1700, "ru": 130},
)  # fmt: skip
WEIGHTING = WeightingFacts(
    variables=("age", "gender"), population="US adults", source="Census", date=date(2012, 7, 1), iterations=7,
    smallest=0.61, largest=1.84, design_effect=1.17, effective_n=1742.3, at_sample_share={"age": {"prefer_not": 0.02}},
)  # fmt: skip


@pytest.fixture
def study() -> Study:
    """The small study; its sample chose itself."""
    return study_of()


@pytest.fixture
def findings(study: Study) -> Findings:
    """Findings on the small study: 34 % online, 60 % at ages 24–34, 42 % within the hour."""
    everybody = estimated(0.34, 2030, choice="complain_online", effective=1742.0)
    young = estimated(0.60, 371, choice="complain_online_24_34")
    curve = curve_of(study, 3, STEPS, 690)
    hour = curve.points[1].cumulative
    comparisons = (
        compared(study, "complain_online", everybody, Verdict.CONSISTENT,
                 beside=estimated(0.57, 2030), published_low=0.32, published_high=0.361),
        compared(study, "complain_online_24_34", young, Verdict.NOT_CHECKABLE),
        compared(study, "reply_within_60m", hour, Verdict.CONSISTENT),
        compared(study, "reply_within_60m_exclusive", hour, Verdict.CUMULATIVE_SOURCE),
    )  # fmt: skip
    assert study.report is not None
    return Findings(
        study=study,
        basis=BASIS,
        weighting=WEIGHTING,
        parts=(
            group_shares(study, 0, 0.34, AGES),
            answer_shares(study, 1, CHANNELS, 2030),
            group_shares(study, 2, 0.34, AGES),
            curve,
            Published(study.report.parts[4], comparisons),
        ),
        topline=tuple(
            topline_of(
                question, 690, {"not_answered": 12, "dont_know": 7, "prefer_not": 3, "not_asked": 1318}
            )
            for question in study.questionnaire
            if question.choices
        ),
    )


@pytest.fixture
def synthetic(findings: Findings) -> Findings:
    """The same findings on made-up answers."""
    return replace(findings, basis=replace(findings.basis, synthetic=True))


@pytest.fixture(name="estimated")
def estimated_fixture() -> Callable[..., Estimate]:
    """The maker of estimates with an interval: `estimated(share, base, effective=…)`."""
    return estimated


@pytest.fixture(name="study_of")
def study_of_fixture() -> Callable[..., Study]:
    """The maker of small studies from the text of their files."""
    return study_of


@pytest.fixture
def questionnaire() -> str:
    """The text of the small study's questionnaire."""
    return QUESTIONNAIRE


@pytest.fixture
def with_ages(findings: Findings) -> Callable[[Mapping[str, tuple[float, int]]], Findings]:
    """The findings with other shares by age: {"18-23": (share, base), …}."""

    def changed(ages: Mapping[str, tuple[float, int]]) -> Findings:
        _, channels, _, *rest = findings.parts
        own = (group_shares(findings.study, place, 0.34, ages) for place in (0, 2))
        return replace(findings, parts=(next(own), channels, next(own), *rest))

    return changed


@pytest.fixture
def reports(findings: Findings) -> dict[str, Report]:
    """The report of the findings in every language."""
    return {language: outline(findings, language) for language in LANGUAGES}
