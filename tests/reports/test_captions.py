"""What stands under a chart: who is not counted, who is in no segment, what the base of a curve is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.findings import Findings, Shares, ToplineRow
from questionnaires.bands import Band
from questionnaires.model import Missing
from reports.captions import marks_line, outside_line, uncounted_line
from reports.naming import Voice
from reports.outline import outline

EN, UK, RU = (Voice(language, "nonprobability") for language in ("en", "uk", "ru"))


def missing(findings: Findings, asked: int, **kinds: int) -> Findings:
    """The findings with other missing answers to the first question of the topline."""
    entry = findings.topline[0]
    rows = [row for row in entry.rows if row.estimate is not None]
    rows += [ToplineRow(name, n, None) for name, n in kinds.items()]
    return replace(findings, topline=(replace(entry, people=asked, rows=tuple(rows)), *findings.topline[1:]))


def test_who_is_not_counted(findings: Findings) -> None:
    told = missing(findings, 2091, dont_know=58, not_answered=3, not_asked=400)
    channel = findings.topline[0].question
    assert uncounted_line(EN, told, channel) == ("Not counted: 58 don’t know, 3 no answer.",)
    assert uncounted_line(UK, told, channel) == (
        "Не враховано: 58 відповідей «важко сказати», 3 респонденти без відповіді.",
    )
    assert uncounted_line(RU, told, channel) == (
        "Не учтено: 58 ответов «затрудняюсь ответить», 3 респондента без ответа.",
    )
    one = missing(findings, 2032, dont_know=1, prefer_not=1)
    assert uncounted_line(EN, one, channel) == ("Not counted: 1 doesn’t know, 1 prefers not to say.",)
    assert uncounted_line(EN, missing(findings, 2030, not_asked=5, answered=9), channel) == ()
    assert uncounted_line(EN, missing(findings, 9, dont_know=3), channel) == ()


def test_every_kind_of_missing_answer_of_those_asked_has_words(findings: Findings) -> None:
    channel = findings.topline[0].question
    for kind in Missing:
        told = missing(findings, 2030, **{kind.name.lower(): 2})
        assert bool(uncounted_line(EN, told, channel)) is (kind is not Missing.NOT_ASKED)


def test_many_uncounted_stand_in_the_subtitle(findings: Findings) -> None:
    channel = findings.topline[0].question
    many = missing(findings, 1000, dont_know=40, not_answered=20)
    assert marks_line(EN, many, "subtitle_answers", channel).endswith("Not counted: 6% of those asked.")
    few = missing(findings, 1000, dont_know=30, not_answered=20)
    assert "Not counted" not in marks_line(EN, few, "subtitle_answers", channel)
    for chart in list(outline(many, "uk").charts)[:2]:
        assert "Не враховано 6% тих, кого запитували." in chart.subtitle


def test_charts_and_curves_carry_the_line(findings: Findings) -> None:
    for chart in outline(findings, "en").charts:
        assert "Not counted: 7 don’t know, 3 prefer not to say, 12 no answer." in chart.foot
    curve = list(outline(findings, "en").charts)[2]
    assert any(line.startswith("In the base: respondents without a limit") for line in curve.foot)


def by_age(findings: Findings, base: int) -> Shares:
    shares = findings.parts[2]
    assert isinstance(shares, Shares)
    everybody = replace(shares.estimates[0], base=base)
    return replace(shares, estimates=(everybody, *shares.estimates[1:]))


@pytest.mark.parametrize(
    ("voice", "line"),
    [
        (EN, "40 gave no answer to “How old are you?” and are in All only."),
        (
            UK,
            "40 респондентів не відповіли на запитання «Скільки вам років?» і враховані лише в рядку «Усі».",
        ),
        (RU, "40 респондентов не ответили на вопрос «Сколько вам лет?» и учтены только в строке «Все»."),
    ],
)
def test_who_is_in_no_segment(findings: Findings, voice: Voice, line: str) -> None:
    assert outside_line(voice, findings, by_age(findings, 2070)) == (line,)
    assert outside_line(voice, findings, by_age(findings, 2030)) == ()


def test_bands_with_a_gap_leave_out_more_than_the_silent(findings: Findings) -> None:
    shares = by_age(findings, 2031)
    assert shares.segment is not None
    some = replace(
        shares, segment=replace(shares.segment, bands=(Band("18-23", 18, 23), Band("65+", 65, float("inf"))))
    )
    assert outside_line(EN, findings, some) == (
        "1 is in none of the groups by “How old are you?” and in All only.",
    )


def test_no_hidden_base_can_be_worked_out_from_the_rest(findings: Findings) -> None:
    shares = by_age(findings, 2070)
    hidden = replace(shares.estimates[1], base=7, effective_base=7.0)
    assert (
        outside_line(
            EN, findings, replace(shares, estimates=(shares.estimates[0], hidden, *shares.estimates[2:]))
        )
        == ()
    )
