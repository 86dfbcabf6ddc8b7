"""Which slide comes when, and what each must hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.findings import Findings, Shares, Topline, ToplineRow
from reports.outline import outline
from reports.report import (
    CurveChart,
    KeyNumber,
    KeyNumbers,
    Note,
    RecordLine,
    RecordLines,
    Report,
    ShareChart,
    Slide,
    Table,
)


def slide(report: Report, name: str) -> Slide:
    return next(slide for slide in report.slides if slide.id == name)


def facts(report: Report) -> dict[str, RecordLine]:
    return {
        f.label: f
        for block in slide(report, "methods").blocks
        if isinstance(block, RecordLines)
        for f in block.lines
    }


def key_findings(report: Report) -> tuple[KeyNumber, ...]:
    return next(block for block in report.slides[0].blocks if isinstance(block, KeyNumbers)).numbers


def test_the_order_of_slides(reports: dict[str, Report]) -> None:
    charts = ["chart-channel", "chart-channel-online-age", "curve-reply_social"]
    ids = ["summary", *charts, "published", "methods", "topline"]
    for report in reports.values():
        assert [slide.id for slide in report.slides] == ids


def test_a_headline_by_segment_has_a_chart_even_if_the_plan_names_none(findings: Findings) -> None:
    without = replace(findings, parts=(findings.parts[0], *findings.parts[3:]))
    assert "chart-channel-online-age" in [slide.id for slide in outline(without, "en").slides]


def test_the_first_page_holds_three_to_five_numbers_with_interval_and_comparison(
    reports: dict[str, Report],
) -> None:
    told = key_findings(reports["en"])
    assert [f.number for f in told[:3]] == ["34%", "60%", "42%"]
    assert 3 <= len(told) <= 5
    ids = {slide.id for slide in reports["en"].slides}
    for finding in told:
        assert finding.interval.startswith("(") and finding.held and finding.slide in ids


def test_headlines_are_short_enough_to_read_at_a_glance(reports: dict[str, Report]) -> None:
    for shown in reports["en"].slides[:4]:
        assert len(shown.title.split()) <= 20, shown.title


def test_numbers_of_charts_and_tables_are_those_of_the_findings(
    findings: Findings, reports: dict[str, Report]
) -> None:
    chart = next(
        b for b in slide(reports["en"], "chart-channel-online-age").blocks if isinstance(b, ShareChart)
    )
    estimates = findings.parts[2].estimates  # type: ignore[union-attr]
    assert [(m.share, m.low, m.high) for m in chart.marks] == [(e.share, e.low, e.high) for e in estimates]
    assert [row.cells[0].value for row in chart.table.rows] == [e.share for e in estimates]
    assert [row.cells[2].value for row in chart.table.rows] == [e.base for e in estimates]
    assert [row.cells[3].value for row in chart.table.rows] == [e.effective_base for e in estimates]
    assert chart.marks[0].total and chart.marks[2].highlighted


def test_answers_stand_by_size_and_other_last(reports: dict[str, Report]) -> None:
    chart = next(b for b in slide(reports["en"], "chart-channel").blocks if isinstance(b, ShareChart))
    assert [m.label for m in chart.marks] == [
        "Phone call",
        "E-mail",
        "Public post",
        "Live chat",
        "Another way",
    ]


def test_the_curve_carries_both_readings_and_the_published_point(reports: dict[str, Report]) -> None:
    blocks = slide(reports["en"], "curve-reply_social").blocks
    chart = next(b for b in blocks if isinstance(b, CurveChart))
    assert [round(s.cumulative.share or 0, 2) for s in chart.steps] == [0.32, 0.42, 0.79, 0.91]
    assert [round(s.exclusive.share or 0, 2) for s in chart.steps] == [0.32, 0.10, 0.37, 0.12]
    assert [s.published.share if s.published else None for s in chart.steps] == [None, 0.42, None, None]
    notes = [b for b in blocks if isinstance(b, Note)]
    assert len(notes) == 2 and "The published source reads its shares this way." in notes[0].text
    assert any("Not on the curve" in line for line in chart.foot)
    assert "Asked only if: “How would you complain?”\u00a0– “Public post” or “Live chat”" in chart.foot


def test_alternative_texts_say_message_and_extremes(reports: dict[str, Report]) -> None:
    for report in reports.values():
        for chart in report.charts:
            assert len(chart.alt) <= 300
            assert chart.alt not in chart.foot
    by_age = list(reports["en"].charts)[1]
    assert by_age.alt == (
        "Chart by group: Share who choose online, 2,030 answers. "
        "Highest: 24\u2060–\u206034, 60%; lowest: 65+, 27%; all: 34%."
    )


def test_published_figures_stand_in_a_table_with_their_verdict(reports: dict[str, Report]) -> None:
    table = next(b for b in slide(reports["en"], "published").blocks if isinstance(b, Table))
    rows = {row.head: [cell.text for cell in row.cells] for row in table.rows}
    online = rows["Would complain online"]
    assert online[0] == "34% (n\u00a0=\u00a02,030)\nat best (32\u2060–\u206036)"
    assert online[1].split("\n")[1] == "Beside it, online, e-mail included: 57% (55\u2060–\u206059)"
    assert online[2:] == ["2,030", "consistent", "Article 001\nNo original found."]
    assert rows["Would complain online, 24–34"][0] == "60% (n\u00a0unknown)"
    assert rows["Within 1 hour, added"][3] == "differs: the source is cumulative"


def test_what_the_record_leaves_open_is_printed_as_open(reports: dict[str, Report]) -> None:
    known = facts(reports["en"])
    assert known["Sponsor"] == RecordLine("Sponsor", "not recorded", recorded=False)
    assert facts(reports["uk"])["Замовник"].value == "не зазначено"
    assert known["Fieldwork opened"].value == "22 November 2026, 08:00 (Europe/Kyiv)"
    assert known["First answer"].value == "22 November 2026, 08:05 (Europe/Kyiv)"
    assert known["Merkle root"].value == "9f2c" * 16
    assert known["Design effect"].value == "1.17"
    assert known["Effective n"].value == "1,742"
    assert known["Kept at their share of the sample"].value == "age: Prefer not to say 2%"
    assert known["Software"].value.startswith("earshot ")


def test_without_weights_the_report_says_so(findings: Findings) -> None:
    report = outline(replace(findings, weighting=None), "en")
    assert facts(report)["Method"].value == "Not weighted"
    assert all("not weighted" in " ".join(chart.foot) for chart in report.charts)


def test_the_topline_keeps_the_kinds_of_missing_apart(reports: dict[str, Report]) -> None:
    tables = [b for b in slide(reports["en"], "topline").blocks if isinstance(b, Table)]
    assert [table.title for table in tables] == [
        "1. How would you complain?",
        "2. How soon do you expect a reply?",
    ]
    heads = [row.head for row in tables[1].rows]
    assert heads[-4:] == ["Not answered", "Don’t know", "Prefer not to say", "Not asked"]
    assert [cell.text for cell in tables[1].rows[-1].cells] == ["1,318", "–", "–"]
    assert (
        tables[1].notes[1] == "Asked only if: “How would you complain?”\u00a0– “Public post” or “Live chat”"
    )


def test_hidden_groups_keep_their_row_and_lose_every_number(
    with_ages: Callable[..., Findings],
) -> None:
    report = outline(with_ages({"18-23": (0.29, 7), "24-34": (0.60, 371), "35-44": (0.28, 20)}), "en")
    chart = list(report.charts)[1]
    hidden = chart.table.rows[1]
    assert [cell.text for cell in hidden.cells] == ["Hidden to protect respondents", "–", "under 10", "–"]
    assert all(cell.value is None for cell in hidden.cells)
    assert isinstance(chart, ShareChart) and chart.marks[1].share is None
    assert chart.table.rows[3].cells[1].text.endswith("[u]")
    assert "Groups of fewer than 10 respondents are hidden." in chart.foot
    assert "[u] low reliability: an effective base under 30." in chart.foot


def test_a_study_without_a_plan_still_has_methods_and_topline(findings: Findings) -> None:
    report = outline(replace(findings, parts=()), "en")
    assert [slide.id for slide in report.slides] == ["summary", "methods", "topline"]
    assert report.slides[0].title == "Too few answers to report"


def test_the_languages_of_a_report_are_those_of_its_study(findings: Findings) -> None:
    assert outline(findings, "uk").languages == ("en", "uk", "ru")


def test_answers_by_segment_add_a_table_with_an_interval_in_every_cell(findings: Findings) -> None:
    channels, by_age = findings.parts[1], findings.parts[2]
    assert isinstance(channels, Shares) and isinstance(by_age, Shares)
    crossed = [
        replace(estimate, segment=segment) for estimate in channels.estimates for segment in ("18-23", "65+")
    ]
    wide = replace(channels, estimates=(*channels.estimates, *crossed), segment=by_age.segment)
    report = outline(replace(findings, parts=(wide,)), "en")
    table = next(block for block in report.slides[1].blocks if isinstance(block, Table))
    assert [column.head for column in table.columns] == ["Answer", "All", "18\u2060–\u206023", "65+"]
    assert table.rows[0].cells[2].text == "31% (29\u2060–\u206033)"
    assert [cell.text for cell in table.rows[-1].cells] == ["2,030"] * 3


def test_every_kind_of_sample_has_its_words(findings: Findings) -> None:
    for sample in ("probability", "nonprobability", "census", "synthetic"):
        record = replace(findings.study.record, sample=sample)
        told = replace(findings, study=replace(findings.study, record=record))
        for language in ("en", "uk", "ru"):
            assert "34" in outline(told, language).slides[0].title


def test_a_topline_of_too_few_people_shows_nothing(findings: Findings) -> None:
    few = replace(findings.topline[0], people=9)
    report = outline(replace(findings, topline=(few,)), "en")
    table = next(block for block in slide(report, "topline").blocks if isinstance(block, Table))
    assert table.rows == () and table.notes == ("Hidden to protect respondents",)


def test_a_published_figure_says_whom_it_is_about(reports: dict[str, Report]) -> None:
    for language, words in (
        ("en", "Only: “How old are you?” from 24 to 34"),
        ("uk", "Лише: «Скільки вам років?» від 24 до 34"),
        ("ru", "Только: «Сколько вам лет?» от 24 до 34"),
    ):
        table = next(b for b in slide(reports[language], "published").blocks if isinstance(b, Table))
        assert table.rows[1].cells[1].text.endswith(f"\n{words}")
        assert words.split(":")[0] + ":" not in table.rows[0].cells[1].text


def test_questions_without_choices_have_a_topline(findings: Findings) -> None:
    questions = findings.study.questionnaire
    rows = (ToplineRow("answered", 1990, None), ToplineRow("not_answered", 40, None))
    entry = Topline(questions.question("age"), 2030, rows)
    told = replace(findings, topline=(entry, *findings.topline))
    for language, words in (("en", "Answered"), ("uk", "Відповіли"), ("ru", "Ответили")):
        report = outline(told, language)
        table = next(b for b in slide(report, "topline").blocks if isinstance(b, Table))
        assert table.rows[0].head == words
        assert [cell.value for cell in table.rows[0].cells] == [1990, None, None]


def test_methods_say_what_effective_means_and_warn_of_few_weighted(findings: Findings) -> None:
    many = facts(outline(findings, "en"))
    assert "Kish" in many["Effective n and base"].value and "Few weighted answers" not in many
    few = replace(findings, basis=replace(findings.basis, n=99, complete=99))
    assert "too narrow" in facts(outline(few, "en"))["Few weighted answers"].value
    unweighted = facts(outline(replace(few, weighting=None), "en"))
    assert not {"Effective n and base", "Few weighted answers"} & set(unweighted)
