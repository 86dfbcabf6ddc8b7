"""A number that is hidden is in no other place: no text for a listener, no verdict, no rank, no data file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from analysis.estimate import Estimate
from analysis.findings import Findings, Published, Shares, Verdict
from reports.captions import alt_curve, alt_shares
from reports.disclosure import unseen
from reports.naming import Voice
from reports.outline import outline
from reports.publish import numbers
from reports.published_figures import as_rows, as_table
from reports.report import ShareChart, Table
from reports.wording import held_published, published_title

Maker = Callable[..., Estimate]
EN = Voice("en", "nonprobability")


def with_hidden(findings: Findings, hidden: Estimate, **figure: Any) -> Findings:
    """The findings with our number beside the second published figure on too few people."""
    part = findings.parts[4]
    assert isinstance(part, Published)
    second = part.comparisons[1]
    changed = replace(
        second, estimate=hidden, verdict=Verdict.CONSISTENT, leader="phone",
        figure=replace(second.figure, **figure),
    )  # fmt: skip
    own = replace(part, comparisons=(part.comparisons[0], changed, *part.comparisons[2:]))
    return replace(findings, parts=(*findings.parts[:4], own))


def test_a_listener_hears_no_hidden_extreme(estimated: Maker) -> None:
    named = [
        ("A", estimated(0.3, 400)),
        ("B", estimated(0.2, 300)),
        ("C", estimated(0.9, 7)),
        ("D", estimated(0.01, 5)),
    ]
    text = alt_shares(EN, "m", named, estimated(0.44, 8), 400)
    assert "Highest: A, 30%; lowest: B, 20%." in text
    assert "90%" not in text and "1%" not in text and "44%" not in text


def test_a_chart_of_hidden_shares_has_no_numbers_for_a_listener(estimated: Maker) -> None:
    assert (
        alt_shares(EN, "m", [("A", estimated(0.3, 7))], None, 7)
        == "Chart without numbers: m, under 10 answers."
    )
    assert alt_curve(EN, "m", [("within 1 hour", estimated(0.3, 7))], 7) == (
        "Chart without numbers: m, under 10 answers."
    )


def test_the_foot_and_the_order_of_a_chart_tell_nothing_hidden(findings: Findings) -> None:
    channels = findings.parts[1]
    assert isinstance(channels, Shares)
    few = replace(
        channels,
        estimates=tuple(replace(e, base=7, effective_base=7.0) for e in reversed(channels.estimates)),
    )
    report = outline(replace(findings, parts=(few,)), "en")
    chart = next(block for block in report.slides[1].blocks if isinstance(block, ShareChart))
    assert chart.foot[0].startswith("Base: under 10 answers")
    assert next(mark.label for mark in chart.marks) != "Phone call"  # in the order given, not by share


def test_beside_a_hidden_number_stands_no_rank_and_no_verdict(findings: Findings, estimated: Maker) -> None:
    told = with_hidden(findings, estimated(0.6, 8), rank="first", value=None)
    slide = next(slide for slide in outline(told, "en").slides if slide.id == "published")
    table = next(block for block in slide.blocks if isinstance(block, Table))
    cells = [cell.text for cell in table.rows[1].cells]
    assert cells[1].split("\n")[0] == "Hidden to protect respondents"
    assert "First in our data" not in cells[1] and "60%" not in " ".join(cells[1:])
    assert cells[3] == "Hidden to protect respondents"


def test_the_title_does_not_count_hidden_numbers(findings: Findings, estimated: Maker) -> None:
    part = with_hidden(findings, estimated(0.6, 8)).parts[4]
    assert isinstance(part, Published)
    assert published_title(EN, part.comparisons) == "2 of 2 checkable figures are consistent with ours"
    assert held_published(EN, part.comparisons[1]).endswith("; Hidden to protect respondents.")


def test_the_files_of_numbers_hold_nothing_hidden(findings: Findings, estimated: Maker) -> None:
    told = with_hidden(findings, estimated(0.6, 8), rank="first")
    row = as_rows(told)[1]
    assert row["share"] is row["low"] is row["verdict"] is row["leader"] is None and row["base"] == 0
    assert "60.0%" not in as_table(told) and "hidden" in as_table(told)
    kept = [one for one in numbers(told)["estimates"] if one["status"] == "hidden"]
    assert len(kept) == 1 and kept[0]["share"] is None


def test_what_is_printed_is_kept_as_it_is(estimated: Maker) -> None:
    for estimate in (estimated(0.3, 400), estimated(0.3, 12), estimated(None, 0)):
        assert unseen(estimate) is estimate
